//! From the client's errors to the store's.

use keycard::{StoreError, StoreErrorKind};
use redis::{ErrorKind, RedisError, ServerError, Value};

use crate::slots::tells_of_parted_keys;

/// The error that a server answered a command with.
pub(crate) fn of_server(error: &ServerError) -> StoreError {
    let details = error.details().unwrap_or_default();
    StoreError::new(
        kind_of(error.code(), details),
        format!("Redis answered {} {details}", error.code()),
    )
}

/// The error of a connection that broke.
pub(crate) fn of_connection(error: RedisError) -> StoreError {
    StoreError::new(kind_of_connection(&error), error.to_string()).with_source(error)
}

pub(crate) fn kind_of_connection(error: &RedisError) -> StoreErrorKind {
    if let Some(code) = error.code() {
        kind_of(code, error.detail().unwrap_or_default())
    } else if error.kind() == ErrorKind::AuthenticationFailed {
        StoreErrorKind::Refused
    } else if error.kind() == ErrorKind::Parse {
        StoreErrorKind::Protocol
    } else {
        StoreErrorKind::Unavailable
    }
}

/// Whether the server may not be the primary any more, and the address may lead to another by now: it is a replica, is
/// becoming one (and loads what its primary sent), or is a primary whose replicas have left it, maybe for another.
/// Whatever else it says, such as `OOM`, `BUSY` or `CLUSTERDOWN`, a new connection does not mend.
pub(crate) fn tells_of_demotion(answer: &Value) -> bool {
    let Value::ServerError(error) = answer else {
        return false;
    };
    let details = error.details().unwrap_or_default();
    ["READONLY", "MASTERDOWN", "LOADING", "NOREPLICAS"]
        .iter()
        .any(|code| error.code() == *code || details.contains(&format!("-{code} ")))
}

fn kind_of(code: &str, details: &str) -> StoreErrorKind {
    match code {
        "OOM" | "READONLY" | "NOPERM" | "NOAUTH" | "WRONGPASS" | "MISCONF" | "NOREPLICAS" | "DENIED" => {
            StoreErrorKind::Refused
        }
        "LOADING" | "MASTERDOWN" | "BUSY" | "CLUSTERDOWN" | "TRYAGAIN" | "MOVED" | "ASK" => {
            StoreErrorKind::Unavailable
        }
        _ => kind_within_script(details),
    }
}

/// Redis before 7.0 answers an error inside a script as `ERR Error running script […]: -OOM command not allowed […]`.
fn kind_within_script(details: &str) -> StoreErrorKind {
    if tells_of_parted_keys(details) {
        return StoreErrorKind::Unavailable;
    }
    let refusals = [
        "-OOM ",
        "-READONLY ",
        "-NOPERM ",
        "-MISCONF ",
        "-NOREPLICAS ",
        "can't run this command",
    ];
    if refusals.iter().any(|refusal| details.contains(refusal)) {
        StoreErrorKind::Refused
    } else {
        StoreErrorKind::Protocol
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_kind() {
        for (code, details, kind) in [
            (
                "OOM",
                "command not allowed when used memory > 'maxmemory'.",
                StoreErrorKind::Refused,
            ),
            (
                "READONLY",
                "You can't write against a read only replica.",
                StoreErrorKind::Refused,
            ),
            ("NOPERM", "ACL failure in script", StoreErrorKind::Refused),
            (
                "MISCONF",
                "Redis is configured to save RDB snapshots",
                StoreErrorKind::Refused,
            ),
            (
                "LOADING",
                "Redis is loading the dataset in memory",
                StoreErrorKind::Unavailable,
            ),
            (
                "MASTERDOWN",
                "Link with MASTER is down",
                StoreErrorKind::Unavailable,
            ),
            ("WRONGTYPE", "Operation against a key", StoreErrorKind::Protocol),
            (
                "ERR",
                "Error running script (call to f_0): @user_script:1: @user_script: 1: -OOM command not allowed",
                StoreErrorKind::Refused,
            ),
            ("ERR", "unknown command", StoreErrorKind::Protocol),
        ] {
            assert_eq!(kind_of(code, details), kind, "{code} {details}");
        }
    }

    #[test]
    fn what_a_server_says_that_may_not_be_the_primary_any_more_is_known() {
        let tells = |answer: &str| {
            tells_of_demotion(&redis::parse_redis_value(format!("{answer}\r\n").as_bytes()).unwrap())
        };
        for demotion in [
            "-READONLY You can't write against a read only replica.",
            "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "-LOADING Redis is loading the dataset in memory",
            "-NOREPLICAS Not enough good replicas to write.",
            "-ERR Error running script (call to f_0): @user_script:1: @user_script: 1: -READONLY You can't write",
        ] {
            assert!(tells(demotion), "{demotion}");
        }
        for other in [
            "-OOM command not allowed when used memory > 'maxmemory'.",
            "-MISCONF Redis is configured to save RDB snapshots",
            "-BUSY Redis is busy running a script.",
            "-CLUSTERDOWN The cluster is down",
            "-ERR unknown command",
            "+READONLY",
        ] {
            assert!(!tells(other), "{other}");
        }
    }
}
