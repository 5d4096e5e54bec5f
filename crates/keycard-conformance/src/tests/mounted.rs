//! Stores that are right pass, with an index and without one; and no law is left unmounted.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

mod with_an_index {
    use crate::tests::broken::Broken;

    crate::indexed_store_laws!(Broken::by(None));
    crate::statistics_laws!(Broken::by(None));
    crate::history_laws!(Broken::by(None));

    mod without_its_server {
        use super::Broken;

        crate::indexed_outage_laws!(Broken::with_server(None));

        mod statistics {
            use super::Broken;

            crate::statistics_outage_laws!(Broken::with_server(None));
        }

        mod history {
            use super::Broken;

            crate::history_outage_laws!(Broken::with_server(None));
        }
    }
}

mod over_two_handles {
    use crate::tests::broken::Broken;

    crate::indexed_store_laws!(Broken::two_handles(None));
}

mod without_an_index {
    use keycard::store::Store;

    use crate::tests::broken::Broken;

    /// All that is known of this store is that it is one.
    fn store() -> impl Store {
        Broken::by(None)
    }

    crate::store_laws!(store());

    mod without_its_server {
        use super::{Broken, Store};

        fn store() -> (impl Store, impl AsyncFnOnce()) {
            Broken::with_server(None)
        }

        crate::outage_laws!(store());
    }
}

mod with_an_index_that_is_forgotten {
    #[test]
    #[should_panic(expected = "the store has an index: mount `indexed_store_laws!`")]
    fn law_5_is_missed() {
        use crate::probe::Made;
        use crate::tests::broken::Broken;

        Made::by(async || Broken::by(None)).assert_without_index();
    }
}

#[test]
fn every_law_is_mounted() {
    let laws: BTreeSet<String> = ["laws", "contract"].into_iter().flat_map(functions).collect();
    assert!(laws.len() > 130, "{laws:?}");
    let unmounted: Vec<_> = laws
        .difference(&mounted(include_str!("../mount.rs")))
        .cloned()
        .collect();
    assert_eq!(unmounted, [""; 0]);
}

#[test]
fn a_law_is_mounted_in_its_own_module_alone() {
    let table = "laws::one {\n law,\n other,\n}\ncontract::two {\n law,\n}";
    let expected = ["contract::two::law", "laws::one::law", "laws::one::other"];
    assert!(mounted(table).iter().eq(expected));
}

/// The paths of the public functions in the files of a folder.
fn functions(folder: &str) -> Vec<String> {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut paths = Vec::new();
    for file in fs::read_dir(files).unwrap() {
        let file = file.unwrap().path();
        let (text, module) = (fs::read_to_string(&file).unwrap(), file.file_stem().unwrap());
        let functions = text.lines().filter_map(|line| line.strip_prefix("pub async fn "));
        let names = functions.filter_map(|rest| rest.split(['(', '<']).next());
        paths.extend(names.map(|name| format!("{folder}::{}::{name}", module.display())));
    }
    paths
}

/// The paths in the tables of tests: `laws::of_a_module {`, and a line for each of its functions.
fn mounted(tables: &str) -> BTreeSet<String> {
    let mut module = "";
    let mut paths = BTreeSet::new();
    for line in tables.lines().map(str::trim) {
        if let Some(path) = line.strip_suffix(" {").filter(|path| path.contains("::")) {
            module = path;
        } else if let Some(name) = line.strip_suffix(',') {
            paths.insert(format!("{module}::{name}"));
        }
    }
    paths
}
