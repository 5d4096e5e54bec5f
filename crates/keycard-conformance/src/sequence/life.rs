//! The life of one client's sessions: whatever happens to them, each ends when the rules say, and not before.

use std::mem;
use std::time::Duration;

use keycard::store::Store;
use keycard::{Error, LoginAs, Session, UserId};
use proptest::prelude::*;

use super::Play;
use super::rules::{Asked, EVERY, GRACE, Ruled};
use super::times::{Times, Told};
use crate::laws::world::{Client, World};
use crate::record::NOW;
use crate::testing::{ScriptedStore, Verb};

/// What may happen to a client that begins logged in, at a server that renews ids every ten minutes with a grace of two.
/// While it is logged out, only logins do anything. Numbers are seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Time passes.
    Wait(u64),
    /// A request that only looks.
    Read,
    /// A request that counts.
    Count,
    /// A request that counts, and comes with the id that the client had before: it was on its way for long.
    CountLate,
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
            3 => (1..20_u64).prop_map(|steps| Self::Wait(100 * steps)),
            2 => Just(Self::Read),
            2 => Just(Self::Count),
            2 => Just(Self::CountLate),
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
        let world = World::with(store.clone(), NOW, |builder| builder.renew_ids(EVERY, GRACE));
        let mut life = Life::begin(world, case);
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
    /// The cookies that the client had, the last one last.
    earlier: Vec<Client>,
    user: UserId,
    other: UserId,
    session: Option<Ruled>,
    loses_answers: bool,
}

impl<S: Store> Life<S> {
    fn begin(world: World<S>, case: u64) -> Self {
        Self {
            world,
            client: Client::default(),
            earlier: Vec::new(),
            user: format!("alice {case}").into(),
            other: format!("bob {case}").into(),
            session: None,
            loses_answers: false,
        }
    }

    async fn take(&mut self, step: Step) -> Result<(), String> {
        if let Step::Wait(seconds) = step {
            self.world.pass(Duration::from_secs(seconds));
        } else if step == Step::LoseAnswers {
            self.loses_answers = true;
        } else if step == Step::CountLate {
            if let Some(earlier) = self.earlier.last().cloned() {
                self.ask(step, earlier).await?;
            }
        } else if step.is_login() || self.told(&self.client).is_some() {
            if step == Step::LoginAsOther {
                mem::swap(&mut self.user, &mut self.other);
            }
            self.ask(step, self.client.clone()).await?;
        }
        Ok(())
    }

    async fn ask(&mut self, step: Step, by: Client) -> Result<(), String> {
        let loses = mem::take(&mut self.loses_answers);
        if loses {
            let writes = [Verb::Create, Verb::Update, Verb::Replace, Verb::Touch, Verb::End];
            for verb in writes {
                self.world.store.lose_answer(verb);
            }
        }
        let opens = self.told(&by).is_some();
        let request = self.world.request(&by);
        let done = act(&request.session().await, step, self.user.clone()).await;
        let reply = request.end(200).await;
        self.world.store.recover();
        let may_fail = loses || !(opens || step.is_login());
        if !may_fail && (done.is_err() || reply.error.is_some()) {
            return Err(format!("fails: {done:?}, {:?}", reply.error));
        }
        if step != Step::CountLate {
            self.client.take(&reply);
        } else if opens && reply.set_cookie().is_some() {
            return Err("gives a cookie to whom a grace lets in".to_owned());
        }
        if step != Step::CountLate && self.client != by && by.cookie.is_some() {
            self.earlier.push(by.clone());
        }
        self.expect(step, opens, loses, &by);
        Ok(())
    }

    /// What the step makes of the session. A new id whose answer is lost is held by nobody.
    fn expect(&mut self, step: Step, opens: bool, loses: bool, by: &Client) {
        let asked = Asked {
            by,
            answered: (!loses).then(|| self.client.clone()),
            now: self.world.now(),
        };
        let session = self.session.take();
        self.session = if step.is_login() {
            let remembered = step == Step::LoginRemembered;
            match session.filter(|_| opens && step != Step::LoginAsOther) {
                Some(session) => Some(session.logged_in_again(remembered, asked)),
                None => Ruled::begun(self.user.clone(), remembered, asked),
            }
        } else if opens {
            session.and_then(|session| changed(session, step, asked))
        } else {
            session
        };
    }

    /// What the session tells now whoever comes with this cookie, if there is one.
    fn told(&self, cookie: &Client) -> Option<Told> {
        self.session.as_ref()?.told(cookie, self.world.now())
    }

    async fn judge(&self) -> Result<(), String> {
        for cookie in self.earlier.iter().chain([&self.client]) {
            let told = Told::by(&self.world.session(cookie).await);
            let expected = self.told(cookie);
            if told != expected {
                let (now, is_old) = (self.world.now(), *cookie != self.client);
                return Err(format!(
                    "at {now:?} the session tells {told:?}, and the rules say {expected:?} (by an id of before: {is_old})"
                ));
            }
        }
        Ok(())
    }
}

/// What the rules make of a session that stays itself, or ends.
fn changed(session: Ruled, step: Step, asked: Asked<'_>) -> Option<Ruled> {
    let seconds = Duration::from_secs;
    Some(match step {
        Step::Logout => return None,
        Step::Renew => session.rotated(asked),
        Step::Count | Step::CountLate => session.written(asked, Times::counted),
        Step::Clear => session.written(asked, Times::cleared),
        Step::Extend(span) => session.written(asked, |times, now| times.extended(seconds(span), now)),
        Step::SetIdle(idle) => session.written(asked, |times, now| times.with_idle(seconds(idle), now)),
        Step::Read | Step::TouchNow | Step::Wait(_) | Step::LoseAnswers => session.used(asked),
        Step::LoginAgain | Step::LoginRemembered | Step::LoginAsOther => session,
    })
}

/// What the handler does in a step.
async fn act(session: &Session, step: Step, user: UserId) -> Result<(), Error> {
    match step {
        Step::Wait(_) | Step::LoseAnswers | Step::Read => {}
        Step::Count | Step::CountLate => drop(session.increment("n", 1).await?),
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
