//! Who may enter: guards as data, and the one judgement of them.

use std::time::Duration;

use super::decision::Decision;
use crate::clock::Timestamp;
use crate::factor::Factor;
use crate::record::Authentication;

/// What somebody must be, or have proved, to be let in: data, which [`Session::judge`](crate::Session::judge) judges.
///
/// All but [`session`](Self::session) demand a user. A login that [waits](crate::LoginAs::pending) for a further factor is
/// nobody yet, and [`Unauthenticated`](Decision::Unauthenticated) like a guest: what it waits for is the business of the
/// application's login, and who knows no more than a password learns nothing of what a route asks for. A user whose session
/// is [bound](crate::Drift::StepUp) to another client is asked for a step-up, by any factor, before anything else.
///
/// ```
#[doc = example!(session)]
/// use keycard::auth::{Decision, Guard};
///
/// let payroll = Guard::role("accountant").and(Guard::factor_within(Factor::OTP, Duration::from_mins(5)));
/// assert_eq!(session.judge(&payroll), Decision::Unauthenticated);
///
/// session.login_with(LoginAs::user("bob").roles(["clerk"]));
/// assert_eq!(session.judge(&payroll), Decision::Forbidden, "an accountant's code would not help");
///
/// session.set_roles(["accountant"])?;
/// let (factor, within) = (Some(Factor::OTP), Some(Duration::from_mins(5)));
/// assert_eq!(session.judge(&payroll), Decision::StepUp { factor, within });
///
/// session.prove(Factor::OTP)?; // the code was right
/// assert_eq!(session.judge(&payroll), Decision::Allowed);
#[doc = example!(end)]
/// ```
///
/// # Security
///
/// Guard the change of what users log in with by [`fresh`](Self::fresh) (ASVS 5.0 7.5.1), and what must not go wrong by
/// [`factor_within`](Self::factor_within) (7.5.3). Roles and factors are those of the session, which other requests may have
/// ended or changed since it was read: see [`read_anew`](Self::read_anew).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a guard guards nothing until it is judged"]
pub struct Guard {
    demand: Demand,
    anew: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Demand {
    Session,
    /// One of these.
    Role(Vec<String>),
    /// Of the factor, or of whatever the user can prove who they are with; at any time, or lately.
    Proof {
        factor: Option<Factor>,
        within: Option<Duration>,
    },
    All(Box<[Self; 2]>),
    Any(Box<[Self; 2]>),
}

/// What a guard is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) session: bool,
    /// Who is logged in, not who waits for a further factor.
    pub(crate) user: Option<&'a Authentication>,
    /// The user must prove anew who they are, for the session is bound to another client.
    pub(crate) mistrusted: bool,
}

impl Guard {
    /// A session that exists: stored, or begun by a login of this request.
    ///
    /// ```
    #[doc = example!(session)]
    /// use keycard::auth::{Decision, Guard};
    ///
    /// assert_eq!(session.judge(&Guard::session()), Decision::Unauthenticated);
    /// session.insert("cart", &[7])?;
    /// session.commit().await?;
    /// assert_eq!(session.judge(&Guard::session()), Decision::Allowed);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// Guests have sessions too, and so has a login that waits for a further factor.
    pub fn session() -> Self {
        Self::of(Demand::Session)
    }

    /// A user, whoever it is.
    ///
    /// ```
    #[doc = example!(session)]
    /// use keycard::auth::{Decision, Guard};
    ///
    /// session.login_with(LoginAs::user("carol").factor(Factor::PASSWORD).pending());
    /// assert_eq!(session.judge(&Guard::user()), Decision::Unauthenticated);
    /// session.prove(Factor::OTP)?;
    /// assert_eq!(session.judge(&Guard::user()), Decision::Allowed);
    #[doc = example!(end)]
    /// ```
    pub fn user() -> Self {
        Self::proof(None, None)
    }

    /// A user with this role.
    pub fn role(role: impl AsRef<str>) -> Self {
        Self::any_role([role])
    }

    /// A user with one of these roles. Of no roles nobody has one.
    ///
    /// ```
    #[doc = example!(session)]
    /// use keycard::auth::{Decision, Guard};
    ///
    /// session.login_with(LoginAs::user("bob").roles(["editor"]));
    /// assert_eq!(session.judge(&Guard::any_role(["author", "editor"])), Decision::Allowed);
    /// assert_eq!(session.judge(&Guard::role("admin")), Decision::Forbidden);
    #[doc = example!(end)]
    /// ```
    pub fn any_role<R: AsRef<str>>(roles: impl IntoIterator<Item = R>) -> Self {
        let roles = roles.into_iter().map(|role| role.as_ref().to_owned());
        Self::of(Demand::Role(roles.collect()))
    }

    /// A user who has proved this factor in their session (ASVS 5.0 7.5.3).
    pub fn factor(factor: Factor) -> Self {
        Self::proof(Some(factor), None)
    }

    /// A user who has proved this factor at most so long ago.
    pub fn factor_within(factor: Factor, within: Duration) -> Self {
        Self::proof(Some(factor), Some(within))
    }

