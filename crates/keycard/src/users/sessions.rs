//! The sessions of one user: what the account page and the administrator do with them.

use super::{ListedSession, Users};
use crate::arrival;
use crate::auth::Guard;
use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind};
use crate::id::{StoreKey, UserKey};
use crate::key::UserId;
use crate::observer::{Event, EventKind};
use crate::record::{Deed, Metadata};
use crate::session::Session;
use crate::store::{EndReason, Revoked, Which};

/// How often the id of a session is changed in the hope that nobody else changes it meanwhile.
const ROTATIONS: usize = 8;

/// The sessions of one user. Each method is one step of the store, and one round trip where it is a network away.
///
/// A session that has expired is neither listed nor counted, nor is a login that waits for a further factor; that is ended
/// with the others.
///
/// ```
#[doc = example!(users)]
/// session.login("alice");
/// session.commit().await?;
/// let elsewhere = keycard.open([]).load().await?;
/// elsewhere.login("alice");
/// elsewhere.commit().await?;
///
/// let mine = users.mine(&session)?;
/// assert_eq!(mine.list().await?.len(), 2);
/// assert_eq!(mine.end_others().await?, 1);
/// assert_eq!(elsewhere.increment("n", 1).await.unwrap_err().kind(), ErrorKind::Ended);
/// assert_eq!(session.increment("n", 1).await?, 1);
#[doc = example!(end)]
/// ```
#[derive(Clone, Debug)]
pub struct UserSessions {
    pub(super) users: Users,
    user: UserId,
    pub(super) key: UserKey,
    current: Option<Session>,
}

impl UserSessions {
    pub(super) fn new(users: Users, user: UserId, current: Option<Session>) -> Self {
        let key = users.engine.index_key.user_key(&user);
        Self {
            users,
            user,
            key,
            current,
        }
    }

    /// The live sessions, the last used first. What only a newer version of Keycard can read is left out.
    ///
    /// ```
    #[doc = example!(users)]
    /// session.login_with(LoginAs::user("alice").device(Device::new("7f3a")?.named("Phone")?));
    /// session.commit().await?;
    /// let list = users.of("alice").list().await?;
    /// assert_eq!(Some(list[0].handle()), session.handle());
    /// assert_eq!(list[0].device().unwrap().name(), Some("Phone"));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Store`](crate::ErrorKind::Store) if the store could not be asked.
    pub async fn list(&self) -> Result<Vec<ListedSession>, Error> {
        let entries = self.users.index.sessions_of(self.key, self.now()).await?;
        let current = self.current.as_ref().and_then(Session::handle);
        let mut listed = Vec::with_capacity(entries.len());
        for entry in entries {
            // An error says that a newer version wrote the record: an event has told so.
            let record = arrival::readable(entry.key, entry.record).unwrap_or_default();
            // Keys are short, and two users may have the same.
            let record = record.filter(|record| record.user() == Some(&self.user));
            listed.extend(
                record.map(|record| ListedSession::new(entry.key, current == Some(entry.key), &record)),
            );
        }
        listed.sort_by_key(|session| std::cmp::Reverse((session.last_access(), session.handle())));
        Ok(listed)
    }

    /// How many sessions [`list`](Self::list) would show, those counted that only a newer version of Keycard can read.
    ///
    /// # Errors
    ///
    /// [`Store`](crate::ErrorKind::Store) if the store could not be asked.
    pub async fn count(&self) -> Result<usize, Error> {
        Ok(self.users.index.count(self.key, self.now()).await?)
    }

    /// Ends one session by its [handle](ListedSession::handle); `false` if the user has no such session.
    ///
    /// ```
    #[doc = example!(users)]
    /// session.login("alice");
    /// session.commit().await?;
    /// let handle = session.handle().unwrap();
    /// assert!(!users.of("bob").end(handle).await?, "it is not his");
    /// assert!(users.of("alice").end(handle).await?);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Store`](crate::ErrorKind::Store) if the store could not be asked: whether the session has ended is unknown.
    /// [`StepUp`](crate::ErrorKind::StepUp) as [`KeycardBuilder::recent_to_end`](crate::KeycardBuilder::recent_to_end) says.
    pub async fn end(&self, handle: StoreKey) -> Result<bool, Error> {
        let current = self.current.as_ref().and_then(Session::handle);
        if current != Some(handle) {
            self.may_end_others()?;
        }
        Ok(self.end_some(Which::Session(handle)).await? > 0)
    }

    /// Ends the sessions on a device, and answers how many.
    ///
    /// ```
    #[doc = example!(users)]
    /// session.login_with(LoginAs::user("alice").device(Device::new("7f3a")?));
    /// session.commit().await?;
    /// assert_eq!(users.of("alice").end_device("another").await?, 0);
    /// assert_eq!(users.of("alice").end_device("7f3a").await?, 1);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// As [`end`](Self::end).
    pub async fn end_device(&self, id: &str) -> Result<usize, Error> {
        self.may_end_others()?;
        let device = self.users.engine.index_key.device(self.key, id);
        self.end_some(Which::Device(device)).await
    }

