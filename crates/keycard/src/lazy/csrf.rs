//! The check of a request against forgery, and the tokens that its pages are given.

use super::{Inner, LazySession};
use crate::closing::Outgoing;
use crate::csrf::{
    Anchor, CsrfClosing, CsrfForm, CsrfPolicy, CsrfRefusal, CsrfRequest, CsrfToken, Verdict, Visit,
};
use crate::error::Error;
use crate::events;
use crate::id::StoreKey;
use crate::observer::EventKind;
use crate::request::RequestHeaders;

impl LazySession {
    /// Checks that a page of the application made the request, or a program and no page at all. For adapters, before
    /// anything else is done with it. The store is not asked.
    ///
    /// `Some` form if its body decides.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let check = |method, headers: &[(&str, &str)]| {
    ///     let request = keycard.open_request(headers, None);
    ///     request.check_csrf(&CsrfPolicy::default(), &CsrfRequest::new(method, headers)).map(|form| form.is_some())
    /// };
    /// assert!(!check("GET", &[("sec-fetch-site", "cross-site")])?, "it passes");
    /// let error = check("POST", &[("sec-fetch-site", "cross-site")]).unwrap_err();
    /// assert_eq!((error.kind(), error.status()), (ErrorKind::Csrf, 403));
    /// assert!(check("POST", &[("content-type", "application/x-www-form-urlencoded")])?, "its body decides");
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Csrf`](crate::ErrorKind::Csrf), with [`csrf_refusal`](Error::csrf_refusal) to tell why.
    pub fn check_csrf<H: RequestHeaders + ?Sized>(
        &self,
        policy: &CsrfPolicy,
        request: &CsrfRequest<'_, H>,
    ) -> Result<Option<CsrfForm>, Error> {
        let Inner { engine, csrf, .. } = &*self.0;
        csrf.get_or_init(|| Box::new(Visit::read(&engine.csrf, request.headers())));
        let secure = engine.transports.cookie().is_secure();
        match request.judge(self, policy, secure) {
            Verdict::Pass => Ok(None),
            Verdict::Refuse(refusal) => Err(self.refuse(refusal)),
            Verdict::AskForm => Ok(Some(CsrfForm::new(self.clone(), policy))),
            Verdict::AskHeader => {
                self.check_csrf_token(request.token().unwrap_or_default())?;
                Ok(None)
            }
        }
    }

    /// A token for the pages of this request's answer. The store is not asked, unless the request has logged somebody in
    /// or out: that is committed first, for it decides which token is valid afterwards.
    ///
    /// A visitor without a session is given a cookie for it, which goes out with the response.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](crate::ErrorKind::LayerMissing) if the request has not passed the check, [`Closed`](crate::ErrorKind::Closed) if
    /// the visitor would need a cookie and the response has begun, and the errors of [`commit`](crate::Session::commit).
    pub async fn csrf_token(&self) -> Result<CsrfToken, Error> {
        let Inner { engine, csrf, .. } = &*self.0;
        let visit = csrf.get().ok_or_else(Error::csrf_layer_missing)?;
        let shown = match self.0.session.get() {
            Some(Ok(session)) => self.sessions_after(session.settle_identity().await?.as_ref()),
            Some(Err(_)) | None => self.sessions_shown(),
        };
        let anchor = match shown.or_else(|| visit.visitor(&engine.csrf)) {
            Some(anchor) => anchor,
            None if *self.closed() => return Err(Error::no_visitor_cookie()),
            None => visit.drawn(),
        };
        visit.ask(anchor);
        Ok(CsrfToken::new(engine.csrf.token(anchor), self.clone()))
    }

    pub(crate) fn check_csrf_token(&self, token: &[u8]) -> Result<(), Error> {
        let Inner { engine, csrf, .. } = &*self.0;
        let visitor = csrf.get().and_then(|visit| visit.visitor(&engine.csrf));
        let shown = self.sessions_shown().into_iter().chain(visitor);
        if engine.csrf.accepts(token, shown) {
            Ok(())
        } else {
            Err(self.refuse(CsrfRefusal::TokenInvalid))
        }
    }

    /// Tells of a request that is refused.
    pub(crate) fn refuse(&self, refusal: CsrfRefusal) -> Error {
        let engine = &self.0.engine;
        let session = self.keys_shown().next();
        engine
            .events
            .tell_of(EventKind::CsrfRefused(refusal), session, engine.clock.now());
        refusal.into()
    }

    /// What the response must tell the browser, so that the token that was asked for is valid.
    pub(crate) fn close_csrf(&self, outgoing: Option<&Outgoing>) -> CsrfClosing {
        let Inner { engine, csrf, .. } = &*self.0;
        let Some(visit) = csrf.get() else {
            return CsrfClosing::NONE;
        };
        let (keys, asked) = (&engine.csrf, visit.asked());
        let is_login = self.is_login(outgoing);
        let mut closing = CsrfClosing {
            cookie: None,
            asked: asked.is_some(),
        };
        // From a login on, who knew a token of before knows none: it may be another user of the browser.
        if is_login && visit.has_cookie() {
            closing.remove(keys);
        }
        let is_valid = |anchor: &Anchor| {
            let after = [
                self.sessions_after(outgoing),
                visit.visitor(keys).filter(|_| !is_login),
            ];
            after.contains(&Some(*anchor))
        };
        let is_removed = matches!(outgoing, Some(Outgoing::Remove));
        if let Some(anchor) = asked.filter(|anchor| !is_valid(anchor)) {
            if is_login || is_removed && !visit.is_drawn(anchor) {
                events::csrf_token_outdated();
            } else {
                closing.set(keys, anchor);
            }
        }
        closing
    }

    /// Whether the client is given the id of a user's session that it has not shown before.
    fn is_login(&self, outgoing: Option<&Outgoing>) -> bool {
        match (outgoing, self.0.session.get()) {
            (Some(Outgoing::Set { id, .. }), Some(Ok(session))) => {
                session.has_owner() && self.keys_shown().all(|key| key != id.key())
            }
            _ => false,
        }
    }

    /// The sessions whose ids the browser shows when it was told this.
    fn sessions_after(&self, outgoing: Option<&Outgoing>) -> Option<Anchor> {
        match outgoing {
            Some(Outgoing::Set { id, .. }) => Anchor::of_sessions([id.key()]),
            Some(Outgoing::Remove) => None,
            None => self.sessions_shown(),
        }
    }

    /// The sessions whose ids the browser shows, live or not.
    fn sessions_shown(&self) -> Option<Anchor> {
        Anchor::of_sessions(self.keys_shown())
    }

    fn keys_shown(&self) -> impl Iterator<Item = StoreKey> {
        let Inner {
            engine, presented, ..
        } = &*self.0;
        engine.transports.open(presented).map(|id| id.key())
    }
}
