//! What clients keep in their sessions.

use keycard::Session;
use serde_json::Value;
use tokio::time::sleep;

use crate::accounts::User;
use crate::answers::{Entries, Entry, SlowlySet};
use crate::app::App;
use crate::data_key::{DataKey, InvalidKey};
use crate::failure::Failure;
use crate::requests::{Increment, Put, SlowSet};

/// `GET /session/data`: everything that the client has put in.
///
/// # Errors
///
/// If a value cannot be read.
pub fn data(session: &Session) -> Result<Entries, Failure> {
    let keys = session.keys().into_iter();
    let own = keys.filter_map(|key| DataKey::try_from(key).ok());
    let entry = |key| {
        let value = session.get(&key)?.unwrap_or_default();
        Ok((key, value))
    };
    own.map(entry).collect::<Result<_, _>>().map(Entries)
}

/// `GET /session/data/{key}`: one value.
///
/// # Errors
///
/// 404 if there is none for the client, 400 if there can be none.
pub fn read(session: &Session, key: String) -> Result<Entry, Failure> {
    let key = match DataKey::try_from(key) {
        Err(InvalidKey::Reserved) => return Err(Failure::not_found()),
        key => key?,
    };
    let value = session.get(&key)?.ok_or_else(Failure::not_found)?;
    Ok(Entry { key, value })
}

/// `PUT /session/data`: puts a value in.
///
/// # Errors
///
/// 400 if the session would be too large.
pub fn put(session: &Session, request: Put) -> Result<Entry, Failure> {
    let Put { key, value } = request;
    session.insert(&key, &value)?;
    Ok(Entry { key, value })
}

/// `DELETE /session/data/{key}`: takes a value out, if it is there.
///
/// # Errors
///
/// 400 for a key that is not the client's.
pub fn delete(session: &Session, key: String) -> Result<(), Failure> {
    session.remove(DataKey::try_from(key)?);
    Ok(())
}

/// `POST /session/increment`: adds to a number. The session is read before the wait; other requests may change the same
/// number meanwhile, and none of their additions is lost.
///
/// # Errors
///
/// 409 if the session has ended; 400 if the value is not an integer, or the sum is none.
pub async fn increment(session: &Session, request: Increment) -> Result<Entry, Failure> {
    let Increment { key, by, delay_ms } = request;
    sleep(delay_ms.duration()).await; // sleep: the client asked for it
    let value = session.increment(&key, by).await?.into();
    Ok(Entry { key, value })
}

/// `POST /slow-set`: sets a value to true. If the session ends during the wait the value is lost, and the answer is the
/// same.
///
/// # Errors
///
/// 400 if the session would be too large.
pub async fn slow_set(app: &App, session: &Session, request: SlowSet) -> Result<SlowlySet, Failure> {
    let user = app.user(session).map(User::email);
    sleep(request.ms.duration()).await; // sleep: the client asked for it
    let value = Value::Bool(true);
    session.insert(&request.key, &value)?;
    let entry = Entry {
        key: request.key,
        value,
    };
    Ok(SlowlySet { entry, user })
}
