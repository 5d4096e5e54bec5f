//! The account page, and the administrator's.

use keycard::Session;

use crate::answers::{Ended, SessionList, Statistics};
use crate::app::App;
use crate::failure::Failure;

/// `GET /sessions`: where the user is logged in.
///
/// # Errors
///
/// 401 if nobody is.
pub async fn sessions(app: &App, session: &Session) -> Result<SessionList, Failure> {
    Ok(app.sessions.mine(session)?.list().await?.into())
}

/// `DELETE /sessions/{handle}`, `/sessions/others` and `/sessions/all`.
///
/// # Errors
///
/// 404 if the user has no session of this handle, whether somebody else has one or not; 401 if nobody is logged in, or
/// nobody any more.
pub async fn end(app: &App, session: &Session, which: &str) -> Result<Ended, Failure> {
    let mine = app.sessions.mine(session)?;
    let nobody = |error| Failure::if_ended(&error, Failure::nobody());
    let ended = match which {
        "others" => mine.end_others().await.map_err(nobody)?,
        "all" => mine.end_all().await?,
        handle => match handle.parse() {
            Ok(handle) if mine.end(handle).await? => 1,
            _ => return Err(Failure::not_found()),
        },
    };
    Ok(Ended { ended })
}

/// `GET /admin/stats`, for [`Admin`](crate::Admin)s.
///
/// # Errors
///
/// 503 if the store cannot be asked.
pub async fn statistics(app: &App) -> Result<Statistics, Failure> {
    Ok(app.statistics.figures().await?.into())
}
