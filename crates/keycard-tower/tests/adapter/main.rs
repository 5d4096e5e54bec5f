//! The adapter through a real Axum application, in the process and over a socket.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

mod app;
mod csrf;
mod guards;
#[path = "../shared/mod.rs"]
mod shared;
mod tower_contract;

use self::app::AxumApp;
use self::guards::GuardedApp;
use self::shared::prove;

prove!(tokio::test, AxumApp, GuardedApp);
