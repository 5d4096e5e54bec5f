//! What a session takes of Redis's memory, key and expiry included.

use std::net::{IpAddr, Ipv4Addr};

use keycard::{Device, Factor, IpPrecision, Key, KeyRing, Keycard, LoginAs, Outcome};
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::app::App;
use crate::browser::Browser;
use crate::plan::Variant;
use crate::server;

/// How many sessions are written at once.
const AT_ONCE: usize = 64;

/// The names of the indexes of users.
const INDEXES: &str = "keycard:{*}u:*";

/// As long as those of browsers that tell little.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

const CSRF_SECRET: Key<String> = Key::new("csrf");
const CART: Key<Vec<Line>> = Key::new("cart");

#[derive(Serialize, Deserialize)]
struct Line {
    product: u32,
    quantity: u8,
    price: u32,
}

/// What is kept, beside the index of the user, who has no other session.
#[derive(Clone, Copy)]
struct Form {
    name: &'static str,
    is_typical: bool,
    has_metadata: bool,
}

const FORMS: [Form; 3] = [
    Form {
        name: "keycard: a user's id, and the index of the user, who has no other session",
        is_typical: false,
        has_metadata: false,
    },
    Form {
        name: "keycard: user, two roles, CSRF secret, cart of three products, and the index",
        is_typical: true,
        has_metadata: false,
    },
    Form {
        name: "keycard: the same, with address, user agent and device",
        is_typical: true,
        has_metadata: true,
    },
];

/// Bytes per session, by what is kept: of Keycard's forms.
pub(crate) fn of_forms(redis: &RedisServer, sessions: usize) -> Result<Vec<(String, f64)>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for form in FORMS {
        eprintln!("bench: memory: {} ...", form.name);
        let fill = || runtime.block_on(fill(form, &redis.url(), sessions));
        rows.push((form.name.to_owned(), per_session(redis, sessions, fill)?));
        if !form.is_typical {
            rows.push(("of that, the index".to_owned(), of_indexes(redis, sessions)?));
        }
    }
    Ok(rows)
}

/// What is free once the indexes of the users are gone.
fn of_indexes(redis: &RedisServer, sessions: usize) -> Result<f64, String> {
    let before = server::used_memory(redis)?;
    let indexes = server::remove(redis, INDEXES)?;
    if usize::try_from(indexes) != Ok(sessions) {
        return Err(format!("{sessions} users have {indexes} indexes"));
    }
    let freed = before.saturating_sub(server::used_memory(redis)?);
    Ok(ratio(freed, sessions))
}

/// Bytes per session of a user's id, as the variant keeps it.
pub(crate) fn of_variant(
    redis: &RedisServer,
    sessions: usize,
    variant: &Variant,
    app: &App,
) -> Result<f64, String> {
    eprintln!("bench: memory: {} ...", variant.name);
    let browser = Browser::new(app);
    per_session(redis, sessions, || {
        (0..sessions).try_for_each(|user| browser.log_in(user).map(drop))
    })
}

fn per_session(
    redis: &RedisServer,
    sessions: usize,
    fill: impl FnOnce() -> Result<(), String>,
) -> Result<f64, String> {
    server::clear(redis)?;
    let before = server::used_memory(redis)?;
    fill()?;
    let grown = server::used_memory(redis)?.saturating_sub(before);
    let keys = server::keys(redis)?;
    if keys < u64::try_from(sessions).unwrap_or(u64::MAX) {
        return Err(format!("{sessions} logins have left {keys} keys"));
    }
    Ok(ratio(grown, sessions))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "some hundred MiB by some hundred thousand"
)]
fn ratio(bytes: u64, sessions: usize) -> f64 {
    bytes as f64 / sessions as f64
}

async fn fill(form: Form, url: &str, sessions: usize) -> Result<(), String> {
    let keycard = keycard(form, url).await.map_err(|error| error.to_string())?;
    let mut writers = JoinSet::new();
    for first in 0..AT_ONCE {
        let keycard = keycard.clone();
        writers.spawn(async move {
            for user in (first..sessions).step_by(AT_ONCE) {
                log_in(&keycard, form, user).await?;
            }
            Ok::<_, keycard::Error>(())
        });
    }
    let written: Result<Vec<()>, _> = writers.join_all().await.into_iter().collect();
    written.map(drop).map_err(|error| error.to_string())
}

async fn keycard(form: Form, url: &str) -> Result<Keycard, Box<dyn std::error::Error>> {
    let store = RedisStore::connect(url).await?;
    let keys = KeyRing::random();
    let address = if form.has_metadata {
        IpPrecision::Exact
    } else {
        IpPrecision::None
    };
    let builder = Keycard::builder(store, keys).user_agent(form.has_metadata);
    Ok(builder.client_address(address).build()?)
}

async fn log_in(keycard: &Keycard, form: Form, user: usize) -> Result<(), keycard::Error> {
    let headers = [("host", "shop.example"), ("user-agent", USER_AGENT)];
    let request = keycard.open_request(
        headers.as_slice(),
        Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))),
    );
    let session = request.load().await?;
    let mut login = LoginAs::user(user.to_string());
    if form.is_typical {
        login = login.factor(Factor::PASSWORD).roles(["user", "editor"]);
        session.insert(CSRF_SECRET, &"q6eWm0tVn2h7J1cXy3KpDg8RsTzUaBfL".to_owned())?;
        let line = |product| Line {
            product,
            quantity: 2,
            price: 1_999,
        };
        session.insert(CART, &vec![line(1), line(7), line(12)])?;
    }
    if form.has_metadata {
        login = login.device(
            Device::new("7f3a9c51")?
                .named("Alice's laptop")?
                .of_type("desktop")?,
        );
    }
    session.login_with(login);
    let closing = keycard.close(&request, Outcome::Completed).await;
    closing.error().map_or(Ok(()), |error| Err(error.clone()))
}
