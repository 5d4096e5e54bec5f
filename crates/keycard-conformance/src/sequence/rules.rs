//! A session by the rules: which cookies open it, until when, and what it tells.

use std::time::Duration;

use keycard::{Timestamp, UserId};

use super::times::{Times, Told};
use crate::laws::world::Client;

/// How often the ids of a session in use are renewed.
pub(crate) const EVERY: Duration = Duration::from_mins(10);
/// How long the id before a renewal goes on to open the session.
pub(crate) const GRACE: Duration = Duration::from_mins(2);

#[derive(Debug)]
pub(crate) struct Ruled {
    times: Times,
    issued: Timestamp,
    /// The cookie with the newest id. Nobody holds it if the answer that had it was lost.
    newest: Option<Client>,
    /// The cookie before a renewal, and the end of its grace.
    before: Option<(Client, Timestamp)>,
}

/// One request, as far as it matters to the ids of a session.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) by: &'a Client,
    /// What the client holds after the answer; nothing new if that was lost.
    pub(crate) answered: Option<Client>,
    pub(crate) now: Timestamp,
}

impl Ruled {
    /// A session that begins; nobody's if the answer was lost.
    pub(crate) fn begun(user: UserId, remembered: bool, asked: Asked<'_>) -> Option<Self> {
        Some(Self {
            times: Times::of_login(user, remembered, asked.now),
            issued: asked.now,
            newest: Some(asked.answered?),
            before: None,
        })
    }

    /// What the session tells whoever comes with this cookie; nothing if it does not open the session.
    pub(crate) fn told(&self, cookie: &Client, now: Timestamp) -> Option<Told> {
        let in_grace = |(before, until): &(Client, Timestamp)| before == cookie && now < *until;
        let opens = self.newest.as_ref() == Some(cookie) || self.before.as_ref().is_some_and(in_grace);
        self.times.at(now).filter(|_| opens)
    }

    pub(crate) fn logged_in_again(mut self, remembered: bool, asked: Asked<'_>) -> Self {
        self.times = self.times.logged_in_again(remembered, asked.now);
        self.with_new_id(Duration::ZERO, asked)
    }

    pub(crate) fn rotated(mut self, asked: Asked<'_>) -> Self {
        self.times = self.times.written(asked.now);
        self.with_new_id(Duration::ZERO, asked)
    }

    /// A use that changes nothing. A renewal is a write.
    pub(crate) fn used(self, asked: Asked<'_>) -> Self {
        if self.renewal_is_due(&asked) {
            self.written(asked, Times::written)
        } else {
            let times = self.times.used(asked.now);
            Self { times, ..self }
        }
    }

    pub(crate) fn written(mut self, asked: Asked<'_>, write: impl FnOnce(Times, Timestamp) -> Times) -> Self {
        let is_due = self.renewal_is_due(&asked);
        self.times = write(self.times, asked.now);
        if is_due {
            self.with_new_id(GRACE, asked)
        } else {
            self
        }
    }

    /// Whom a grace lets in keeps the id: the newest one may be on its way.
    fn renewal_is_due(&self, asked: &Asked<'_>) -> bool {
        self.newest.as_ref() == Some(asked.by) && asked.now.since(self.issued) >= EVERY
    }

    fn with_new_id(self, grace: Duration, asked: Asked<'_>) -> Self {
        let before = (!grace.is_zero()).then(|| (asked.by.clone(), asked.now.after(grace)));
        Self {
            times: self.times,
            issued: asked.now,
            newest: asked.answered,
            before,
        }
    }
}
