//! The application's data in a session: names with encoded values, each decoded only when it is read.

use std::collections::BTreeMap;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::codec::{put_varint, take_bytes, varint_len};

/// A map from names to MessagePack values. Values read from a record share its buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Data(BTreeMap<String, Bytes>);

impl Data {
    pub(crate) fn get(&self, key: &str) -> Option<&Bytes> {
        self.0.get(key)
    }

    /// Puts a value; `false` if exactly this value stood there already.
    pub(crate) fn set(&mut self, key: &str, value: Bytes) -> bool {
        match self.0.get_mut(key) {
            Some(stored) if *stored == value => false,
            Some(stored) => {
                *stored = value;
                true
            }
            None => self.0.insert(key.to_owned(), value).is_none(),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Bytes> {
        self.0.remove(key)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The length of [`encode`](Self::encode)'s output in bytes.
    pub(crate) fn encoded_len(&self) -> usize {
        self.0
            .iter()
            .map(|(key, value)| framed_len(key.len()) + framed_len(value.len()))
            .sum()
    }

    /// The name whose value takes the most room: what an error about size points at.
    pub(crate) fn largest(&self) -> Option<(&str, usize)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.len()))
            .max_by_key(|(_, len)| *len)
    }

    pub(crate) fn encode(&self, out: &mut BytesMut) {
        for (key, value) in &self.0 {
            put_varint(out, key.len());
            out.put_slice(key.as_bytes());
            put_varint(out, value.len());
            out.put_slice(value);
        }
    }

    /// `None` if the bytes are not what [`encode`](Self::encode) writes.
    pub(crate) fn decode(mut bytes: Bytes) -> Option<Self> {
        let mut map = BTreeMap::new();
        while !bytes.is_empty() {
            let key = take_bytes(&mut bytes)?;
            let value = take_bytes(&mut bytes)?;
            map.insert(std::str::from_utf8(&key).ok()?.to_owned(), value);
        }
        Some(Self(map))
    }
}

pub(super) fn framed_len(len: usize) -> usize {
    varint_len(len) + len
}
