//! What is wrong between two handles of a store, and only there.

use super::broken::Broken;
use super::flaw::Flaw;
use crate::laws::law_1_ended_stays_ended::a_logout_ends_a_write_that_landed_just_before as law;
use crate::property::random_sequences;
use crate::prove::prove;
use crate::sequence::words::*;

#[test]
fn over_one_handle_copies_that_its_writes_drop_are_right() {
    prove(async || Broken::by(Flaw::HandlesKeepCopies), law);
}

#[test]
#[should_panic(expected = "!world.knows(&old)")]
fn over_two_handles_they_are_not() {
    prove(async || Broken::two_handles(Flaw::HandlesKeepCopies), law);
}

#[test]
#[should_panic(expected = "keycard_conformance::replay(async || two_handles(), sequence);")]
fn random_sequences_over_two_handles_find_that() {
    let begin = async || Broken::two_handles(Flaw::HandlesKeepCopies);
    random_sequences::<_, Command<IndexCommand>, _>(begin, "two_handles()");
}
