//! The login example on Actix: `cargo run -p login-actix`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    login_domain::start(login_actix::serve).await
}
