//! What the user may do, found by trying it: each command as it does nothing, with a key that is nobody's.

use redis::{RedisResult, Value};

use super::{RedisAdvice, Surroundings, advice};
use crate::pipe::Pipe;
use crate::resp::Strings;
use crate::topology::Topology;

/// In the place of the key.
const KEY: &str = "\0key";

/// What every store sends, and its scripts do. Each command that might write finds nothing to change, or nothing to understand.
const ALWAYS: [&[&str]; 14] = [
    &["GET", KEY],
    &["EVAL", "return 0", "0"],
    &["EVALSHA", "0000000000000000000000000000000000000000", "0"],
    &["SET", KEY, "", "XX", "PX", "1"],
    &["GETRANGE", KEY, "0", "0"],
    &["SETRANGE", KEY, "0", ""],
    &["DEL", KEY],
    &["PEXPIRE", KEY, "1"],
    &["PTTL", KEY],
    &["ZADD", KEY, "XX", "0", ""],
    &["ZREM", KEY, ""],
    &["ZCARD", KEY],
    &["ZRANGE", KEY, "0", "0"],
    &["ZREMRANGEBYSCORE", KEY, "0", "0"],
];
const TO_COUNT: [&[&str]; 3] = [
    &["ZCOUNT", KEY, "0", "0"],
    &["HINCRBY", KEY, "", "none"],
    &["HGETALL", KEY],
];
const TO_COUNT_IN_A_CLUSTER: [&[&str]; 1] = [&["EXISTS", KEY]];
const IN_A_CLUSTER: [&[&str]; 3] = [&["CLUSTER", "SLOTS"], &["CLUSTER", "INFO"], &["ASKING"]];
const BEHIND_SENTINELS: [&[&str]; 1] = [&["ROLE"]];
const TO_WAIT: [&[&str]; 1] = [&["WAIT", "0", "0"]];

impl Surroundings {
    fn commands(&self) -> Vec<&'static [&'static str]> {
        let by_topology: &[&[&str]] = match &self.topology {
            Topology::Server(_) => &[],
            Topology::Sentinel(_) => &BEHIND_SENTINELS,
            Topology::Cluster(_) => &IN_A_CLUSTER,
        };
        let if_so = |so: bool, commands: &'static [&'static [&'static str]]| if so { commands } else { &[] };
        [
            &ALWAYS,
            by_topology,
            if_so(self.statistics, &TO_COUNT),
            if_so(self.statistics && self.is_cluster(), &TO_COUNT_IN_A_CLUSTER),
            if_so(self.durability.is_some(), &TO_WAIT),
        ]
        .concat()
    }
}

/// What the user of a connection lacks.
pub(super) async fn judge(pipe: &Pipe, wishes: &Surroundings) -> RedisResult<Option<RedisAdvice>> {
    let key = format!("{}{{}}check", wishes.prefix);
    let commands = wishes.commands();
    let answers: Vec<_> = commands
        .iter()
        .map(|words| {
            let word = |word: &&'static str| if *word == KEY { &*key } else { *word };
            pipe.ask(&Strings::of(&words.iter().map(word).collect::<Vec<_>>()))
        })
        .collect();
    let (mut rights, mut lacks_keys) = (Vec::new(), false);
    for (words, answer) in commands.iter().zip(answers) {
        match refused(&answer.await?) {
            Some(Refused::Command) => rights.push(format!("+{}", name(words))),
            Some(Refused::Key) => lacks_keys = true,
            None => {}
        }
    }
    if lacks_keys {
        rights.push(format!("~{}*", wishes.prefix));
    }
    if rights.is_empty() {
        return Ok(None);
    }
    let rights = rights.join(" ");
    let text =
        format!("the user's rights lack {rights}: what takes them is refused; grant them by ACL SETUSER");
    Ok(Some(advice("acl", text, false)))
}

enum Refused {
    Command,
    Key,
}

fn refused(answer: &Value) -> Option<Refused> {
    let Value::ServerError(error) = answer else {
        return None;
    };
    (error.code() == "NOPERM").then(|| {
        if error.details().is_some_and(|details| details.contains("to run")) {
            Refused::Command
        } else {
            Refused::Key
        }
    })
}

/// As `ACL SETUSER` names it.
fn name(words: &[&str]) -> String {
    match words {
        ["CLUSTER", part] => format!("cluster|{}", part.to_lowercase()),
        words => words[0].to_lowercase(),
    }
}
