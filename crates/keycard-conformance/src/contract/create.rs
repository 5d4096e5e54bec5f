//! `create`: never over anything.

use keycard::store::{Create, Created, Loaded, Store, Updated};

use super::{assert_kept, begin, end, live, load, put};
use crate::record::{MINUTE, NOW, Sample, anonymous, create, unreadable, update};

pub async fn create_writes_a_session_that_was_not_there(store: impl Store) {
    let created = store.create(create(anonymous(1), &Sample::new(1))).await;
    assert_eq!(created.unwrap(), Created::Applied);
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(1)));
    assert_eq!(load(&store, anonymous(2)).await, Loaded::Absent);
}

pub async fn create_never_writes_over_a_live_session(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let created = store.create(create(anonymous(1), &Sample::new(2))).await;
    assert_eq!(created.unwrap(), Created::Refused);
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(1)));
}

pub async fn create_never_writes_over_a_tombstone(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let _ = end(&store, anonymous(1)).await;
    for revision in [1, 2] {
        let created = store.create(create(anonymous(1), &Sample::new(revision))).await;
        assert_eq!(created.unwrap(), Created::Refused, "revision {revision}");
    }
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
}

pub async fn create_never_writes_over_what_it_cannot_read(store: impl Store) {
    for (number, bytes) in (0..).zip(unreadable()) {
        put(&store, anonymous(number), bytes.clone()).await;
        let created = store.create(create(anonymous(number), &Sample::new(1))).await;
        assert_eq!(created.unwrap(), Created::Refused);
        assert_kept(&store, anonymous(number), &bytes).await;
    }
}

pub async fn create_after_a_lost_answer_counts_as_applied(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    begin(&store, anonymous(1), &Sample::new(1)).await;
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(1)));
}

pub async fn a_repeated_create_does_not_undo_a_later_write(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let updated = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
    assert_eq!(updated.unwrap(), Updated::Applied);
    let created = store.create(create(anonymous(1), &Sample::new(1))).await;
    assert_eq!(created.unwrap(), Created::Refused);
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(2)));
}

pub async fn create_leaves_its_neighbours_alone(store: impl Store) {
    let tag = anonymous(1).tag();
    let mut selector = anonymous(1).selector();
    begin(&store, anonymous(1), &Sample::new(1)).await;
    selector[11] ^= 1;
    let neighbour = keycard::StoreKey::new(tag, selector);
    let later = NOW.after(MINUTE);
    let created = store.create(Create::new(neighbour, Sample::new(2).bytes(), None, later));
    assert_eq!(created.await.unwrap(), Created::Applied);
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(1)));
    assert_eq!(load(&store, neighbour).await, live(&Sample::new(2)));
}
