//! Which node of a cluster has which keys.

use std::collections::HashSet;

use crc16::{State, XMODEM};
use redis::Value;

use crate::reply::text;
use crate::target::Address;

/// How many slots a cluster has (Redis Cluster specification, key distribution model).
pub(crate) const SLOTS: u16 = 16384;

/// The slot of a key: of what stands between its first brace and the next closing one, if that is anything.
pub(crate) fn slot_of(key: &[u8]) -> u16 {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        let len = rest.iter().position(|byte| *byte == b'}')?;
        (len > 0).then(|| &rest[..len])
    });
    State::<XMODEM>::calculate(tag.unwrap_or(key)) % SLOTS
}

/// A range of slots, and the primary that has them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Range {
    pub(crate) first: u16,
    pub(crate) last: u16,
    pub(crate) primary: Address,
}

/// What `CLUSTER SLOTS` answers; `None` if it is no such answer. A node that does not know its own host leaves it out: then
/// it is the host that was asked.
pub(crate) fn ranges(answer: &Value, asked: &str) -> Option<Vec<Range>> {
    let Value::Array(ranges) = answer else { return None };
    ranges.iter().map(|range| range_of(range, asked)).collect()
}

/// The ids of the nodes that it names, replicas too.
pub(crate) fn ids(answer: &Value) -> HashSet<String> {
    fn parts(value: &Value) -> &[Value] {
        if let Value::Array(parts) = value {
            parts
        } else {
            &[]
        }
    }
    let nodes = parts(answer).iter().flat_map(|range| parts(range).iter().skip(2));
    let ids = nodes.filter_map(|node| text(parts(node).get(2)?));
    ids.map(str::to_owned).collect()
}

fn range_of(range: &Value, asked: &str) -> Option<Range> {
    let Value::Array(parts) = range else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = &parts[..] else {
        return None;
    };
    let [host, Value::Int(port), ..] = &primary[..] else {
        return None;
    };
    let host = if *host == Value::Nil { "" } else { text(host)? };
    let slot = |slot: &i64| u16::try_from(*slot).ok().filter(|slot| *slot < SLOTS);
    Some(Range {
        first: slot(first)?,
        last: slot(last)?,
        primary: address(host, u16::try_from(*port).ok()?, asked),
    })
}

fn address(host: &str, port: u16, asked: &str) -> Address {
    let host = if matches!(host, "" | "?") { asked } else { host };
    Address::Tcp(host.to_owned(), port)
}

/// Where a node sends a command that it does not answer itself.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Redirect {
    /// The slot has another node now.
    Moved(Address),
    /// This one key is at another node already.
    Ask(Address),
    /// Some of the keys are here and some there; soon they will not be.
    TryAgain,
    /// The node has no part in a working cluster at present.
    Down,
}

impl Redirect {
    pub(crate) fn of(answer: &Value, asked: &str) -> Option<Self> {
        let Value::ServerError(error) = answer else {
            return None;
        };
        let to = || {
            let place = error.details()?.split(' ').nth(1)?;
            let (host, port) = place.rsplit_once(':')?;
            Some(address(host, port.parse().ok()?, asked))
        };
        match error.code() {
            "MOVED" => to().map(Self::Moved),
            "ASK" => to().map(Self::Ask),
            "TRYAGAIN" => Some(Self::TryAgain),
            // A script has found further keys, by their names.
            "ERR" if tells_of_parted_keys(error.details()?) => Some(Self::TryAgain),
            "CLUSTERDOWN" => Some(Self::Down),
            _ => None,
        }
    }
}

/// Whether a script has found a key of its slot at another node.
pub(crate) fn tells_of_parted_keys(details: &str) -> bool {
    details.contains("attempted to access a non local key")
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp(host.to_owned(), port)
    }

    #[test]
    fn a_slot_is_what_the_cluster_says_it_is() {
        // What `CLUSTER KEYSLOT` answers.
        for (key, slot) in [
            ("123456789", 12739),
            ("foo", 12182),
            ("{foo}bar", 12182),
            ("a{foo}b{c}", 12182),
            ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015),
            ("", 0),
        ] {
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
    }

    #[test]
    fn the_map_of_a_cluster_is_read() {
        let answer = "*2\r\n\
            *4\r\n:0\r\n:5460\r\n*4\r\n$9\r\n127.0.0.1\r\n:7000\r\n$2\r\nid\r\n*0\r\n*3\r\n$0\r\n\r\n:7003\r\n$2\r\nid\r\n\
            *3\r\n:5461\r\n:16383\r\n*3\r\n$0\r\n\r\n:7001\r\n$2\r\nid\r\n";
        let answer = parse_redis_value(answer.as_bytes()).unwrap();
        let read = ranges(&answer, "asked").unwrap();
        assert_eq!(
            read,
            [
                Range {
                    first: 0,
                    last: 5460,
                    primary: tcp("127.0.0.1", 7000)
                },
                Range {
                    first: 5461,
                    last: 16383,
                    primary: tcp("asked", 7001)
                },
            ]
        );
        for strange in [
            "+OK\r\n",
            "*1\r\n:1\r\n",
            "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n",
        ] {
            assert_eq!(
                ranges(&parse_redis_value(strange.as_bytes()).unwrap(), "asked"),
                None
            );
        }
    }

    #[test]
    fn a_redirection_names_where_to_go() {
        for (answer, redirect) in [
            (
                "-MOVED 3999 127.0.0.1:6381",
                Some(Redirect::Moved(tcp("127.0.0.1", 6381))),
            ),
            ("-MOVED 3999 ::1:6381", Some(Redirect::Moved(tcp("::1", 6381)))),
            ("-MOVED 3999 :6381", Some(Redirect::Moved(tcp("asked", 6381)))),
            (
                "-ASK 3999 node.example:6381",
                Some(Redirect::Ask(tcp("node.example", 6381))),
            ),
            (
                "-TRYAGAIN Multiple keys request during rehashing of slot",
                Some(Redirect::TryAgain),
            ),
            (
                "-ERR Script attempted to access a non local key in a cluster node script: ab, on @user_script:1.",
                Some(Redirect::TryAgain),
            ),
            (
                "-ERR Error running script (call to f_ab): @user_script:1: @user_script: 1: \
                 Lua script attempted to access a non local key in a cluster node",
                Some(Redirect::TryAgain),
            ),
            ("-CLUSTERDOWN The cluster is down", Some(Redirect::Down)),
            ("-MOVED 3999", None),
            ("-ERR MOVED 3999 127.0.0.1:6381", None),
            ("+MOVED 3999 127.0.0.1:6381", None),
        ] {
            let answer = parse_redis_value(format!("{answer}\r\n").as_bytes()).unwrap();
            assert_eq!(Redirect::of(&answer, "asked"), redirect);
        }
    }
}
