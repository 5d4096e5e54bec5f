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
    let mut laws = functions("laws");
    laws.extend(functions("contract"));
    assert!(laws.len() > 130, "{laws:?}");
    let table: BTreeSet<&str> = include_str!("../mount.rs").lines().map(str::trim).collect();
    laws.retain(|law| !table.contains(&*format!("{law},")));
    assert!(laws.is_empty(), "{laws:?}");
}

/// The names of the public functions in the files of a folder.
fn functions(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut names = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let functions = text.lines().filter_map(|line| line.strip_prefix("pub async fn "));
        names.extend(
            functions
                .filter_map(|rest| rest.split(['(', '<']).next())
                .map(str::to_owned),
        );
    }
    names
}
