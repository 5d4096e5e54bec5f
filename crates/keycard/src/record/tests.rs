//! The record format: what the first release wrote, and where what it wrote ends.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use serde::Deserialize;

use super::codec::{put_varint, take_bytes, varint_len};
use super::*;
use crate::device::Device;
use crate::factor::Factor;
use crate::key::UserId;
use crate::request::{Binding, BoundAddress, Fingerprint, IpPrefix};
use crate::store::frame;
use crate::value;

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn data(values: &[(&str, &'static [u8])]) -> Data {
    let mut data = Data::default();
    for (key, value) in values {
        data.set(key, value);
    }
    data
}

/// A header and nothing else.
fn bare() -> Record {
    Record {
        revision: Revision::from_bytes([1, 2, 3, 4, 5, 6, 7, 8]),
        created: at(1_000),
        absolute: at(90_000),
        idle: Duration::from_secs(30),
        seen: at(2_000),
        expires: at(32_000),
        persistent: false,
        secret: SecretDigest::from_bytes([9; 16]),
        previous: None,
        issued: at(1_000),
        authentication: None,
        metadata: Metadata::default(),
        data: Data::default(),
        unknown_flags: 0,
        unknown: Vec::new(),
    }
}

fn authenticated(user: &str) -> Authentication {
    Authentication {
        user: UserId::from(user),
        pending: false,
        at: at(1_500),
        factors: Vec::new(),
        roles: Vec::new(),
        binding: Binding::default(),
    }
}

fn anonymous() -> Record {
    Record {
        data: data(&[("", b"\xc0"), ("cart", b"\x93\x01\x02\x03"), ("naïve", b"\x01")]),
        ..bare()
    }
}

fn of_a_user() -> Record {
    Record {
        authentication: Some(authenticated("42")),
        ..bare()
    }
}

fn remembered_and_rotated() -> Record {
    Record {
        persistent: true,
        previous: Some(PreviousSecret {
            digest: SecretDigest::from_bytes([8; 16]),
            until: at(2_500),
        }),
        authentication: Some(authenticated("alice@example.com")),
        data: data(&[("cart", b"\x93\x01\x02\x03"), ("n", b"\x01")]),
        unknown: vec![(200, Bytes::from_static(b"later"))],
        ..bare()
    }
}

/// What a later release of the same format may add: flags, and fields of any length, also several of one tag.
fn with_much_unknown() -> Record {
    Record {
        authentication: Some(Authentication {
            pending: true,
            ..authenticated("42")
        }),
        unknown_flags: !7,
        unknown: vec![
            (255, Bytes::new()),
            (4, Bytes::from_static(&[4; 300])),
            (255, Bytes::from_static(&[0, 1, 2, 3])),
        ],
        ..bare()
    }
}

/// With every field that a session of a user can have.
fn of_a_device() -> Record {
    Record {
        issued: at(1_900),
        authentication: Some(Authentication {
            pending: true,
            factors: vec![(Factor::PASSWORD, at(1_500)), (Factor::new("badge"), at(1_400))],
            roles: vec!["user".into(), "admin".into()],
            ..authenticated("42")
        }),
        metadata: Metadata {
            user_agent: Some("Mozilla/5.0".into()),
            address: Some(Bytes::from_static(&[4, 192, 0, 2, 1])),
            location: Some("Zürich".into()),
            device: Some(Device::read("7f3a", "", "phone")),
        },
        data: data(&[("cart", b"\x93\x01\x02\x03")]),
        ..bare()
    }
}

/// To an address and a fingerprint.
fn bound() -> Record {
    Record {
        authentication: Some(Authentication {
            binding: Binding {
                address: Some(BoundAddress {
                    prefix: IpPrefix::new(24, 64).unwrap(),
                    digest: [0xad; 16],
                }),
                fingerprint: Some(Fingerprint::from_bytes([0xf1; 16])),
            },
            ..authenticated("42")
        }),
        ..bare()
    }
}

/// Written once, by the first release, and never changed: what stores hold must decode for ever.
#[test]
fn the_first_release_s_records_decode_for_ever() {
    let golden: [(&[u8], Record); 7] = [
        (include_bytes!("golden/bare-v1.bin"), bare()),
        (include_bytes!("golden/anonymous-v1.bin"), anonymous()),
        (include_bytes!("golden/user-v1.bin"), of_a_user()),
        (include_bytes!("golden/record-v1.bin"), remembered_and_rotated()),
        (include_bytes!("golden/unknown-v1.bin"), with_much_unknown()),
        (include_bytes!("golden/device-v1.bin"), of_a_device()),
        (include_bytes!("golden/bound-v1.bin"), bound()),
    ];
    for (golden, record) in golden {
        assert_eq!(decode(&Bytes::from_static(golden)).as_ref(), Ok(&record));
        assert_eq!(encode(&record), golden);
    }
}

#[test]
fn the_first_release_s_tombstones_count_for_ever() {
    let golden = include_bytes!("golden/tombstone-v1.bin");
    assert_eq!(frame::tombstone_until(golden), Some(at(1_800_000_060_000)));
    assert_eq!(frame::tombstone(at(1_800_000_060_000)), golden);
    assert_eq!(decode(&Bytes::from_static(golden)), Err(DecodeError::Corrupt));
}

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    number: u32,
    lines: Vec<(String, f64)>,
    gift: Option<bool>,
}

/// Values are bytes to a record, but they too must be read for ever.
#[test]
fn the_first_release_s_values_are_read_for_ever() {
    let record = decode(&Bytes::from_static(include_bytes!("golden/values-v1.bin"))).unwrap();
    let data = Some(&record.data);
    let names = BTreeMap::from([("least".to_owned(), i64::MIN), ("one".to_owned(), 1)]);
    let order = Order {
        number: 70_000,
        lines: vec![("tea".into(), 3.5), ("scone".into(), -0.25)],
        gift: Some(true),
    };
    assert_eq!(value::read(data, "names").unwrap(), Some(names));
    assert_eq!(value::read(data, "nothing").unwrap(), Some(None::<u8>));
    assert_eq!(value::read(data, "order").unwrap(), Some(order));
}

#[test]
fn a_touch_never_moves_back() {
    let mut touched = encode(&bare()).to_vec();
    frame::patch_touch(&mut touched, at(5_000), at(35_000));
    frame::patch_touch(&mut touched, at(4_000), at(34_000));
    let record = decode(&touched.into()).unwrap();
    assert_eq!((record.seen, record.expires), (at(5_000), at(35_000)));
}

#[test]
fn a_newer_version_is_told_from_corruption() {
    let mut bytes = encode(&of_a_user()).to_vec();
    for version in frame::VERSION + 1..=u8::MAX {
        bytes[0] = version;
        assert_eq!(decode(&bytes.clone().into()), Err(DecodeError::Newer(version)));
        assert_eq!(
            decode(&Bytes::copy_from_slice(&[version])),
            Err(DecodeError::Newer(version))
        );
    }
    assert_eq!(decode(&Bytes::new()), Err(DecodeError::Corrupt));
    assert_eq!(decode(&Bytes::from_static(&[0; 9])), Err(DecodeError::Corrupt));
}

#[test]
fn every_truncation_is_corrupt_or_lacks_whole_fields_only() {
    for record in [remembered_and_rotated(), of_a_device(), bound()] {
        let bytes = encode(&record);
        for len in 0..bytes.len() {
            match decode(&bytes.slice(..len)) {
                Err(error) => assert_eq!(error, DecodeError::Corrupt),
                Ok(record) => assert_eq!(encode(&record), bytes.slice(..len)),
            }
        }
    }
}

#[test]
fn what_belongs_to_a_user_is_corrupt_without_one() {
    let bytes = encode(&of_a_device());
    let without = |tag: u8| {
        let at = bytes[frame::HEADER_LEN..]
            .iter()
            .position(|byte| *byte == tag)
            .unwrap()
            + frame::HEADER_LEN;
        let end = at + 2 + usize::from(bytes[at + 1]);
        [&bytes[..at], &bytes[end..]].concat()
    };
    for tag in [1, 3] {
        assert_eq!(
            decode(&without(tag).into()),
            Err(DecodeError::Corrupt),
            "without field {tag}"
        );
    }
    let bound = encode(&bound());
    let binding = &bound[encode(&of_a_user()).len()..];
    let header = encode(&bare());
    for field in [&binding[..20], &binding[20..]] {
        let bytes = [&header, field].concat();
        assert_eq!(decode(&bytes.into()), Err(DecodeError::Corrupt), "{field:?}");
    }
    let mut pending = encode(&bare()).to_vec();
    pending[frame::FLAGS] |= frame::PENDING;
    assert_eq!(decode(&pending.into()), Err(DecodeError::Corrupt));
}

#[test]
fn a_binding_of_another_form_is_corrupt() {
    let bound = encode(&bound());
    let start = encode(&of_a_user()).len();
    for (at, byte) in [(start + 2, 0), (start + 2, 33), (start + 3, 0), (start + 3, 129)] {
        let mut bytes = bound.to_vec();
        bytes[at] = byte;
        assert_eq!(decode(&bytes.into()), Err(DecodeError::Corrupt), "{at} {byte}");
    }
    for (tag, len) in [(12, 17), (12, 19), (12, 1), (13, 15), (13, 17)] {
        let field = [&[tag, len][..], &vec![1; usize::from(len)]].concat();
        let bytes = [&bound[..start], &field].concat();
        assert_eq!(decode(&bytes.into()), Err(DecodeError::Corrupt), "{tag} {len}");
    }
}

#[test]
fn lengths_survive_their_encoding() {
    for len in [0, 1, 127, 128, 16_383, 16_384, 70_000] {
        let mut out = BytesMut::new();
        put_varint(&mut out, len);
        assert_eq!(out.len(), varint_len(len));
        out.resize(out.len() + len, 0);
        assert_eq!(take_bytes(&mut &out[..]).unwrap().len(), len);
    }
}

#[test]
fn a_secret_that_was_rotated_away_opens_the_session_until_its_grace_is_over() {
    let digest = |byte| SecretDigest::from_bytes([byte; SecretDigest::LEN]);
    let until = Timestamp::from_millis(1_000);
    let record = Record {
        secret: digest(1),
        previous: Some(PreviousSecret {
            digest: digest(2),
            until,
        }),
        ..bare()
    };
    let just_before = Timestamp::from_millis(999);
    for (secret, now, accepted) in [
        (1, just_before, true),
        (1, until, true),
        (2, just_before, true),
        (2, until, false),
        (3, just_before, false),
    ] {
        assert_eq!(
            record.accepts(digest(secret), now),
            accepted,
            "{secret} at {now:?}"
        );
    }
}

#[test]
fn the_length_of_a_record_is_known_before_it_is_encoded() {
    for record in [
        bare(),
        anonymous(),
        of_a_user(),
        remembered_and_rotated(),
        with_much_unknown(),
        of_a_device(),
        bound(),
    ] {
        let authentication = record.authentication.as_ref();
        let len = encoded_len(Some(&record), authentication, &record.metadata, &record.data);
        assert_eq!(len, encode(&record).len(), "{record:?}");
    }
}
