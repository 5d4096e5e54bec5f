//! What a store does beyond the model: it forgets what is over, and bounds each user's index.

use keycard::store::{Create, MAX_SESSIONS_PER_USER, frame};
use keycard::{StoreKey, Timestamp};

use crate::sequence::model::{Model, Worth};

/// Forgets what was over an hour ago.
pub(crate) fn sweep(model: &mut Model, now: Timestamp) {
    let hour_in_millis = 60 * 60 * 1000;
    let then = Timestamp::from_millis(now.as_millis() - hour_in_millis);
    let over: Vec<StoreKey> = model
        .known
        .keys()
        .copied()
        .filter(|key| model.is_over(*key, then))
        .collect();
    for key in over {
        model.known.remove(&key);
    }
}

/// Ends what is too many in the index that a new session has entered: what has expired, or the nearest deadline, which
/// is answered.
pub(crate) fn make_room(model: &mut Model, create: &Create) -> Option<StoreKey> {
    let owner = create.owner?;
    let members: Vec<StoreKey> = model
        .of(owner.user)
        .into_iter()
        .filter(|key| model.known[key].ended.is_none())
        .collect();
    if members.len() <= MAX_SESSIONS_PER_USER {
        return None;
    }
    let (over, live): (Vec<_>, Vec<_>) = members
        .into_iter()
        .partition(|key| model.worth(*key, create.now) == Worth::Over);
    let excess = live.len().saturating_sub(MAX_SESSIONS_PER_USER);
    let nearest = live.into_iter().filter(|key| *key != create.key);
    let nearest = nearest.min_by_key(|key| model.known[key].record[frame::ABSOLUTE].to_vec());
    let nearest = nearest.filter(|_| excess > 0);
    for key in over.into_iter().chain(nearest) {
        model.entomb(key, create.now);
    }
    nearest
}
