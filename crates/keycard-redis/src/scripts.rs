//! The scripts, and calls of them. Each script is one atomic step of the store contract.

use std::time::Duration;

use keycard::store::{EndReason, Family, MAX_SESSIONS_PER_USER, frame};

use crate::keys::{DEVICE_LEN, FAMILY_NAME_LEN, SELECTOR_LEN, TAG_LEN};
use crate::reply::{APPLIED, CHANGED, FOUND, GONE, LIMIT_REACHED, LOGINS, REFUSED};
use crate::resp::{Command, Strings, begin, write_string};

/// How long past its score an entry stays in an index: clocks differ.
pub(crate) const INDEX_SLACK: Duration = Duration::from_hours(1);

/// For how many bytes a call has room from the beginning: what most calls need, so that little is allocated.
const USUAL_KEYS: usize = 256;
const USUAL_ARGUMENTS: usize = 768;

/// What scripts include where they need it, so that on their usual path they define no function that they do not call.
const PIECES: [(&str, &str); 13] = [
    ("admission", include_str!("scripts/admission.lua")),
    ("begin", include_str!("scripts/begin.lua")),
    ("enter", include_str!("scripts/enter.lua")),
    ("figures", include_str!("scripts/figures.lua")),
    ("members", include_str!("scripts/members.lua")),
    ("record", include_str!("scripts/record.lua")),
    ("remember", include_str!("scripts/remember.lua")),
    ("retire", include_str!("scripts/retire.lua")),
    ("room", include_str!("scripts/room.lua")),
    ("throttle", include_str!("scripts/throttle.lua")),
    ("together", include_str!("scripts/together.lua")),
    ("token", include_str!("scripts/token.lua")),
    ("tombstone", include_str!("scripts/tombstone.lua")),
];

/// One script per verb.
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    pub(crate) create: Script,
    pub(crate) update: Script,
    pub(crate) replace: Script,
    pub(crate) touch: Script,
    pub(crate) end: Script,
    pub(crate) withdraw: Script,
    pub(crate) sessions_of: Script,
    pub(crate) end_some: Script,
    pub(crate) count: Script,
    pub(crate) reserve: Script,
    pub(crate) refund: Script,
    pub(crate) begin_family: Script,
    pub(crate) refresh: Script,
    pub(crate) block_tokens: Script,
    pub(crate) revoke_before: Script,
}

impl Scripts {
    /// The scripts of a store that keeps statistics or does not, in a cluster or not.
    pub(crate) fn new(statistics: bool, cluster: bool) -> Self {
        let mut constants = constants(statistics);
        constants.push(("IN_CLUSTER", cluster.to_string()));
        let script = |verb| Script::of(&composed(verb, &constants));
        Self {
            create: script(include_str!("scripts/create.lua")),
            update: script(include_str!("scripts/update.lua")),
            replace: script(include_str!("scripts/replace.lua")),
            touch: script(include_str!("scripts/touch.lua")),
            end: script(include_str!("scripts/end.lua")),
            withdraw: script(include_str!("scripts/withdraw.lua")),
            sessions_of: script(include_str!("scripts/sessions_of.lua")),
            end_some: script(include_str!("scripts/end_some.lua")),
            count: script(include_str!("scripts/count.lua")),
            reserve: script(include_str!("scripts/reserve.lua")),
            refund: script(include_str!("scripts/refund.lua")),
            begin_family: script(include_str!("scripts/begin_family.lua")),
            refresh: script(include_str!("scripts/refresh.lua")),
            block_tokens: script(include_str!("scripts/block_tokens.lua")),
            revoke_before: script(include_str!("scripts/revoke_before.lua")),
        }
    }
}

/// A script's text, and the digest by which a server that has seen it knows it.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    text: String,
    digest: String,
}

/// A call of a script: the keys and arguments, in the order in which the head of the script names them.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    script: &'a Script,
    keys: Strings,
    arguments: Strings,
    names_its_keys: bool,
    may_be_refused: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn of(script: &'a Script) -> Self {
        Self {
            script,
            keys: Strings::with_capacity(USUAL_KEYS),
            arguments: Strings::with_capacity(USUAL_ARGUMENTS),
            names_its_keys: true,
            may_be_refused: true,
        }
    }

    /// The script finds further keys by itself, in the slot of those that are named.
    pub(crate) fn finding_others(mut self) -> Self {
        self.names_its_keys = false;
        self
    }

    /// That too few replicas have what it says is told, and no more: whoever tried again would make it worse.
    pub(crate) fn never_refused(mut self) -> Self {
        self.may_be_refused = false;
        self
    }

    pub(crate) fn key(mut self, key: String) -> Self {
        self.keys.push(key);
        self
    }

    pub(crate) fn bytes(mut self, argument: impl AsRef<[u8]>) -> Self {
        self.arguments.push(argument);
        self
    }

    pub(crate) fn number(mut self, argument: u64) -> Self {
        self.arguments.push_number(argument);
        self
    }

    /// The call for a server that knows the script.
    pub(crate) fn by_digest(&self) -> impl Command {
        self.command("EVALSHA", &self.script.digest)
    }

    /// The call for a server that does not, after which it does.
    pub(crate) fn by_text(&self) -> impl Command {
        self.command("EVAL", &self.script.text)
    }

    fn command(&self, name: &'static str, script: &'a str) -> impl Command {
        Evaluation {
            name,
            script,
            call: self,
        }
    }
}

