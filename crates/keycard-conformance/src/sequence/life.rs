//! The life of one client's sessions: whatever happens to them, each ends when the rules say, and not before.

use std::mem;
use std::time::Duration;

use keycard::store::Store;
use keycard::{Error, LoginAs, Session, UserId};
use proptest::prelude::*;

use super::Play;
use super::times::{Times, Told};
use crate::laws::world::{Client, World};
use crate::record::NOW;
use crate::testing::{ScriptedStore, Verb};

/// What may happen to a client that begins logged in. While it is logged out, only logins do anything. Numbers are
/// seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Time passes.
    Wait(u64),
    /// A request that only looks.
    Read,
    /// A request that counts.
    Count,
    /// A request that puts something in, and clears the session.
    Clear,
    /// A request that calls [`Session::touch`].
    TouchNow,
    /// A request that calls [`Session::rotate`].
    Renew,
    /// A request that calls [`Session::extend`].
    Extend(u64),
    /// A request that calls [`Session::set_idle`].
    SetIdle(u64),
    /// A request that logs in who was logged in last.
    LoginAgain,
    /// A request that logs in who was logged in last, to be remembered.
    LoginRemembered,
    /// A request that logs in the other one of two users.
    LoginAsOther,
    /// A request that calls [`Session::logout`].
    Logout,
    /// In the next request the first answer to each kind of write is lost, though the write lands.
    LoseAnswers,
}

impl Step {
    fn is_login(self) -> bool {
        matches!(
            self,
            Self::LoginAgain | Self::LoginRemembered | Self::LoginAsOther
        )
    }
}

impl<S: Store> Play<S> for Step {
    const TYPE: &str = "Step";
    const OF: u32 = 10;

    fn sequences() -> BoxedStrategy<Vec<Self>> {
        let span = || (1..200_u64).prop_map(|tenths_of_an_hour| tenths_of_an_hour * 360);
        let step = prop_oneof![
            3 => span().prop_map(Self::Wait),
            3 => (1..200_u64).prop_map(Self::Wait),
            2 => Just(Self::Read),
            2 => Just(Self::Count),
            1 => Just(Self::Clear),
            1 => Just(Self::TouchNow),
            1 => Just(Self::Renew),
            2 => span().prop_map(Self::Extend),
            3 => span().prop_map(Self::SetIdle),
            1 => Just(Self::LoginAgain),
            1 => Just(Self::LoginRemembered),
            1 => Just(Self::LoginAsOther),
            1 => Just(Self::Logout),
            2 => Just(Self::LoseAnswers),
        ];
        proptest::collection::vec(step, 1..20).boxed()
    }

    async fn play(store: &ScriptedStore<S>, case: u64, sequence: &[Self]) -> Result<(), String> {
        let mut life = Life::begin(World::with(store.clone(), NOW, |builder| builder), case);
        for step in [Self::LoginAgain].iter().chain(sequence) {
            let played = async {
                life.take(*step).await?;
                life.judge().await
            };
            played.await.map_err(|wrong| format!("{step:?}: {wrong}"))?;
        }
        Ok(())
    }
}

/// A client, and what the rules say of the session that it has.
struct Life<S> {
    world: World<S>,
    client: Client,
    user: UserId,
    other: UserId,
    expected: Option<Times>,
    loses_answers: bool,
}

impl<S: Store> Life<S> {
    fn begin(world: World<S>, case: u64) -> Self {
        Self {
            world,
            client: Client::default(),
            user: format!("alice {case}").into(),
            other: format!("bob {case}").into(),
            expected: None,
            loses_answers: false,
        }
    }

    async fn take(&mut self, step: Step) -> Result<(), String> {
        if let Step::Wait(seconds) = step {
            self.world.pass(Duration::from_secs(seconds));
        } else if step == Step::LoseAnswers {
            self.loses_answers = true;
        } else if step.is_login() || self.told().is_some() {
            if step == Step::LoginAsOther {
                mem::swap(&mut self.user, &mut self.other);
            }
            self.ask(step).await?;
        }
        Ok(())
    }

    async fn ask(&mut self, step: Step) -> Result<(), String> {
        let loses = mem::take(&mut self.loses_answers);
        if loses {
            let writes = [Verb::Create, Verb::Update, Verb::Replace, Verb::Touch, Verb::End];
            for verb in writes {
                self.world.store.lose_answer(verb);
            }
        }
        let request = self.world.request(&self.client);
        let done = act(&request.session().await, step, self.user.clone()).await;
        let reply = request.end(200).await;
        self.world.store.recover();
        if !loses && (done.is_err() || reply.error.is_some()) {
            return Err(format!("fails: {done:?}, {:?}", reply.error));
        }
        self.client.take(&reply);
        self.expect(step, loses);
        Ok(())
    }

    /// What the step makes of the session. A new id whose answer is lost is held by nobody.
    fn expect(&mut self, step: Step, loses: bool) {
        let (before, now) = (self.expected.take(), self.world.now());
        let begun = |remembered| (!loses).then(|| Times::of_login(self.user.clone(), remembered, now));
        self.expected = match step {
            Step::LoginAgain | Step::LoginAsOther => begun(false),
            Step::LoginRemembered => begun(true),
            Step::Logout => None,
            Step::Renew => before.filter(|_| !loses).map(|times| times.written(now)),
            Step::Count | Step::Clear => before.map(|times| times.written(now)),
            Step::Extend(seconds) => before.map(|times| times.extended(Duration::from_secs(seconds), now)),
            Step::SetIdle(seconds) => before.map(|times| times.with_idle(Duration::from_secs(seconds), now)),
            Step::Wait(_) | Step::LoseAnswers | Step::Read | Step::TouchNow => {
                before.map(|times| times.used(now))
            }
        };
    }

    /// What the session tells now, if there is one.
    fn told(&self) -> Option<Told> {
        self.expected.as_ref()?.at(self.world.now())
    }

    async fn judge(&self) -> Result<(), String> {
        let told = Told::by(&self.world.session(&self.client).await);
        let expected = self.told();
        if told == expected {
            Ok(())
        } else {
            let now = self.world.now();
            Err(format!(
                "at {now:?} the session tells {told:?}, and the rules say {expected:?}"
            ))
        }
    }
}

/// What the handler does in a step.
async fn act(session: &Session, step: Step, user: UserId) -> Result<(), Error> {
    match step {
        Step::Wait(_) | Step::LoseAnswers | Step::Read => {}
        Step::Count => drop(session.increment("n", 1).await?),
        Step::Clear => {
            session.insert("n", &1)?;
            session.clear();
        }
        Step::TouchNow => session.touch().await?,
        Step::Renew => session.rotate(),
        Step::Extend(seconds) => session.extend(Duration::from_secs(seconds)),
        Step::SetIdle(seconds) => session.set_idle(Duration::from_secs(seconds)),
        Step::LoginAgain | Step::LoginAsOther => session.login(user),
        Step::LoginRemembered => session.login_with(LoginAs::user(user).remembered(true)),
        Step::Logout => session.logout(),
    }
    Ok(())
}
