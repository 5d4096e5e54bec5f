//! The device that a user logs in on, as the application names it.

use std::sync::Arc;

use crate::error::{Error, ErrorKind};

/// The longest text of a device, in bytes.
const LONGEST: usize = 256;

/// A device by the id that the application gives it: of a user's sessions, at most one is on each device.
///
/// A login on a device ends the user's other session there. Each text has at most 256 bytes and no control characters.
///
/// ```
/// use keycard::{Device, ErrorKind};
///
/// let phone = Device::new("7f3a")?.named("Alice's phone")?.of_type("phone")?;
/// assert_eq!((phone.id(), phone.name(), phone.device_type()), ("7f3a", Some("Alice's phone"), Some("phone")));
/// assert_eq!(Device::new("x".repeat(257)).unwrap_err().kind(), ErrorKind::InvalidInput);
/// # Ok::<(), keycard::Error>(())
/// ```
///
/// # Security
///
/// The id comes from the client and proves nothing. Whoever can log in as the user can name any device of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    id: Arc<str>,
    name: Option<Arc<str>>,
    kind: Option<Arc<str>>,
}

impl Device {
    /// The device with this id.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the id is empty, longer than 256 bytes, or holds control characters.
    pub fn new(id: impl Into<String>) -> Result<Self, Error> {
        Ok(Self {
            id: checked("id", id.into())?,
            name: None,
            kind: None,
        })
    }

    /// Its name, as the user would tell it from their others.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn named(mut self, name: impl Into<String>) -> Result<Self, Error> {
        self.name = Some(checked("name", name.into())?);
        Ok(self)
    }

    /// What it is: `phone`, `desktop`, or whatever the application tells apart.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn of_type(mut self, device_type: impl Into<String>) -> Result<Self, Error> {
        self.kind = Some(checked("type", device_type.into())?);
        Ok(self)
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name, if one was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The type, if one was given.
    #[must_use]
    pub fn device_type(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// A device as a record holds it: texts that were checked when they were written.
    pub(crate) fn read(id: &str, name: &str, device_type: &str) -> Self {
        let given = |text: &str| (!text.is_empty()).then(|| text.into());
        Self {
            id: id.into(),
            name: given(name),
            kind: given(device_type),
        }
    }
}

fn checked(what: &str, text: String) -> Result<Arc<str>, Error> {
    let refuse = |why: String| {
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!("the device's {what} {why}"),
        ))
    };
    if text.is_empty() {
        return refuse("is empty".into());
    }
    if text.len() > LONGEST {
        return refuse(format!("has {} bytes: at most {LONGEST} are kept", text.len()));
    }
    if text.contains(char::is_control) {
        return refuse("holds control characters".into());
    }
    Ok(text.into())
}
