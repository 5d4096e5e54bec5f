//! All that is logged, at every level and by every crate, and what panics print.

use std::io;
use std::panic;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Servers log on threads of their own, so that what they log can only be caught for the whole process.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static CAPTURED: Once = Once::new();

/// Writes to the log of the process.
struct Sink;

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        log().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Catches everything from now on.
pub fn capture() {
    CAPTURED.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| Sink)
            .init();
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            log().extend_from_slice(format!("{info}\n").as_bytes());
            print(info);
        }));
    });
}

/// What was caught so far.
#[must_use]
pub fn captured() -> Vec<u8> {
    log().clone()
}

/// What was caught, cut where a line begins with the time: what was written over several lines is looked at as one.
#[must_use]
pub fn entries(log: &[u8]) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = log.split_inclusive(|byte| *byte == b'\n').collect();
    let entries = lines.chunk_by(|_, next| !next[0].is_ascii_digit());
    entries.map(<[&[u8]]>::concat).collect()
}

fn log() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}
