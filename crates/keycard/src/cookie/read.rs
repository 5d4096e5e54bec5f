//! `Cookie` headers → candidate values. Pure, and bounded in what it keeps.

use memchr::{memchr, memchr_iter};

use crate::seal::Seal;

/// How many values that could be sealed ids are looked at; a browser sends one, or two where a sibling domain planted
/// another.
pub(crate) const MAX_CANDIDATES: usize = 4;

/// A value that could be a sealed id.
pub(crate) type Candidate = [u8; Seal::TEXT];

/// The different values of a request that could be sealed ids, in the order in which they came. For the first nothing is
/// allocated, since others hardly ever come.
#[derive(Default)]
pub(crate) struct Candidates {
    first: Option<Candidate>,
    others: Vec<Candidate>,
}

impl Candidates {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.first.iter().chain(&self.others)
    }

    fn push(&mut self, candidate: Candidate) {
        if self.first.is_none() {
            self.first = Some(candidate);
        } else {
            self.others.push(candidate);
        }
    }
}

/// The candidates among the values of the cookie `name`.
///
/// Header values are read as bytes: a neighbour that is not UTF-8 does not hide the session. What has not the length of
/// a sealed id, however long it is, is not kept and does not count: leftovers under the same name hide nothing either.
pub(crate) fn candidates<'a>(headers: impl IntoIterator<Item = &'a [u8]>, name: &'a str) -> Candidates {
    sealed(values(headers, name))
}

/// The values of the cookie `name`, whatever stands in them.
pub(crate) fn values<'a>(
    headers: impl IntoIterator<Item = &'a [u8]>,
    name: &'a str,
) -> impl Iterator<Item = &'a [u8]> {
    let headers = headers.into_iter();
    headers.flat_map(|header| values_of(header, name.as_bytes()))
}

/// As [`candidates`], of values wherever they came.
pub(crate) fn sealed<'a>(values: impl Iterator<Item = &'a [u8]>) -> Candidates {
    let sealed = values
        .filter_map(|value| <&Candidate>::try_from(value).ok())
        .filter(|value| value.is_ascii());
    let mut found = Candidates::default();
    for text in sealed.take(MAX_CANDIDATES) {
        if !found.iter().any(|other| other == text) {
            found.push(*text);
        }
    }
    found
}

/// The values of all cookies of exactly this name in one header (RFC 6265bis §5.7.3 sends them as `name=value; …`).
fn values_of<'a>(header: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    pairs(header).filter_map(move |pair| {
        let at = memchr(b'=', pair)?;
        (pair[..at].trim_ascii() == name).then(|| pair[at + 1..].trim_ascii())
    })
}

/// What stands between the semicolons. Others may have put kilobytes of cookies there.
fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b';', header).chain([header.len()]).map(move |end| {
        let pair = &header[start..end];
        start = end + 1;
        pair
    })
}

#[cfg(test)]
pub(crate) fn texts(candidates: &Candidates) -> Vec<String> {
    let texts = candidates
        .iter()
        .map(|text| String::from_utf8_lossy(text).into_owned());
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(fill: char) -> String {
        fill.to_string().repeat(Seal::TEXT)
    }

    fn read(headers: &[&[u8]]) -> Vec<String> {
        texts(&candidates(headers.iter().copied(), "sid"))
    }

    #[test]
    fn the_cookie_is_found_among_others_in_any_header() {
        let (a, b) = (value('a'), value('b'));
        let first = format!("theme=dark; sid={a}; xsid={b}");
        assert_eq!(read(&[first.as_bytes()]), [a.as_str()]);
        let second = format!(" sid = {b} ");
        assert_eq!(read(&[b"theme=dark", second.as_bytes()]), [b.as_str()]);
        assert_eq!(read(&[first.as_bytes(), second.as_bytes()]), [a, b]);
    }

    #[test]
    fn names_are_compared_whole_and_with_case() {
        let header = format!("SID={0}; sid2={0}; asid={0}", value('a'));
        assert!(read(&[header.as_bytes()]).is_empty());
    }

    #[test]
    fn equal_values_count_once_and_four_cookies_are_looked_at() {
        let a = value('a');
        assert_eq!(read(&[format!("sid={a}; sid={a}").as_bytes()]), [a]);
        let many: Vec<String> = "abcdef".chars().map(|c| format!("sid={}", value(c))).collect();
        assert_eq!(read(&[many.join("; ").as_bytes()]).len(), 4);
    }

    #[test]
    fn nothing_is_read_after_the_fourth() {
        let header = format!("sid={}", value('a'));
        let read = std::cell::Cell::new(0);
        let endless = std::iter::repeat_with(|| {
            read.set(read.get() + 1);
            header.as_bytes()
        });
        assert_eq!(texts(&candidates(endless, "sid")), [value('a')]);
        assert_eq!(read.get(), MAX_CANDIDATES);
    }

    #[test]
    fn leftovers_under_the_same_name_hide_nothing() {
        let header = format!("{}; sid={}", ["sid=old"; 9].join("; "), value('a'));
        assert_eq!(read(&[header.as_bytes()]), [value('a')]);
    }

    #[test]
    fn junk_is_not_a_candidate() {
        let oversized = format!("sid={}", "x".repeat(9 * 1024));
        let foreign = format!("sid={}a", "é".repeat(Seal::TEXT / 2));
        assert_eq!(foreign.len(), "sid=".len() + Seal::TEXT);
        for junk in [
            &b""[..],
            b"sid",
            b"sid=",
            b"=;=;;",
            b"sid=\xff\xfe",
            b"\0",
            oversized.as_bytes(),
            foreign.as_bytes(),
        ] {
            assert!(read(&[junk]).is_empty());
        }
    }

    #[test]
    fn a_neighbour_that_is_not_utf8_hides_nothing() {
        let mut header = b"bad=\xff\xfe; sid=".to_vec();
        header.extend(value('a').bytes());
        assert_eq!(read(&[&header]), [value('a')]);
    }
}
