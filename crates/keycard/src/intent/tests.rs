//! What intents add up to, whether they were formed at once or in parts.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);
const VALUE: &[u8] = b"\x01";

fn set(key: &str) -> Change {
    Change::Set(key.into(), VALUE.to_vec())
}

/// What a handler did, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Did {
    Insert(&'static str),
    Remove(&'static str),
    Clear,
    Extend,
    SetIdle,
    Rotate,
    Login(&'static str),
    /// A login that waits for a further factor.
    FirstFactor(&'static str),
    /// The further factor.
    Prove,
    SetRoles,
    /// A login that keeps nothing from before.
    LoginAnew(&'static str),
    /// The user who is logged in proves it again.
    Reauthenticate(&'static str),
    Logout,
    LogoutKeeping,
}

pub(crate) fn intent(arrived_as: Option<&str>, did: &[Did]) -> Intent {
    let mut intent = Intent::default();
    let mut current = arrived_as.map(UserId::from);
    for did in did {
        match did {
            Did::Insert(key) => intent.push(set(key)),
            Did::Remove(key) => intent.push(Change::Remove((*key).into())),
            Did::Clear => intent.push(Change::Clear),
            Did::Extend => intent.push(Change::Extend(MINUTE * 5)),
            Did::SetIdle => intent.push(Change::SetIdle(MINUTE * 5)),
            Did::Rotate => intent.rotate = true,
            Did::Prove => intent.prove(Factor::OTP, Binding::default()),
            Did::SetRoles => intent.set_roles(vec!["admin".into()]),
            Did::Login(user) | Did::LoginAnew(user) | Did::FirstFactor(user) | Did::Reauthenticate(user) => {
                let login = Login {
                    user: UserId::from(*user),
                    remember: false,
                    drop_data: matches!(did, Did::LoginAnew(_)),
                    kind: if matches!(did, Did::FirstFactor(_)) {
                        LoginKind::Pending
                    } else if matches!(did, Did::Reauthenticate(_)) {
                        LoginKind::Again
                    } else {
                        LoginKind::Complete
                    },
                    factors: Vec::new(),
                    roles: None,
                    metadata: Metadata::default(),
                    binding: Binding::default(),
                };
                intent.log_in(login, current.as_ref());
                current = Some(UserId::from(*user)).filter(|_| !matches!(did, Did::FirstFactor(_)));
            }
            Did::Logout => {
                intent.log_out(Vec::new());
                current = None;
            }
            Did::LogoutKeeping => {
                intent.log_out(vec![("k".into(), VALUE.to_vec())]);
                current = None;
            }
        }
    }
    intent
}

/// Who is logged in after `did`.
fn user_after(arrived_as: Option<&'static str>, did: &[Did]) -> Option<&'static str> {
    did.iter().fold(arrived_as, |user, did| match did {
        Did::Login(user) | Did::LoginAnew(user) | Did::Reauthenticate(user) => Some(user),
        Did::Logout | Did::LogoutKeeping | Did::FirstFactor(_) => None,
        Did::Insert(_)
        | Did::Remove(_)
        | Did::Clear
        | Did::Extend
        | Did::SetIdle
        | Did::Rotate
        | Did::Prove
        | Did::SetRoles => user,
    })
}

fn keys(data: &Data) -> Vec<&str> {
    data.keys().collect()
}

fn stored(keys: &[&str]) -> Data {
    let mut data = Data::default();
    for key in keys {
        data.set(key, VALUE);
    }
    data
}

type Row = (
    Option<&'static str>,
    &'static [Did],
    &'static [&'static str],
    &'static [&'static str],
);

/// Arrived as, did, what is left of the stored `old` and the new data, and what is left if the session ended before.
const LEFT: &[Row] = &[
    (None, &[Did::Insert("new")], &["new", "old"], &["new"]),
    (
        None,
        &[Did::Insert("new"), Did::Remove("old")],
        &["new"],
        &["new"],
    ),
    (None, &[Did::Insert("new"), Did::Clear], &[], &[]),
    (
        None,
        &[Did::Insert("new"), Did::Login("alice")],
        &["new", "old"],
        &[],
    ),
    (
        None,
        &[Did::Login("alice"), Did::Insert("new")],
        &["new", "old"],
        &["new"],
    ),
    (None, &[Did::Insert("new"), Did::LoginAnew("alice")], &[], &[]),
    (
        None,
        &[Did::LoginAnew("alice"), Did::Insert("new")],
        &["new"],
        &["new"],
    ),
    (Some("alice"), &[Did::Insert("new"), Did::Login("bob")], &[], &[]),
    (
        Some("alice"),
        &[Did::Login("bob"), Did::Insert("new")],
        &["new"],
        &["new"],
    ),
    (
        Some("alice"),
        &[Did::Insert("new"), Did::Login("alice")],
        &["new", "old"],
        &[],
    ),
    // What is put in after a login that dropped everything is not dropped by another login of the same user.
    (
        None,
        &[Did::LoginAnew("alice"), Did::Insert("new"), Did::Login("alice")],
        &["new"],
        &[],
    ),
    (
        Some("alice"),
        &[
            Did::Login("bob"),
            Did::Insert("new"),
            Did::Login("alice"),
            Did::Insert("own"),
        ],
        &["own"],
        &["own"],
    ),
    (None, &[Did::Insert("new"), Did::Logout], &[], &[]),
    (None, &[Did::Logout, Did::Insert("new")], &["new"], &["new"]),
    (
        None,
        &[Did::LogoutKeeping, Did::Insert("new")],
        &["k", "new"],
        &["k", "new"],
    ),
    (
        None,
        &[Did::LogoutKeeping, Did::Login("alice"), Did::Insert("new")],
        &["k", "new"],
        &["new"],
    ),
];

#[test]
fn what_is_left_of_the_data() {
    let old = stored(&["old"]);
    for (arrived_as, did, left, since_login) in LEFT {
        let intent = intent(*arrived_as, did);
        assert_eq!(keys(&intent.data_over(Some(&old))), *left, "{did:?}");
        assert_eq!(keys(&intent.data_since_login()), *since_login, "{did:?}");
    }
}

#[test]
fn the_view_differs_from_the_record_only_where_data_may_have_changed() {
    for (did, alters) in [
        (None, false),
        (Some(Did::Rotate), false),
        (Some(Did::Insert("k")), true),
        (Some(Did::Clear), true),
        (Some(Did::Login("alice")), true),
        (Some(Did::Logout), true),
    ] {
        assert_eq!(intent(None, did.as_slice()).alters_data(), alters, "{did:?}");
    }
}

fn any_did() -> impl Strategy<Value = Did> {
    let user = prop_oneof![Just("alice"), Just("bob")];
    let key = prop_oneof![Just("k"), Just("l")];
    prop_oneof![
        key.clone().prop_map(Did::Insert),
        key.prop_map(Did::Remove),
        Just(Did::Clear),
        Just(Did::Extend),
        Just(Did::SetIdle),
        Just(Did::Rotate),
        user.clone().prop_map(Did::Login),
        user.prop_map(Did::LoginAnew),
        Just(Did::Logout),
        Just(Did::LogoutKeeping),
    ]
}

proptest! {
    /// A commit that failed before it reached the store is followed by what was asked for meanwhile.
    #[test]
    fn two_parts_are_the_whole(
        arrived_as in prop_oneof![Just(None), Just(Some("alice"))],
        first in proptest::collection::vec(any_did(), 0..6),
        second in proptest::collection::vec(any_did(), 0..6),
    ) {
        let later = intent(user_after(arrived_as, &first), &second);
        let whole = intent(arrived_as, &[first.as_slice(), &second].concat());
        prop_assert_eq!(intent(arrived_as, &first).followed_by(later), whole);
    }
}
