//! The table of what is measured: variants of one small application, and what is asked of each.

/// An application, and how it is run.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    pub(crate) environment: &'static [(&'static str, &'static str)],
    pub(crate) framework: Framework,
    pub(crate) uses_redis: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Program {
    /// A release binary of this workspace.
    Cargo(&'static str),
    /// A folder with an `index.js`.
    Node(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framework {
    Axum,
    Actix,
    Express,
}

impl Framework {
    /// The variant with no session at all, where there is one.
    pub(crate) fn floor(self) -> Option<&'static str> {
        match self {
            Self::Axum => Some("floor-axum"),
            Self::Actix => Some("floor-actix"),
            Self::Express => None,
        }
    }
}

pub(crate) const HANDWRITTEN: &str = "handwritten-axum";

const fn rust(name: &'static str, framework: Framework) -> Variant {
    Variant {
        name,
        program: Program::Cargo(name),
        environment: &[],
        framework,
        uses_redis: true,
    }
}

const fn floor(name: &'static str, framework: Framework) -> Variant {
    Variant {
        uses_redis: false,
        ..rust(name, framework)
    }
}

pub(crate) const VARIANTS: &[Variant] = &[
    floor("floor-axum", Framework::Axum),
    floor("floor-actix", Framework::Actix),
    rust(HANDWRITTEN, Framework::Axum),
    Variant {
        name: "handwritten-axum-nagle",
        environment: &[("NAGLE", "1")],
        ..rust(HANDWRITTEN, Framework::Axum)
    },
    rust("keycard-axum", Framework::Axum),
    rust("keycard-actix", Framework::Actix),
    Variant {
        name: "keycard-axum-near-cache",
        environment: &[("NEAR_CACHE", "1")],
        ..rust("keycard-axum", Framework::Axum)
    },
    Variant {
        name: "keycard-actix-near-cache",
        environment: &[("NEAR_CACHE", "1")],
        ..rust("keycard-actix", Framework::Actix)
    },
    rust("peer-tower-sessions", Framework::Axum),
    Variant {
        name: "peer-tower-sessions-always-save",
        environment: &[("ALWAYS_SAVE", "1")],
        ..rust("peer-tower-sessions", Framework::Axum)
    },
    rust("peer-actix-session", Framework::Actix),
    Variant {
        name: "peer-actix-session-extending",
        environment: &[("EXTEND", "1")],
        ..rust("peer-actix-session", Framework::Actix)
    },
    rust("peer-axum-session", Framework::Axum),
    Variant {
        program: Program::Node("peer-express"),
        ..rust("peer-express", Framework::Express)
    },
];

/// What is asked.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) cookies: Cookies,
    pub(crate) connections: usize,
}

/// Which cookies requests bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookies {
    None,
    /// Of many sessions in turn.
    Live,
    /// Of many sessions in turn, each with another letter in it.
    Forged,
    /// The one that the last answer has set; no two requests at a time bear the same.
    Rotating,
}

const fn scenario(
    name: &'static str,
    method: &'static str,
    path: &'static str,
    cookies: Cookies,
) -> Scenario {
    Scenario {
        name,
        method,
        path,
        cookies,
        connections: 64,
    }
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    scenario("no-cookie", "GET", "/plain", Cookies::None),
    scenario("unused", "GET", "/plain", Cookies::Live),
    scenario("forged", "GET", "/read", Cookies::Forged),
    scenario("read", "GET", "/read", Cookies::Live),
    scenario("write", "POST", "/write", Cookies::Live),
    scenario("login", "POST", "/login", Cookies::Rotating),
    Scenario {
        connections: 1,
        ..scenario("latency", "GET", "/read", Cookies::Live)
    },
];
