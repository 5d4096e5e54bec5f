//! A server, and who we are to it.

use std::fmt;
#[cfg(unix)]
use std::path::PathBuf;

use redis::{ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo};

use crate::config::RedisConfigError;
use crate::tls::Tls;

const FORMS: &str = "`redis://[user:password@]host[:port][/database]`, \
                     `redis+unix:///path[?db=database&user=…&pass=…]`, \
                     `redis+sentinel://[user:password@]host[:port],…/primary[/database]` or \
                     `redis+cluster://[user:password@]host[:port],…`, over TLS with `rediss` for `redis`";

/// A server, and who we are to it. Shows no credentials.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: Address,
    pub(crate) settings: RedisConnectionInfo,
    pub(crate) tls: Option<Tls>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Address {
    Tcp(String, u16),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Target {
    /// A server of its own: on TCP or at a socket.
    pub(crate) fn parse(url: &str) -> Result<Self, RedisConfigError> {
        let info = url
            .into_connection_info()
            .map_err(|error| wrong(&format!("wrong Redis URL: {error}")))?;
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, port) => Address::Tcp(host.clone(), *port),
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => Address::Unix(path.clone()),
            _ => return Err(wrong("not supported on this platform")),
        };
        let settings = info.redis_settings().clone();
        if settings.username().is_some() && settings.password().is_none() {
            return Err(RedisConfigError::new(
                "the Redis URL names a user without a password; add the password",
            ));
        }
        // The name of the client library is not sent, since that takes one more right on the server.
        let mut settings = settings.set_skip_set_lib_name();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        if !query.contains("protocol=") {
            settings = settings.set_protocol(ProtocolVersion::RESP2);
        }
        Ok(Self {
            address,
            settings,
            tls: None,
        })
    }

    /// A host whose port may be left out.
    pub(crate) fn at(host: &str, credentials: &str, port: u16) -> Result<Self, RedisConfigError> {
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let port = if has_port {
            String::new()
        } else {
            format!(":{port}")
        };
        Self::parse(&format!("redis://{credentials}{host}{port}"))
    }

    /// The host; of a socket none.
    pub(crate) fn host(&self) -> &str {
        match &self.address {
            Address::Tcp(host, _) => host,
            #[cfg(unix)]
            Address::Unix(_) => "",
        }
    }

    pub(crate) fn with_protocol(&self, protocol: ProtocolVersion) -> Self {
        Self {
            settings: self.settings.clone().set_protocol(protocol),
            ..self.clone()
        }
    }

    /// The server beside this one that has another address.
    pub(crate) fn beside(&self, address: Address) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }
}

pub(crate) fn wrong(what: &str) -> RedisConfigError {
    RedisConfigError::new(format!("{what}; use {FORMS}"))
}

/// Servers as a message names them.
pub(crate) struct List<'a>(pub(crate) &'a [Target]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, target) in self.0.iter().enumerate() {
            write!(f, "{}{target}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        match self.settings.db() {
            0 => Ok(()),
            database => write!(f, "/{database}"),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}
