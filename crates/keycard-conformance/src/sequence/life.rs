//! The life of one session: whatever happens to it, it ends at its cap, and not before what it was last told.

use std::time::Duration;

use keycard::store::Store;
use keycard::{Session, Timestamp};
use proptest::prelude::*;

use super::Play;
use crate::laws::world::{Client, World};
use crate::record::NOW;
use crate::testing::ScriptedStore;

/// What may happen to a session in its life. Numbers are seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Time passes.
    Wait(u64),
    /// A request that only looks.
    Read,
    /// A request that counts.
    Count,
    /// A request that clears the session.
    Clear,
    /// A request that calls [`Session::touch`].
    TouchNow,
    /// A request that calls [`Session::rotate`].
    Renew,
    /// A request that calls [`Session::extend`].
    Extend(u64),
    /// A request that calls [`Session::set_idle`].
    SetIdle(u64),
}

impl<S: Store> Play<S> for Step {
    const TYPE: &str = "Step";
    const OF: u32 = 10;

    fn sequences() -> BoxedStrategy<Vec<Self>> {
        let span = || (1..200_u64).prop_map(|tenths_of_an_hour| tenths_of_an_hour * 360);
        let step = prop_oneof![
            4 => span().prop_map(Self::Wait),
            1 => (1..200_u64).prop_map(Self::Wait),
            2 => Just(Self::Read),
            2 => Just(Self::Count),
            1 => Just(Self::Clear),
            1 => Just(Self::TouchNow),
            1 => Just(Self::Renew),
            2 => span().prop_map(Self::Extend),
            2 => span().prop_map(Self::SetIdle),
        ];
        proptest::collection::vec(step, 1..20).boxed()
    }

    async fn play(store: &ScriptedStore<S>, case: u64, sequence: &[Self]) -> Result<(), String> {
        // Each case begins when the sessions of those before it are over.
        let start = NOW.after(Duration::from_hours(24 * case));
        let world = World::with(store.clone(), start, |builder| builder);
        let mut client = world.logged_in("alice").await;
        let session = world.session(&client).await;
        let cap = session.absolute_at().ok_or("no deadline")?;
        let mut ends = session.expires_at().ok_or("no end")?;
        for step in sequence {
            ends = take(&world, &mut client, *step).await.unwrap_or(ends);
            judge(&world, &client, cap, ends)
                .await
                .map_err(|wrong| format!("{step:?}: {wrong}"))?;
        }
        Ok(())
    }
}

async fn judge<S: Store>(
    world: &World<S>,
    client: &Client,
    cap: Timestamp,
    ends: Timestamp,
) -> Result<(), String> {
    let session = world.session(client).await;
    let (now, lives) = (world.now(), session.user().is_some());
    if ends > cap {
        return Err(format!("ends at {ends:?}, past its cap at {cap:?}"));
    }
    if lives != (now < ends) {
        return Err(format!("at {now:?} lives: {lives}, though it ends at {ends:?}"));
    }
    let told = (session.absolute_at(), session.expires_at());
    if lives && told != (Some(cap), Some(ends)) {
        return Err(format!("(cap, end) was moved from {:?} to {told:?}", (cap, ends)));
    }
    Ok(())
}

/// Takes a step, and answers when the session now ends, if it lives.
async fn take<S: Store>(world: &World<S>, client: &mut Client, step: Step) -> Option<Timestamp> {
    if let Step::Wait(seconds) = step {
        world.pass(Duration::from_secs(seconds));
        return None;
    }
    let request = world.request(client);
    let session = request.session().await;
    session.user()?;
    act(&session, step).await;
    request.done(client).await;
    session.expires_at()
}

async fn act(session: &Session, step: Step) {
    match step {
        Step::Wait(_) | Step::Read => {}
        Step::Count => {
            session.increment("n", 1).await.expect("the session counts");
        }
        Step::Clear => session.clear(),
        Step::TouchNow => session.touch().await.expect("the session is touched"),
        Step::Renew => session.rotate(),
        Step::Extend(seconds) => session.extend(Duration::from_secs(seconds)),
        Step::SetIdle(seconds) => session.set_idle(Duration::from_secs(seconds)),
    }
}
