//! An HTML page in one file, without scripts and references to others.

use std::{error::Error, fmt::Write, fs};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}\
                     table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:left}\
                     td+td{font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto}.note{color:#666}\
                     h1,td{overflow-wrap:anywhere}";

/// Escapes text for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns a row of a table, with cells of a kind.
fn row<const N: usize>(tag: &str, cells: &[String; N]) -> String {
    let cells = cells.each_ref().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)));
    format!("<tr>{}</tr>\n", cells.concat())
}

/// Returns a table.
pub(crate) fn rows<const N: usize>(header: [&str; N], lines: impl IntoIterator<Item = [String; N]>) -> String {
    let body: Vec<_> = lines.into_iter().map(|line| row("td", &line)).collect();
    format!("<table>\n{}{}</table>\n", row("th", &header.map(str::to_owned)), body.concat())
}

/// Writes a page of sections, each with a heading and its HTML, and a note after them.
pub(crate) fn write(path: &str, title: &str, sections: &[(&str, String)], note: &str) -> Result<(), Box<dyn Error>> {
    let mut page = String::new();
    let title = escaped(title);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n"
    )?;
    writeln!(page, "<h1>{title}</h1>")?;
    for (heading, body) in sections {
        writeln!(page, "<h2>{}</h2>\n{body}", escaped(heading))?;
    }
    write!(page, "<p class=\"note\">{}</p>\n</html>\n", escaped(note))?;
    Ok(fs::write(path, page)?)
}
