//! What a guard comes to, and what somebody is told who is kept out.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::factor::Factor;

/// What a [`Guard`](super::Guard) comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "nobody is kept out until the decision is looked at"]
pub enum Decision {
    /// They may enter.
    Allowed,
    /// Nobody is logged in, so who it is must be found out first. 401.
    Unauthenticated,
    /// The user may not enter, whatever they prove. 403.
    Forbidden,
    /// The user may enter as soon as they have proved once more who they are. 403.
    StepUp {
        /// With what; `None`: with any factor.
        factor: Option<Factor>,
        /// How long ago that may be at most; `None`: at any time in this session.
        within: Option<Duration>,
    },
}

/// Why somebody is kept out: every [`Decision`] but [`Allowed`](Decision::Allowed). Its text is for clients.
///
/// ```
#[doc = example!(session)]
/// use keycard::auth::Guard;
///
/// session.login("alice");
/// let error = session.require(&Guard::role("admin")).await.unwrap_err();
/// let denied = error.denied().unwrap();
/// assert_eq!((denied.status(), denied.to_json().as_str()), (403, r#"{"error":"this is not allowed"}"#));
#[doc = example!(end)]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied(Decision);

impl Decision {
    /// `Ok` for [`Allowed`](Self::Allowed), and the rest as an error.
    ///
    /// ```
    /// use keycard::auth::Decision;
    ///
    /// assert!(Decision::Allowed.into_result().is_ok());
    /// assert_eq!(Decision::Unauthenticated.into_result().unwrap_err().status(), 401);
    /// ```
    ///
    /// # Errors
    ///
    /// Why they are kept out.
    pub fn into_result(self) -> Result<(), Denied> {
        match self {
            Self::Allowed => Ok(()),
            Self::Unauthenticated | Self::Forbidden | Self::StepUp { .. } => Err(Denied(self)),
        }
    }

    /// How near it is to letting them in.
    pub(super) fn favour(&self) -> u8 {
        match self {
            Self::Unauthenticated => 0,
            Self::Forbidden => 1,
            Self::StepUp { .. } => 2,
            Self::Allowed => 3,
        }
    }
}

impl Denied {
    pub(crate) const UNAUTHENTICATED: Self = Self(Decision::Unauthenticated);

    /// What was decided.
    pub fn decision(&self) -> &Decision {
        &self.0
    }

    /// The HTTP status: 401 for somebody unknown, 403 for a user.
    #[must_use]
    pub fn status(&self) -> u16 {
        if self.0 == Decision::Unauthenticated {
            401
        } else {
            403
        }
    }

    /// The body that adapters answer with by default.
    ///
    /// What a step-up asks for stands beside the text: the name of the factor, where one is demanded, and in whole seconds
    /// the greatest age of its proof, which has the name it has in RFC 9470.
    ///
    /// ```
    /// use keycard::Factor;
    /// use keycard::auth::Decision;
    /// use std::time::Duration;
    ///
    /// let (factor, within) = (Some(Factor::OTP), Some(Duration::from_mins(5)));
    /// let denied = Decision::StepUp { factor, within }.into_result().unwrap_err();
    /// let json = r#"{"error":"a further factor is needed","step_up":{"factor":"otp","max_age":300}}"#;
    /// assert_eq!(denied.to_json(), json);
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let Decision::StepUp { factor, within } = &self.0 else {
            return format!(r#"{{"error":"{self}"}}"#);
        };
        let factor = factor.as_ref();
        let factor = factor.map(|factor| format!(r#""factor":"{}""#, escaped(factor.as_str())));
        let within = within.map(|within| format!(r#""max_age":{}"#, within.as_secs()));
        let asked: Vec<String> = factor.into_iter().chain(within).collect();
        format!(r#"{{"error":"{self}","step_up":{{{}}}}}"#, asked.join(","))
    }
}

/// A text as it stands in a JSON string (RFC 8259 §7).
fn escaped(text: &str) -> String {
    let characters = text.chars().map(|character| match character {
        '"' | '\\' => format!("\\{character}"),
        '\0'..='\x1f' => format!("\\u{:04x}", u32::from(character)),
        _ => character.to_string(),
    });
    characters.collect()
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Decision::Unauthenticated => "nobody is logged in",
            Decision::Allowed | Decision::Forbidden => "this is not allowed",
            Decision::StepUp { factor: None, .. } => "a recent authentication is needed",
            Decision::StepUp { factor: Some(_), .. } => "a further factor is needed",
        })
    }
}

impl std::error::Error for Denied {}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        let kind = match denied.0 {
            Decision::Unauthenticated => ErrorKind::Unauthenticated,
            Decision::StepUp { .. } => ErrorKind::StepUp,
            Decision::Allowed | Decision::Forbidden => ErrorKind::Forbidden,
        };
        Self::caused_by(kind, "a guard keeps the client out", denied)
    }
}

impl Error {
    /// Why somebody was kept out, if a guard did so.
    #[must_use]
    pub fn denied(&self) -> Option<&Denied> {
        std::error::Error::source(self)?.downcast_ref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_name_of_a_factor_stands_in_the_json_as_it_is(name in "\\PC*|[\0-\u{7f}]*") {
            let factor = Some(Factor::read(&name));
            let denied = Denied(Decision::StepUp { factor, within: None });
            let json: serde_json::Value = serde_json::from_str(&denied.to_json()).unwrap();
            prop_assert_eq!(&json["step_up"], &serde_json::json!({ "factor": name }));
        }
    }
}
