//! What stands between a client and a session: judgements about who may try, and who may enter.

mod decision;
mod guard;
mod loader;
pub mod throttle;

pub use self::decision::{Decision, Denied};
pub(crate) use self::guard::Facts;
pub use self::guard::{Guard, Rule};
pub use self::loader::{LoadedUser, UserLoader};
