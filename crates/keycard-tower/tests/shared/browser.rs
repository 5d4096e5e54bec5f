//! A browser that keeps cookies by their names, and what it sends and gets.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::App;

/// A request, for the adapter to translate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// `Cookie` headers: one for each cookie, for adapters must look at all of them.
    pub(crate) cookies: Vec<String>,
    /// Other headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// From which address it comes.
    pub(crate) peer: Option<IpAddr>,
}

/// A response, its body read to the end.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The headers as the framework prints them.
    pub(crate) printed: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let found = self.headers.iter().filter(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.all("set-cookie")
    }

    pub(crate) fn assert(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body), "{self:?}");
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    jar: BTreeMap<String, String>,
    peer: Option<IpAddr>,
    headers: Vec<(&'static str, String)>,
}

impl Browser {
    /// A browser with the same cookies, at this address, which sends these headers beside them.
    pub(crate) fn at(&self, peer: [u8; 4], headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Self {
            jar: self.jar.clone(),
            peer: Some(peer.into()),
            headers: headers.collect(),
        }
    }

    pub(crate) async fn get(&mut self, app: &impl App, path: &'static str) -> Reply {
        self.send(app, "GET", path).await
    }

    pub(crate) async fn post(&mut self, app: &impl App, path: &'static str) -> Reply {
        self.send(app, "POST", path).await
    }

    pub(crate) async fn send(&mut self, app: &impl App, method: &'static str, path: &'static str) -> Reply {
        let cookies = self.cookies();
        let reply = app
            .send(Request {
                method,
                path,
                cookies,
                headers: self.headers.clone(),
                peer: self.peer,
            })
            .await;
        for cookie in reply.cookies() {
            let (name, rest) = cookie.split_once('=').expect("a cookie has a name");
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// The `Cookie` headers that a request has.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let jar = self.jar.iter();
        let theme = "theme=light".to_owned();
        [theme]
            .into_iter()
            .chain(jar.map(|(name, value)| format!("{name}={value}")))
            .collect()
    }

    /// The names of the cookies that are kept.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.jar.keys().map(String::as_str).collect()
    }
}
