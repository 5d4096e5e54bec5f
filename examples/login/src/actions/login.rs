//! Logging in and out, by one factor or two.

use keycard::auth::throttle::{Attempt, Receipt};
use keycard::{Factor, Key, LoginAs, Session};

use crate::accounts::{Password, User};
use crate::answers::{LoggedIn, LoginAnswer, Me, SessionFacts};
use crate::app::App;
use crate::failure::Failure;
use crate::requests::{Login, Reauthenticate, Verify};
use crate::second_factor::SecondFactor;

/// What the attempt of the login that waits took from the throttles.
const LOGIN_ATTEMPT: Key<Receipt> = Key::new("app.login_attempt");

/// `POST /login`: a new id for the session, which is the user's from now on, or as soon as the second factor is proved.
///
/// # Errors
///
/// 401 with one text for an unknown user and a wrong password; 429 after too many of them.
pub async fn login(app: &App, session: &Session, request: Login) -> Result<LoginAnswer, Failure> {
    let Some((user, attempt)) = authenticate(app, session, &request.email, request.password).await? else {
        return Err(Failure::unauthorized("wrong email or password"));
    };
    let mut login = LoginAs::user(user.id())
        .factor(Factor::PASSWORD)
        .roles(user.roles())
        .remembered(request.remember_me);
    if let Some(device) = request.device {
        login = login.device(device.0);
    }
    if user.second_factor().is_some() {
        session.login_with(login.pending());
        // What a guest has put in may leave no room for it; then the attempt stays counted.
        drop(session.insert(LOGIN_ATTEMPT, &attempt.receipt()));
        return Ok(LoginAnswer::MfaRequired { mfa_required: true });
    }
    session.login_with(login);
    attempt.succeeded().await;
    Ok(LoginAnswer::LoggedIn(LoggedIn { user: user.clone() }))
}

/// `POST /mfa/verify`: the second factor of a login that waits for it.
///
/// # Errors
///
/// 400 if none waits; 401 if the code is wrong or was used already, of which the last try ends the login; 429 when the user's
/// codes are used up.
pub async fn verify(app: &App, session: &Session, request: Verify) -> Result<LoggedIn, Failure> {
    let waiting = session.pending_user().and_then(|id| app.accounts.by_id(&id));
    let Some((user, handle)) = waiting.zip(session.handle()) else {
        return Err(none_waits());
    };
    let attempt = app.throttles.mfa(&user.id(), handle).await?;
    if !accepts(app, user, &request.code).await? {
        if attempt.left() == Some(0) {
            session.logout();
        }
        return Err(Failure::unauthorized("wrong code"));
    }
    let receipt = session.take(LOGIN_ATTEMPT)?;
    session.prove(Factor::OTP)?;
    let committed = session.commit().await;
    committed.map_err(|error| Failure::if_ended(&error, none_waits()))?;
    attempt.succeeded().await;
    if let Some(receipt) = receipt {
        app.throttles.forgive(receipt).await;
    }
    Ok(LoggedIn { user: user.clone() })
}

/// `POST /reauth`: the user proves once more who they are; a new id, and both time-outs start again.
///
/// # Errors
///
/// 401 if nobody is logged in, or the password is wrong; 429 after too many wrong ones.
pub async fn reauthenticate(
    app: &App,
    session: &Session,
    request: Reauthenticate,
) -> Result<LoggedIn, Failure> {
    let email = user(app, session)?.email();
    let Some((user, attempt)) = authenticate(app, session, email, request.password).await? else {
        return Err(Failure::unauthorized("wrong password"));
    };
    session.reauthenticate(Factor::PASSWORD)?;
    let committed = session.commit().await;
    committed.map_err(|error| Failure::if_ended(&error, Failure::nobody()))?;
    attempt.succeeded().await;
    Ok(LoggedIn { user: user.clone() })
}

/// `GET /me`: who is logged in.
///
/// # Errors
///
/// 401 if nobody is.
pub fn me(app: &App, session: &Session) -> Result<Me, Failure> {
    Ok(Me {
        user: user(app, session)?.clone(),
        session: SessionFacts::of(session),
    })
}

/// `POST /logout`: the session ends on every server.
pub fn logout(session: &Session) {
    session.logout();
}

fn user<'a>(app: &'a App, session: &Session) -> Result<&'a User, Failure> {
    app.user(session).ok_or_else(Failure::nobody)
}

fn none_waits() -> Failure {
    Failure::bad_request("no login waits for a code")
}

/// The user, if the password is theirs. The attempt takes its place before the password is checked, so that many guesses at
/// once are as few as one after the other.
async fn authenticate<'a>(
    app: &'a App,
    session: &Session,
    email: &str,
    password: Password,
) -> Result<Option<(&'a User, Attempt)>, Failure> {
    let attempt = app.throttles.login(email, session.client().ip()).await?;
    let user = app.accounts.authenticate(email, password).await?;
    Ok(user.map(|user| (user, attempt)))
}

/// Whether the code is right, and comes for the first time.
async fn accepts(app: &App, user: &User, code: &str) -> Result<bool, Failure> {
    let now = app.keycard().now();
    let Some(step) = user.second_factor().and_then(|factor| factor.step_of(code, now)) else {
        return Ok(false);
    };
    Ok(app
        .throttles
        .once(&user.id(), "totp", step, SecondFactor::RIGHT_FOR)
        .await?)
}