    /// Ends every session but the current one, and answers how many. For sessions [of](Users::of) any user there is no
    /// current one. Of sessions that do so at once, one stays.
    ///
    /// # Errors
    ///
    /// As [`end`](Self::end); and [`Ended`](ErrorKind::Ended) if the current session has ended meanwhile: then no other has.
    pub async fn end_others(&self) -> Result<usize, Error> {
        self.may_end_others()?;
        self.end_all_others().await
    }

    /// Ends every session, and answers how many: when this has returned, whatever of the user's was created before the
    /// call is dead on every server (ASVS 5.0 7.4.2).
    ///
    /// # Errors
    ///
    /// As [`end`](Self::end).
    pub async fn end_all(&self) -> Result<usize, Error> {
        self.may_end_others()?;
        self.end_some(Which::All).await
    }

    /// The user's password or another credential has changed: ends every other session, and gives this one a new id
    /// (ASVS 5.0 7.4.3). Answers how many have ended. No recent authentication is asked for: who may change credentials
    /// has proved enough.
    ///
    /// ```
    #[doc = example!(users)]
    /// session.login("alice");
    /// session.commit().await?;
    /// let (mine, before) = (users.mine(&session)?, session.issued_at());
    /// clock.advance(Duration::from_mins(1));
    /// assert_eq!(mine.credentials_changed().await?, 0);
    /// assert!(session.issued_at() > before);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`end`](Self::end) and of [`Session::commit`]. If this very session has ended meanwhile, or others change its
    /// id all the time, every session of the user is ended: [`Ended`](ErrorKind::Ended).
    pub async fn credentials_changed(&self) -> Result<usize, Error> {
        // The others first: if the rotation fails, they are dead all the same.
        let ended = match self.end_all_others().await {
            // Whoever ended this session may be who must go.
            Err(error) if error.kind() == ErrorKind::Ended => {
                self.end_some(Which::All).await?;
                return Err(error);
            }
            ended => ended?,
        };
        let Some(current) = &self.current else {
            return Ok(ended);
        };
        // A rotation that finds another one done keeps that secret. Here whoever has got it may be who must go.
        for _ in 0..ROTATIONS {
            current.rotate();
            current.commit().await?;
            if current.holds_the_secret() {
                return Ok(ended);
            }
        }
        current.logout();
        current.commit().await?;
        Err(Error::new(
            ErrorKind::Ended,
            "others kept changing the session's id, so it was ended too",
        ))
    }

    async fn end_all_others(&self) -> Result<usize, Error> {
        let Some(current) = &self.current else {
            return self.end_some(Which::All).await;
        };
        if current.user().as_ref() != Some(&self.user) {
            return Err(ended_meanwhile());
        }
        // Before its login is committed there is no session of the user to be kept.
        let keep = current.handle().filter(|key| key.tag() == self.key.tag());
        self.end_some(keep.map_or(Which::All, Which::Others)).await
    }

    async fn end_some(&self, which: Which) -> Result<usize, Error> {
        let note = self.users.engine.note(&self.user, || Deed {
            kind: EventKind::Ended(EndReason::Revoked),
            session: None,
            from: self.current.as_ref().map_or_else(Metadata::default, |current| {
                current.client().metadata(current.device())
            }),
        });
        let revoked = match (&self.users.history, note) {
            (Some(history), Some(note)) => history.end_noting(which, note, self.now()).await?,
            _ => self.users.index.end_some(self.key, which, self.now()).await?,
        };
        match revoked {
            Revoked::Applied(ended) => Ok(self.tell(&ended)),
            Revoked::Gone => Err(ended_meanwhile()),
        }
    }

    /// Whether the user of the account page has proved lately enough who they are (ASVS 5.0 7.5.2).
    fn may_end_others(&self) -> Result<(), Error> {
        if let (Some(recent), Some(current)) = (self.users.recent, &self.current) {
            current.admit(&Guard::fresh(recent))?;
        }
        Ok(())
    }

    /// Tells who must know which sessions have ended; among them may be that of this very request.
    fn tell(&self, ended: &[StoreKey]) -> usize {
        for key in ended {
            self.users.engine.events.tell(&Event {
                kind: EventKind::Ended(EndReason::Revoked),
                at: self.now(),
                session: Some(*key),
                user: Some(self.user.clone()),
            });
        }
        if let Some(current) = &self.current {
            current.ended_by_its_user(ended);
        }
        ended.len()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.users.engine.clock.now()
    }
}

fn ended_meanwhile() -> Error {
    Error::new(
        ErrorKind::Ended,
        "the session that asked for the end of the others has ended itself",
    )
}
