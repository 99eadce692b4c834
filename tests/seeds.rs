//! What the fuzz targets assert, tried on their seeds, so that neither goes stale (`.github/CONTRIBUTING.md` says how to
//! look for more).

use std::fs;
use std::path::Path;

#[path = "fuzz/lib.rs"]
mod fuzz;

#[test]
fn the_properties_hold_for_every_seed_and_for_every_half_of_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    for (target, property) in fuzz::TARGETS {
        assert!(folder.join(format!("fuzz_targets/{target}.rs")).is_file(), "{target} is not run");
        let seeds: Vec<_> =
            fs::read_dir(folder.join("seeds").join(target)).expect("there are seeds").collect();
        assert!(seeds.len() >= 3, "{target} has few seeds");
        for seed in seeds {
            let path = seed.expect("an entry").path();
            let seed = fs::read(&path).expect("a seed");
            eprintln!("{}", path.display());
            property(&seed);
            property(&seed[..seed.len() / 2]);
        }
    }
}
