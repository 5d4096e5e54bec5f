//! Which settings weaken a promise, and how.

use super::said::{Said, Unsaid};
use super::{RedisAdvice, Surroundings, advice};

struct Rule {
    setting: &'static str,
    /// Its value, if that weakens something.
    ill: fn(&Said, &Surroundings) -> Result<Option<String>, Unsaid>,
    weakens: &'static str,
    instead: &'static str,
}

/// The oldest version whose commands and scripts are known to do.
const OLDEST: (u32, u32) = (6, 2);

const RULES: [Rule; 10] = [
    Rule {
        setting: "version",
        ill: |said, _| {
            let version = said.info("redis_version")?;
            Ok(is_too_old(version).then(|| version.to_owned()))
        },
        weakens: "nothing is known to hold on a server before 6.2",
        instead: "run Redis 6.2 or newer, or Valkey 7.2 or newer",
    },
    Rule {
        setting: "maxmemory",
        ill: |said, _| Ok(is(said.info("maxmemory")?, "0")),
        weakens: "a server that grows is ended by its system, with every session",
        instead: "set it to what the machine can spare, with room for what a snapshot copies",
    },
    Rule {
        setting: "maxmemory-policy",
        ill: |said, _| {
            let policy = said.info("maxmemory_policy")?;
            Ok((policy != "noeviction").then(|| policy.to_owned()))
        },
        weakens: "when memory is full live sessions vanish, which logs users out; where the index of a user goes first, logging \
                  out everywhere misses sessions; where a tombstone goes, a late request may replace the cookie of a newer login; \
                  and throttles and revocations of tokens are forgotten",
        instead: "set it to noeviction, so that a full server refuses new sessions and keeps what it has",
    },
    Rule {
        setting: "appendonly",
        ill: |said, _| {
            let keeps_nothing = said.info("aof_enabled")? == "0" && said.setting("save") == Ok("");
            Ok(keeps_nothing.then(|| "no, and save is empty".to_owned()))
        },
        weakens: "a restart logs everybody out",
        instead: "set it to yes",
    },
    Rule {
        setting: "appendonly",
        ill: |said, _| {
            let has_snapshots = said.info("aof_enabled")? == "0" && said.setting("save") != Ok("");
            Ok(has_snapshots.then(|| "no".to_owned()))
        },
        weakens: "a restart without a shutdown goes back to the last snapshot: what ended since is live again, and later logins are lost",
        instead: "set it to yes",
    },
    Rule {
        setting: "appendfsync",
        ill: |said, _| {
            if said.info("aof_enabled")? == "0" {
                return Ok(None);
            }
            Ok(is(said.setting("appendfsync")?, "no"))
        },
        weakens: "a machine that fails takes along what was acknowledged in up to half a minute: what ended then is live again",
        instead: "set it to everysec, or to always",
    },
    Rule {
        setting: "min-replicas-to-write",
        ill: |said, _| {
            // It is told how many are good for it only where some are asked for.
            let asks = said.info("min_slaves_good_slaves").is_ok();
            Ok((replicas(said)? > 0 && !asks).then(|| "0".to_owned()))
        },
        weakens: "a primary that is cut off from its replicas acknowledges what a failover takes back: what ended is live again",
        instead: "set it to 1, and min-replicas-max-lag to a few seconds",
    },
    Rule {
        setting: "replicas",
        ill: |said, wishes| {
            let Some(durability) = &wishes.durability else {
                return Ok(None);
            };
            let (there, asked) = (replicas(said)?, durability.replicas_asked());
            Ok((there < asked).then(|| format!("{there}, where durability asks for {asked}")))
        },
        weakens: "no ending is as durable as was asked for: each is refused or reported, and each refresh of a token reported",
        instead: "add replicas, or ask for fewer",
    },
    Rule {
        setting: "cluster-require-full-coverage",
        ill: |said, wishes| in_cluster(said, wishes, "cluster-require-full-coverage"),
        weakens: "when one primary is lost with its replicas, no session of any other is served either",
        instead: "set it to no",
    },
    Rule {
        setting: "cluster-allow-reads-when-down",
        ill: |said, wishes| in_cluster(said, wishes, "cluster-allow-reads-when-down"),
        weakens: "a node that is cut off from the others goes on serving sessions that have ended on the others",
        instead: "set it to no",
    },
];

