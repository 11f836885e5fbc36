//! The keys of errors' contexts: `snake_case`, and each in the table of `crates/core/src/error.rs`.

use std::{collections::BTreeSet, path::Path};

use super::visit;
use crate::{Result, process};

/// Folders whose code makes errors that users see.
const FOLDERS: [&str; 3] = ["crates", "src", "examples"];

/// A setting of DuckDB, which its driver takes by a method of the same name.
const SETTING: &str = "storage_compatibility_version";

/// Refuses a key that is not `snake_case` or not documented.
pub(super) fn check() -> Result<()> {
    let root = process::root();
    let mut known = documented(&std::fs::read_to_string(root.join("crates/core/src/error.rs"))?);
    visit(&root.join("crates/core/src"), &mut |_, text| {
        known.extend(after(text, "const NAME: &'static str = ").map(str::to_owned));
    })?;
    known.insert(SETTING.to_owned());
    let mut wrong = Vec::new();
    for folder in FOLDERS {
        visit(&root.join(folder), &mut |file, text| wrong.extend(undocumented(file, text, &known)))?;
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Returns the keys in the first column of the table: the texts in backticks.
fn documented(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("/// | `"));
    let cells = rows.filter_map(|row| row.split('|').next());
    cells.flat_map(|cell| cell.split('`').step_by(2)).map(str::to_owned).collect()
}

/// Returns the keys in a file that are not `snake_case` or not among those known, each with the file's name. Tests may
/// use any.
fn undocumented(file: &Path, text: &str, known: &BTreeSet<String>) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let is_snake_case =
        |key: &str| !key.is_empty() && key.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    let wrong = after(code, ".with(").filter(|key| !is_snake_case(key) || !known.contains(*key));
    wrong.map(|key| format!("{}: the key `{key}` is not in the table of error.rs", file.display())).collect()
}

/// Returns the literals that follow a marker, up to their closing quotes.
fn after<'a>(text: &'a str, marker: &'a str) -> impl Iterator<Item = &'a str> {
    let literals = text.split(marker).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    literals.filter_map(|literal| literal.split_once('"').map(|(literal, _)| literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_no_word_or_not_documented_is_found() {
        let known = documented("/// | `row`, `index` | the place |\n/// | `{}` | a form |\n");
        assert!(known.contains("row") && known.contains("index"));
        let text = "e.with(\"row\", 1).with(\n  \"cache entry\", 2).with(\"colour\", 3).with(key, 4)\n#[cfg(test)] .with(\"x\"";
        let wrong = undocumented(Path::new("a.rs"), text, &known);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].contains("cache entry") && wrong[1].contains("colour"), "{wrong:?}");
    }

    #[test]
    fn every_key_is_documented() {
        check().unwrap();
    }
}
