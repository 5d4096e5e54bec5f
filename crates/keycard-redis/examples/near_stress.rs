//! How late a revocation is seen: 256 readers at a near cache, 4,000 writes a second from another process, and a network
//! and a server that misbehave; and what a request costs that reads a copy. `cargo run --release -p keycard-redis --example near_stress [seconds | hot]`

#![expect(clippy::print_stdout, reason = "a program that prints what it has measured")]
#![expect(clippy::unwrap_used, reason = "what it shares with tests fails as they do")]

#[path = "../tests/near/load.rs"]
mod load;
#[path = "../tests/redis/proxy.rs"]
#[expect(dead_code, reason = "tests use all of it")]
mod proxy;

use std::env;
use std::error::Error;
use std::process::{Command, Stdio};
use std::time::Duration;

use keycard::store::Store;
use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::{KeyRing, Keycard, Outcome};
use keycard_conformance::testing::log_in_as;
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;
use tokio::time::{Instant, interval};

use self::load::{Acknowledged, forgotten_writes, quiet, read, stale, write};
use self::proxy::Proxy;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const WRITES_A_SECOND: u32 = 4_000;

/// What goes wrong meanwhile, again and again.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    None,
    Flushed,
    LinkCut,
    ServerFrozen,
}

#[tokio::main]
async fn main() -> Result {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["write", url, seconds] => write_and_tell(url, seconds.parse()?).await,
        ["hot"] => measure_hot_requests().await,
        [] => measure(10).await,
        [seconds] => measure(seconds.parse()?).await,
        _ => Err("usage: near_stress [seconds | hot]".into()),
    }
}

async fn measure(seconds: u64) -> Result {
    println!("trouble       writes/s  versions  p50 µs   p99 µs   max µs  hits      stale  forgotten");
    for trouble in [
        Trouble::None,
        Trouble::Flushed,
        Trouble::LinkCut,
        Trouble::ServerFrozen,
    ] {
        let server = RedisServer::start()?;
        let proxy = Proxy::to(server.port()).await;
        let store = RedisStore::connect(&proxy.url()).await?;
        let near = NearCache::over(store);
        let lasting = Duration::from_secs(seconds);
        let (acknowledged, seen, forgotten, made) = tokio::join!(
            writes_of_another_process(server.url(), seconds),
            read(&near, lasting),
            forgotten_writes(&near, lasting),
            make(trouble, &server, &proxy, seconds)
        );
        made?;
        let acknowledged = acknowledged?;
        let writes = acknowledged.len() as u64 / seconds;
        let delays = seen.delays(acknowledged);
        let at = |percent| {
            delays
                .get(delays.len() * percent / 100)
                .or(delays.last())
                .map_or(0, Duration::as_micros)
        };
        quiet(&near).await;
        let stale = stale(&near, &RedisStore::connect(&server.url()).await?).await;
        println!(
            "{:12} {writes:9} {:9} {:7} {:8} {:8}  {:8} {:6} {:10}",
            format!("{trouble:?}"),
            delays.len(),
            at(50),
            at(99),
            at(100),
            near.figures().counts.hits,
            stale.len(),
            forgotten
        );
    }
    Ok(())
}

/// What requests of one task take one after another, for the core alone: no framework, no network.
async fn measure_hot_requests() -> Result {
    let server = RedisServer::start()?;
    let near = NearCache::over(RedisStore::connect(&server.url()).await?);
    quiet(&near).await;
    println!("over a near cache: {}", hot_requests(near.clone()).await?);
    let counts = near.figures().counts;
    println!("hits {}, misses {}", counts.hits, counts.misses);
    println!("over memory: {}", hot_requests(MemoryStore::new()).await?);
    Ok(())
}

async fn hot_requests(store: impl Store) -> Result<String> {
    const REQUESTS: u32 = 1_000_000;
    let keycard = Keycard::builder(store, KeyRing::random()).build()?;
    let cookie = log_in_as(&keycard, "alice").await?;
    let mut took = Vec::new();
    for loads in [false, true] {
        let began = Instant::now();
        for _ in 0..REQUESTS {
            let request = keycard.open([cookie.as_bytes()]);
            if loads && request.load().await?.user().is_none() {
                return Err("nobody is logged in".into());
            }
            let closing = keycard.close(&request, Outcome::Completed).await;
            closing.error().map_or(Ok(()), |error| Err(error.to_string()))?;
        }
        took.push(began.elapsed() / REQUESTS);
    }
    Ok(format!(
        "{:?} without a session, {:?} with a read",
        took[0], took[1]
    ))
}

async fn make(trouble: Trouble, server: &RedisServer, proxy: &Proxy, seconds: u64) -> Result {
    let mut turn = interval(Duration::from_millis(700));
    for _ in 0..seconds * 1_000 / 700 {
        turn.tick().await;
        match trouble {
            Trouble::None => {}
            Trouble::Flushed => server.command::<()>(&["FLUSHALL"])?,
            Trouble::LinkCut => proxy.kill_connections(),
            Trouble::ServerFrozen => {
                server.freeze()?;
                let mut frozen = interval(Duration::from_millis(350));
                frozen.tick().await;
                frozen.tick().await;
                server.thaw()?;
            }
        }
    }
    Ok(())
}

async fn writes_of_another_process(url: String, seconds: u64) -> Result<Vec<Acknowledged>> {
    let mut process = Command::new(env::current_exe()?);
    process
        .args(["write", &url, &seconds.to_string()])
        .stderr(Stdio::inherit());
    let output = tokio::task::spawn_blocking(move || process.output()).await??;
    let told = String::from_utf8(output.stdout)?;
    told.lines().map(acknowledged).collect()
}

/// A line of what the other process tells.
fn acknowledged(line: &str) -> Result<Acknowledged> {
    let numbers: Vec<u64> = line
        .split(' ')
        .map(str::parse)
        .collect::<std::result::Result<_, _>>()?;
    let &[session, version, at] = numbers.as_slice() else {
        return Err("the other process tells something else".into());
    };
    Ok(Acknowledged {
        session: session.try_into()?,
        version,
        at,
    })
}

async fn write_and_tell(url: &str, seconds: u64) -> Result {
    let store = RedisStore::connect(url).await?;
    let written = write(&store, WRITES_A_SECOND, Duration::from_secs(seconds)).await;
    for Acknowledged { session, version, at } in written {
        println!("{session} {version} {at}");
    }
    Ok(())
}
