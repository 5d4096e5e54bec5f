//! Cross-site request forgery: tokens that only the application's own pages know, and the check that asks for them. See
//! [the page](crate::guide::csrf).

mod check;
mod form;
mod judge;
mod keys;
mod origin;
mod policy;
mod refusal;
mod token;
mod visit;

pub use self::check::{CsrfForm, CsrfRequest};
pub(crate) use self::judge::Verdict;
pub(crate) use self::keys::{Anchor, CsrfKeys};
pub use self::policy::CsrfPolicy;
pub use self::refusal::CsrfRefusal;
pub use self::token::CsrfToken;
pub(crate) use self::visit::{CsrfClosing, Visit};
