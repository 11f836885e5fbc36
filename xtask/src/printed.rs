//! The `cargo` commands that the documents and the headers of examples print: each must be one that cargo accepts.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{COMMANDS, Result, process};

/// Checks every printed command. A command that would run or test a program is compiled instead, with the same
/// selection and features; of the project's own commands, the name is looked up.
pub(crate) fn check() -> Result<()> {
    let commands = printed()?;
    if commands.is_empty() {
        return Err("no printed command was found: the search is broken".into());
    }
    let mut refused = Vec::new();
    let mut checked = BTreeSet::new();
    for Printed { place, command } in commands {
        let outcome = match meaning(&command) {
            Ok(Meaning::Own(name)) if COMMANDS.iter().any(|(known, _)| *known == name) => Ok(()),
            Ok(Meaning::Own(name)) => Err(format!("`cargo xtask` has no command `{name}`").into()),
            Ok(Meaning::Compile(selection)) if !checked.insert(selection.clone()) => Ok(()),
            Ok(Meaning::Compile(selection)) => {
                process::run(process::cargo().args(["clippy", "--quiet"]).args(selection))
            }
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            refused.push(format!("{place}: {command}\n  {error}"));
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(refused.join("\n").into()) }
}

/// A command and the `file:line` that prints it.
struct Printed {
    place: String,
    command: String,
}

/// The way to find out if a command would be accepted.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// A command of this program.
    Own(String),
    /// The arguments that select what is compiled.
    Compile(Vec<String>),
}

/// The commands of all documents and headers.
fn printed() -> Result<Vec<Printed>> {
    let mut found = Vec::new();
    for file in files()? {
        let text = std::fs::read_to_string(process::root().join(&file))?;
        let is_code = file.extension().is_some_and(|extension| extension == "rs");
        for (index, line) in text.lines().enumerate() {
            // Of a program only the header is printed.
            let shown = if is_code { line.strip_prefix("//!").unwrap_or_default() } else { line };
            found.extend(
                commands(shown)
                    .into_iter()
                    .map(|command| Printed { place: format!("{}:{}", file.display(), index + 1), command }),
            );
        }
    }
    Ok(found)
}

/// The documents, and the sources of examples and benchmarks, of all files that git knows.
fn files() -> Result<Vec<PathBuf>> {
    let mut git = std::process::Command::new("git");
    let listed =
        process::output(git.current_dir(process::root()).args(["ls-files", "*.md", "examples/*.rs", "benches/*.rs"]))?;
    Ok(listed.lines().map(PathBuf::from).filter(|file| file != Path::new("CHANGELOG.md")).collect())
}

/// The commands of a line: the texts between backticks that start with `cargo`, or the line itself, without a leading
/// `NAME=value` and without a comment.
fn commands(line: &str) -> Vec<String> {
    let whole = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().skip_while(|word| is_assignment(word)).collect();
        let command: Vec<&str> = words.into_iter().take_while(|word| *word != "#").collect();
        (command.len() > 1 && command[0] == "cargo").then(|| command.join(" "))
    };
    match whole(line) {
        Some(command) => vec![command],
        None => line.split('`').skip(1).step_by(2).filter_map(whole).collect(),
    }
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

fn meaning(command: &str) -> Result<Meaning> {
    let words: Vec<&str> = command.split_whitespace().skip(1).take_while(|word| *word != "--").collect();
    let (verb, rest) = words.split_first().ok_or("a command without a verb")?;
    match *verb {
        "xtask" => {
            Ok(Meaning::Own(rest.first().unwrap_or(&"help").trim_matches(|c: char| !c.is_alphanumeric()).into()))
        }
        // What is optimised compiles alike.
        "run" | "build" | "test" => {
            Ok(Meaning::Compile(rest.iter().filter(|word| **word != "--release").map(ToString::to_string).collect()))
        }
        other => Err(format!("nothing here knows how to check `cargo {other}`").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_lines_and_between_backticks() {
        assert_eq!(commands(" A=b cargo run --example etl -- SPY # two"), ["cargo run --example etl -- SPY"]);
        assert_eq!(commands("| build | `cargo build` | or `cargo xtask test` |"), ["cargo build", "cargo xtask test"]);
        assert!(commands("the arguments are `cargo`'s, and cargo knows them").is_empty());
    }

    #[test]
    fn a_command_is_compiled_with_its_own_selection() {
        let compile = |words: &[&str]| Meaning::Compile(words.iter().map(ToString::to_string).collect());
        let meaning = |command| meaning(command).unwrap();
        assert_eq!(meaning("cargo run --release --example etl -- SPY"), compile(&["--example", "etl"]));
        assert_eq!(meaning("cargo build"), compile(&[]));
        assert_eq!(meaning("cargo xtask lint [WORD...]"), Meaning::Own("lint".into()));
    }

    #[test]
    fn every_example_has_a_printed_command() {
        let commands: Vec<String> = printed().unwrap().into_iter().map(|printed| printed.command).collect();
        let folder = process::root().join("examples");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if !path.is_dir() && path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let example = format!("--example {name}");
            let has_main = path.is_file() || path.join("main.rs").exists();
            assert!(!has_main || commands.iter().any(|command| command.contains(&example)), "{example}");
        }
    }
}
