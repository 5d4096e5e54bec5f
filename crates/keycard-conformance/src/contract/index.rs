//! The index of a user's sessions: it changes in the same step as the session.

use keycard::store::{
    Create, Created, End, Ended, Entry, Loaded, MAX_SESSIONS_PER_USER, Replace, Replaced, Touch, Touched,
    Update, Updated, UserIndex,
};
use keycard::{Timestamp, UserKey};

use crate::record::{
    HOUR, MINUTE, NOW, Sample, alice, anonymous, bob, create, create_for, namesake, owner, revision,
    session_of,
};

pub(super) async fn begin(store: &impl UserIndex, user: UserKey, number: u64, sample: &Sample) {
    let created = store.create(create_for(user, number, sample)).await;
    assert_eq!(created.unwrap(), Created::Applied);
}

pub(super) async fn end(store: &impl UserIndex, user: UserKey, number: u64) -> Ended {
    let owner = owner(user, Sample::new(1).absolute);
    let end = End::new(session_of(user, number), Some(owner), NOW);
    store.end(end).await.unwrap()
}

/// The sessions that are listed, by key; the count must agree with them.
pub(super) async fn listed(store: &impl UserIndex, user: UserKey, now: Timestamp) -> Vec<Entry> {
    let mut entries = store.sessions_of(user, now).await.unwrap();
    entries.sort_by_key(|entry| entry.key);
    assert_eq!(store.count(user, now).await.unwrap(), entries.len());
    entries
}

/// What the index must list of a user.
pub(super) fn entries(user: UserKey, sessions: &[(u64, &Sample)]) -> Vec<Entry> {
    let entry = |(number, sample): &(u64, &Sample)| Entry::new(session_of(user, *number), sample.bytes());
    sessions.iter().map(entry).collect()
}

pub async fn a_session_is_listed_from_its_creation_to_its_end(store: impl UserIndex) {
    let (first, second) = (Sample::new(1), Sample::new(2));
    begin(&store, alice(), 1, &first).await;
    begin(&store, alice(), 2, &second).await;
    begin(&store, bob(), 3, &first).await;
    let both = entries(alice(), &[(1, &first), (2, &second)]);
    assert_eq!(listed(&store, alice(), NOW).await, both);
    assert_eq!(end(&store, alice(), 1).await, Ended::Applied);
    assert_eq!(
        listed(&store, alice(), NOW).await,
        entries(alice(), &[(2, &second)])
    );
    assert_eq!(listed(&store, bob(), NOW).await, entries(bob(), &[(3, &first)]));
    assert_eq!(listed(&store, namesake(), NOW).await, []);
}

pub async fn a_session_is_listed_once_and_with_its_newest_record(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1)).await;
    begin(&store, alice(), 1, &Sample::new(1)).await;
    let newest = Sample::new(2).holding("newest");
    let later = owner(alice(), NOW.after(48 * HOUR));
    let update = Update::new(
        session_of(alice(), 1),
        revision(1),
        newest.bytes(),
        Some(later),
        NOW,
    );
    for _ in 0..2 {
        assert_eq!(store.update(update.clone()).await.unwrap(), Updated::Applied);
    }
    assert_eq!(
        listed(&store, alice(), NOW).await,
        entries(alice(), &[(1, &newest)])
    );
}

pub async fn a_refused_create_changes_no_index(store: impl UserIndex) {
    assert_eq!(end(&store, alice(), 1).await, Ended::Absent);
    let refused = store.create(create_for(alice(), 1, &Sample::new(1))).await;
    assert_eq!(refused.unwrap(), Created::Refused);
    assert_eq!(listed(&store, alice(), NOW).await, []);
    begin(&store, alice(), 2, &Sample::new(1)).await;
    let stolen = Create::new(
        session_of(alice(), 2),
        Sample::new(3).bytes(),
        Some(owner(namesake(), Sample::new(3).absolute)),
        NOW,
    );
    assert_eq!(store.create(stolen).await.unwrap(), Created::Refused);
    assert_eq!(listed(&store, namesake(), NOW).await, []);
}

pub async fn an_update_that_does_not_land_changes_no_index(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1)).await;
    assert_eq!(end(&store, alice(), 1).await, Ended::Applied);
    let owner = owner(alice(), Sample::new(2).absolute);
    let late = Update::new(
        session_of(alice(), 1),
        revision(1),
        Sample::new(2).bytes(),
        Some(owner),
        NOW,
    );
    assert_eq!(store.update(late).await.unwrap(), Updated::Gone);
    assert_eq!(listed(&store, alice(), NOW).await, []);
}

pub async fn replace_moves_the_session_from_one_index_to_the_other(store: impl UserIndex) {
    let absolute = Sample::new(1).absolute;
    let created = store.create(create(anonymous(1), &Sample::new(1))).await;
    assert_eq!(created.unwrap(), Created::Applied);
    let log_in = Replace::new(
        anonymous(1),
        revision(1),
        None,
        create_for(alice(), 2, &Sample::new(2)),
    );
    assert_eq!(store.replace(log_in).await.unwrap(), Replaced::Applied);
    assert_eq!(
        listed(&store, alice(), NOW).await,
        entries(alice(), &[(2, &Sample::new(2))])
    );
    let change_user = Replace::new(
        session_of(alice(), 2),
        revision(2),
        Some(owner(alice(), absolute)),
        create_for(bob(), 3, &Sample::new(3)),
    );
    for _ in 0..2 {
        assert_eq!(
            store.replace(change_user.clone()).await.unwrap(),
            Replaced::Applied
        );
        assert_eq!(listed(&store, alice(), NOW).await, []);
        assert_eq!(
            listed(&store, bob(), NOW).await,
            entries(bob(), &[(3, &Sample::new(3))])
        );
    }
}

