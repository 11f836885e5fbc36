//! The arguments of examples that read vendors' files.

use std::fs;

use strikebook::{Error, Result};
use strikebook_vendors::{FILE_KINDS, Format, ReadOptions};

/// The options that both examples take, for their usage.
pub(crate) const OPTIONS: &str =
    "  --format NAME   the format of the file, in place of the detected one; --list has the names
  --layout FILE   a file that says what the columns mean: docs/formats.md shows some
  --at INSTANT    the instant of all quotes, such as 2024-01-05T21:00:00Z
  --symbol NAME   the symbol of all rows
  --list          lists which files are read";

/// The options of the read, and the arguments that are none.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) options: ReadOptions,
    pub(crate) others: Vec<String>,
    /// True when the list of formats was asked for.
    pub(crate) lists: bool,
}

impl Arguments {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut parsed = Self::default();
        while let Some(argument) = arguments.next() {
            let Some(option) = argument.strip_prefix("--") else {
                parsed.others.push(argument);
                continue;
            };
            if option == "list" {
                parsed.lists = true;
                continue;
            }
            let lacking = || Error::invalid_config("an option lacks its value").with("option", &argument);
            let value = arguments.next().ok_or_else(lacking)?;
            let options = parsed.options;
            parsed.options = match option {
                "format" => options.with_format(value.parse()?),
                "layout" => options.with_format(Format::Csv(Box::new(layout(&value)?.parse()?))),
                "at" => options.with_at(value.parse()?),
                "symbol" => options.with_symbol(value.parse()?),
                _ => return Err(Error::invalid_config("an option is not known").with("option", argument)),
            };
        }
        Ok(parsed)
    }
}

fn layout(path: &str) -> Result<String> {
    let failed = |error| Error::invalid_config("the layout cannot be read").with("file", path).caused_by(error);
    fs::read_to_string(path).map_err(failed)
}

/// Prints the kinds of files, with what is read of each.
pub(crate) fn list() {
    for kind in FILE_KINDS {
        println!("{:22} {}: {}", kind.name, kind.files, kind.reading);
    }
}
