//! The scripts, and calls of them. Each script is one atomic step of the store contract.

use std::time::Duration;

use keycard::store::{EndReason, MAX_SESSIONS_PER_USER, frame};

use crate::keys::{DEVICE_LEN, SELECTOR_LEN, SHARDS, TAG_LEN};
use crate::reply::{APPLIED, CHANGED, GONE, LIMIT_REACHED, LOGINS, REFUSED};
use crate::resp::{Command, Strings, begin, write_string};

/// How long past its score an entry stays in an index: clocks differ.
pub(crate) const INDEX_SLACK: Duration = Duration::from_hours(1);

/// For how many bytes a call has room from the beginning: what most calls need, so that little is allocated.
const USUAL_KEYS: usize = 256;
const USUAL_ARGUMENTS: usize = 768;

const RECORD: &str = include_str!("scripts/record.lua");
const FIGURES: &str = include_str!("scripts/figures.lua");
const HISTORY: &str = include_str!("scripts/history.lua");
const MEMBERS: &str = include_str!("scripts/members.lua");
const ADMISSION: &str = include_str!("scripts/admission.lua");
const THROTTLE: &str = include_str!("scripts/throttle.lua");

/// One script per verb.
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    pub(crate) create: Script,
    pub(crate) update: Script,
    pub(crate) replace: Script,
    pub(crate) touch: Script,
    pub(crate) end: Script,
    pub(crate) sessions_of: Script,
    pub(crate) end_some: Script,
    pub(crate) count: Script,
    pub(crate) reserve: Script,
    pub(crate) refund: Script,
    pub(crate) statistics: Script,
}

impl Scripts {
    /// The scripts of a store that keeps statistics, or of one that does not.
    pub(crate) fn new(statistics: bool) -> Self {
        let session = [RECORD, FIGURES, HISTORY];
        let index = [RECORD, FIGURES, HISTORY, MEMBERS];
        let admission = [RECORD, FIGURES, HISTORY, MEMBERS, ADMISSION];
        let with = |rooms: &[&str], verb| script(statistics, &[rooms, &[verb]].concat());
        Self {
            create: with(&admission, include_str!("scripts/create.lua")),
            update: with(&admission, include_str!("scripts/update.lua")),
            replace: with(&admission, include_str!("scripts/replace.lua")),
            touch: with(&session, include_str!("scripts/touch.lua")),
            end: with(&session, include_str!("scripts/end.lua")),
            sessions_of: with(&index, include_str!("scripts/sessions_of.lua")),
            end_some: with(&index, include_str!("scripts/end_some.lua")),
            count: with(&index, include_str!("scripts/count.lua")),
            statistics: with(&[], include_str!("scripts/statistics.lua")),
            reserve: with(&[THROTTLE], include_str!("scripts/reserve.lua")),
            refund: with(&[THROTTLE], include_str!("scripts/refund.lua")),
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
}

impl<'a> Call<'a> {
    pub(crate) fn of(script: &'a Script) -> Self {
        Self {
            script,
            keys: Strings::with_capacity(USUAL_KEYS),
            arguments: Strings::with_capacity(USUAL_ARGUMENTS),
        }
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
}

fn script(statistics: bool, parts: &[&str]) -> Script {
    let text = constants(statistics) + &parts.concat();
    let digest = redis::Script::new(&text).get_hash().to_owned();
    Script { text, digest }
}

/// What the scripts and this crate must agree on.
fn constants(statistics: bool) -> String {
    let tombstone_life = frame::TOMBSTONE_LIFE.as_millis();
    [
        format!("local APPLIED, GONE, REFUSED = {APPLIED}, {GONE}, {REFUSED}\n"),
        format!("local CHANGED, LIMIT_REACHED = {CHANGED}, {LIMIT_REACHED}\n"),
        format!(
            "local HEADER_LEN, VERSION = {}, {}\n",
            frame::HEADER_LEN,
            frame::VERSION
        ),
        format!("local FLAGS, PENDING = {}, {}\n", frame::FLAGS, frame::PENDING),
        format!(
            "local REVISION, SEEN, EXPIRES = {}, {}, {}\n",
            frame::REVISION.start,
            frame::SEEN.start,
            frame::EXPIRES.start
        ),
        format!(
            "local TOMBSTONE_LEN, TOMBSTONE_LIFE = {}, {tombstone_life}\n",
            frame::TOMBSTONE_LEN
        ),
        format!(
            "local SELECTOR_LEN, INDEX_SLACK = {SELECTOR_LEN}, {}\n",
            INDEX_SLACK.as_millis()
        ),
        format!(
            "local STATISTICS, LOGINS, SHARDS, TAG_LEN = {statistics}, '{LOGINS}', {SHARDS}, {TAG_LEN}\n"
        ),
        format!(
            "local DISPLACED, REPLACED, REVOKED = '{}', '{}', '{}'\n",
            EndReason::Displaced.name(),
            EndReason::Replaced.name(),
            EndReason::Revoked.name()
        ),
        format!("local MOST, NO_DEVICE = {MAX_SESSIONS_PER_USER}, string.rep('\\0', {DEVICE_LEN})\n"),
    ]
    .concat()
}
