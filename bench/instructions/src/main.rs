//! What callgrind counts: one kind of request, as often as asked, through the Tower layer over the memory store.
//!
//! `cargo xtask bench --instructions` runs it twice and takes the difference, so that what is done once is not counted.
//! Without arguments it names its scenarios, the one without sessions first.

use std::env;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request, Response, header};
use keycard::store::memory::MemoryStore;
use keycard::{KeyRing, Keycard, LazySessions};
use keycard_tower::SessionLayer;
use tower_layer::Layer;
use tower_service::Service;

type Failure = Box<dyn std::error::Error>;

/// What the handler does with the session.
#[derive(Clone, Copy)]
enum Use {
    Nothing,
    Read,
    Write,
    Login,
}

/// Whose cookie the request bears.
#[derive(Clone, Copy)]
enum Cookie {
    None,
    Live,
    Forged,
}

const SCENARIOS: [(&str, Cookie, Use); 7] = [
    ("floor", Cookie::Live, Use::Nothing),
    ("no-cookie", Cookie::None, Use::Nothing),
    ("unused", Cookie::Live, Use::Nothing),
    ("forged", Cookie::Forged, Use::Read),
    ("read", Cookie::Live, Use::Read),
    ("write", Cookie::Live, Use::Write),
    ("login", Cookie::Live, Use::Login),
];

fn main() -> Result<(), Failure> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [name, times] = words.as_slice() else {
        for (name, ..) in SCENARIOS {
            println!("{name}");
        }
        return Ok(());
    };
    let times: u32 = times.parse()?;
    let found = SCENARIOS.iter().find(|scenario| scenario.0 == name);
    let (_, cookie, usage) = *found.ok_or_else(|| format!("there is no scenario {name:?}"))?;

    let keycard = Keycard::builder(
        MemoryStore::new(),
        KeyRing::new([b"thirty-two bytes, for benchmarks"])?,
    )
    .build()?;
    let mut app = SessionLayer::new(keycard).layer(Handler);
    let mut cookie = match cookie {
        Cookie::None => None,
        Cookie::Live => Some(log_in(&mut app)?),
        Cookie::Forged => Some(forged(&log_in(&mut app)?)?),
    };
    for _ in 0..times {
        let request = request(cookie.as_ref(), usage)?;
        let response = match name.as_str() {
            "floor" => now(Handler.call(request))?,
            _ => now(app.call(request))?,
        };
        if let Some(set) = response.headers().get(header::SET_COOKIE) {
            cookie = Some(pair(set)?);
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Handler;

impl Service<Request<()>> for Handler {
    type Response = Response<()>;
    type Error = keycard::Error;
    type Future = Ready<Result<Response<()>, keycard::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), keycard::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let usage = request.extensions().get().copied().unwrap_or(Use::Nothing);
        let session = request
            .extensions()
            .get::<LazySessions>()
            .and_then(LazySessions::innermost);
        let acted = session.map_or(Ok(()), |session| act(usage, session));
        ready(acted.map(Response::new))
    }
}

fn act(usage: Use, session: &keycard::LazySession) -> Result<(), keycard::Error> {
    if matches!(usage, Use::Nothing) {
        return Ok(());
    }
    let session = now(session.load())?;
    match usage {
        Use::Nothing => {}
        Use::Read => drop(std::hint::black_box(session.user())),
        Use::Write => {
            let n = session.get::<i64>("n")?.unwrap_or(0);
            session.insert("n", &(n + 1))?;
        }
        Use::Login => session.login("7"),
    }
    Ok(())
}

fn log_in(
    app: &mut impl Service<Request<()>, Response = Response<()>, Error = keycard::Error>,
) -> Result<HeaderValue, Failure> {
    let response = now(app.call(request(None, Use::Login)?))?;
    pair(
        response
            .headers()
            .get(header::SET_COOKIE)
            .ok_or("no cookie was set")?,
    )
}

fn request(cookie: Option<&HeaderValue>, usage: Use) -> Result<Request<()>, Failure> {
    let mut request = Request::builder()
        .uri("/read")
        .header(header::HOST, "127.0.0.1:8080")
        .extension(usage);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie.clone());
    }
    Ok(request.body(())?)
}

fn pair(set_cookie: &HeaderValue) -> Result<HeaderValue, Failure> {
    let text = set_cookie.to_str()?;
    Ok(HeaderValue::from_str(text.split(';').next().unwrap_or(text))?)
}

fn forged(cookie: &HeaderValue) -> Result<HeaderValue, Failure> {
    let mut text = cookie.to_str()?.to_owned();
    let last = if text.ends_with('A') { "B" } else { "A" };
    text.replace_range(text.len() - 3..text.len() - 2, last);
    Ok(HeaderValue::from_str(&text)?)
}

/// The memory store answers at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}
