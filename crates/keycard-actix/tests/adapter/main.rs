//! The adapter through a real Actix application, in the process and over a socket.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

mod actix_contract;
mod app;
mod csrf;
mod guards;
#[path = "../../../keycard-tower/tests/shared/mod.rs"]
mod shared;

use self::app::ActixApp;
use self::guards::GuardedApp;
use self::shared::prove;

prove!(actix_web::test, ActixApp, GuardedApp);
