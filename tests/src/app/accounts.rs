//! The users of the acting application, as a database of its own would have them.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keycard::UserId;
use keycard::auth::UserLoader;

/// Knows everybody whom it was not told to delete, and counts how often it is asked. Clones are the same database.
#[derive(Clone, Debug, Default)]
pub struct Accounts(Arc<Mutex<Database>>);

#[derive(Debug, Default)]
struct Database {
    deleted: BTreeSet<String>,
    is_down: bool,
    asked: usize,
}

impl Accounts {
    /// Deletes a user.
    pub fn delete(&self, user: &str) {
        self.database().deleted.insert(user.to_owned());
    }

    /// Whether it fails from now on.
    pub fn set_down(&self, is_down: bool) {
        self.database().is_down = is_down;
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.database().asked
    }

    fn database(&self) -> MutexGuard<'_, Database> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UserLoader for Accounts {
    type User = String;
    type Error = io::Error;

    async fn load(&self, id: &UserId) -> io::Result<Option<String>> {
        let mut database = self.database();
        database.asked += 1;
        if database.is_down {
            return Err(io::Error::other("the database is down"));
        }
        Ok((!database.deleted.contains(id.as_str())).then(|| format!("Dr {id}")))
    }
}
