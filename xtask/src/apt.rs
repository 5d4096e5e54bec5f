//! Programs that the commands need and that a fresh machine may lack: found, or installed with apt.

use std::fs;
use std::io;
use std::process::Command;

use rustix::process::geteuid;

use crate::process::{answers, output, succeed};
use crate::servers::ServerFolder;

/// Installs `package` unless `is_installed`, where that needs nobody's consent: as root on a system with apt. Answers
/// whether it did; what to do where it cannot is said by `missing`.
pub(crate) fn ensure(is_installed: impl Fn() -> bool, package: &str, missing: &str) -> Result<bool, String> {
    if is_installed() {
        return Ok(false);
    }
    if !geteuid().is_root() || !answers(Command::new("apt-get").arg("--version")) {
        return Err(missing.into());
    }
    eprintln!("xtask: {package} is missing, installing it");
    install(package).map_err(|error| format!("{missing} ({error})"))?;
    if is_installed() {
        Ok(true)
    } else {
        Err(missing.into())
    }
}

fn install(package: &str) -> Result<(), String> {
    // One dead source fails the whole update, and the package may be at hand all the same.
    apt(&["update"]).ok();
    apt(&["install", "-y", "--no-install-recommends", package]).or_else(|_| install_backport(package))
}

/// Debian keeps what is younger than a release in a suite beside it, which few machines have among their sources: it is
/// asked this once, from where the release itself comes, and the sources stay as they are.
fn install_backport(package: &str) -> Result<(), String> {
    let described = fs::read_to_string("/etc/os-release").map_err(|error| error.to_string())?;
    let release = codename(&described).ok_or("the system's release has no name")?;
    let filter = format!("Codename: {release}");
    let places = ["indextargets", "--format", "$(REPO_URI)", &filter];
    let places = output(Command::new("apt-get").args(places))?;
    let place = places
        .lines()
        .next()
        .ok_or("no source of the system is its release")?;

    let suite = format!("{release}-backports");
    let folder = ServerFolder::create()?;
    let list = folder.path().join("sources.list");
    fs::write(&list, format!("deb {place} {suite} main\n")).map_err(|error| error.to_string())?;
    let source = format!("Dir::Etc::SourceList={}", list.display());
    let options = ["-o", &source, "-o", "APT::Get::List-Cleanup=0"];
    let install = ["install", "-y", "--no-install-recommends", "-t", &suite, package];
    apt(&[&options, &["update"][..]].concat())?;
    apt(&[&options, &install[..]].concat())
}

fn codename(described: &str) -> Option<&str> {
    let named = described
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    named.filter(|name| !name.is_empty())
}

fn apt(arguments: &[&str]) -> Result<(), String> {
    // stdout belongs to the output of the tests.
    succeed(
        Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(io::stderr()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_known_by_its_name() {
        assert_eq!(
            codename("ID=debian\nVERSION_CODENAME=bookworm\n"),
            Some("bookworm")
        );
        assert_eq!(codename("ID=arch\n"), None);
        assert_eq!(codename("VERSION_CODENAME=\n"), None);
    }
}
