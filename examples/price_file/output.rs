//! The output file.

use std::io::{self, Write};

use crate::{
    group::{Solved, Unsolved},
    row::{Asked, COLUMNS, Row},
};

const VOL: usize = 7;
const PRICE: usize = 8;

/// Returns a row with the unknown filled in and its Greeks, or with the reason why there are none.
pub(crate) fn write(writer: &mut impl Write, row: &Row, outcome: &Result<Solved, Unsolved>) -> io::Result<()> {
    let filled = match outcome {
        Ok(solved) => Some(solved.asked),
        Err(unsolved) => unsolved.price,
    };
    let place = match row.request.as_ref().map(|request| request.asked) {
        Ok(Asked::Volatility(_)) => VOL,
        _ => PRICE,
    };
    for index in 0..COLUMNS.len() {
        if index > 0 {
            writer.write_all(b",")?;
        }
        match filled {
            Some(number) if index == place => write!(writer, "{number:.16e}")?,
            _ => write_text(writer, row.text.get(index).unwrap_or_default())?,
        }
    }
    match outcome {
        Ok(solved) => {
            for greek in solved.greeks {
                write!(writer, ",{greek:.16e}")?;
            }
            writer.write_all(b",")?;
        }
        Err(unsolved) => {
            writer.write_all(b",,,,,,")?;
            write_text(writer, unsolved.to_string().as_bytes())?;
        }
    }
    writer.write_all(b"\n")
}

/// Returns a field, quoted if necessary.
fn write_text(writer: &mut impl Write, text: &[u8]) -> io::Result<()> {
    if !text.iter().any(|byte| b",\"\r\n".contains(byte)) {
        return writer.write_all(text);
    }
    let doubled = text.iter().flat_map(|byte| if *byte == b'"' { vec![b'"'; 2] } else { vec![*byte] });
    writer.write_all(b"\"")?;
    writer.write_all(&doubled.collect::<Vec<_>>())?;
    writer.write_all(b"\"")
}
