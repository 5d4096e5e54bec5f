//! The wire format: commands as they are written, and values as they are read.
//!
//! What answers consist of on the usual path is read here: finding where a value ends, numbers and byte strings. Whatever
//! else a server may say is left to the `redis` crate.

use redis::{ErrorKind, RedisError, RedisResult, Value, parse_redis_value};

/// The longest line that a server may send: its longest is a message of an error.
const LONGEST_LINE: usize = 64 * 1024;
/// The longest byte string, which is Redis's own limit.
const LONGEST_STRING: usize = 512 * 1024 * 1024;
/// How deep values may stand within values.
const DEEPEST: usize = 16;

/// Byte strings one behind the other, as a command's array holds them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strings {
    count: usize,
    bytes: Vec<u8>,
}

impl Strings {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            count: 0,
            bytes: Vec::with_capacity(bytes),
        }
    }

    pub(crate) fn of(strings: &[&str]) -> Self {
        let mut all = Self::default();
        for string in strings {
            all.push(string);
        }
        all
    }

    pub(crate) fn push(&mut self, string: impl AsRef<[u8]>) {
        self.count += 1;
        write_string(&mut self.bytes, string.as_ref());
    }

    pub(crate) fn push_number(&mut self, number: u64) {
        self.push(itoa::Buffer::new().format(number));
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn get(&self, place: usize) -> Option<&[u8]> {
        let mut rest = &self.bytes[..];
        for _ in 0..place {
            rest = first_string(rest)?.1;
        }
        Some(first_string(rest)?.0)
    }

    /// Appends them to a command.
    pub(crate) fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }
}

/// What can be sent.
pub(crate) trait Command {
    /// Appends all bytes of it.
    fn write(&self, out: &mut Vec<u8>);

    /// Its first key, which tells the slot.
    fn key(&self) -> &[u8];

    /// Whether it touches no keys but those that a server sees in it.
    fn names_its_keys(&self) -> bool {
        true
    }

    /// Whether its answer is an error where too few replicas have what it says, if the store's durability is so.
    fn may_be_refused(&self) -> bool {
        true
    }
}

impl Command for Strings {
    fn write(&self, out: &mut Vec<u8>) {
        begin(out, self.count);
        self.write_to(out);
    }

    fn key(&self) -> &[u8] {
        self.get(1).unwrap_or_default()
    }
}

impl<const N: usize> Command for [&str; N] {
    fn write(&self, out: &mut Vec<u8>) {
        begin(out, N);
        for string in self {
            write_string(out, string.as_bytes());
        }
    }

    fn key(&self) -> &[u8] {
        self.get(1).map_or(&[], |key| key.as_bytes())
    }
}

/// Begins a command of so many strings.
pub(crate) fn begin(out: &mut Vec<u8>, strings: usize) {
    write_count(out, b'*', strings);
}

pub(crate) fn write_string(out: &mut Vec<u8>, string: &[u8]) {
    write_count(out, b'$', string.len());
    out.extend_from_slice(string);
    out.extend_from_slice(b"\r\n");
}

/// The first of strings that were written here, and what stands behind it.
fn first_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\r')?;
    let len = usize::try_from(number(bytes.get(1..end)?).ok()?).ok()?;
    let (string, rest) = bytes.get(end + 2..)?.split_at_checked(len)?;
    Some((string, rest.get(2..)?))
}