struct Evaluation<'a> {
    name: &'static str,
    script: &'a str,
    call: &'a Call<'a>,
}

impl Command for Evaluation<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Call { keys, arguments, .. } = self.call;
        begin(out, 3 + keys.len() + arguments.len());
        write_string(out, self.name.as_bytes());
        write_string(out, self.script.as_bytes());
        write_string(out, itoa::Buffer::new().format(keys.len()).as_bytes());
        keys.write_to(out);
        arguments.write_to(out);
    }

    fn key(&self) -> &[u8] {
        self.call.keys.get(0).unwrap_or_default()
    }

    fn names_its_keys(&self) -> bool {
        self.call.names_its_keys
    }

    fn may_be_refused(&self) -> bool {
        self.call.may_be_refused
    }
}

impl Script {
    fn of(text: &str) -> Self {
        let digest = redis::Script::new(text).get_hash().to_owned();
        Self {
            text: text.to_owned(),
            digest,
        }
    }
}

/// A text with the pieces that it includes, and with the constants in the place of their names.
fn composed(text: &str, constants: &[(&str, String)]) -> String {
    let mut whole = String::new();
    for line in text.lines() {
        let piece = PIECES
            .iter()
            .find(|(name, _)| line.trim() == format!("include '{name}'"));
        if let Some((_, piece)) = piece {
            whole += &composed(piece, constants);
            continue;
        }
        for word in line.split_inclusive(|letter: char| !is_of_name(letter)) {
            let name = word.trim_end_matches(|letter: char| !is_of_name(letter));
            let constant = constants.iter().find(|(constant, _)| *constant == name);
            whole += constant.map_or(name, |(_, value)| value);
            whole += &word[name.len()..];
        }
        whole.push('\n');
    }
    whole
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The scripts read version and flags at once, and write both times of a touch at once.
const _: () = assert!(frame::FLAGS == 1 && frame::SEEN.end == frame::EXPIRES.start);

/// What the scripts and this crate must agree on. Values and not variables, which each function would have to capture; and
/// text between quotes, since a command takes text as it is, and converts numbers at a price.
fn constants(statistics: bool) -> Vec<(&'static str, String)> {
    vec![
        ("APPLIED", APPLIED.to_string()),
        ("GONE", GONE.to_string()),
        ("REFUSED", REFUSED.to_string()),
        ("CHANGED", CHANGED.to_string()),
        ("LIMIT_REACHED", LIMIT_REACHED.to_string()),
        ("FOUND", FOUND.to_string()),
        ("VERSION", frame::VERSION.to_string()),
        ("FLAGS", frame::FLAGS.to_string()),
        ("PENDING", frame::PENDING.to_string()),
        ("REVISION", frame::REVISION.start.to_string()),
        ("SEEN", frame::SEEN.start.to_string()),
        ("EXPIRES", frame::EXPIRES.start.to_string()),
        ("HEADER_LEN", frame::HEADER_LEN.to_string()),
        ("HEADER_END", (frame::HEADER_LEN - 1).to_string()),
        ("TOMBSTONE_LEN", frame::TOMBSTONE_LEN.to_string()),
        ("TOMBSTONE_LIFE", frame::TOMBSTONE_LIFE.as_millis().to_string()),
        ("SELECTOR_LEN", SELECTOR_LEN.to_string()),
        ("TAG_LEN", TAG_LEN.to_string()),
        ("NO_DEVICE", format!("'{}'", "\\0".repeat(DEVICE_LEN))),
        ("INDEX_SLACK", INDEX_SLACK.as_millis().to_string()),
        ("MOST", MAX_SESSIONS_PER_USER.to_string()),
        ("MOST_SPENT", Family::MOST_SPENT.to_string()),
        ("MOST_FAMILIES", Family::MOST.to_string()),
        ("FAMILY_NAME_LEN", FAMILY_NAME_LEN.to_string()),
        ("TTL_SLACK", frame::TTL_SLACK.as_millis().to_string()),
        ("STATISTICS", statistics.to_string()),
        ("STORE_KEY_LEN", (TAG_LEN + SELECTOR_LEN).to_string()),
        ("LOGINS", format!("'{LOGINS}'")),
        ("DISPLACED", format!("'{}'", EndReason::Displaced.name())),
        ("REPLACED", format!("'{}'", EndReason::Replaced.name())),
        ("REVOKED", format!("'{}'", EndReason::Revoked.name())),
    ]
}
