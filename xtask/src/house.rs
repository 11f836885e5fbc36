//! The house style, as far as a program can check it: rules of text, counted in each part of the repository.
//!
//! `xtask/house.txt` holds the counts that were reached. They may only fall: a count above the file's fails the lint,
//! and so does one below until `cargo xtask house` has written it down.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use crate::{Result, process};

/// The file of counts, from the root.
const COUNTS: &str = "xtask/house.txt";

/// The most places to list for a count that rose.
const PLACES_SHOWN: usize = 20;

/// The widest line, in characters.
const COLUMNS: usize = 120;

/// The longest file, in lines.
const LINES_PER_FILE: usize = 600;

/// Words that make a riddle of the first word of a line of documentation.
const RIDDLES: [&str; 9] = ["What", "How", "Whether", "Which", "Who", "Its", "It", "That", "Where"];

/// Words for which the glossary has a better one: event time, knowledge time, current version, fresh.
const REPLACED: [&str; 5] = ["told", "learned", "learnt", "believed", "young"];

/// The order of derived traits. Others follow in any order.
const DERIVES: [&str; 11] =
    ["Clone", "Copy", "Debug", "Default", "PartialEq", "Eq", "Hash", "PartialOrd", "Ord", "Serialize", "Deserialize"];

/// A rule: its name, and a function that returns the lines, counted from 1, that break the rule.
struct Rule {
    name: &'static str,
    broken: fn(&str, &[&str]) -> Vec<usize>,
}

const RULES: [Rule; 10] = [
    Rule { name: "riddles", broken: riddles },
    Rule { name: "three_words", broken: three_words },
    Rule { name: "glossary", broken: glossary },
    Rule { name: "wide_lines", broken: wide_lines },
    Rule { name: "long_files", broken: long_files },
    Rule { name: "allows", broken: allows },
    Rule { name: "derive_order", broken: derive_order },
    Rule { name: "import_layout", broken: import_layout },
    Rule { name: "module_files", broken: module_files },
    Rule { name: "defaults", broken: defaults },
];

/// The lint's step: compares the counts of now with those of the file.
pub(crate) fn check() -> Result<()> {
    let found = found()?;
    let (now, reached) = (counts(&found), read(&std::fs::read_to_string(process::root().join(COUNTS))?)?);
    let complaints = complaints(&now, &reached, &found);
    if complaints.is_empty() { Ok(()) } else { Err(complaints.into()) }
}

/// `cargo xtask house`: writes the counts of now into the file, unless one of them rose.
pub(crate) fn write(arguments: &[String]) -> Result<()> {
    if let Some(argument) = arguments.first() {
        return Err(format!("unexpected argument `{argument}`: `house` takes none").into());
    }
    let found = found()?;
    let (now, path) = (counts(&found), process::root().join(COUNTS));
    if path.exists() {
        let reached = read(&std::fs::read_to_string(&path)?)?;
        let rose = |(key, count): &(&Key, &usize)| **count > reached.get(*key).copied().unwrap_or(0);
        if now.iter().any(|entry| rose(&entry)) {
            return Err(complaints(&now, &reached, &found).into());
        }
    }
    std::fs::write(path, text(&now))?;
    Ok(())
}

/// A rule's name and a part of the repository.
type Key = (String, String);
type Counts = BTreeMap<Key, usize>;
/// The places, as `file:line`, at which a part breaks a rule.
type Found = BTreeMap<Key, Vec<String>>;

/// Looks at each Rust file that git knows.
fn found() -> Result<Found> {
    let mut git = std::process::Command::new("git");
    git.current_dir(process::root()).args(["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"]);
    let mut found = Found::new();
    for file in process::output(&mut git)?.lines() {
        let path = process::root().join(file);
        // A file that was deleted and is not yet committed as such.
        if !path.exists() {
            continue;
        }
        let text = std::fs::read_to_string(path)?;
        let lines: Vec<&str> = text.lines().collect();
        for rule in &RULES {
            let places = (rule.broken)(file, &lines).into_iter().map(|line| format!("{file}:{line}"));
            found.entry((rule.name.to_owned(), part(file))).or_default().extend(places);
        }
    }
    found.retain(|_, places| !places.is_empty());
    Ok(found)
}

