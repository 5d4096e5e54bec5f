//! One client at a time: cookies for the load, and requests whose commands are counted.

use ureq::http::header::{COOKIE, SET_COOKIE};
use ureq::{Agent, Body, http};

use crate::app::App;
use crate::plan::{Cookies, Scenario};

/// How many sessions the load is spread over, so that requests that are under way at once do not contend for one.
const SESSIONS: usize = 1_000;

/// What a floor's requests bear, as long as a cookie of Keycard.
const STAND_IN: &str = concat!(
    "sid=a-floor-reads-no-cookie-and-sets-none-and-yet-its-requests-must-",
    "bear-one-or-they-would-be-shorter-than-those-of-the-others"
);

pub(crate) struct Browser<'a> {
    agent: Agent,
    app: &'a App,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(app: &'a App) -> Self {
        Self {
            agent: Agent::new_with_defaults(),
            app,
        }
    }

    /// Sends one request, with cookies or without, and answers the cookies that the response sets.
    pub(crate) fn send(&self, scenario: &Scenario, cookie: Option<&str>) -> Result<Option<String>, String> {
        let mut response = self.request(scenario.method, scenario.path, cookie)?;
        body(&mut response)?;
        Ok(set_by(&response))
    }

    /// An application that has lost its sessions is quick: each of these [cookies](Self::cookies) is known for its user's,
    /// or, if they are forged, for nobody's.
    pub(crate) fn check(&self, scenario: &Scenario, cookies: &[String]) -> Result<(), String> {
        if !self.app.has_sessions() {
            return Ok(());
        }
        for (user, cookie) in cookies.iter().enumerate() {
            let expected = match scenario.cookies {
                Cookies::Forged => r#"{"user_id":null}"#.to_owned(),
                _ => format!(r#"{{"user_id":{user}}}"#),
            };
            let answer = body(&mut self.request("GET", "/read", Some(cookie))?)?;
            if answer != expected {
                return Err(format!("GET /read answers {answer:?} instead of {expected:?}"));
            }
        }
        Ok(())
    }

    /// What requests of a scenario bear in turn; empty for no cookies.
    pub(crate) fn cookies(&self, scenario: &Scenario) -> Result<Vec<String>, String> {
        let wanted = match scenario.cookies {
            Cookies::None => 0,
            Cookies::Live | Cookies::Forged => SESSIONS,
            Cookies::Rotating => 2 * scenario.connections,
        };
        // Each of a user of its own: a near cache keeps the sessions of one user together.
        let live = (0..wanted).map(|user| {
            if !self.app.has_sessions() {
                return Ok(STAND_IN.to_owned());
            }
            self.log_in(user)
        });
        match scenario.cookies {
            Cookies::Forged => live.map(|cookie| cookie.map(|cookie| forged(&cookie))).collect(),
            _ => live.collect(),
        }
    }

    /// The cookie of a new session of the user.
    pub(crate) fn log_in(&self, user: usize) -> Result<String, String> {
        let mut response = self.request("POST", &format!("/login?user_id={user}"), None)?;
        body(&mut response)?;
        set_by(&response).ok_or_else(|| "a login has set no cookie".to_owned())
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        cookie: Option<&str>,
    ) -> Result<http::Response<Body>, String> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.app.address()));
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        let failed = |error: &dyn std::fmt::Display| format!("{method} {path}: {error}");
        let request = request.body(()).map_err(|error| failed(&error))?;
        self.agent.run(request).map_err(|error| failed(&error))
    }
}

/// Read to its end, the connection serves the next request too.
fn body(response: &mut http::Response<Body>) -> Result<String, String> {
    let read = response.body_mut().read_to_string();
    read.map_err(|error| format!("an answer breaks off: {error}"))
}

fn set_by(response: &http::Response<Body>) -> Option<String> {
    let pairs: Vec<&str> = response
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next())
        .collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}

/// The cookies with another letter near the end of each value, in what is signed or in its signature.
fn forged(cookies: &str) -> String {
    let forged = cookies.split("; ").map(|pair| {
        let at = pair.len().saturating_sub(6);
        let (before, after) = pair.split_at(at);
        let other = if after.starts_with('A') { "B" } else { "A" };
        if before.contains('=') {
            format!("{before}{other}{}", &after[1..])
        } else {
            pair.to_owned() // a value that is empty, or too short to tell who comes
        }
    });
    forged.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_of_each_value_is_another() {
        assert_eq!(forged("sid=0123456789; store="), "sid=0123A56789; store=");
        assert_eq!(forged("sid=0123A56789"), "sid=0123B56789");
    }
}
