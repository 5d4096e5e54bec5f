//! The users of the examples, and a password check that does not tell who exists.

use std::fmt;
use std::sync::Arc;
use std::thread;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use keycard::UserId;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task;

use crate::second_factor::SecondFactor;

const PEOPLE: [(User, &str); 3] = [
    (
        User {
            id: "1",
            email: "alice@example.com",
            name: "Alice",
            roles: &["user"],
            second_factor: None,
        },
        "password123",
    ),
    (
        User {
            id: "2",
            email: "bob@example.com",
            name: "Bob",
            roles: &["user", "admin"],
            second_factor: None,
        },
        "secret456",
    ),
    (
        User {
            id: "3",
            email: "carol@example.com",
            name: "Carol",
            roles: &["user"],
            second_factor: Some(SecondFactor::new("JBSWY3DPEHPK3PXP")),
        },
        "letmein789",
    ),
];

/// A user, as clients see one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    id: &'static str,
    email: &'static str,
    name: &'static str,
    roles: &'static [&'static str],
    #[serde(skip)]
    second_factor: Option<SecondFactor>,
}

impl User {
    /// What sessions know the user by.
    #[must_use]
    pub fn id(&self) -> UserId {
        UserId::from(self.id)
    }

    /// The address with which the user logs in.
    #[must_use]
    pub fn email(&self) -> &'static str {
        self.email
    }

    /// What the user may do.
    #[must_use]
    pub fn roles(&self) -> &'static [&'static str] {
        self.roles
    }

    /// What the user must prove beside the password, if that is not enough.
    #[must_use]
    pub fn second_factor(&self) -> Option<&SecondFactor> {
        self.second_factor.as_ref()
    }
}

/// A password in the clear, as a client sent it. It is not shown.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl From<&str> for Password {
    fn from(password: &str) -> Self {
        Self(password.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(REDACTED)")
    }
}

/// All users, with the hashes of their passwords.
#[derive(Debug)]
pub struct Accounts {
    list: Vec<Account>,
    /// What the password of an unknown user is compared with, so that the answer takes as long.
    decoy: PasswordHash,
    /// One hash takes a core and 19 MiB for a while: no more of them at once than there are cores.
    hashing: Arc<Semaphore>,
}

#[derive(Debug)]
struct Account {
    user: User,
    password: PasswordHash,
}

impl Accounts {
    /// The three users. Hashes their passwords, which takes a moment.
    ///
    /// # Errors
    ///
    /// If the operating system has no randomness for the salts.
    pub async fn hashed() -> Result<Self, PasswordError> {
        task::spawn_blocking(Self::hash_all)
            .await
            .map_err(|_| PasswordError)?
    }

    /// The user with this id.
    #[must_use]
    pub fn by_id(&self, id: &UserId) -> Option<&User> {
        let mut users = self.list.iter().map(|account| &account.user);
        users.find(|user| user.id == id.as_str())
    }

    /// The user with this address, if the password is theirs. Whether the address or the password is wrong cannot be
    /// told from the answer, nor from the time that it takes.
    ///
    /// # Errors
    ///
    /// If the check could not be finished, which says nothing about the password.
    pub async fn authenticate(
        &self,
        email: &str,
        password: Password,
    ) -> Result<Option<&User>, PasswordError> {
        let account = self.list.iter().find(|account| account.user.email == email);
        let expected = account.map_or(&self.decoy, |account| &account.password).clone();
        let turn = Arc::clone(&self.hashing)
            .acquire_owned()
            .await
            .map_err(|_| PasswordError)?;
        // The turn goes along: the hashing goes on when the client has left.
        let verify = move || {
            let right = Argon2::default().verify_password(password.0.as_bytes(), &expected);
            drop(turn);
            right.is_ok()
        };
        let right = task::spawn_blocking(verify).await.map_err(|_| PasswordError)?;
        Ok(account.filter(|_| right).map(|account| &account.user))
    }

    fn hash_all() -> Result<Self, PasswordError> {
        let mut list = Vec::new();
        for (user, password) in PEOPLE {
            let password = hash(password)?;
            list.push(Account { user, password });
        }
        Ok(Self {
            list,
            decoy: hash("nobody has this password")?,
            hashing: Arc::new(Semaphore::new(
                thread::available_parallelism().map_or(1, usize::from),
            )),
        })
    }
}

fn hash(password: &str) -> Result<PasswordHash, PasswordError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|_| PasswordError)
}

/// A password could not be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordError;

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a password could not be hashed")
    }
}

impl std::error::Error for PasswordError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_user_has_their_own_password() {
        let accounts = Accounts::hashed().await.unwrap();
        for (user, password) in PEOPLE {
            let found = accounts.authenticate(user.email, password.into()).await;
            assert_eq!(found, Ok(Some(&user)));
            assert_eq!(accounts.by_id(&user.id()), Some(&user));
        }
        for (email, password) in [
            ("alice@example.com", "secret456"),
            ("alice@example.com", ""),
            ("", "password123"),
            ("nobody@example.com", "nobody has this password"),
        ] {
            let found = accounts.authenticate(email, password.into()).await;
            assert_eq!(found, Ok(None), "{email}");
        }
        assert_eq!(accounts.by_id(&UserId::from("4")), None);
    }

    #[tokio::test]
    async fn an_unknown_user_costs_what_a_known_one_costs() {
        let accounts = Accounts::hashed().await.unwrap();
        for account in &accounts.list {
            assert_eq!(account.password.algorithm, accounts.decoy.algorithm);
            assert_eq!(account.password.params, accounts.decoy.params);
            assert_ne!(account.password.salt, accounts.decoy.salt);
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(format!("{:?}", Password::from("secret456")), "Password(REDACTED)");
    }
}
