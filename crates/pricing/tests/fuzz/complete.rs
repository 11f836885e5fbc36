//! The public functions of the sources, for comparison with the targets.

use std::{collections::BTreeSet, path::Path};

/// Returns the public functions of the sources: the module as an application names it, the type of a method, the name.
pub(crate) fn public_functions() -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    add(&sources, &sources, &mut found);
    found
}

fn add(sources: &Path, folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            add(sources, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let inner = path.strip_prefix(sources).expect("below the sources");
            let text = std::fs::read_to_string(&path).expect("a source");
            found.extend(functions(&module(inner), &text));
        }
    }
}

/// Returns the first folder or file, without the one whose modules the crate exports one by one.
fn module(path: &Path) -> String {
    let inner = path.strip_prefix("european").unwrap_or(path);
    let first = inner.components().next().expect("a path").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// A line that begins with `pub fn` is a function of the module, one that is indented a method of the `impl` above it.
fn functions(module: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut owner = String::new();
    for line in text.lines() {
        let code = line.trim_start();
        if let Some(block) = line.strip_prefix("impl") {
            let block =
                block.strip_prefix('<').and_then(|generic| generic.split_once('>')).map_or(block, |parts| parts.1);
            owner = block.trim().chars().take_while(|letter| letter.is_alphanumeric()).collect();
        } else if line.starts_with("macro_rules!") {
            owner.clear();
        }
        let code = code.strip_prefix("pub const fn ").or_else(|| code.strip_prefix("pub fn "));
        let Some(code) = code else { continue };
        let name: String = code.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        let is_method = line.starts_with(' ') && !owner.is_empty();
        found.push(if is_method { format!("{module}::{owner}::{name}") } else { format!("{module}::{name}") });
    }
    found
}
