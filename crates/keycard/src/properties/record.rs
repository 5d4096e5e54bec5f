//! What holds of any bytes that a store may hand back.

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::record::{DecodeError, Record, decode, encode};
use crate::store::{Loaded, frame};

const NEVER: Timestamp = Timestamp::from_millis(0);
const FOR_EVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// Takes `stored` for the bytes of a record.
pub fn hold(stored: &[u8]) {
    let version = stored.first().copied();
    match decode(&Bytes::copy_from_slice(stored)) {
        Ok(record) => {
            assert_eq!(version, Some(frame::VERSION));
            nothing_is_lost(&record, stored);
            stores_see_the_same_header(&record, stored);
            a_touch_moves_two_times(&record, stored);
        }
        Err(DecodeError::Newer(newer)) => {
            assert!(newer > frame::VERSION && version == Some(newer));
            stores_leave_it_alone(stored);
        }
        Err(DecodeError::Corrupt) => assert!(version.is_none_or(|version| version <= frame::VERSION)),
    }
    if let Some(until) = frame::tombstone_until(stored) {
        assert_eq!(frame::tombstone(until), stored);
        assert_eq!(
            frame::judge(Bytes::copy_from_slice(stored), until),
            Loaded::Absent
        );
    }
}

/// A second parser sees the same fields, and a rewrite keeps them all. It never takes more room than what was read.
fn nothing_is_lost(record: &Record, stored: &[u8]) {
    let unknown = fields(stored).filter(|(tag, _)| !matches!(tag, 1..=3 | 5..=13));
    let kept = record.unknown.iter().map(|(tag, field)| (*tag, &field[..]));
    assert!(kept.eq(unknown), "{:?}", record.unknown);
    assert_eq!(record.unknown_flags, stored[1] & !7);

    let rewritten = encode(record);
    assert_eq!(rewritten[1], stored[1]);
    assert!(rewritten.len() <= stored.len());
    assert_eq!(decode(&rewritten).as_ref(), Ok(record));
}

/// The tagged fields of a record that is known to decode.
fn fields(record: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let previous = if record[1] & 2 == 0 { 0 } else { 24 };
    let mut rest = &record[frame::HEADER_LEN + previous..];
    std::iter::from_fn(move || {
        let (tag, tail) = rest.split_first()?;
        let digits = 1 + tail.iter().position(|digit| digit & 0x80 == 0)?;
        let (length, tail) = tail.split_at(digits);
        let length = length
            .iter()
            .rfold(0, |sum, digit| sum << 7 | usize::from(digit & 0x7f));
        let (field, tail) = tail.split_at(length);
        rest = tail;
        Some((*tag, field))
    })
}

fn stores_see_the_same_header(record: &Record, stored: &[u8]) {
    assert_eq!(frame::revision(stored), Some(record.revision));
    assert_eq!(frame::expires(stored), Some(record.expires));
    assert_eq!(stored[frame::ABSOLUTE], record.absolute.as_millis().to_be_bytes());
    let bytes = Bytes::copy_from_slice(stored);
    assert_eq!(frame::judge(bytes.clone(), record.expires), Loaded::Absent);
    if record.expires > NEVER {
        assert_eq!(frame::judge(bytes.clone(), NEVER), Loaded::Live(bytes));
    }
}

/// Each moves forward only, and every other byte stays what it is.
fn a_touch_moves_two_times(record: &Record, stored: &[u8]) {
    let (past, future) = (
        FOR_EVER.since(record.seen) / 2,
        FOR_EVER.since(record.expires) / 2,
    );
    let (later, end) = (record.seen.after(past), record.expires.after(future));
    for (seen, expires) in [
        (NEVER, NEVER),
        (later, NEVER),
        (NEVER, end),
        (later, end),
        (FOR_EVER, FOR_EVER),
    ] {
        let mut touched = stored.to_vec();
        frame::patch_touch(&mut touched, seen, expires);
        assert_eq!(touched[..frame::SEEN.start], stored[..frame::SEEN.start]);
        assert_eq!(touched[frame::EXPIRES.end..], stored[frame::EXPIRES.end..]);
        let expected = Record {
            seen: seen.max(record.seen),
            expires: expires.max(record.expires),
            ..record.clone()
        };
        assert_eq!(decode(&touched.into()), Ok(expected));
    }
}

