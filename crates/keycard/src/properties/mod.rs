//! What must hold of everything that strangers send, whatever it is. A property takes raw bytes and panics where it is
//! broken; it is run by property tests, on the seeds in `fuzz/seeds`, and by the fuzzer (`cargo xtask fuzz`).

pub mod cookie;
pub mod record;
pub mod seal;

#[cfg(test)]
use {proptest::prelude::ProptestConfig, std::fs, std::path::Path};

/// As many cases as find what a careful reader overlooks. `PROPTEST_CASES` sets another number, but not under
/// `cargo xtask`, which withholds it.
#[cfg(test)]
pub(crate) fn many() -> ProptestConfig {
    ProptestConfig::with_cases(100_000)
}

/// Runs a property on the seeds of a fuzz target: interesting inputs, and those that once broke it.
#[cfg(test)]
fn holds_of_seeds(target: &str, property: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds")
        .join(target);
    let seeds = fs::read_dir(folder).unwrap().map(|seed| seed.unwrap().path());
    let ran = seeds.inspect(|seed| property(&fs::read(seed).unwrap())).count();
    assert!(ran > 0, "no seeds");
}