fn write_count(out: &mut Vec<u8>, kind: u8, count: usize) {
    out.push(kind);
    out.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The first value of what has arrived, and how many bytes it takes; `None` if more of it is to come.
///
/// # Errors
///
/// For bytes that are no value, whatever follows.
pub(crate) fn read(bytes: &[u8]) -> RedisResult<Option<(Value, usize)>> {
    let Some(end) = end_of_value(bytes, 0, DEEPEST)? else {
        return Ok(None);
    };
    let value = match bytes[0] {
        b'$' => {
            let (_, start) = line(bytes, 0)?.ok_or_else(strange)?;
            match end.checked_sub(start + 2) {
                Some(len) => Value::BulkString(bytes[start..start + len].to_vec()),
                None => Value::Nil,
            }
        }
        b':' => Value::Int(number(&bytes[1..end - 2])?),
        _ => parse_redis_value(&bytes[..end])?,
    };
    Ok(Some((value, end)))
}

fn end_of_value(bytes: &[u8], start: usize, depth: usize) -> RedisResult<Option<usize>> {
    let Some((head, behind)) = line(bytes, start)? else {
        return Ok(None);
    };
    let count =
        |each: usize| Ok::<_, RedisError>(usize::try_from(number(head)?).unwrap_or(0).saturating_mul(each));
    match bytes[start] {
        b'+' | b'-' | b':' | b',' | b'#' | b'(' | b'_' => Ok(Some(behind)),
        b'$' | b'=' | b'!' => end_of_string(bytes, number(head)?, behind),
        b'*' | b'~' | b'>' => end_of_values(bytes, count(1)?, behind, depth),
        b'%' => end_of_values(bytes, count(2)?, behind, depth),
        // Attributes precede what they are of.
        b'|' => end_of_values(bytes, count(2)?.saturating_add(1), behind, depth),
        _ => Err(strange()),
    }
}

fn end_of_string(bytes: &[u8], len: i64, start: usize) -> RedisResult<Option<usize>> {
    if len == -1 {
        return Ok(Some(start));
    }
    let len = usize::try_from(len).ok().filter(|len| *len <= LONGEST_STRING);
    let end = start + len.ok_or_else(strange)?;
    match bytes.get(end..end + 2) {
        Some(b"\r\n") => Ok(Some(end + 2)),
        Some(_) => Err(strange()),
        None => Ok(None),
    }
}

fn end_of_values(bytes: &[u8], count: usize, start: usize, depth: usize) -> RedisResult<Option<usize>> {
    let depth = depth.checked_sub(1).ok_or_else(strange)?;
    let mut end = start;
    for _ in 0..count {
        match end_of_value(bytes, end, depth)? {
            Some(behind) => end = behind,
            None => return Ok(None),
        }
    }
    Ok(Some(end))
}

/// The line that begins at `start`, without its kind, and where the next one begins.
fn line(bytes: &[u8], start: usize) -> RedisResult<Option<(&[u8], usize)>> {
    let Some((kind, rest)) = bytes.get(start..).and_then(<[u8]>::split_first) else {
        return Ok(None);
    };
    if !b"+-:,#(_$=!*~>%|".contains(kind) {
        return Err(strange());
    }
    let window = &rest[..rest.len().min(LONGEST_LINE)];
    match window.iter().position(|byte| *byte == b'\r') {
        Some(end) => match rest.get(end + 1) {
            Some(b'\n') => Ok(Some((&rest[..end], start + end + 3))),
            Some(_) => Err(strange()),
            None => Ok(None),
        },
        None if window.len() == LONGEST_LINE => Err(strange()),
        None => Ok(None),
    }
}

fn number(digits: &[u8]) -> RedisResult<i64> {
    let digits = std::str::from_utf8(digits).ok();
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(strange)
}

fn strange() -> RedisError {
    (ErrorKind::Parse, "the server's answer is none of Redis").into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redis::{PushKind, Value};

    use super::*;

    #[test]
    fn a_command_is_an_array_of_byte_strings() {
        let mut key = Strings::default();
        key.push("k\r\n");
        let mut out = Vec::new();
        ["GET", ""].write(&mut out);
        key.push_number(u64::MAX);
        key.write(&mut out);
        assert_eq!(
            out,
            b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n*2\r\n$3\r\nk\r\n\r\n$20\r\n18446744073709551615\r\n"
        );
        assert_eq!(
            (key.get(0), key.key(), key.get(2)),
            (Some(&b"k\r\n"[..]), &b"18446744073709551615"[..], None)
        );
        assert_eq!((["GET", "k"].key(), ["PING"].key()), (&b"k"[..], &b""[..]));
    }

    fn read_all(bytes: &[u8]) -> Vec<Value> {
        let mut values = Vec::new();
        let mut rest = bytes;
        while let Some((value, len)) = read(rest).unwrap() {
            values.push(value);
            rest = &rest[len..];
        }
        assert!(rest.is_empty());
        values
    }

    #[test]
    fn values_are_read_one_behind_the_other() {
        let strings = |strings: &[&str]| {
            let strings = strings
                .iter()
                .map(|string| Value::BulkString(string.as_bytes().into()));
            strings.collect::<Vec<_>>()
        };
        let read = read_all(
            b"$3\r\na\r\n\r\n$0\r\n\r\n$-1\r\n:-42\r\n+OK\r\n*-1\r\n_\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n#t\r\n%1\r\n:1\r\n:2\r\n",
        );
        assert_eq!(
            read,
            [
                Value::BulkString(b"a\r\n".into()),
                Value::BulkString(Vec::new()),
                Value::Nil,
                Value::Int(-42),
                Value::Okay,
                Value::Nil,
                Value::Nil,
                Value::Array(strings(&["a", "b"])),
                Value::Push {
                    kind: PushKind::Invalidate,
                    data: vec![Value::Array(strings(&["k"]))],
                },
                Value::Boolean(true),
                Value::Map(vec![(Value::Int(1), Value::Int(2))]),
            ]
        );
        let Value::ServerError(error) = &read_all(b"-OOM command not allowed\r\n")[0] else {
            panic!("an error is a value");
        };
        assert_eq!(
            (error.code(), error.details()),
            ("OOM", Some("command not allowed"))
        );
    }

    #[test]
    fn what_is_no_value_is_refused_at_once() {
        let deep = [b"*1\r\n".repeat(DEEPEST + 1), b":1\r\n".to_vec()].concat();
        let endless = [b"+".to_vec(), vec![b'a'; LONGEST_LINE]].concat();
        for bytes in [
            &b"HTTP/1.1 400 Bad Request\r\n"[..],
            b"\r\n",
            b"$x\r\n",
            b"$-2\r\n",
            b"$536870913\r\n",
            b"$9223372036854775808\r\n",
            b"$1\r\nab\r\n",
            b":1\rx",
            b":\r\n",
            b"*1\r\nx",
            &deep,
            &endless,
        ] {
            assert!(read(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    fn values() -> impl Strategy<Value = Vec<u8>> {
        let string = |kind: &'static str| {
            prop::collection::vec(any::<u8>(), 0..40).prop_map(move |bytes| {
                [format!("{kind}{}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat()
            })
        };
        let leaf = prop_oneof![
            string("$"),
            any::<i64>().prop_map(|number| format!(":{number}\r\n").into_bytes()),
            "[a-zA-Z ]{0,20}".prop_map(|text| format!("+{text}\r\n").into_bytes()),
            "[A-Z]{1,9} [a-z ]{0,20}".prop_map(|text| format!("-{text}\r\n").into_bytes()),
            Just(b"$-1\r\n".to_vec()),
            Just(b"*-1\r\n".to_vec()),
            Just(b"_\r\n".to_vec()),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop::collection::vec(inner, 0..5)
                .prop_map(|parts| [format!("*{}\r\n", parts.len()).into_bytes(), parts.concat()].concat())
        })
    }

    proptest! {
        #[test]
        fn a_value_is_what_the_client_library_reads_and_none_until_it_is_whole(bytes in values(), rest in values()) {
            let both = [&bytes[..], &rest].concat();
            prop_assert_eq!(read(&both).unwrap(), Some((parse_redis_value(&bytes).unwrap(), bytes.len())));
            for part in 0..bytes.len() {
                prop_assert_eq!(read(&bytes[..part]).unwrap(), None);
            }
        }

        #[test]
        fn no_bytes_are_too_strange_to_be_judged(bytes in prop::collection::vec(any::<u8>(), 0..64), kind in "[-+:$*~>%|=!(,#_]") {
            let bytes = [kind.as_bytes(), &bytes].concat();
            if let Ok(Some((_, len))) = read(&bytes) {
                prop_assert!(len <= bytes.len());
            }
        }
    }
}
