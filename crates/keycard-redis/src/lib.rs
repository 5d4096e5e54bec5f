//! Keycard's Redis store: sessions that any server can serve, with an index of each user's sessions.
//!
//! ```no_run
//! use keycard_redis::RedisStore;
//!
//! # async fn start() -> Result<(), keycard_redis::RedisConfigError> {
//! let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
//! # Ok(())
//! # }
//! ```
//!
//! It runs on Redis 6.2 or newer and Valkey 7.2 or newer, and needs nothing configured there: no keyspace events, no
//! functions, no modules. What a server promises depends on its settings all the same: when a store begins it
//! [looks at them](RedisStore::check), and warns of those that weaken a promise. Which they are, how much memory and how
//! many servers it takes, what is lost when, and what to do then: [operations](guide).
//!
//! # Where the servers are
//!
//! | URL | |
//! |---|---|
//! | `redis://[user:password@]host[:port][/database]` | one server, wherever the address leads |
//! | `redis+unix:///path[?db=…&user=…&pass=…]` | one server, by its socket |
//! | `redis+sentinel://[user:password@]host[:port],…/primary[/database]` | the primary of that name, wherever these [Sentinels](#behind-sentinels) say that it is |
//! | `redis+cluster://[user:password@]host[:port],…` | a [cluster](#in-a-cluster) that these nodes are of |
//!
//! With `rediss` for `redis` connections are made over TLS, which takes the crate's feature `tls`; see `RedisTls` there for
//! certificates. With `?protocol=resp3` at the end commands are sent by the newer protocol, which changes nothing else. User
//! names and passwords are percent-encoded.
//!
//! # Behind Sentinels
//!
//! The primary is who the Sentinel says that knows of the latest failover; all of them are asked at once, before a connection
//! is opened and when the server has answered on it, and, by one connection of the store, once a second. A connection is kept to a server that calls itself a primary
//! (`ROLE`). The credentials in the URL are for the servers; for the Sentinels there is
//! [`sentinel_password`](RedisStoreBuilder::sentinel_password).
//!
//! # In a cluster
//!
//! Each command goes to the primary that has the slot of its key. Which that is the nodes say (`CLUSTER SLOTS`), up to five of
//! them at once or else the hosts in the URL. They are asked at first, and in the background once a minute, when a node sends
//! a command elsewhere or is not heard, and twice a second as long as a node is away: commands for its slots fail at once
//! meanwhile, and all others are served. Once nodes are known, no connection is kept to one that knows none of them, for an
//! address may have a node of another cluster by now. When none of them has answered for a minute, and the hosts in the URL are
//! of another cluster that serves each slot, that one takes the place of the first, with a warning in the log.
//!
//! While a slot moves key by key, a command is sent on to the node that has its key. Where its keys are at two nodes, or where
//! a script looks up further keys of the slot (the sessions of a user, and what is counted), it is sent again every 5 ms until
//! they are together, at most until its deadline. A slot that is handed over whole (`CLUSTER MIGRATESLOTS` of Valkey 9,
//! `CLUSTER MIGRATION` of Redis 8.4) needs none of that by what their documentations say: writes wait at the old node until
//! the new one has it, and are sent there (`MOVED`). That has not been tested.
//!
//! Over TLS the nodes' certificates must name what the nodes are announced by (`cluster-announce-ip`, or with
//! `cluster-preferred-endpoint-type hostname` the
//! `cluster-announce-hostname`), and not only the hosts in the URL. Under a [near cache](#under-a-near-cache) copies are used as
//! long as all primaries tell what changes: while one is lost, the cache is off for all slots.
//!
//! # What is kept where
//!
//! | Key | Type | Content |
//! |---|---|---|
//! | `prefix{tag}s:selector` | string | the record; for a minute after its end a tombstone of 9 bytes |
//! | `prefix{tag}u:digest` | sorted set | a user's sessions: selector (12 bytes) and device digest (8), by absolute deadline |
//! | `prefix{tag}h:digest` | list | where a [history](keycard::Keycard::with_history) is kept: a user's last notes, newest first |
//! | `prefix` `t:name` | string | a window of [throttles](keycard::auth::throttle): the times of the attempts in it, 8 bytes each |
//! | `prefix` `f:{tag}name` | string | a family of refresh [tokens](keycard::store::TokenStore): whether it lives (1 byte), until when (8), the current one (24), and those that were spent lately, each with when (32) |
//! | `prefix` `g:{tag}selector` | string | the names of a session's families, in the order in which they began (22 characters each) |
//! | `prefix` `a:{tag}name`, `prefix` `b:{tag}name` | string | an access token that is allowed, one that is blocked: until when (8 bytes) |
//! | `prefix` `m:{tag}digest` | string | when a user's tokens were revoked, and until when that counts (8 bytes each) |
//! | `prefix{s0}a` … `prefix{s15}a` | sorted sets | where [statistics](RedisStoreBuilder::statistics) are on: tag and selector of each session, by when it expires |
//! | `prefix{s0}c` … `prefix{s15}c` | hashes | there too: how many logins, and endings by reason |
//! | `prefix{}p:number` | string | for a second: by it a [near cache](#under-a-near-cache) sees that changes are told |
//!
//! Tag, selector and digest are base64url without padding and come from [`StoreKey`](keycard::StoreKey) and
//! [`UserKey`](keycard::UserKey). The braces are part of the key: all keys of one user share a slot of a
//! cluster. No key and no value opens a session: of an id's secret half only a digest is stored.
//!
//! A key's TTL only collects garbage, a minute late. Whether a session is live is judged by the times in its header and
//! the application's clock; no script asks the server for the time. The keys of statistics alone have no TTL: the counters
//! count for ever, and from the sets, 129 bytes for each session (Redis 7.0), what has expired is removed by later writes,
//! up to eight at each. Where statistics are turned off again these 32 keys (in a cluster two in each slot) stay, and may be
//! deleted.
//!
//! # What is sent
//!
//! | Verb | Command | On the server |
//! |---|---|---|
//! | `load` | `GET` | |
//! | `load_many` | one pipeline of `GET` | |
//! | `create` | `EVALSHA` | `SET NX PX`, and `GETRANGE` of what stands there if something does; with an owner: `ZADD PTTL PEXPIRE`, and `ZREMRANGEBYSCORE ZCARD` if the entry is not the first; with a device or a limit: `ZRANGE`, `GETRANGE` for each session that may leave, and `ZREM` and `end` for each that does |
//! | `update` | `EVALSHA` | `GETRANGE SET PX`; with an owner: as `create`, and `ZRANGE` if the entry is new and not the first |
//! | `replace` | `EVALSHA` | `GETRANGE`, as `create`, and `SET PX ZREM` for the session that ends |
//! | `touch` | `EVALSHA` | `GETRANGE PEXPIRE SETRANGE` |
//! | `end` | `EVALSHA` | `GETRANGE DEL SET PX`; with an owner: `ZREM` for `DEL` |
//! | `sessions_of` | `EVALSHA` | `ZRANGE`, and `GET` for each session |
//! | `end_all`, `end_others`, `end_one`, `end_device`, `end_noting` | `EVALSHA` | `ZRANGE`, for `end_others` `GETRANGE` of the session that stays, and `end` for each session that is meant |
//! | `count` | `EVALSHA` | `ZRANGE`, and `GETRANGE` for each session |
//! | `reserve` | `EVALSHA` | `GET` and `SET PX` for each window |
//! | `refund` | `EVALSHA` | `GET PTTL DEL SET PX` for each window |
//! | `begin_family` | `EVALSHA` | `GET PTTL SET PX` of the names of the session's families, `SET PX`, once more where the token is to be allowed; where the session has as many as it may, `GETRANGE` for each, and `DEL` of the one not refreshed for longest |
//! | `refresh` | `EVALSHA` | `GET` of the mark and of the family, `SET PX` as `begin_family`, and `PTTL PEXPIRE` of the names; for a reuse `PEXPIRE SETRANGE` |
//! | `block`, `revoke_before` | `EVALSHA` | `SET PX` for each token; `GET SET PX` |
//! | `end_family`, `disallow` | `DEL` | |
//! | `standing` | `MGET` | |
//! | `history` | `LRANGE` | |
//! | `forget_history` | `DEL` | |
//! | `statistics` | one pipeline of 16 times `ZCOUNT` and `HGETALL` | |
//!
//! Where statistics are on, the scripts that write sessions also send `ZADD ZRANGE ZREM HINCRBY`, and where a history is
//! kept, those that log in or end sessions `PEXPIRE LINDEX RPOP LPUSH LTRIM`. Each is one round trip. A server that has
//! forgotten a script (`NOSCRIPT`) is sent its text with `EVAL`.
//!
//! # Least rights
//!
//! An ACL user for the prefix `keycard:` needs no more than this (and `+select` for a database other than 0):
//!
//! ```text
//! ACL SETUSER keycard on >password resetchannels ~keycard:* +ping +get +eval +evalsha +set +getrange +setrange +del
//!     +pexpire +pttl +zadd +zrem +zcard +zrange +zremrangebyscore
//! ```
//!
//! and for the [check](RedisStore::check) at the start, which does without, `+info +config|get`; with tokens on a list `+mget`, with statistics `+zcount +hincrby +hgetall`, with histories `+lpush +ltrim +lindex +rpop
//! +lrange`, with [durability](RedisStoreBuilder::durability) `+wait`, under a near cache `+client|tracking`; in a cluster `+cluster|slots +cluster|info +asking`, with statistics there
//! `+exists` and with histories `+lpop`; behind Sentinels `+role`.
//!
//! # Under a near cache
//!
//! A [`RedisStore`] tells what changes, as a [near cache](keycard::guide::near_cache) wants it:
//!
//! ```no_run
//! use keycard::store::near::NearCache;
//! use keycard_redis::RedisStore;
//!
//! # async fn start() -> Result<(), keycard_redis::RedisConfigError> {
//! let store = NearCache::over(RedisStore::connect("redis://127.0.0.1").await?);
//! # Ok(())
//! # }
//! ```
//!
//! All commands then go over one connection, that of the runtime in which the store was connected: another one might lead
//! to another server by now. For each cache a second connection speaks RESP3 and asks for `CLIENT TRACKING ON BCAST` of all
//! keys that begin with the prefix and a brace, which those of throttles do not. It begins when the first connection is up,
//! and ends with it. Before it is trusted a key `prefix{}p:…`, which lives for a second, is written over the first
//! connection and must be told on the second. From then on a `PING`, in a cluster a `GET`, is sent on it four times in a lease; if one is not
//! answered within the deadline, the connection is opened anew. A server that refuses, or that is a replica, is asked again
//! every five seconds, or when the first connection is opened anew, and that is told by one warning.
//!
//! # What outlives the primary
//!
//! Redis acknowledges before its replicas have what was written. By [`RedisStoreBuilder::durability`] what ends sessions or
//! revokes tokens is acknowledged when so many replicas have it too (`WAIT`, on connections of its own), so that no failover
//! brings a session back that a user was told to be ended. A refresh of a token waits for them as well, so that no failover
//! makes a thief of the client, and is acknowledged in any case: its token is spent by then.
//!
//! # When the server is away
//!
//! One connection carries all commands of a tokio runtime. While none is up every command fails at once with
//! [`StoreErrorKind::Unavailable`](keycard::StoreErrorKind::Unavailable); a task in the background reconnects for ever,
//! at intervals of 20 to 200 ms, and counts a connection as up when the server has answered a `PING`. A command that is
//! not answered within the [deadline](RedisStoreBuilder::deadline) fails with
//! [`StoreErrorKind::Timeout`](keycard::StoreErrorKind::Timeout). A command that the server refuses (out of memory,
//! read-only, forbidden) is [`StoreErrorKind::Refused`](keycard::StoreErrorKind::Refused) and has written nothing.
//!
//! When the server leaves what was sent unanswered and says nothing for as long as the deadline, the connection is given
//! up, whether or not a caller still waits, and everything in flight fails with it. After half of that time the server is
//! asked on the store's other connections, those of other runtimes: where it does not answer either they are given up at the
//! same time, so that a dead server costs one deadline, and where it does they serve on. A host that vanishes while the
//! connection is idle is noticed by the system within eight seconds or by the next command's deadline.
//!
//! When the server answers as one that may not be the primary any more (`READONLY`, `MASTERDOWN`, `LOADING`,
//! `NOREPLICAS`), the command fails, and after a pause of 200 ms another connection is opened to wherever the address
//! leads by then, for each runtime; it takes over once it is up, and until then the present one serves what it can. While it
//! leads to the same server, which goes on to say so, the pause is twice as long each time, up to 1.5 s.
//!
//! No runtime is started. Each tokio runtime (with time and I/O enabled) that uses the store, such as that of each worker of
//! Actix, has a connection of its own from its first command on. It lives on that runtime, so that no command wakes another
//! thread, and ends with it, or with the store's last clone. While it is not up, and beyond the 64th runtime, commands go
//! over another's: only the very first connection is waited for. When the runtime in which the store was connected is gone,
//! another one takes its place at the next command.

#[doc = include_str!("../docs/operations.md")]
pub mod guide {}

mod across;
mod backoff;
mod calls;
mod check;
mod cluster;
mod config;
mod conn;
mod down;
mod durability;
mod error;
mod events;
mod history;
mod index;
mod invalidation;
mod keys;
mod latest;
mod link;
mod merged;
mod open;
mod pipe;
mod places;
mod reply;
mod resp;
mod scripts;
mod sentinel;
mod servers;
mod silence;
mod slots;
mod statistics;
mod store;
mod target;
mod tcp;
mod throttle;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
mod token;
mod topology;
mod tracking;

pub use check::RedisAdvice;
pub use config::{RedisConfigError, RedisStoreBuilder};
pub use durability::RedisDurability;
pub use store::RedisStore;
#[cfg(feature = "tls")]
pub use tls::RedisTls;
