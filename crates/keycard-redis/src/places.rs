//! Where sessions are counted: in sets and hashes that the same script can write as the session.

use std::sync::Arc;

use keycard::StoreKey;

use crate::slots::{SLOTS, slot_of};

/// Over how many places the sessions of a server without slots are spread.
const FEW: u8 = 16;

/// The names of places, each of which stands between the braces of a key.
#[derive(Clone, Debug)]
pub(crate) enum Places {
    /// On a server without slots.
    Few,
    /// In a cluster, one in each slot: the number whose name is in that slot.
    BySlot(Arc<[u32]>),
}

impl Places {
    /// A place in each slot.
    pub(crate) fn by_slot() -> Self {
        let mut numbers = vec![None; usize::from(SLOTS)];
        let mut missing = SLOTS;
        for number in 0.. {
            let number_of_slot = &mut numbers[usize::from(slot_of(name(number).as_bytes()))];
            if number_of_slot.is_none() {
                *number_of_slot = Some(number);
                missing -= 1;
            }
            if missing == 0 {
                break;
            }
        }
        Self::BySlot(numbers.into_iter().flatten().collect())
    }

    /// The place of a session, which it shares with all others of its tag.
    pub(crate) fn of(&self, key: StoreKey) -> String {
        match self {
            Self::Few => name(u32::from(key.to_bytes()[0] % FEW)),
            Self::BySlot(numbers) => name(numbers[usize::from(slot_of(key.tag().to_text().as_bytes()))]),
        }
    }

    /// The place in a slot of a cluster.
    pub(crate) fn in_slot(&self, slot: u16) -> Option<String> {
        match self {
            Self::Few => None,
            Self::BySlot(numbers) => numbers.get(usize::from(slot)).copied().map(name),
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = String> {
        let numbers = match self {
            Self::Few => (0..u32::from(FEW)).collect(),
            Self::BySlot(numbers) => numbers.to_vec(),
        };
        numbers.into_iter().map(name)
    }
}

fn name(number: u32) -> String {
    format!("s{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_cluster_a_session_is_counted_in_its_own_slot() {
        let places = Places::by_slot();
        for number in 0..1000_u64 {
            let mut key = [0; 20];
            key[..8].copy_from_slice(&number.to_be_bytes());
            let key = StoreKey::from_bytes(key);
            assert_eq!(
                slot_of(places.of(key).as_bytes()),
                slot_of(key.tag().to_text().as_bytes())
            );
        }
        assert_eq!(places.all().count(), usize::from(SLOTS));
    }
}
