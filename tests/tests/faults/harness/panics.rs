//! How often anything but a test has panicked in this process: tasks that nobody waits for included.

use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

static PANICS: AtomicUsize = AtomicUsize::new(0);
static HOOK: Once = Once::new();

/// Counted from the first question on.
pub(super) fn so_far() -> usize {
    HOOK.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !is_of_a_test() {
                PANICS.fetch_add(1, Ordering::Relaxed);
            }
            told(panic);
        }));
    });
    PANICS.load(Ordering::Relaxed)
}

/// A test that fails beside others is not their fault.
fn is_of_a_test() -> bool {
    thread::current()
        .name()
        .is_some_and(|name| name == "main" || name.contains("::"))
}
