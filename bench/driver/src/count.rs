//! What a request costs Redis: exact, by one client after another request.

use keycard_fixtures::RedisServer;

use crate::app::App;
use crate::browser::Browser;
use crate::plan::{Cookies, Scenario};
use crate::server::{self, Monitor};

/// How many requests are counted; what is told is their mean.
const REQUESTS: u32 = 200;

/// What a request costs Redis, on average.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) commands: f64,
    pub(crate) round_trips: f64,
    pub(crate) bytes: f64,
}

pub(crate) fn measure(app: &App, redis: &RedisServer, scenario: &Scenario) -> Result<Cost, String> {
    let browser = Browser::new(app);
    let cookies = browser.cookies(scenario)?;
    let send = |requests: u32| {
        let mut last = cookies.first().cloned();
        for number in 0..requests as usize {
            let cookie = match scenario.cookies {
                Cookies::Rotating => last.take(),
                _ => cookies.get(number % cookies.len().max(1)).cloned(),
            };
            let set = browser.send(scenario, cookie.as_deref())?;
            last = set.or(last);
        }
        Ok::<_, String>(())
    };
    browser.check(scenario, &cookies)?;
    send(REQUESTS)?; // until scripts are known and connections are open

    let monitor = Monitor::over(redis)?;
    send(REQUESTS)?;
    let commands = monitor.count()?;

    let idle = server::traffic(redis)?;
    let before = server::traffic(redis)?;
    send(REQUESTS)?;
    let after = server::traffic(redis)?;
    // What it costs to ask for the traffic.
    let (reads, bytes) = (before.reads - idle.reads, before.bytes - idle.bytes);
    Ok(Cost {
        commands: per_request(commands),
        round_trips: per_request((after.reads - before.reads).saturating_sub(reads)),
        bytes: per_request((after.bytes - before.bytes).saturating_sub(bytes)),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a few hundred bytes of a few hundred requests"
)]
fn per_request(sum: u64) -> f64 {
    sum as f64 / f64::from(REQUESTS)
}
