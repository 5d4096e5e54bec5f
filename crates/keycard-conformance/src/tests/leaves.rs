//! Wrong answers to who leaves for a login: the contract's, asked about something else than what is there.

use bytes::Bytes;
use keycard::store::{Owner, SessionLimit, frame};
use keycard::{DeviceDigest, StoreKey, Timestamp};

use super::flaw::Flaw;
use crate::sequence::leaves::{Leaves, Login, leaves};
use crate::sequence::model::Model;

/// Who leaves by this flaw.
pub(crate) fn by(flaw: Option<Flaw>) -> Leaves {
    match flaw {
        Some(Flaw::LimitIsOffByOne) => |model, login| leaves(model, &limited(login, one_more)),
        Some(Flaw::EvictsTheNewest) => |model, login| leaves(&changed(model, mirror_times), login),
        Some(Flaw::EvictsByTheOtherTime) => |model, login| leaves(model, &limited(login, other_time)),
        Some(Flaw::CountsThePending) => |model, login| leaves(&changed(model, complete), login),
        Some(Flaw::CountsTheExpired) => |model, login| {
            let now = Timestamp::from_millis(0);
            leaves(model, &Login { now, ..login.clone() })
        },
        Some(Flaw::CountsTheReplaced) => |model, login| {
            let stay = login.stay[..1].to_vec();
            leaves(
                model,
                &Login {
                    stay,
                    ..login.clone()
                },
            )
        },
        Some(Flaw::DisplacesItself) => |model, login| {
            let stay = login.stay[1..].to_vec();
            leaves(
                model,
                &Login {
                    stay,
                    ..login.clone()
                },
            )
        },
        Some(Flaw::PendingDisplaces) => |model, login| {
            let record = complete(&login.record);
            leaves(
                model,
                &Login {
                    record,
                    ..login.clone()
                },
            )
        },
        Some(Flaw::DeviceTakesTheTag) => device_of_the_tag,
        Some(Flaw::DeviceKeepsTheOld) => |model, login| {
            let device = DeviceDigest::NONE;
            let owner = Owner::new(login.owner.user, device, login.owner.absolute);
            let owner = owner.limited(login.owner.limit);
            leaves(
                model,
                &Login {
                    owner,
                    ..login.clone()
                },
            )
        },
        _ => leaves,
    }
}

fn device_of_the_tag(model: &Model, login: &Login) -> Option<Vec<StoreKey>> {
    let mut keys = leaves(model, login)?;
    let (user, device) = (login.owner.user, login.owner.device);
    let others = model.known.iter().filter(|(key, known)| {
        key.tag() == user.tag() && known.user != Some(user) && known.user.is_some() && known.device == device
    });
    let others = others.filter(|_| device != DeviceDigest::NONE);
    keys.extend(others.map(|(key, _)| *key));
    Some(keys)
}

fn limited(login: &Login, change: fn(SessionLimit) -> SessionLimit) -> Login {
    let owner = login.owner.limited(login.owner.limit.map(change));
    Login {
        owner,
        ..login.clone()
    }
}

fn one_more(limit: SessionLimit) -> SessionLimit {
    match limit {
        SessionLimit::EvictOldest(most) => SessionLimit::EvictOldest(most + 1),
        SessionLimit::EvictLeastRecentlyUsed(most) => SessionLimit::EvictLeastRecentlyUsed(most + 1),
        SessionLimit::Refuse(_) | _ => SessionLimit::Refuse(limit.sessions() + 1),
    }
}

fn other_time(limit: SessionLimit) -> SessionLimit {
    match limit {
        SessionLimit::EvictOldest(most) => SessionLimit::EvictLeastRecentlyUsed(most),
        SessionLimit::EvictLeastRecentlyUsed(most) => SessionLimit::EvictOldest(most),
        SessionLimit::Refuse(_) | _ => limit,
    }
}

/// The model with other records.
pub(crate) fn changed(model: &Model, change: fn(&Bytes) -> Bytes) -> Model {
    let mut model = model.clone();
    for known in model.known.values_mut() {
        known.record = change(&known.record);
    }
    model
}

/// The record of a login that waits for nothing.
pub(crate) fn complete(record: &Bytes) -> Bytes {
    let mut record = record.to_vec();
    if let Some(flags) = record.get_mut(frame::FLAGS) {
        *flags &= !frame::PENDING;
    }
    record.into()
}

fn mirror_times(record: &Bytes) -> Bytes {
    let mut record = record.to_vec();
    if record.len() >= frame::HEADER_LEN {
        for byte in &mut record[frame::CREATED] {
            *byte = !*byte;
        }
        for byte in &mut record[frame::SEEN] {
            *byte = !*byte;
        }
    }
    record.into()
}
