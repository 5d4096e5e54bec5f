//! What each route does with the request's session. Changes are committed by the session layer when the action is over,
//! but for [`increment`], which commits by itself.

use keycard::Session;
use serde_json::Value;
use tokio::time::sleep;

use crate::answers::{Entries, Entry, LoggedIn, Me, SessionFacts, SlowlySet};
use crate::data_key::{DataKey, InvalidKey};
use crate::failure::Failure;
use crate::requests::{Increment, Login, Put, SlowSet};
use crate::users::{User, Users};

/// `POST /login`: a new id for the session, which is the user's from now on.
///
/// # Errors
///
/// 401 with one text for an unknown user and a wrong password; 400 for a user who needs a second factor.
pub async fn login(session: &Session, users: &Users, request: Login) -> Result<LoggedIn, Failure> {
    let Some(user) = users.authenticate(&request.email, request.password).await? else {
        return Err(Failure::unauthorized("wrong email or password"));
    };
    if user.has_second_factor() {
        return Err(Failure::bad_request(
            "this user logs in with a second factor, which is not supported yet",
        ));
    }
    session.login(user.id());
    Ok(LoggedIn { user: user.clone() })
}

/// `GET /me`: who is logged in.
///
/// # Errors
///
/// 401 if nobody is.
pub fn me(session: &Session, users: &Users) -> Result<Me, Failure> {
    let user = user(session, users).ok_or_else(|| Failure::unauthorized("not logged in"))?;
    Ok(Me {
        user: user.clone(),
        session: SessionFacts::of(session),
    })
}

/// `POST /logout`: the session ends on every server.
pub fn logout(session: &Session) {
    session.logout();
}

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
pub async fn slow_set(session: &Session, users: &Users, request: SlowSet) -> Result<SlowlySet, Failure> {
    let user = user(session, users).map(User::email);
    sleep(request.ms.duration()).await; // sleep: the client asked for it
    let value = Value::Bool(true);
    session.insert(&request.key, &value)?;
    let entry = Entry {
        key: request.key,
        value,
    };
    Ok(SlowlySet { entry, user })
}

fn user<'a>(session: &Session, users: &'a Users) -> Option<&'a User> {
    users.by_id(&session.user()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keycard::store::memory::MemoryStore;
    use keycard::{KeyRing, Keycard};
    use serde_json::json;

    async fn session() -> Session {
        let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random())
            .build()
            .unwrap();
        keycard.open([]).load().await.unwrap()
    }

    fn request<T: serde::de::DeserializeOwned>(json: Value) -> T {
        serde_json::from_value(json).unwrap()
    }

    fn credentials(email: &str, password: &str) -> Login {
        request(json!({"email": email, "password": password}))
    }

    #[tokio::test]
    async fn a_login_is_refused_with_one_text_and_to_carol_with_another() {
        let (session, users) = (session().await, Users::hashed().await.unwrap());
        let refusal = async |email, password| {
            login(&session, &users, credentials(email, password))
                .await
                .unwrap_err()
        };
        let wrong = refusal("alice@example.com", "letmein789").await;
        assert_eq!(wrong.status(), 401);
        assert_eq!(wrong, refusal("nobody@example.com", "letmein789").await);
        assert_eq!(wrong, refusal("carol@example.com", "password123").await);
        assert_eq!(refusal("carol@example.com", "letmein789").await.status(), 400);
        assert_eq!(session.user(), None);
        assert_eq!(me(&session, &users).unwrap_err().status(), 401);

        let bob = login(&session, &users, credentials("bob@example.com", "secret456"))
            .await
            .unwrap();
        assert_eq!(
            serde_json::to_value(bob).unwrap(),
            json!({"user": {"id": "2", "email": "bob@example.com", "name": "Bob", "roles": ["user", "admin"]}})
        );
        assert_eq!(me(&session, &users).unwrap().user.email(), "bob@example.com");
        logout(&session);
        assert_eq!(me(&session, &users).unwrap_err().status(), 401);
    }

    #[tokio::test]
    async fn values_come_back_as_they_were_put_in() {
        let session = session().await;
        let values = json!({
            "null": null, "yes": true, "big": u64::MAX, "small": i64::MIN, "pi": 3.25, "one": 1.0, "text": "žluťoučký",
            "list": [1, [], {}], "map": {"a": {"b": null}},
        });
        for (key, value) in values.as_object().unwrap() {
            let entry = put(&session, request(json!({"key": key, "value": value}))).unwrap();
            assert_eq!(read(&session, key.clone()), Ok(entry));
        }
        assert_eq!(serde_json::to_value(data(&session).unwrap()).unwrap(), values);
        delete(&session, "big".to_owned()).unwrap();
        delete(&session, "big".to_owned()).unwrap();
        assert_eq!(read(&session, "big".to_owned()), Err(Failure::not_found()));
    }

    #[tokio::test]
    async fn the_applications_own_keys_are_neither_shown_nor_taken_out() {
        let session = session().await;
        session.insert("app.pending", &"alice").unwrap();
        assert!(data(&session).unwrap().0.is_empty());
        assert_eq!(
            read(&session, "app.pending".to_owned()),
            Err(Failure::not_found())
        );
        let refusal = delete(&session, "app.pending".to_owned()).unwrap_err();
        assert_eq!(refusal.status(), 400);
        assert!(session.contains("app.pending"));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_the_clients_mistake() {
        let session = session().await;
        let long = "x".repeat(70_000);
        let refusal = put(&session, request(json!({"key": "k", "value": long}))).unwrap_err();
        assert_eq!(refusal.status(), 400);

        for (value, by) in [
            (json!("text"), 1),
            (json!(1.5), 1),
            (json!(i64::MAX), 1),
            (json!(u64::MAX), 1),
        ] {
            session.insert("n", &value).unwrap();
            let refusal = increment(&session, request(json!({"key": "n", "by": by})))
                .await
                .unwrap_err();
            assert_eq!(refusal.status(), 400, "{value}");
        }
        session.insert("n", &40).unwrap();
        let entry = increment(&session, request(json!({"key": "n", "by": 2})))
            .await
            .unwrap();
        assert_eq!(entry.value, json!(42));
    }

    #[tokio::test]
    async fn a_slow_answer_names_the_user_from_before_the_wait() {
        let (session, users) = (session().await, Users::hashed().await.unwrap());
        let answer = slow_set(&session, &users, request(json!({"key": "k", "ms": 0})))
            .await
            .unwrap();
        assert_eq!(
            serde_json::to_value(answer).unwrap(),
            json!({"key": "k", "value": true, "user": null})
        );
        session.login("1");
        let answer = slow_set(&session, &users, request(json!({"key": "k", "ms": 0})))
            .await
            .unwrap();
        assert_eq!(answer.user, Some("alice@example.com"));
    }
}