pub(super) fn judge(said: &Said, wishes: &Surroundings) -> Vec<RedisAdvice> {
    let judge = |rule: &Rule| {
        let setting = rule.setting;
        match (rule.ill)(said, wishes) {
            Ok(value) => value.map(|value| {
                let text = format!("{setting} is {value}: {}; {}", rule.weakens, rule.instead);
                advice(setting, text, false)
            }),
            Err(unsaid) => {
                let text = format!(
                    "{setting} could not be looked at ({unsaid}); where you can, {}",
                    rule.instead
                );
                Some(advice(setting, text, true))
            }
        }
    };
    let mut all: Vec<_> = RULES.iter().filter_map(judge).collect();
    // Two rules are about one setting.
    all.dedup_by_key(|advice| advice.setting);
    all
}

fn is(value: &str, ill: &str) -> Option<String> {
    (value == ill).then(|| value.to_owned())
}

fn in_cluster(said: &Said, wishes: &Surroundings, setting: &str) -> Result<Option<String>, Unsaid> {
    if wishes.is_cluster() {
        return Ok(is(said.setting(setting)?, "yes"));
    }
    Ok(None)
}

/// A version that is not understood is none that is too old.
fn is_too_old(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse().ok());
    let version = parts.next().zip(parts.next());
    version.is_some_and(|version| version < OLDEST)
}

/// How many replicas have caught up.
fn replicas(said: &Said) -> Result<usize, Unsaid> {
    let is_replica = |(name, value): &(&str, &str)| {
        name.strip_prefix("slave")
            .is_some_and(|number| number.parse::<u32>().is_ok())
            && value.contains("state=online")
    };
    Ok(said.lines()?.filter(is_replica).count())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::topology::Topology;

    fn at(url: &str) -> Surroundings {
        Surroundings {
            topology: Topology::parse(url).unwrap().0,
            prefix: String::new(),
            deadline: Duration::from_secs(1),
            durability: None,
            statistics: false,
        }
    }

    /// Of which settings there is something to say, and whether they are unchecked.
    fn judged(said: &Said, url: &str) -> Vec<(&'static str, bool)> {
        let advice = judge(said, &at(url)).into_iter();
        advice.map(|one| (one.setting, one.is_unchecked)).collect()
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, too_old) in [
            ("5.0.14", true),
            ("6.0.16", true),
            ("6.2.0", false),
            ("7.0.15", false),
            ("10.1.0", false),
            ("unstable", false),
        ] {
            assert_eq!(is_too_old(version), too_old, "{version}");
        }
    }

    #[test]
    fn what_a_server_does_not_tell_is_unchecked_once() {
        let refused = || Err("INFO was answered NOPERM".to_owned());
        let said = Said::of(refused(), &[]);
        let unchecked = [
            "version",
            "maxmemory",
            "maxmemory-policy",
            "appendonly",
            "appendfsync",
            "min-replicas-to-write",
        ];
        assert_eq!(
            judged(&said, "redis://host"),
            unchecked.map(|setting| (setting, true))
        );
    }

    #[test]
    fn of_a_server_that_tells_its_settings_to_nobody_the_rest_is_judged() {
        let info = "redis_version:7.2.4\r\nmaxmemory:1\r\nmaxmemory_policy:noeviction\r\naof_enabled:0\r\n\
                    slave0:ip=127.0.0.1,port=2,state=online,offset=1,lag=0\r\nmin_slaves_good_slaves:1\r\n";
        let refused = || Err("CONFIG GET was answered NOPERM".to_owned());
        let settings = [
            "save",
            "cluster-require-full-coverage",
            "cluster-allow-reads-when-down",
        ];
        let said = Said::of(Ok(info), &settings.map(|setting| (setting, refused())));
        assert_eq!(judged(&said, "redis://host"), [("appendonly", false)]);
        let in_cluster = [("appendonly", false), (settings[1], true), (settings[2], true)];
        assert_eq!(judged(&said, "redis+cluster://host"), in_cluster);
    }
}
