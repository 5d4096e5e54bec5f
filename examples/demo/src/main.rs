//! Both login applications in one process, over one store: a login on the one port is a login on the other.
//!
//! `cargo xtask demo` runs it, with `--redis` over a Redis server of its own.

use std::env;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use keycard_fixtures::RedisServer;
use login_domain::{App, StopSignal};
use tokio::net::TcpListener;
use tokio::sync::watch;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let redis = match arguments.as_slice() {
        [] => None,
        [redis] if redis == "--redis" => match RedisServer::start() {
            Ok(server) => Some(server),
            Err(error) => return failure(&error.to_string()),
        },
        _ => return failure("usage: demo [--redis]"),
    };
    let private_url = redis.as_ref().map(RedisServer::url);
    let lookup = |name: &str| match (&private_url, name) {
        (Some(url), "REDIS_URL") => Ok(url.clone()),
        _ => env::var(name),
    };
    let store = match (&private_url, lookup("REDIS_URL")) {
        (Some(url), _) => format!("a private Redis server, {url}"),
        (None, Ok(_)) => "the Redis server that REDIS_URL names".to_owned(),
        (None, Err(_)) => "the memory of this process".to_owned(),
    };
    let serve = async |listener, app, stop| serve(listener, app, stop, &store).await;
    login_domain::start_with(lookup, serve).await
}

fn failure(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}

async fn serve(axum: TcpListener, app: App, stop: StopSignal, store: &str) -> io::Result<()> {
    let actix = beside(&axum).await?;
    writeln!(io::stdout(), "{}", banner(store, &url(&axum)?, &url(&actix)?))?;
    let (stopping, stopped) = watch::channel(());
    let either = |mut stopped: watch::Receiver<()>| async move {
        stopped.changed().await.ok();
    };
    let on_axum = login_axum::serve(axum, app.clone(), either(stopped.clone()));
    let on_actix = login_actix::serve(actix, app, either(stopped));
    let stop = async {
        stop.await;
        stopping.send_replace(());
        Ok(())
    };
    tokio::try_join!(on_axum, on_actix, stop).map(drop)
}

/// The next port, or any that is free if that one is not.
async fn beside(other: &TcpListener) -> io::Result<TcpListener> {
    let next = other.local_addr()?.port().saturating_add(1);
    match TcpListener::bind((Ipv4Addr::LOCALHOST, next)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
    }
}

fn url(listener: &TcpListener) -> io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

fn banner(store: &str, axum: &str, actix: &str) -> String {
    format!(
        "
Two servers, one store ({store}):

  Axum   {axum}
  Actix  {actix}

Log in on the one, be known to the other, log out there:

  curl -c cookies.txt {axum}/login --json '{{\"email\": \"alice@example.com\", \"password\": \"password123\"}}'
  curl -b cookies.txt {actix}/me
  curl -b cookies.txt -c cookies.txt -X POST {actix}/logout -i

Ctrl-C ends both."
    )
}