/// The part of the repository that a file belongs to: a crate, or a folder of the root.
fn part(file: &str) -> String {
    let mut folders = file.split('/');
    match (folders.next(), folders.next()) {
        (Some("crates"), Some(name)) => format!("crates/{name}"),
        (Some(first), _) => first.to_owned(),
        (None, _) => String::new(),
    }
}

fn counts(found: &Found) -> Counts {
    found.iter().map(|(key, places)| (key.clone(), places.len())).collect()
}

/// Reads lines of `rule part count`; `#` starts a comment.
fn read(text: &str) -> Result<Counts> {
    let mut counts = Counts::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [rule, part, count] = words[..] else {
            return Err(format!("{COUNTS}:{}: expected `rule part count`, found `{line}`", index + 1).into());
        };
        if !RULES.iter().any(|known| known.name == rule) {
            return Err(format!("{COUNTS}:{}: there is no rule `{rule}`", index + 1).into());
        }
        counts.insert((rule.to_owned(), part.to_owned()), count.parse()?);
    }
    Ok(counts)
}

fn text(counts: &Counts) -> String {
    let mut text = String::from(
        "# Places that break a rule of the house style, by rule and part. A count may only fall.\n\
         # `cargo xtask house` writes this file; `xtask/src/house.rs` says what each rule asks for.\n",
    );
    for ((rule, part), count) in counts {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{rule:<15} {part:<25} {count:>5}");
    }
    text
}

