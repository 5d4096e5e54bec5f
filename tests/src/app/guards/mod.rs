//! Guards by name, each at every door that an adapter has for it: `GET /guards/<door>/<name>` answers `in` to who is let in.
//!
//! | door | how the guard is asked |
//! |---|---|
//! | `layer` | by a layer, or a middleware |
//! | `page` | the same, with a hook that redirects to `/login` who is nobody, and tells the others the path |
//! | `extractor` | in the arguments of the handler |
//! | `handler` | in the middle of the handler |
//!
//! A request with the header `x-hold` is held back when its session has been read, until the gate that the header names has
//! let it go: see `hold`.

pub(super) mod on_actix;
pub(super) mod on_axum;

use std::time::Duration;

use keycard::auth::{Guard, Rule};
use keycard::{Error, Factor, Session};

use super::Gates;

/// What a handler behind a guard answers.
const INSIDE: &str = "in";

/// Names the gates of a request that is held back.
const HOLD: &str = "x-hold";

const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// Something that routes are added to.
trait Doors {
    /// Adds a guard at each door.
    fn to<R: Rule + 'static>(self, name: &str) -> Self;
}

macro_rules! rules {
    ($($name:ident => $guard:expr,)*) => {
        $(
            #[derive(Debug)]
            struct $name;

            impl Rule for $name {
                fn guard() -> Guard {
                    $guard
                }
            }
        )*

        /// With the doors to every guard.
        fn with_all<D: Doors>(doors: D) -> D {
            $(let doors = doors.to::<$name>(stringify!($name));)*
            doors
        }
    };
}

rules! {
    Anyone => Guard::session(),
    User => Guard::user(),
    UserAnew => Guard::user().read_anew(),
    Admin => Guard::role("admin"),
    Staff => Guard::any_role(["clerk", "admin"]),
    NoRole => Guard::any_role([""; 0]),
    Otp => Guard::factor(Factor::OTP),
    OtpLately => Guard::factor_within(Factor::OTP, FIVE_MINUTES),
    Fresh => Guard::fresh(FIVE_MINUTES),
    AdminAnew => Guard::role("admin").and(Guard::user().read_anew()),
    AdminWithOtp => Guard::factor(Factor::OTP).and(Guard::role("admin")),
    FreshWithOtp => Guard::fresh(FIVE_MINUTES).and(Guard::factor(Factor::OTP)),
    OtpWhileFresh => Guard::factor(Factor::OTP).and(Guard::fresh(FIVE_MINUTES)),
    KeyOrAdmin => Guard::factor(Factor::HARDWARE_KEY).or(Guard::role("admin")),
    AdminOrAnyone => Guard::role("admin").or(Guard::session()),
    ClerkOrFreshAdmin => Guard::role("clerk").or(Guard::role("admin").and(Guard::fresh(FIVE_MINUTES))),
}

/// The handler that asks by itself.
async fn ask<R: Rule>(session: &Session) -> Result<&'static str, Error> {
    session.require(&R::guard()).await?;
    Ok(INSIDE)
}

/// Arrives at the gate `<name>: read`, and waits at the gate `<name>: go`.
async fn hold(gates: &Gates, name: &str) {
    gates.arrive(&format!("{name}: read"));
    gates.wait(&format!("{name}: go")).await;
}
