//! From the environment to a server that runs until it is told to stop.

use std::env::{self, VarError};
use std::error::Error;
use std::future::{self, Future};
use std::io::{self, IsTerminal as _, Write as _};
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::sleep;
use tracing_subscriber::filter::LevelFilter as Level;

use crate::accounts::Accounts;
use crate::app::App;
use crate::settings::Settings;

/// How long requests may take that have begun when the server is told to stop: a client that stalls must not keep it.
const GRACE: Duration = Duration::from_secs(10);

/// Is ready when the server shall stop.
pub type StopSignal = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs an application with the settings of its environment: `serve` answers requests until the signal, and finishes
/// those that it has begun.
pub async fn start<S>(serve: S) -> ExitCode
where
    S: AsyncFnOnce(TcpListener, App, StopSignal) -> io::Result<()>,
{
    start_with(|name| env::var(name), serve).await
}

/// Runs an application as [`start`] does; `lookup` stands for the environment.
pub async fn start_with<S>(lookup: impl Fn(&str) -> Result<String, VarError>, serve: S) -> ExitCode
where
    S: AsyncFnOnce(TcpListener, App, StopSignal) -> io::Result<()>,
{
    tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    match run(lookup, serve).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run<S>(lookup: impl Fn(&str) -> Result<String, VarError>, serve: S) -> Result<(), Box<dyn Error>>
where
    S: AsyncFnOnce(TcpListener, App, StopSignal) -> io::Result<()>,
{
    let settings = Settings::read(lookup)?;
    settings.warnings().for_each(warn);
    let port = settings.port();
    let accounts = Arc::new(Accounts::hashed().await?);
    let app = settings.app(accounts, warn).await?;
    let stop = stop_signal()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| {
            format!(
                "cannot listen on port {port}: {error}; set PORT to another, or to 0 for any that is free"
            )
        })?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    let (stop, overdue) = with_grace(stop);
    tokio::select! {
        served = serve(listener, app, stop) => served?,
        () = overdue => warn("some clients did not finish their requests"),
    }
    Ok(())
}

fn warn(warning: &str) {
    eprintln!("warning: {warning}");
}

/// SIGTERM or Ctrl-C, from this call on.
fn stop_signal() -> io::Result<StopSignal> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(Box::pin(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }))
}

/// The signal, and what is ready when the time after it has run out.
fn with_grace(stop: StopSignal) -> (StopSignal, impl Future<Output = ()>) {
    let (stopping, stopped) = oneshot::channel();
    let stop = async move {
        stop.await;
        let _ = stopping.send(());
    };
    let overdue = async {
        if stopped.await.is_err() {
            future::pending::<()>().await;
        }
        sleep(GRACE).await; // sleep: the time that clients have
    };
    (Box::pin(stop), overdue)
}
