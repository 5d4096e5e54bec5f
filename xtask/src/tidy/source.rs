//! A Rust file as the rules see it: what in it is code, comment or literal, and what is there for tests only.

use std::ops::Range;

use super::Violation;

/// A Rust file, taken apart.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    /// The text with blanks for comments and literals; each byte keeps its offset.
    pub(super) code: String,
    /// The text with blanks for literals.
    pub(super) prose: String,
    tests: Vec<Range<usize>>,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let kinds = kinds(text);
        let code = keep(text, |at| kinds[at] == Kind::Code);
        let prose = keep(text, |at| kinds[at] != Kind::Literal);
        let tests = test_items(&code);
        Self {
            path: path.into(),
            text: text.into(),
            code,
            prose,
            tests,
        }
    }

    /// The words of the code, with what stands around each.
    pub(super) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        words(&self.code)
    }

    /// The lines that are not there for tests only, without their indentation.
    pub(super) fn lines_without_tests(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.text.split_inclusive('\n').filter_map(move |line| {
            let at = start + line.len() - line.trim_start().len();
            start += line.len();
            (!self.is_test(at)).then(|| line.trim())
        })
    }

    /// Whether the byte at `offset` belongs to an item for tests, or all of the file does.
    pub(super) fn is_test(&self, offset: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&offset))
    }

    /// Whether the file lies in a folder of tests, is a module of them, or belongs to the suite that stores must pass.
    pub(super) fn is_test_file(&self) -> bool {
        self.path
            .split('/')
            .any(|part| matches!(part, "tests" | "tests.rs" | "keycard-conformance"))
    }

    pub(super) fn violation(&self, offset: usize, rule: impl Into<String>) -> Violation {
        let line = 1 + self.text[..offset].matches('\n').count();
        Violation {
            path: self.path.clone(),
            line,
            rule: rule.into(),
        }
    }
}

/// An identifier or keyword, and the text before and after it.
pub(super) struct Word<'a> {
    pub(super) offset: usize,
    pub(super) before: &'a str,
    pub(super) text: &'a str,
    pub(super) after: &'a str,
}

pub(super) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let offset = from + text[from..].find(is_word_char)?;
        let length = word_length(&text[offset..]);
        from = offset + length;
        Some(Word {
            offset,
            before: &text[..offset],
            text: &text[offset..from],
            after: &text[from..],
        })
    })
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word_length(text: &str) -> usize {
    text.find(|c| !is_word_char(c)).unwrap_or(text.len())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// What each byte of `text` belongs to.
fn kinds(text: &str) -> Vec<Kind> {
    let mut kinds = Vec::with_capacity(text.len());
    while kinds.len() < text.len() {
        let rest = &text[kinds.len()..];
        let (kind, length) = token(rest);
        kinds.resize(kinds.len() + length.clamp(1, rest.len()), kind);
    }
    kinds
}

/// The kind and the length of the token that `text` begins with.
fn token(text: &str) -> (Kind, usize) {
    if text.starts_with("//") {
        return (Kind::Comment, text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return (Kind::Comment, block_comment(text));
    }
    let word = word_length(text);
    let (prefix, rest) = text.split_at(word);
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if matches!(prefix, "r" | "br" | "cr") && rest[hashes..].starts_with('"') {
        return (Kind::Literal, word + raw_string(rest, hashes));
    }
    if matches!(prefix, "" | "b" | "c") && rest.starts_with('"') {
        return (Kind::Literal, word + quoted(rest, '"'));
    }
    if matches!(prefix, "" | "b") && rest.starts_with('\'') {
        let literal = is_character(rest);
        return if literal {
            (Kind::Literal, word + quoted(rest, '\''))
        } else {
            (Kind::Code, word + 1)
        };
    }
    (
        Kind::Code,
        if word > 0 {
            word
        } else {
            text.chars().next().map_or(1, char::len_utf8)
        },
    )
}

/// Whether `text`, which begins with a quote, is a character and not a lifetime.
fn is_character(text: &str) -> bool {
    let mut inside = text.chars().skip(1);
    inside.next() == Some('\\') || inside.next() == Some('\'')
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, c)| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

fn raw_string(text: &str, hashes: usize) -> usize {
    let end = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 1;
    text[start..]
        .find(&end)
        .map_or(text.len(), |at| start + at + end.len())
}

fn block_comment(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while let Some(mark) = text[at..].find(['/', '*']) {
        at += mark;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// `text` with blanks for what `kept` refuses; lines stay lines.
fn keep(text: &str, kept: impl Fn(usize) -> bool) -> String {
    let mut result = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c == '\n' || kept(at) {
            result.push(c);
        } else {
            result.extend(std::iter::repeat_n(' ', c.len_utf8()));
        }
    }
    result
}

/// The items that `#[cfg(test)]` stands before.
fn test_items(code: &str) -> Vec<Range<usize>> {
    const ATTRIBUTE: &str = "#[cfg(test)]";
    let starts = code.match_indices(ATTRIBUTE).map(|(start, _)| start);
    starts
        .map(|start| start..start + ATTRIBUTE.len() + item_length(&code[start + ATTRIBUTE.len()..]))
        .collect()
}

/// Up to the brace, semicolon or comma that ends the item, or to the end of what holds it.
fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return at;
        }
        if depth == 0 && matches!(c, '}' | ';' | ',') {
            return at + 1;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::new("x.rs", text).code
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        let table = [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("b // \" c", d)"#, "f(           , d)"),
            ("r#\"b\" c\"# d r#type", "          d r#type"),
            (r"x('\'', b'\\', 'é', &'a str)", "x(    ,      ,     , &'a str)"),
            ("let é = \"ü\";", "let é =     ;"),
        ];
        for (text, expected) in table {
            assert_eq!(code(text), expected, "{text}");
            assert_eq!(code(text).len(), text.len());
        }
    }

    #[test]
    fn prose_keeps_the_comments() {
        assert_eq!(Source::new("x.rs", "a(\"b\") // c").prose, "a(   ) // c");
    }

    #[test]
    fn an_item_for_tests_ends_where_it_ends() {
        let table = [
            ("a\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nc", vec!["a", "c"]),
            ("a\n#[cfg(test)]\nmod tests;\nc", vec!["a", "c"]),
            (
                "struct A {\na: u8,\n#[cfg(test)]\nb: u8,\n}",
                vec!["struct A {", "a: u8,", "}"],
            ),
            (
                "a\n#[cfg(test)]\nfn b(c: u8, d: &str) {\n\"}\";\n}\ne",
                vec!["a", "e"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(
                Source::new("x.rs", text)
                    .lines_without_tests()
                    .collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn words_know_their_neighbours() {
        let found: Vec<_> = words("self.store.load(a_b)").map(|word| word.text).collect();
        assert_eq!(found, ["self", "store", "load", "a_b"]);
        let store = words("self.store.load(k)").nth(1).unwrap();
        assert_eq!(
            (store.offset, store.before, store.after),
            (5, "self.", ".load(k)")
        );
    }
}
