//! How an application on Axum runs.

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::{Failure, Settings, ready};

/// Runs an application on a runtime of tokio with as many threads as the settings say.
///
/// # Errors
///
/// Whatever keeps it from starting.
pub fn run(app: impl AsyncFnOnce(&Settings) -> Result<Router, Failure>) -> Result<(), Failure> {
    let settings = Settings::from_env()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.workers)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let app = app(&settings).await?;
        let listener = TcpListener::from_std(settings.listen()?)?;
        let mut terminate = signal(SignalKind::terminate())?;
        ready(listener.local_addr()?)?;
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, app)
            .with_graceful_shutdown(async move {
                _ = terminate.recv().await;
            })
            .await?;
        Ok(())
    })
}
