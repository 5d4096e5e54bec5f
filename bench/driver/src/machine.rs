//! Where and of what the measurements are.

use std::fs;
use std::process::Command;

/// Machine and versions, a line each.
pub(crate) fn facts(redis: &str) -> Vec<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    vec![
        format!("commit {}", said_by("git", &["describe", "--always", "--dirty"])),
        format!("{model}, {cores} cores, Linux {}", kernel.trim()),
        format!(
            "{}, Redis {redis}, Node {}, {}",
            said_by("rustc", &["--version"]),
            said_by("node", &["--version"]),
            // What follows is about its author.
            said_by("wrk", &["-v"]).split(" [").next().unwrap_or("wrk")
        ),
        crates(),
        node_packages(),
    ]
}

pub(crate) fn said_by(program: &str, question: &[&str]) -> String {
    let output = Command::new(program).args(question).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_else(|_| "none".to_owned())
}

/// The versions that were built.
fn crates() -> String {
    let lock = fs::read_to_string("bench/Cargo.lock").unwrap_or_default();
    let version = |name: &str| {
        // The last of several: the others come with peers.
        let entry = format!("name = \"{name}\"\nversion = \"");
        format!("{name} {}", quoted(lock.rsplit_once(&entry)))
    };
    let names = [
        "keycard",
        "axum",
        "actix-web",
        "tower-sessions",
        "tower-sessions-redis-store",
        "actix-session",
        "axum_session",
        "axum_session_redispool",
        "redis",
    ];
    names.map(version).join(", ")
}

/// The versions that npm has installed.
fn node_packages() -> String {
    let lock = fs::read_to_string("bench/peer-express/package-lock.json").unwrap_or_default();
    let version = |name: &str| {
        let entry = format!("\"node_modules/{name}\": {{\n      \"version\": \"");
        format!("{name} {} (npm)", quoted(lock.split_once(&entry)))
    };
    ["express", "express-session", "connect-redis", "redis"]
        .map(version)
        .join(", ")
}

fn quoted<'a>(found: Option<(&str, &'a str)>) -> &'a str {
    found.and_then(|(_, rest)| rest.split('"').next()).unwrap_or("?")
}