    /// A user who has proved who they are, by a login or a factor, at most so long ago (ASVS 5.0 7.5.1). If the clock went
    /// backwards since, it was just now.
    ///
    /// ```
    #[doc = example!(session)]
    /// use keycard::auth::{Decision, Guard};
    ///
    /// let five_minutes = Duration::from_mins(5);
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(five_minutes);
    /// assert_eq!(session.judge(&Guard::fresh(five_minutes)), Decision::Allowed);
    ///
    /// clock.advance(Duration::from_millis(1));
    /// let (factor, within) = (None, Some(five_minutes));
    /// assert_eq!(session.judge(&Guard::fresh(five_minutes)), Decision::StepUp { factor, within });
    #[doc = example!(end)]
    /// ```
    pub fn fresh(within: Duration) -> Self {
        Self::proof(None, Some(within))
    }

    /// This and the other. Somebody unknown is asked first who they are; who may not enter anyway is asked for no factor;
    /// of two factors the one that is named first is asked for first.
    pub fn and(self, other: Self) -> Self {
        self.with(other, Demand::All)
    }

    /// This or the other. Who is kept out by both is told what brings them nearer; of two factors the one that is named
    /// first.
    ///
    /// ```
    #[doc = example!(session)]
    /// use keycard::auth::{Decision, Guard};
    ///
    /// let guard = Guard::factor(Factor::HARDWARE_KEY).or(Guard::role("kiosk"));
    /// session.login("alice");
    /// let (factor, within) = (Some(Factor::HARDWARE_KEY), None);
    /// assert_eq!(session.judge(&guard), Decision::StepUp { factor, within });
    #[doc = example!(end)]
    /// ```
    pub fn or(self, other: Self) -> Self {
        self.with(other, Demand::Any)
    }

    /// Judges the session as the store has it when the guard asks, also where this request has read it before: for what
    /// must not happen in a session that another request has ended meanwhile. It costs a round trip more there.
    ///
    /// It holds for the whole guard, and for each that this one is combined into.
    pub fn read_anew(mut self) -> Self {
        self.anew = true;
        self
    }

    pub(crate) fn reads_anew(&self) -> bool {
        self.anew
    }

    /// The judgement: pure.
    pub(crate) fn judge(&self, facts: Facts<'_>, now: Timestamp) -> Decision {
        self.demand.judge(facts, now)
    }

    fn of(demand: Demand) -> Self {
        Self { demand, anew: false }
    }

    fn proof(factor: Option<Factor>, within: Option<Duration>) -> Self {
        Self::of(Demand::Proof { factor, within })
    }

    fn with(self, other: Self, combine: fn(Box<[Demand; 2]>) -> Demand) -> Self {
        Self {
            anew: self.anew || other.anew,
            demand: combine(Box::new([self.demand, other.demand])),
        }
    }
}

impl Demand {
    fn judge(&self, facts: Facts<'_>, now: Timestamp) -> Decision {
        let of_user = |keeps_out: &dyn Fn(&Authentication) -> Option<Decision>| match facts.user {
            None => Decision::Unauthenticated,
            Some(_) if facts.mistrusted => Decision::StepUp {
                factor: None,
                within: None,
            },
            Some(user) => keeps_out(user).unwrap_or(Decision::Allowed),
        };
        let judged = |both: &[Self; 2]| both.each_ref().map(|demand| demand.judge(facts, now));
        match self {
            Self::Session if facts.session => Decision::Allowed,
            Self::Session => Decision::Unauthenticated,
            Self::Role(roles) => of_user(&|user| {
                let has_one = roles.iter().any(|role| user.has_role(role));
                (!has_one).then_some(Decision::Forbidden)
            }),
            Self::Proof { factor, within } => of_user(&|user| {
                let proved = factor
                    .as_ref()
                    .map_or(Some(user.at), |factor| user.proved_at(factor));
                let lately = |at| within.is_none_or(|within| now.since(at) <= within);
                (!proved.is_some_and(lately)).then(|| Decision::StepUp {
                    factor: factor.clone(),
                    within: *within,
                })
            }),
            Self::All(both) => {
                let [first, second] = judged(both);
                if second.favour() < first.favour() {
                    second
                } else {
                    first
                }
            }
            Self::Any(both) => {
                let [first, second] = judged(both);
                if second.favour() > first.favour() {
                    second
                } else {
                    first
                }
            }
        }
    }
}

/// A guard that has a name as a type, so that a handler can state in its arguments who may call it: the extractor
/// `Guarded` of the adapters judges it.
///
/// ```
/// use keycard::auth::{Guard, Rule};
///
/// struct Admin;
///
/// impl Rule for Admin {
///     fn guard() -> Guard {
///         Guard::role("admin")
///     }
/// }
/// assert_eq!(Admin::guard(), Guard::role("admin"));
/// ```
pub trait Rule {
    /// The guard, asked for at each request.
    fn guard() -> Guard;
}

#[cfg(test)]
mod tests;
