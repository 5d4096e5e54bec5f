//! What a server says of itself.

use redis::{RedisResult, Value};

use crate::pipe::Pipe;
use crate::reply::{listed, text};

/// What `INFO` does not tell.
const SETTINGS: [&str; 4] = [
    "save",
    "appendfsync",
    "cluster-require-full-coverage",
    "cluster-allow-reads-when-down",
];

/// Why it is not known how a server is set.
pub(super) type Unsaid = String;

#[derive(Debug)]
pub(super) struct Said {
    info: Result<String, Unsaid>,
    settings: Vec<(&'static str, Result<String, Unsaid>)>,
}

impl Said {
    pub(super) async fn ask(pipe: &Pipe) -> RedisResult<Self> {
        let info = pipe.ask(&["INFO"]);
        let settings = SETTINGS.map(|setting| (setting, pipe.ask(&["CONFIG", "GET", setting])));
        let mut said = Self {
            info: info_in(info.await?),
            settings: Vec::new(),
        };
        for (setting, answer) in settings {
            said.settings.push((setting, setting_in(answer.await?)));
        }
        Ok(said)
    }

    /// A line of `INFO`.
    pub(super) fn info(&self, name: &str) -> Result<&str, Unsaid> {
        let found = self
            .lines()?
            .find_map(|(found, value)| (found == name).then_some(value));
        found.ok_or_else(|| format!("INFO does not tell {name}"))
    }

    pub(super) fn lines(&self) -> Result<impl Iterator<Item = (&str, &str)>, Unsaid> {
        let info = self.info.as_ref().map_err(Clone::clone)?;
        Ok(info.lines().filter_map(|line| line.split_once(':')))
    }

    /// What `CONFIG GET` answers; nothing if the server has no such setting.
    pub(super) fn setting(&self, name: &str) -> Result<&str, Unsaid> {
        let found = self.settings.iter().find(|(found, _)| *found == name);
        found.map_or(Ok(""), |(_, value)| value.as_deref().map_err(Clone::clone))
    }

    #[cfg(test)]
    pub(super) fn of(info: Result<&str, Unsaid>, settings: &[(&'static str, Result<&str, Unsaid>)]) -> Self {
        let owned = |said: Result<&str, Unsaid>| said.map(str::to_owned);
        let settings = settings.iter().cloned();
        Self {
            info: owned(info),
            settings: settings.map(|(name, value)| (name, owned(value))).collect(),
        }
    }
}

fn info_in(answer: Value) -> Result<String, Unsaid> {
    let info = accepted("INFO", answer)?;
    let info = text(&info).ok_or("INFO was not answered with a text")?;
    Ok(info.to_owned())
}

fn setting_in(answer: Value) -> Result<String, Unsaid> {
    let Value::Array(pair) = listed(accepted("CONFIG GET", answer)?) else {
        return Err("CONFIG GET was not answered with a list".to_owned());
    };
    Ok(pair.get(1).and_then(text).unwrap_or_default().to_owned())
}

fn accepted(command: &str, answer: Value) -> Result<Value, Unsaid> {
    if let Value::ServerError(error) = &answer {
        return Err(format!("{command} was answered {}", error.code()));
    }
    Ok(answer)
}