/// What a newer version wrote has no times that this one knows, so it is live until it is ended.
fn stores_leave_it_alone(stored: &[u8]) {
    assert_eq!((frame::revision(stored), frame::expires(stored)), (None, None));
    let bytes = Bytes::copy_from_slice(stored);
    assert_eq!(frame::judge(bytes.clone(), FOR_EVER), Loaded::Live(bytes));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;

    use super::super::{holds_of_seeds, many};
    use super::*;
    use crate::device::Device;
    use crate::factor::Factor;
    use crate::id::{Revision, SecretDigest};
    use crate::record::{Authentication, Data, Metadata, PreviousSecret};
    use crate::request::{Binding, BoundAddress, Fingerprint, IpPrefix};

    fn times() -> impl Strategy<Value = Timestamp> {
        any::<u64>().prop_map(Timestamp::from_millis)
    }

    fn digests() -> impl Strategy<Value = SecretDigest> {
        any::<u128>().prop_map(|digest| SecretDigest::from_bytes(digest.to_be_bytes()))
    }

    fn texts() -> impl Strategy<Value = String> {
        vec(any::<char>(), 0..6).prop_map(String::from_iter)
    }

    fn data() -> impl Strategy<Value = Data> {
        btree_map(texts(), contents(), 0..4).prop_map(|map| {
            let mut data = Data::default();
            for (key, value) in map {
                data.set(&key, &value);
            }
            data
        })
    }

    fn factors() -> impl Strategy<Value = Factor> {
        prop_oneof![
            Just(Factor::PASSWORD),
            Just(Factor::OTP),
            texts().prop_map(|name| Factor::read(&name))
        ]
    }

    fn authentications() -> impl Strategy<Value = Authentication> {
        let facts = (
            texts(),
            any::<bool>(),
            times(),
            vec((factors(), times()), 0..3),
            vec(texts(), 0..3),
            bindings(),
        );
        facts.prop_map(|(user, pending, at, factors, roles, binding)| Authentication {
            user: user.into(),
            pending,
            at,
            factors,
            roles: roles.into_iter().map(Into::into).collect(),
            binding,
        })
    }

    fn bindings() -> impl Strategy<Value = Binding> {
        let address = option::of((1..=32_u8, 1..=128_u8, any::<[u8; 16]>()));
        let address = address.prop_map(|bound| {
            bound.map(|(v4, v6, digest)| BoundAddress {
                prefix: IpPrefix::new(v4, v6).unwrap(),
                digest,
            })
        });
        let fingerprint = option::of(any::<[u8; 16]>().prop_map(Fingerprint::from_bytes));
        (address, fingerprint).prop_map(|(address, fingerprint)| Binding { address, fingerprint })
    }

    fn metadata() -> impl Strategy<Value = Metadata> {
        let some = || option::of(texts().prop_map(Into::into));
        let device = (texts(), texts(), texts());
        let device =
            device.prop_map(|(id, name, device_type)| Device::read(&format!("_{id}"), &name, &device_type));
        (some(), option::of(contents()), some(), option::of(device)).prop_map(
            |(user_agent, address, location, device)| Metadata {
                user_agent,
                address,
                location,
                device,
            },
        )
    }

    /// Of lengths that take one byte and two.
    fn contents() -> impl Strategy<Value = Bytes> {
        (any::<u64>(), prop_oneof![9 => 0..20_usize, 1 => 120..140_usize])
            .prop_map(|(pattern, len)| pattern.to_ne_bytes().into_iter().cycle().take(len).collect())
    }

    prop_compose! {
        fn records()(
            revision: u64,
            created in times(),
            absolute in times(),
            idle: u64,
            seen in times(),
            expires in times(),
            persistent: bool,
            secret in digests(),
            previous in option::of((digests(), times())),
            issued in times(),
            authentication in option::of(authentications()),
            metadata in metadata(),
            data in data(),
            unknown_flags in 0..32_u8,
            unknown in vec((prop_oneof![Just(4), 14..=255_u8], contents()), 0..3),
        ) -> Record {
            Record {
                revision: Revision::from_bytes(revision.to_be_bytes()),
                created,
                absolute,
                idle: Duration::from_millis(idle),
                seen,
                expires,
                persistent,
                secret,
                previous: previous.map(|(digest, until)| PreviousSecret { digest, until }),
                issued,
                authentication,
                metadata,
                data,
                unknown_flags: unknown_flags << 3,
                unknown,
            }
        }
    }

    proptest! {
        #![proptest_config(many())]

        #[test]
        fn records_survive_their_encoding(record in records()) {
            let bytes = encode(&record);
            hold(&bytes);
            prop_assert_eq!(decode(&bytes), Ok(record));
        }

        #[test]
        fn damage_is_noticed_or_harmless(record in records(), at: prop::sample::Index, byte: u8, len: prop::sample::Index) {
            let mut bytes = encode(&record).to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            hold(&bytes);
            bytes.truncate(len.index(bytes.len()));
            hold(&bytes);
        }

        #[test]
        fn any_bytes_are_judged(version in 0..4_u8, bytes in vec(any::<u8>(), 0..120)) {
            hold(&[&[version], &bytes[..]].concat());
        }
    }

    #[test]
    fn seeds_hold() {
        holds_of_seeds("record", hold);
    }
}
