//! The login example on Axum: `cargo run -p login-axum`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    login_domain::start(login_axum::serve).await
}
