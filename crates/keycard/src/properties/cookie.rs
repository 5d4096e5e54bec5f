//! What holds of any `Cookie` headers.

use cookie::Cookie;

use crate::cookie::read::{MAX_CANDIDATES, candidates};
use crate::seal::Seal;

const NAME: &str = "sid";

/// Reads the lines of `input` as headers.
pub fn hold(input: &[u8]) {
    let headers: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    let found = read(headers.iter().copied());
    each_is_a_different_value_of_the_cookie(&found, input);
    second_parser_agrees(&headers, &found);

    let apart = read(input.split(|byte| matches!(byte, b'\n' | b';')));
    assert_eq!(apart, found, "it matters how cookies are spread over headers");

    let good = "g".repeat(Seal::TEXT);
    let first = [format!("{NAME}={good};").as_bytes(), input].concat();
    let behind = [input, format!(";{NAME}={good}").as_bytes()].concat();
    assert_eq!(read(lines(&first)).first(), Some(&good), "hidden by what follows");
    if found.is_empty() {
        assert_eq!(read(lines(&behind)), [good], "hidden by junk before it");
    }
}

fn read<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let found = candidates(headers, NAME);
    let texts = found
        .iter()
        .map(|text| String::from_utf8_lossy(text).into_owned());
    texts.collect()
}

fn lines(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    input.split(|byte| *byte == b'\n')
}

fn each_is_a_different_value_of_the_cookie(found: &[String], input: &[u8]) {
    assert!(found.len() <= MAX_CANDIDATES);
    for (at, text) in found.iter().enumerate() {
        assert_eq!(text.len(), Seal::TEXT);
        assert!(!found[..at].contains(text), "{text:?} twice");
        assert!(input.windows(text.len()).any(|part| part == text.as_bytes()));
    }
}

/// The `cookie` crate reads headers of visible characters as we do.
fn second_parser_agrees(headers: &[&[u8]], found: &[String]) {
    let texts: Option<Vec<&str>> = headers.iter().map(|header| visible(header)).collect();
    let Some(texts) = texts else { return };
    let cookies = texts.into_iter().flat_map(Cookie::split_parse);
    let sealed = cookies
        .filter_map(Result::ok)
        .filter(|cookie| cookie.name() == NAME && cookie.value().len() == Seal::TEXT)
        .take(MAX_CANDIDATES);
    let mut expected: Vec<String> = Vec::new();
    for cookie in sealed {
        if !expected.iter().any(|value| value == cookie.value()) {
            expected.push(cookie.value().to_owned());
        }
    }
    assert_eq!(found, expected);
}

fn visible(header: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(header).ok()?;
    text.chars().all(|c| matches!(c, ' '..='~')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::{holds_of_seeds, many};
    use super::*;
    use proptest::prelude::*;

    fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        proptest::sample::select(texts)
    }

    prop_compose! {
        /// A cookie that could be the session's, or nearly so.
        fn cookie()(
            space in one_of(&["", "", " ", "\t"]),
            name in one_of(&[NAME, NAME, NAME, NAME, "SID", "asid", "sid2", "s"]),
            before in one_of(&["", "", " "]),
            after in one_of(&["", "", "", " ", "="]),
            fill in one_of(&["a", "b", "c", "d", "e", "="]),
            length in prop_oneof![5 => Just(Seal::TEXT), 1 => Seal::TEXT - 1..Seal::TEXT + 2],
        ) -> String {
            format!(";{space}{name}{before}={after}{}{space}", fill.repeat(length))
        }
    }

    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            3 => cookie().prop_map(String::into_bytes),
            2 => one_of(&["sid", "=", ";", "; ", "\n", "theme=dark", "sid=1", "\"", "é", "\0"])
                .prop_map(|text| text.as_bytes().to_vec()),
            1 => any::<[u8; 3]>().prop_map(Vec::from),
        ]
    }

    proptest! {
        #![proptest_config(many())]

        #[test]
        fn headers_are_read_as_they_should_be(pieces in proptest::collection::vec(pieces(), 0..8)) {
            hold(&pieces.concat());
        }
    }

    #[test]
    fn seeds_hold() {
        holds_of_seeds("cookie", hold);
    }
}
