//! Sessions in Redis, by hand.

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, header};
use bench_support::{Failure, Settings, switch};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{Cmd, IntoConnectionInfo as _, RedisResult, cmd};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a session holds.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) user_id: Option<u64>,
    #[serde(default)]
    pub(crate) n: i64,
    #[serde(flatten)]
    pub(crate) data: HashMap<String, Value>,
}

/// A response's `Set-Cookie`.
pub(crate) type SetCookie = [(HeaderName, String); 1];

#[derive(Clone)]
pub(crate) struct Sessions {
    redis: MultiplexedConnection,
    cookie: String,
    ttl: u64,
}

impl Sessions {
    pub(crate) async fn connect(settings: &Settings) -> Result<Self, Failure> {
        let tcp = TcpSettings::default().set_nodelay(!switch("NAGLE")?);
        let at = settings.redis()?.into_connection_info()?.set_tcp_settings(tcp);
        let client = redis::Client::open(at)?;
        Ok(Self {
            redis: client.get_multiplexed_async_connection().await?,
            cookie: settings.cookie.clone(),
            ttl: settings.ttl.as_secs(),
        })
    }

    /// The session of a request, whose expiry rolls, and its id if it exists.
    pub(crate) async fn read(&self, headers: &HeaderMap) -> RedisResult<(Option<String>, Session)> {
        let Some(id) = self.id(headers) else {
            return Ok((None, Session::default()));
        };
        let mut read = cmd("GETEX");
        read.arg(key(id)).arg("EX").arg(self.ttl);
        let found: Option<Vec<u8>> = self.ask(&read).await?;
        Ok(match found.and_then(|json| serde_json::from_slice(&json).ok()) {
            Some(session) => (Some(id.to_owned()), session),
            None => (None, Session::default()),
        })
    }

    /// Writes a session that exists, or begins one, of which the client must be told.
    pub(crate) async fn save(&self, id: Option<String>, session: &Session) -> RedisResult<Option<SetCookie>> {
        let Some(id) = id else {
            return self.replace(None, session).await.map(Some);
        };
        () = self.ask(&self.set(&id, session, "XX")).await?;
        Ok(None)
    }

    /// The session under a new id.
    pub(crate) async fn replace(&self, old: Option<String>, session: &Session) -> RedisResult<SetCookie> {
        let id = hex(rand::random());
        let mut pipeline = redis::pipe();
        pipeline.add_command(self.set(&id, session, "NX")).ignore();
        if let Some(old) = old {
            pipeline.cmd("DEL").arg(key(&old)).ignore();
        }
        () = pipeline.query_async(&mut self.redis.clone()).await?;
        Ok(self.set_cookie(&id))
    }

    pub(crate) async fn end(&self, headers: &HeaderMap) -> RedisResult<SetCookie> {
        if let Some(id) = self.id(headers) {
            () = self.ask(cmd("DEL").arg(key(id))).await?;
        }
        Ok(self.set_cookie("; Max-Age=0"))
    }

    fn set(&self, id: &str, session: &Session, condition: &str) -> Cmd {
        let json = serde_json::to_vec(session).unwrap_or_default();
        let mut set = cmd("SET");
        set.arg(key(id)).arg(json).arg(condition).arg("EX").arg(self.ttl);
        set
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        command.query_async(&mut self.redis.clone()).await
    }

    fn id<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
        let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| *name == self.cookie).map(|(_, id)| id)
    }

    fn set_cookie(&self, value: &str) -> SetCookie {
        let cookie = format!("{}={value}; HttpOnly; SameSite=Lax; Path=/", self.cookie);
        [(header::SET_COOKIE, cookie)]
    }
}

fn key(id: &str) -> String {
    format!("session:{id}")
}

fn hex(id: u128) -> String {
    format!("{id:032x}")
}
