//! Which servers a URL names.

use std::fmt;

use redis::RedisConnectionInfo;
use tokio::sync::watch;

use crate::cluster::Kin;
use crate::config::RedisConfigError;
use crate::sentinel::Named;
use crate::target::{Address, List, Target, wrong};
use crate::tls::Tls;

const SENTINEL_PORT: u16 = 26379;

/// Which servers keep the sessions, as a URL names them.
#[derive(Clone, Debug)]
pub(crate) enum Topology {
    /// One server, wherever the address leads.
    Server(Target),
    /// The primary of this name, wherever the Sentinels say that it is.
    Sentinel(Watched),
    /// The primaries of a cluster, which any of these knows.
    Cluster(Vec<Target>),
}

/// How a connection finds its server.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    At(Target),
    /// The same, as long as a node of this cluster is there.
    Node(Target, Kin),
    /// Wherever the Sentinels say, each time.
    Watched(Watched),
}

/// A primary that Sentinels watch.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) sentinels: Vec<Target>,
    pub(crate) name: String,
    pub(crate) settings: RedisConnectionInfo,
    pub(crate) tls: Option<Tls>,
    pub(crate) named: watch::Sender<Named>,
}

/// The URL's parts behind its scheme.
struct Parts<'a> {
    /// `user:password@`, or nothing.
    credentials: &'a str,
    hosts: Vec<&'a str>,
    path: Vec<&'a str>,
    /// `?…`, or nothing.
    query: &'a str,
}

impl Topology {
    /// The servers of a URL, and whether they are asked over TLS.
    pub(crate) fn parse(url: &str) -> Result<(Self, bool), RedisConfigError> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (kind, encrypted) = match scheme.strip_prefix("rediss") {
            Some(kind) => (kind, true),
            None => (scheme.strip_prefix("redis").unwrap_or(scheme), false),
        };
        let topology = match kind {
            "" if !scheme.is_empty() => Self::Server(Target::parse(&format!("redis://{rest}"))?),
            "+unix" | "unix" if !encrypted => Self::Server(Target::parse(url)?),
            "+sentinel" => Self::Sentinel(Watched::parse(&Parts::of(rest))?),
            "+cluster" => Self::Cluster(nodes(&Parts::of(rest))?),
            _ => return Err(wrong("not the URL of a Redis server")),
        };
        Ok((topology, encrypted))
    }

    /// The same servers, asked over TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn over(self, tls: &Tls) -> Self {
        let over = |target: Target| Target {
            tls: Some(tls.clone()),
            ..target
        };
        match self {
            Self::Server(target) => Self::Server(over(target)),
            Self::Sentinel(watched) => Self::Sentinel(Watched {
                sentinels: watched.sentinels.into_iter().map(over).collect(),
                tls: Some(tls.clone()),
                ..watched
            }),
            Self::Cluster(nodes) => Self::Cluster(nodes.into_iter().map(over).collect()),
        }
    }

    pub(crate) fn identify_to_sentinels(&mut self, password: &str) {
        if let Self::Sentinel(watched) = self {
            for sentinel in &mut watched.sentinels {
                sentinel.settings = sentinel.settings.clone().set_password(password);
            }
        }
    }
}

impl<'a> Parts<'a> {
    fn of(rest: &'a str) -> Self {
        let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let mut path = rest.split('/');
        let authority = path.next().unwrap_or_default();
        let (credentials, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        Self {
            credentials,
            hosts: hosts.split(',').collect(),
            path: path.filter(|part| !part.is_empty()).collect(),
            query,
        }
    }
}

impl Watched {
    fn parse(parts: &Parts<'_>) -> Result<Self, RedisConfigError> {
        let Parts {
            credentials, query, ..
        } = parts;
        let (name, database) = match parts.path[..] {
            [name] => (name, "0"),
            [name, database] => (name, database),
            _ => return Err(wrong("name the primary as the Sentinels know it")),
        };
        let primary = Target::parse(&format!("redis://{credentials}localhost/{database}{query}"))?;
        let sentinels = parts.hosts.iter().map(|host| Target::at(host, "", SENTINEL_PORT));
        Ok(Self {
            sentinels: sentinels.collect::<Result<_, _>>()?,
            name: name.to_owned(),
            settings: primary.settings,
            tls: None,
            named: watch::Sender::default(),
        })
    }

    pub(crate) fn at(&self, address: Address) -> Target {
        Target {
            address,
            settings: self.settings.clone(),
            tls: self.tls.clone(),
        }
    }
}

fn nodes(parts: &Parts<'_>) -> Result<Vec<Target>, RedisConfigError> {
    if !matches!(parts.path[..], [] | ["0"]) {
        return Err(wrong("a cluster has no databases but 0"));
    }
    parts
        .hosts
        .iter()
        .map(|host| Target::parse(&format!("redis://{}{host}{}", parts.credentials, parts.query)))
        .collect()
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(target) => target.fmt(f),
            Self::Sentinel(watched) => watched.fmt(f),
            Self::Cluster(nodes) => {
                write!(f, "the cluster of {}", List(nodes))
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(target) | Self::Node(target, _) => target.fmt(f),
            Self::Watched(watched) => watched.fmt(f),
        }
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if self.settings.db() != 0 {
            write!(f, "/{}", self.settings.db())?;
        }
        write!(f, " by the Sentinels {}", List(&self.sentinels))
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watched({self})")
    }
}

