//! The application's data in a session: names with encoded values, each decoded only when it is read.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::codec::{put_bytes, take_bytes, varint_len};

/// Names with MessagePack values, as they stand in a record: each name and each value behind its length, in the order of
/// the names. So nothing is taken apart where nothing is read, and a clone shares the bytes. A write makes new ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Data(Bytes);

impl Data {
    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        let found = self.pairs().find(|pair| pair.name == key.as_bytes());
        found.map(|pair| pair.value)
    }

    /// Puts a value; `false` if exactly this value stood there already.
    pub(crate) fn set(&mut self, key: &str, value: &[u8]) -> bool {
        let changes = self.get(key) != Some(value);
        if changes {
            self.put(key, Some(value));
        }
        changes
    }

    /// Removes a value; `false` if there was none.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let there = self.get(key).is_some();
        if there {
            self.put(key, None);
        }
        there
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.pairs()
            .filter_map(|pair| std::str::from_utf8(pair.name).ok())
    }

    /// The name whose value takes the most room: what an error about size points at.
    pub(crate) fn largest(&self) -> Option<(&str, usize)> {
        let largest = self.pairs().max_by_key(|pair| pair.value.len())?;
        Some((std::str::from_utf8(largest.name).ok()?, largest.value.len()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `None` if the bytes are not what [`as_bytes`](Self::as_bytes) gives.
    pub(crate) fn from_bytes(bytes: Bytes) -> Option<Self> {
        let mut rest = &bytes[..];
        let mut last = None;
        while !rest.is_empty() {
            let name = std::str::from_utf8(Pair::take(&mut rest)?.name).ok()?;
            if last.is_some_and(|last| last >= name) {
                return None;
            }
            last = Some(name);
        }
        Some(Self(bytes))
    }

    fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || Pair::take(&mut rest))
    }

    /// Puts a pair in its place, where there may be one of its name, or none.
    fn put(&mut self, key: &str, value: Option<&[u8]>) {
        let smaller = self.pairs().take_while(|pair| pair.name < key.as_bytes());
        let start = smaller.map(Pair::len).sum();
        let replaced = self.pairs().find(|pair| pair.name == key.as_bytes());
        let end = start + replaced.map_or(0, Pair::len);

        let added = value.map_or(0, |value| framed_len(key.len()) + framed_len(value.len()));
        let mut out = BytesMut::with_capacity(self.0.len() - (end - start) + added);
        out.put_slice(&self.0[..start]);
        if let Some(value) = value {
            put_bytes(&mut out, key.as_bytes());
            put_bytes(&mut out, value);
        }
        out.put_slice(&self.0[end..]);
        self.0 = out.freeze();
    }
}

/// A name and its value, each with its frame.
#[derive(Clone, Copy)]
struct Pair<'a> {
    name: &'a [u8],
    value: &'a [u8],
    len: usize,
}

impl<'a> Pair<'a> {
    /// Splits off the first pair; `None` if there is none.
    fn take(rest: &mut &'a [u8]) -> Option<Self> {
        let before = rest.len();
        Some(Self {
            name: take_bytes(rest)?,
            value: take_bytes(rest)?,
            len: before - rest.len(),
        })
    }

    fn len(self) -> usize {
        self.len
    }
}

pub(super) fn framed_len(len: usize) -> usize {
    varint_len(len) + len
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::properties::many;

    /// Few names, so that they meet again; values of lengths that take one byte and two.
    fn writes() -> impl Strategy<Value = Vec<(String, Option<Vec<u8>>)>> {
        let value = prop_oneof![Just(Vec::new()), vec(any::<u8>(), 1..4), Just(vec![7; 130])];
        vec(("[aä]{0,2}", proptest::option::of(value)), 0..12)
    }

    proptest! {
        #![proptest_config(many())]

        #[test]
        fn it_is_a_map_in_order(writes in writes()) {
            let (mut data, mut model) = (Data::default(), BTreeMap::new());
            for (key, value) in &writes {
                if let Some(value) = value {
                    prop_assert_eq!(data.set(key, value), model.insert(key, value) != Some(value));
                } else {
                    prop_assert_eq!(data.remove(key), model.remove(key).is_some());
                }
                prop_assert!(data.keys().eq(model.keys().copied()));
            }
            for (key, value) in &model {
                prop_assert_eq!(data.get(key), Some(&value[..]));
            }
            prop_assert_eq!((data.get("b"), data.is_empty()), (None, model.is_empty()));
            prop_assert_eq!(data.largest().map(|(_, len)| len), model.values().map(|value| value.len()).max());
            prop_assert_eq!(Data::from_bytes(Bytes::copy_from_slice(data.as_bytes())), Some(data));
        }
    }

    #[test]
    fn what_nobody_writes_is_refused() {
        let read = |bytes: &'static [u8]| Data::from_bytes(Bytes::from_static(bytes)).is_some();
        assert!(read(b"") && read(b"\x01a\x00") && read(b"\x01a\x01\xc0\x01b\x00"));
        assert!(!read(b"\x01b\x00\x01a\x00"), "out of order");
        assert!(!read(b"\x01a\x00\x01a\x00"), "twice");
        assert!(!read(b"\x01\xff\x00"), "a name that is no text");
        assert!(!read(b"\x01a") && !read(b"\x01a\x02\xc0"), "cut off");
    }
}