pub async fn a_replace_that_does_not_land_changes_no_index(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1)).await;
    begin(&store, bob(), 2, &Sample::new(2)).await;
    let absolute = Sample::new(1).absolute;
    let replace = |expected, new| {
        Replace::new(
            session_of(alice(), 1),
            revision(expected),
            Some(owner(alice(), absolute)),
            create_for(bob(), new, &Sample::new(9)),
        )
    };
    let conflict = store.replace(replace(7, 3)).await.unwrap();
    assert_eq!(conflict, Replaced::Conflict(Sample::new(1).bytes()));
    assert_eq!(store.replace(replace(1, 2)).await.unwrap(), Replaced::Refused);
    assert_eq!(
        listed(&store, alice(), NOW).await,
        entries(alice(), &[(1, &Sample::new(1))])
    );
    assert_eq!(
        listed(&store, bob(), NOW).await,
        entries(bob(), &[(2, &Sample::new(2))])
    );
}

pub async fn an_expired_session_is_neither_listed_nor_counted(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1).expiring(NOW.after(MINUTE))).await;
    begin(&store, alice(), 2, &Sample::new(2)).await;
    let later = NOW.after(MINUTE);
    assert_eq!(
        listed(&store, alice(), later).await,
        entries(alice(), &[(2, &Sample::new(2))])
    );
}

pub async fn a_pending_login_is_neither_listed_nor_counted_until_it_is_complete(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1).pending()).await;
    begin(&store, alice(), 2, &Sample::new(2)).await;
    let full = entries(alice(), &[(2, &Sample::new(2))]);
    assert_eq!(listed(&store, alice(), NOW).await, full);
    let complete = Update::new(
        session_of(alice(), 1),
        revision(1),
        Sample::new(3).bytes(),
        None,
        NOW,
    );
    assert_eq!(store.update(complete).await.unwrap(), Updated::Applied);
    let both = entries(alice(), &[(1, &Sample::new(3)), (2, &Sample::new(2))]);
    assert_eq!(listed(&store, alice(), NOW).await, both);
}

pub async fn a_session_that_another_server_takes_for_expired_stays_listed(store: impl UserIndex) {
    let sample = Sample::new(1).expiring(NOW.after(MINUTE));
    begin(&store, alice(), 1, &sample).await;
    assert_eq!(listed(&store, alice(), NOW.after(MINUTE)).await, []);
    let touch = Touch::new(session_of(alice(), 1), revision(1), NOW.after(HOUR), NOW);
    assert_eq!(store.touch(touch).await.unwrap(), Touched::Applied);
    let touched = sample.expiring(NOW.after(HOUR));
    assert_eq!(
        listed(&store, alice(), NOW.after(MINUTE)).await,
        entries(alice(), &[(1, &touched)])
    );
}

pub async fn a_full_index_ends_the_session_with_the_nearest_absolute_deadline(store: impl UserIndex) {
    let limit = u64::try_from(MAX_SESSIONS_PER_USER).expect("a small number");
    let of = |number: u64| {
        let mut sample = Sample::new(number);
        // The first to come is not the first to go.
        sample.absolute = NOW.after(HOUR * 24 + MINUTE * u32::try_from((number + 7) % limit).expect("small"));
        sample
    };
    for number in 0..limit {
        begin(&store, alice(), number, &of(number)).await;
    }
    assert_eq!(store.count(alice(), NOW).await.unwrap(), MAX_SESSIONS_PER_USER);

    // A re-authentication takes the nearest out of danger; the next in line has to go.
    let (nearest, next) = (limit - 7, limit - 6);
    let mut renewed = Sample::new(limit + 1);
    renewed.absolute = NOW.after(HOUR * 9999);
    let update = Update::new(
        session_of(alice(), nearest),
        revision(nearest),
        renewed.bytes(),
        Some(owner(alice(), renewed.absolute)),
        NOW,
    );
    assert_eq!(store.update(update).await.unwrap(), Updated::Applied);
    let one_more = store
        .create(create_for(alice(), limit, &Sample::new(limit)))
        .await;
    assert_eq!(
        one_more.unwrap(),
        Created::Displaced(vec![session_of(alice(), next)])
    );
    assert_eq!(
        store.load(session_of(alice(), next), NOW).await.unwrap(),
        Loaded::Ended
    );
    assert_eq!(
        store.load(session_of(alice(), nearest), NOW).await.unwrap(),
        Loaded::Live(renewed.bytes())
    );
    assert_eq!(store.count(alice(), NOW).await.unwrap(), MAX_SESSIONS_PER_USER);
}

pub async fn expired_sessions_make_room_before_live_ones(store: impl UserIndex) {
    let limit = u64::try_from(MAX_SESSIONS_PER_USER).expect("a small number");
    let mut short = Sample::new(1).expiring(NOW.after(MINUTE));
    // Not the one that would have to go if it were live.
    short.absolute = NOW.after(48 * HOUR);
    begin(&store, alice(), 0, &short).await;
    for number in 1..limit {
        begin(&store, alice(), number, &Sample::new(number)).await;
    }
    let later = NOW.after(MINUTE);
    let sample = Sample::new(limit);
    let create = Create::new(
        session_of(alice(), limit),
        sample.bytes(),
        Some(owner(alice(), sample.absolute)),
        later,
    );
    assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    assert_eq!(store.count(alice(), later).await.unwrap(), MAX_SESSIONS_PER_USER);

    // It is in no index any more, so nobody may bring it back, not even a server whose clock is behind.
    let touch = Touch::new(session_of(alice(), 0), revision(1), NOW.after(HOUR), NOW);
    assert_eq!(store.touch(touch).await.unwrap(), Touched::Gone);
}
