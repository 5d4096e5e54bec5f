//! Whether a request may have been forged by another site: pure.

use super::CsrfRefusal;

/// What a method may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Nothing that another site may not ask for (RFC 9110 §9.2.1).
    Safe,
    /// It opens a WebSocket, for which a page can send no token, and browsers ask nobody's leave.
    Handshake,
    Unsafe,
}

/// Where a request was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provenance {
    /// By a page of this origin, or of one that is trusted, or by the user.
    Ours,
    /// The browser says that it was not.
    CrossSite,
    /// `Origin` is another one.
    OtherOrigin,
    /// Nothing is said: an old browser, or no browser.
    Unknown,
}

/// Where the token of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Header,
    /// In the body, if anywhere.
    Form,
    /// Where it is not looked for.
    Multipart,
    Nowhere,
}

/// What is known of a request before its token is verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) method: Method,
    /// By the application.
    pub(crate) exempt: bool,
    /// What it is let in by is added by no browser on its own.
    pub(crate) deliberate: bool,
    pub(crate) provenance: Provenance,
    pub(crate) carrier: Carrier,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Refuse(CsrfRefusal),
    /// The token in the header decides.
    AskHeader,
    /// The token in the body decides.
    AskForm,
}

pub(crate) fn judge(facts: Facts) -> Verdict {
    if facts.method == Method::Safe || facts.exempt || facts.deliberate {
        return Verdict::Pass;
    }
    match facts.provenance {
        Provenance::CrossSite => return Verdict::Refuse(CsrfRefusal::CrossSite),
        Provenance::OtherOrigin => return Verdict::Refuse(CsrfRefusal::OtherOrigin),
        Provenance::Ours | Provenance::Unknown if facts.method == Method::Handshake => return Verdict::Pass,
        Provenance::Ours | Provenance::Unknown => {}
    }
    match facts.carrier {
        Carrier::Header => Verdict::AskHeader,
        Carrier::Form => Verdict::AskForm,
        Carrier::Multipart => Verdict::Refuse(CsrfRefusal::TokenInMultipart),
        Carrier::Nowhere => Verdict::Refuse(CsrfRefusal::TokenMissing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [Method; 3] = [Method::Safe, Method::Handshake, Method::Unsafe];
    const PROVENANCES: [Provenance; 4] = [
        Provenance::Ours,
        Provenance::CrossSite,
        Provenance::OtherOrigin,
        Provenance::Unknown,
    ];
    const CARRIERS: [Carrier; 4] = [
        Carrier::Header,
        Carrier::Form,
        Carrier::Multipart,
        Carrier::Nowhere,
    ];

    /// What an unsafe request comes to: a row for each provenance, a column for each carrier.
    #[rustfmt::skip]
    const TABLE: [[Verdict; 4]; 4] = {
        use CsrfRefusal::{CrossSite, OtherOrigin, TokenInMultipart, TokenMissing};
        use Verdict::{AskForm, AskHeader, Refuse};
        [
            [AskHeader,           AskForm,             Refuse(TokenInMultipart), Refuse(TokenMissing)],
            [Refuse(CrossSite),   Refuse(CrossSite),   Refuse(CrossSite),        Refuse(CrossSite)],
            [Refuse(OtherOrigin), Refuse(OtherOrigin), Refuse(OtherOrigin),      Refuse(OtherOrigin)],
            [AskHeader,           AskForm,             Refuse(TokenInMultipart), Refuse(TokenMissing)],
        ]
    };

    #[test]
    fn every_request_is_judged_by_the_table() {
        for method in METHODS {
            for (exempt, deliberate) in [(false, false), (true, false), (false, true), (true, true)] {
                assert_judged(method, exempt, deliberate);
            }
        }
    }

    fn assert_judged(method: Method, exempt: bool, deliberate: bool) {
        let row = |(provenance, row): (_, [Verdict; 4])| {
            let cell = move |(carrier, verdict)| (provenance, carrier, verdict);
            CARRIERS.into_iter().zip(row).map(cell)
        };
        for (provenance, carrier, verdict) in PROVENANCES.into_iter().zip(TABLE).flat_map(row) {
            let facts = Facts {
                method,
                exempt,
                deliberate,
                provenance,
                carrier,
            };
            let is_foreign = matches!(provenance, Provenance::CrossSite | Provenance::OtherOrigin);
            let opens_socket = method == Method::Handshake && !is_foreign;
            let passes = method == Method::Safe || exempt || deliberate || opens_socket;
            let expected = if passes { Verdict::Pass } else { verdict };
            assert_eq!(judge(facts), expected, "{facts:?}");
        }
    }
}
