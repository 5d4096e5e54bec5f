//! The handler of both mounts, without a framework: a list of steps, done one after the other.

use std::time::Duration;

use keycard::auth::Guard;
use keycard::{Device, Error, Factor, Flash, LoginAs, Session, Timestamp};
use serde_json::{Value, json};

use super::Backend;
use super::step::{Call, Change, Login, Step};

/// A response: its status, the headers that its handler sets, and its body as JSON.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    fn new(status: u16, body: &Value) -> Self {
        let has_body = ![204, 304].contains(&status);
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: if has_body { body.to_string() } else { String::new() },
        }
    }
}

/// Does what the body says. A body that cannot be read is a 400 with the reason, and nothing is done.
pub(super) async fn act(session: &Session, backend: &Backend, body: &[u8]) -> Answer {
    let steps: Vec<Step> = match serde_json::from_slice(body) {
        Ok(steps) => steps,
        Err(error) => return Answer::new(400, &json!({"error": error.to_string()})),
    };
    let (mut status, mut headers, mut given) = (200, Vec::new(), Vec::new());
    for step in steps {
        if let Step::Answer { status: chosen } = step {
            status = chosen;
        }
        if let Step::Header { name, value } = &step {
            headers.push((name.clone(), value.clone()));
        }
        let shown =
            |error: Error| json!({"error": format!("{:?}", error.kind()), "message": error.to_string()});
        given.push(take(step, session, backend).await.unwrap_or_else(shown));
    }
    let mut answer = Answer::new(status, &Value::Array(given));
    answer.headers.append(&mut headers);
    answer
}

async fn take(step: Step, session: &Session, backend: &Backend) -> Result<Value, Error> {
    Ok(match step {
        Step::Get { key } => json!(session.get::<Value>(&key)?),
        Step::Insert { key, value } => json!(session.insert(&key, &value)?),
        Step::Remove { key } => json!(session.remove(key)),
        Step::Take { key } => json!(session.take::<Value>(&key)?),
        Step::Contains { key } => json!(session.contains(key)),
        Step::Keys => json!(session.keys()),
        Step::Clear => json!(session.clear()),
        Step::IsEmpty => json!(session.is_empty()),
        Step::Update { key, change } => update(session, &key, change).await?,
        Step::Increment { key, by } => json!(session.increment(&key, by).await?),
        Step::Consume { key } => json!(session.consume::<Value>(&key).await?),
        Step::Flash { level, text } => json!(session.flash(flash(&level, text)).await?),
        Step::TakeFlashes => shown(&session.take_flashes().await?),
        Step::Rotate => json!(session.rotate()),
        Step::Login(login) => json!(session.login_with(login_as(login)?)),
        Step::Prove => json!(session.prove(Factor::OTP)?),
        Step::Reauthenticate => json!(session.reauthenticate(Factor::PASSWORD)?),
        Step::Logout => json!(session.logout()),
        Step::LogoutKeeping { names } => json!(session.logout_keeping(&names)),
        Step::User => json!(session.user().map(|user| user.to_string())),
        Step::RequireUser { anew } => {
            let guard = Guard::user();
            let guard = if anew { guard.read_anew() } else { guard };
            json!(session.require(&guard).await?)
        }
        Step::Handle => json!(session.handle().map(|handle| handle.to_string())),
        Step::IsDegraded => json!(session.is_degraded()),
        Step::Mine { call } => mine(session, backend, call).await?,
        Step::CreatedAt => time(session.created_at()),
        Step::LastAccess => time(session.last_access()),
        Step::ExpiresAt => time(session.expires_at()),
        Step::AbsoluteAt => time(session.absolute_at()),
        Step::Extend { ms } => json!(session.extend(Duration::from_millis(ms))),
        Step::SetIdle { ms } => json!(session.set_idle(Duration::from_millis(ms))),
        Step::Touch => json!(session.touch().await?),
        Step::Commit => json!(session.commit().await?),
        Step::Answer { .. } | Step::Header { .. } => Value::Null,
        Step::Arrive { gate } => json!(backend.gates.arrive(&gate)),
        Step::Arrived { gate } => json!(backend.gates.arrived(&gate)),
        Step::Wait { gate } => json!(backend.gates.wait(&gate).await),
        Step::Panic => panic!("the request asked for it"),
    })
}

fn flash(level: &str, text: String) -> Flash {
    match level {
        "success" => Flash::success(text),
        "warning" => Flash::warning(text),
        "error" => Flash::error(text),
        _ => Flash::info(text),
    }
}

pub(super) fn shown(flashes: &[Flash]) -> Value {
    let shown = |flash: &Flash| json!([flash.level().name(), flash.text()]);
    flashes.iter().map(shown).collect()
}

fn login_as(login: Login) -> Result<LoginAs, Error> {
    let mut options = LoginAs::user(login.user).remembered(login.remembered);
    if let Some(roles) = login.roles {
        options = options.roles(roles);
    }
    if let Some(id) = login.device {
        options = options.device(Device::new(id)?);
    }
    if login.pending {
        options = options.pending();
    }
    if login.without_earlier_data {
        options = options.without_earlier_data();
    }
    Ok(options)
}

#[expect(
    clippy::expect_used,
    reason = "a test that asks for what its server has not fails"
)]
async fn mine(session: &Session, backend: &Backend, call: Call) -> Result<Value, Error> {
    let users = backend.users.as_ref().expect("a server that was given its users");
    let mine = users.mine(session)?;
    Ok(match call {
        Call::List => {
            let sessions = mine.list().await?.into_iter();
            sessions.map(|session| session.handle().to_string()).collect()
        }
        Call::End(handle) => match handle.parse() {
            Ok(handle) => json!(usize::from(mine.end(handle).await?)),
            Err(_) => json!(0),
        },
        Call::EndDevice(id) => json!(mine.end_device(&id).await?),
        Call::EndOthers => json!(mine.end_others().await?),
        Call::EndAll => json!(mine.end_all().await?),
        Call::CredentialsChanged => json!(mine.credentials_changed().await?),
    })
}

async fn update(session: &Session, key: &str, change: Change) -> Result<Value, Error> {
    Ok(match change {
        Change::Push(item) => {
            let push = |list: Option<Vec<Value>>| [list.unwrap_or_default(), vec![item.clone()]].concat();
            json!(session.update(key, push).await?)
        }
        Change::Add(by) => json!(
            session
                .update(key, |sum: Option<i64>| sum.unwrap_or_default() + by)
                .await?
        ),
    })
}

fn time(time: Option<Timestamp>) -> Value {
    json!(time.map(Timestamp::as_millis))
}