/// Says of each count that differs what is wrong, with the places where it rose.
fn complaints(now: &Counts, reached: &Counts, found: &Found) -> String {
    let mut complaints = String::new();
    for (key @ (rule, part), count) in now {
        let limit = reached.get(key).copied().unwrap_or(0);
        if *count > limit {
            let places = found.get(key).map_or(&[][..], Vec::as_slice);
            let shown = places.iter().take(PLACES_SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n    ");
            let _ = writeln!(complaints, "{rule} in {part}: {count} places, at most {limit} are allowed\n    {shown}");
        }
    }
    let fell = |key: &&Key| now.get(*key).copied().unwrap_or(0) < reached.get(*key).copied().unwrap_or(0);
    for (rule, part) in reached.keys().filter(fell) {
        let _ = writeln!(complaints, "{rule} in {part} fell: write it down with `cargo xtask house`");
    }
    complaints
}

/// The text of a line of documentation.
fn documentation(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = line.strip_prefix("//!").or_else(|| line.strip_prefix("///").filter(|rest| !rest.starts_with('/')))?;
    Some(text.strip_prefix(' ').unwrap_or(text))
}

/// Lines of documentation that begin with a word whose noun stands elsewhere.
fn riddles(_: &str, lines: &[&str]) -> Vec<usize> {
    let riddle = |line: &str| documentation(line).is_some_and(|text| RIDDLES.contains(&first_word(text)));
    numbers(lines, |_, line| riddle(line))
}

/// Documentation that is one line of at most three words.
fn three_words(_: &str, lines: &[&str]) -> Vec<usize> {
    let is_documentation = |index: Option<usize>| {
        index.and_then(|index| lines.get(index)).is_some_and(|line| documentation(line).is_some())
    };
    numbers(lines, |index, line| {
        let words = documentation(line).map(|text| text.split_whitespace().count());
        words.is_some_and(|words| (1..=3).contains(&words))
            && !is_documentation(index.checked_sub(1))
            && !is_documentation(Some(index + 1))
    })
}

/// Words that the glossary replaces, alone or in a name. Things are "told apart" and "told from" others.
fn glossary(_: &str, lines: &[&str]) -> Vec<usize> {
    numbers(lines, |_, line| {
        let line = ["told apart", "told from", "told_apart", "told_from"]
            .iter()
            .fold((*line).to_owned(), |line, fine| line.replace(fine, ""));
        line.split(|letter: char| !letter.is_ascii_alphabetic()).any(|word| REPLACED.contains(&word))
    })
}

fn wide_lines(_: &str, lines: &[&str]) -> Vec<usize> {
    numbers(lines, |_, line| line.chars().count() > COLUMNS)
}

fn long_files(_: &str, lines: &[&str]) -> Vec<usize> {
    if lines.len() > LINES_PER_FILE { vec![lines.len()] } else { Vec::new() }
}

/// Lints that are silenced without a reason: `expect` has one, and tells when it is no longer needed.
fn allows(_: &str, lines: &[&str]) -> Vec<usize> {
    numbers(lines, |_, line| line.trim_start().starts_with("#[allow(") || line.trim_start().starts_with("#![allow("))
}

fn derive_order(_: &str, lines: &[&str]) -> Vec<usize> {
    numbers(lines, |_, line| {
        let derived = line.trim_start().strip_prefix("#[derive(").and_then(|rest| rest.strip_suffix(")]"));
        let rank = |name: &str| DERIVES.iter().position(|known| *known == name.trim()).unwrap_or(DERIVES.len());
        derived.is_some_and(|derived| !derived.split(',').map(rank).is_sorted())
    })
}

/// Imports of one crate in two statements of one block, and re-exports between imports.
fn import_layout(_: &str, lines: &[&str]) -> Vec<usize> {
    let statement = |line: &str| {
        let (import, exported) = match line.strip_prefix("use ") {
            Some(import) => (import, false),
            None => (line.strip_prefix("pub use ").or_else(|| line.strip_prefix("pub(crate) use "))?, true),
        };
        let root = import.split(['.', ':', ';', ' ', '{']).next().unwrap_or_default();
        Some((root.to_owned(), exported))
    };
    let mut block: Vec<(String, bool)> = Vec::new();
    numbers(lines, |_, line| {
        let Some((root, exported)) = statement(line) else {
            // A statement of several lines goes on; anything else ends the block.
            if !line.starts_with(' ') && !line.starts_with('}') {
                block.clear();
            }
            return false;
        };
        // Re-exports may name one crate several times: a list for each module reads best.
        let broken = block.iter().any(|(earlier, other)| *other != exported || (!exported && *earlier == root));
        block.push((root, exported));
        broken
    })
}

/// Modules in files named `mod.rs`, where `name.rs` beside the folder is the rule.
fn module_files(file: &str, _: &[&str]) -> Vec<usize> {
    if Path::new(file).ends_with("mod.rs") && file.contains("/src/") { vec![1] } else { Vec::new() }
}

/// Absent values that become defaults, and errors that are dropped, in code that is not a test: each must be an answer.
fn defaults(file: &str, lines: &[&str]) -> Vec<usize> {
    if !file.contains("src/") {
        return Vec::new();
    }
    let code = lines.iter().take_while(|line| !line.starts_with("#[cfg(test)]")).copied().collect::<Vec<_>>();
    let is_default = |line: &str| {
        line.contains(".unwrap_or") && !["|| panic!", "|error| panic!"].iter().any(|failure| line.contains(failure))
    };
    numbers(&code, |_, line| !line.trim_start().starts_with("//") && is_default(line))
}

/// The numbers, from 1, of the lines that break a rule.
fn numbers(lines: &[&str], mut broken: impl FnMut(usize, &str) -> bool) -> Vec<usize> {
    lines.iter().enumerate().filter(|(index, line)| broken(*index, line)).map(|(index, _)| index + 1).collect()
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a text that break a rule.
    fn broken(rule: &str, file: &str, text: &str) -> Vec<usize> {
        let rule = RULES.iter().find(|known| known.name == rule).expect("a rule of this name");
        (rule.broken)(file, &text.lines().collect::<Vec<_>>())
    }

    #[test]
    fn a_riddle_begins_a_line_of_documentation() {
        let text = "/// What it is.\n//! Its name\n// What a comment says\n/// Whatever\n    /// It is.\n//// It\n";
        assert_eq!(broken("riddles", "a.rs", text), [1, 2, 5]);
    }

    #[test]
    fn three_words_are_counted_where_they_are_all_there_is() {
        let text = "/// The name.\nfn a();\n/// A longer sentence that ends\n/// right here.\nfn b();\n/// One two three four.\n";
        assert_eq!(broken("three_words", "a.rs", text), [1]);
    }

    #[test]
    fn words_outside_the_glossary_are_found_in_names_too() {
        let text = "let last_told = 1;\n// two that are told apart\n/// when we learned it\nlet youngest = 2;\n";
        assert_eq!(broken("glossary", "a.rs", text), [1, 3]);
    }

    #[test]
    fn lines_and_files_have_an_end() {
        let (fits, wide) = ("é".repeat(COLUMNS), "é".repeat(COLUMNS + 1));
        assert_eq!(broken("wide_lines", "a.rs", &format!("{fits}\n{wide}")), [2]);
        assert_eq!(broken("long_files", "a.rs", &"\n".repeat(LINES_PER_FILE)), [0; 0]);
        assert_eq!(broken("long_files", "a.rs", &"\n".repeat(LINES_PER_FILE + 1)), [LINES_PER_FILE + 1]);
    }

    #[test]
    fn attributes_keep_to_the_house() {
        assert_eq!(broken("allows", "a.rs", "#[allow(x)]\n#[expect(x, reason = \"y\")]\n    #![allow(z)]"), [1, 3]);
        let derives = "#[derive(Clone, Debug, Eq)]\n#[derive(Debug, Clone)]\n#[derive(Clone, thiserror::Error)]";
        assert_eq!(broken("derive_order", "a.rs", derives), [2]);
    }

    #[test]
    fn a_crate_is_imported_once_and_exports_stand_apart() {
        let good = "use std::a;\n\nuse crate::{\n    b,\n    c,\n};\n\npub use x::a;\npub use x::b;\n";
        assert_eq!(broken("import_layout", "a.rs", good), [0; 0]);
        assert_eq!(broken("import_layout", "a.rs", "use crate::{\n    b,\n};\nuse crate::c;\n"), [4]);
        assert_eq!(broken("import_layout", "a.rs", "use a::b;\npub use c::d;\nuse e::f;\n"), [2, 3]);
    }

    #[test]
    fn module_files_and_defaults_are_found_in_sources_alone() {
        assert_eq!(broken("module_files", "crates/a/src/b/mod.rs", ""), [1]);
        assert_eq!(broken("module_files", "crates/a/tests/b/mod.rs", ""), [0; 0]);
        let text = "a.unwrap_or(1)\n// b.unwrap_or(1)\nc.unwrap_or_default()\n#[cfg(test)]\nd.unwrap_or(1)\n";
        assert_eq!(broken("defaults", "crates/a/src/b.rs", text), [1, 3]);
        assert_eq!(broken("defaults", "tests/b.rs", text), [0; 0]);
    }

    #[test]
    fn a_count_may_fall_and_is_then_written_down() {
        let key = ("riddles".to_owned(), "crates/core".to_owned());
        let counts = |count| Counts::from([(key.clone(), count)]);
        let found = Found::from([(key.clone(), vec!["crates/core/src/a.rs:7".to_owned()])]);
        assert_eq!(complaints(&counts(3), &counts(3), &found), "");
        assert!(complaints(&counts(4), &counts(3), &found).contains("crates/core/src/a.rs:7"));
        assert!(complaints(&counts(2), &counts(3), &found).contains("cargo xtask house"));
        assert!(complaints(&Counts::new(), &counts(3), &found).contains("fell"));
        assert_eq!(read(&text(&counts(3))).expect("what was written"), counts(3));
        assert!(read("riddles crates/core\n").is_err() && read("manners crates/core 3\n").is_err());
    }

    #[test]
    fn a_file_belongs_to_its_crate_or_folder() {
        assert_eq!(["crates/core/src/a.rs", "src/lib.rs"].map(part), ["crates/core", "src"]);
    }
}
