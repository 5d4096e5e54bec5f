//! Messages for the next page: put in by a request that redirects, taken out by the one that follows.

/// How many messages wait at most.
const MOST: usize = 16;
/// The longest text in bytes.
const LONGEST: usize = 1024;
/// What stands behind a text that was cut.
const CUT: &str = "…";

/// What kind of message a [`Flash`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FlashLevel {
    /// Something to know.
    #[default]
    Info,
    /// Something was done.
    Success,
    /// Something to mind.
    Warning,
    /// Something could not be done.
    Error,
}

impl FlashLevel {
    const ALL: [Self; 4] = [Self::Info, Self::Success, Self::Warning, Self::Error];

    /// The name of the level, for a CSS class say: `success`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// A level that a later version may have written is something to know.
    fn named(name: &str) -> Self {
        let level = Self::ALL.into_iter().find(|level| level.name() == name);
        level.unwrap_or_default()
    }
}

/// A message for the page that the user sees next: put into the session by
/// [`Session::flash`](crate::Session::flash), and out of it again by [`Session::take_flashes`](crate::Session::take_flashes).
///
/// Its text has at most 1024 bytes; a longer one is cut, and ends in `…`.
///
/// ```
/// use keycard::{Flash, FlashLevel};
///
/// let flash = Flash::success("Your order is on its way.");
/// assert_eq!((flash.level(), flash.text()), (FlashLevel::Success, "Your order is on its way."));
/// assert_eq!(flash.level().name(), "success");
/// ```
///
/// # Security
///
/// The text is kept as it is. Escape it where it is shown, as everything else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flash {
    level: FlashLevel,
    text: String,
}

impl Flash {
    /// A message of this level.
    #[must_use]
    pub fn new(level: FlashLevel, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.len() > LONGEST {
            text.truncate(text.floor_char_boundary(LONGEST - CUT.len()));
            text.push_str(CUT);
        }
        Self { level, text }
    }

    /// Something to know.
    #[must_use]
    pub fn info(text: impl Into<String>) -> Self {
        Self::new(FlashLevel::Info, text)
    }

    /// Something was done.
    #[must_use]
    pub fn success(text: impl Into<String>) -> Self {
        Self::new(FlashLevel::Success, text)
    }

    /// Something to mind.
    #[must_use]
    pub fn warning(text: impl Into<String>) -> Self {
        Self::new(FlashLevel::Warning, text)
    }

    /// Something could not be done.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self::new(FlashLevel::Error, text)
    }

    /// What kind of message it is.
    #[must_use]
    pub fn level(&self) -> FlashLevel {
        self.level
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A message as a session holds it: the name of its level, and its text.
pub(crate) type Waiting = (String, String);

impl Flash {
    pub(crate) fn into_waiting(self) -> Waiting {
        (self.level.name().to_owned(), self.text)
    }

    pub(crate) fn of_waiting((level, text): Waiting) -> Self {
        Self::new(FlashLevel::named(&level), text)
    }
}

/// Those that go on to wait where there is no room for all.
pub(crate) fn newest(mut waiting: Vec<Waiting>) -> Vec<Waiting> {
    waiting.drain(..waiting.len().saturating_sub(MOST));
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = |text: &str| Flash::info(text).text().to_owned();
        let longest = "x".repeat(LONGEST);
        assert_eq!(text(&longest), longest);
        for (of, expected) in [("x", 1021), ("é", 1020), ("€", 1020)] {
            let cut = text(&of.repeat(LONGEST + 1));
            assert_eq!(cut, format!("{}…", of.repeat(expected / of.len())), "{of}");
        }
    }

    #[test]
    fn a_level_is_read_as_it_was_written_and_an_unknown_one_is_something_to_know() {
        for level in FlashLevel::ALL {
            let flash = Flash::new(level, "x");
            assert_eq!(Flash::of_waiting(flash.clone().into_waiting()), flash);
        }
        let later = ("debug".to_owned(), "x".to_owned());
        assert_eq!(Flash::of_waiting(later), Flash::info("x"));
    }
}
