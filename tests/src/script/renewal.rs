//! Ids that are renewed while they are in use.

use std::time::Duration;

use super::{ALICE, Step, act, get, post, put, script};

/// After which time ids are renewed where scripts are played, and how long the ones before still count.
pub(super) const RENEWED_EVERY: Duration = Duration::from_mins(15);
pub(super) const GRACE: Duration = Duration::from_secs(30);

/// Requests before, during and after the grace of a renewal. It ends amid the grace of another.
#[must_use]
pub fn renewal() -> Vec<Step> {
    script! {
        post("ann", "/login", ALICE),
        put("guest", r#"{"key":"n","value":1}"#),
        Step::Pass(RENEWED_EVERY),
        get("ann", "/me"),
        get("ann", "/me"),
        get("guest", "/session/data"),
        get("late", "/me").cookie("__Host-sid={ann.0}"),
        put("late", r#"{"key":"late","value":1}"#).cookie("__Host-sid={ann.0}"),
        get("late", "/me").cookie("__Host-sid={ann.0}; __Host-sid={ann}"),
        get("ann", "/session/data"),
        Step::Pass(GRACE),
        get("late", "/me").cookie("__Host-sid={ann.0}"),
        put("late", r#"{"key":"later","value":1}"#).cookie("__Host-sid={ann.0}"),
        get("ann", "/session/data"),
        Step::Pass(RENEWED_EVERY),
        act("ann", r#"{"do":"user"},{"do":"answer","status":500}"#),
        act("ann", r#"{"do":"rotate"}"#),
        Step::Pass(RENEWED_EVERY),
        act("ann", r#"{"do":"insert","key":"n","value":1},{"do":"commit"}"#),
        act("late", r#"{"do":"user"},{"do":"keys"}"#).cookie("__Host-sid={ann.2}"),
    }
}
