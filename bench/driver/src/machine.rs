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
        format!("{model}, {cores} cores, Linux {}", kernel.trim()),
        format!("{}, Redis {redis}, Node {}", said_by("rustc"), said_by("node")),
        crates(),
    ]
}

fn said_by(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_else(|_| "none".to_owned())
}

/// The versions that were built.
fn crates() -> String {
    let lock = fs::read_to_string("bench/Cargo.lock").unwrap_or_default();
    let version = |name: &str| {
        let entry = format!("name = \"{name}\"\nversion = \"");
        let rest = lock.split_once(&entry).map_or("?", |(_, rest)| rest);
        format!("{name} {}", rest.split('"').next().unwrap_or("?"))
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
    ];
    names.map(version).join(", ")
}
