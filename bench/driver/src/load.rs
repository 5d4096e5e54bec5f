//! Many clients at once, by `wrk`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::app::App;
use crate::browser::Browser;
use crate::plan::{Cookies, Scenario};

const SCRIPT: &str = include_str!("load.lua");

/// How many of the cookies are presented once more when the load is over.
const CHECKED: usize = 10;

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Of the application, for each request.
    pub(crate) cpu: Duration,
}

/// What `wrk` needs, in a folder of its own.
pub(crate) struct Load {
    folder: TempDir,
}

impl Load {
    pub(crate) fn new() -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        write(&folder.path().join("load.lua"), SCRIPT)?;
        Ok(Self { folder })
    }

    /// Loads the application for a while.
    pub(crate) fn measure(&self, app: &App, scenario: &Scenario, seconds: u64) -> Result<Sample, String> {
        let browser = Browser::new(app);
        let cookies = browser.cookies(scenario)?;
        let file = self.folder.path().join("cookies");
        write(
            &file,
            &cookies
                .iter()
                .fold(String::new(), |text, cookie| text + cookie + "\n"),
        )?;
        let rotating = if scenario.cookies == Cookies::Rotating {
            "rotating"
        } else {
            "fixed"
        };
        let mut wrk = Command::new("wrk");
        wrk.args([
            "--threads",
            "1",
            "--connections",
            &scenario.connections.to_string(),
        ])
        .args(["--duration", &format!("{seconds}s"), "--script"])
        .arg(self.folder.path().join("load.lua"))
        .args([app.address(), "--", scenario.method, scenario.path])
        .arg(&file)
        .arg(rotating);
        let before = app.cpu()?;
        let output = wrk
            .output()
            .map_err(|error| format!("wrk does not start: {error}"))?;
        let cpu = app.cpu()?.saturating_sub(before);
        if scenario.cookies != Cookies::Rotating {
            browser.check(scenario, &cookies[..CHECKED.min(cookies.len())])?;
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        sample(&printed, cpu).map_err(|error| {
            let complaints = String::from_utf8_lossy(&output.stderr);
            format!("{error}\n{printed}{complaints}")
        })
    }
}

fn sample(printed: &str, cpu: Duration) -> Result<Sample, String> {
    let line = printed.lines().find_map(|line| line.strip_prefix("RESULT "));
    let numbers: Option<Vec<u64>> =
        line.and_then(|line| line.split(' ').map(|word| word.parse().ok()).collect());
    let Some([requests, micros, errors, p50, p99]) = numbers.as_deref() else {
        return Err("wrk tells no result".to_owned());
    };
    if *errors > 0 {
        return Err(format!("{errors} of {requests} requests failed"));
    }
    let count = u32::try_from(*requests).ok().filter(|count| *count > 0);
    let count = count.ok_or("no request was answered")?;
    Ok(Sample {
        per_second: f64::from(count) / Duration::from_micros(*micros).as_secs_f64(),
        p50: Duration::from_micros(*p50),
        p99: Duration::from_micros(*p99),
        cpu: cpu / count,
    })
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_read_and_a_failure_is_none() {
        let sample = sample("Running…\nRESULT 1000 500000 0 20 90\n", Duration::from_millis(5)).unwrap();
        assert!((sample.per_second - 2000.0).abs() < f64::EPSILON);
        assert_eq!(sample.cpu, Duration::from_micros(5));
        assert!(super::sample("RESULT 1000 500000 3 20 90", Duration::ZERO).is_err());
        assert!(super::sample("Running…", Duration::ZERO).is_err());
    }
}