#[cfg(test)]
mod tests {
    use redis::ProtocolVersion;

    use super::*;

    fn topology(url: &str) -> Topology {
        Topology::parse(url).unwrap().0
    }

    fn server(url: &str) -> Target {
        let Topology::Server(target) = topology(url) else {
            panic!("other servers")
        };
        target
    }

    fn refusal(url: &str) -> String {
        Topology::parse(url).unwrap_err().to_string()
    }

    fn credentials(settings: &RedisConnectionInfo) -> (Option<&str>, Option<&str>) {
        (settings.username(), settings.password())
    }

    #[test]
    fn a_url_names_server_database_and_user() {
        let target = server("redis://us%40er:p%2Fss@example.org/3");
        assert_eq!(target.to_string(), "example.org:6379/3");
        assert_eq!(credentials(&target.settings), (Some("us@er"), Some("p/ss")));
        let target = server("redis://:secret@[::1]:7000");
        assert_eq!(target.to_string(), "[::1]:7000");
        assert_eq!(credentials(&target.settings), (None, Some("secret")));
    }

    #[test]
    fn a_url_may_ask_for_the_newer_protocol() {
        for (url, protocol) in [
            ("redis://host", ProtocolVersion::RESP2),
            ("redis://host?protocol=resp3", ProtocolVersion::RESP3),
            ("redis://:protocol=resp3@host", ProtocolVersion::RESP2),
        ] {
            assert_eq!(server(url).settings.protocol(), protocol, "{url}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_url_names_a_unix_socket() {
        for scheme in ["unix", "redis+unix"] {
            let target = server(&format!("{scheme}:///run/redis.sock?db=2&user=u&pass=p%2Fw"));
            assert_eq!(target.to_string(), "/run/redis.sock/2");
            assert_eq!(credentials(&target.settings), (Some("u"), Some("p/w")));
        }
    }

    #[test]
    fn a_url_names_sentinels_and_the_primary_that_they_watch() {
        let Topology::Sentinel(watched) = topology("redis+sentinel://user:p%40ss@one,two:7,[::1]:8/shop/2")
        else {
            panic!("other servers")
        };
        assert_eq!(
            watched.to_string(),
            "shop/2 by the Sentinels one:26379,two:7,[::1]:8"
        );
        assert_eq!(credentials(&watched.settings), (Some("user"), Some("p@ss")));
        for sentinel in &watched.sentinels {
            assert_eq!(
                credentials(&sentinel.settings),
                (None, None),
                "they have their own"
            );
        }
    }

    #[test]
    fn a_url_names_nodes_of_a_cluster() {
        let Topology::Cluster(nodes) = topology("redis+cluster://:secret@one,two:7/?protocol=resp3") else {
            panic!("other servers")
        };
        assert_eq!(List(&nodes).to_string(), "one:6379,two:7");
        for node in &nodes {
            assert_eq!(credentials(&node.settings), (None, Some("secret")));
            assert_eq!(node.settings.protocol(), ProtocolVersion::RESP3);
        }
    }

    #[test]
    fn a_url_may_ask_for_tls() {
        for (url, encrypted) in [
            ("redis://host", false),
            ("rediss://host", true),
            ("redis+sentinel://host/shop", false),
            ("rediss+sentinel://host/shop", true),
            ("redis+cluster://host", false),
            ("rediss+cluster://host", true),
        ] {
            assert_eq!(Topology::parse(url).unwrap().1, encrypted, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_servers_is_refused_with_the_forms_that_are() {
        for (url, hint) in [
            ("http://host", "redis://"),
            ("host", "redis://"),
            ("redis://", "redis://"),
            ("redis:host", "redis://"),
            ("rediss+unix:///socket", "redis://"),
            ("redis://user@host", "password"),
            ("redis://host/shop", "atabase"),
            ("redis+sentinel://host", "name the primary"),
            ("redis+sentinel://host/shop/2/3", "name the primary"),
            ("redis+sentinel://host/shop/x", "atabase"),
            ("redis+sentinel://one,/shop", "Redis URL"),
            ("redis+cluster://one/2", "no databases"),
            ("redis+cluster://one,,two", "Redis URL"),
        ] {
            assert!(refusal(url).contains(hint), "{url}: {}", refusal(url));
        }
    }

    #[test]
    fn nothing_shows_a_password() {
        for url in [
            "redis://user:hunter2@host",
            "redis+sentinel://user:hunter2@host/shop",
            "redis+cluster://user:hunter2@host",
        ] {
            assert!(!format!("{0:?}{0}", topology(url)).contains("hunter2"), "{url}");
        }
        for url in [
            "redis://user:hunter2@host/x",
            "redis://user:hunter2@",
            "user:hunter2@host",
            "redis+sentinel://user:hunter2@host",
            "redis+cluster://user:hunter2@host/2",
        ] {
            assert!(!refusal(url).contains("hunter2"), "{url}");
        }
    }
}
