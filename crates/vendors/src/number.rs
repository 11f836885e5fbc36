//! Numbers as people and spreadsheets write them.

use std::borrow::Cow;

use strikebook_core::Decimal;

/// A number's text in plain form: an optional minus, digits, an optional point with digits, an optional exponent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plain<'a> {
    pub(crate) text: Cow<'a, str>,
    /// True for a number that was followed by a percent sign. The text is the number before it.
    pub(crate) is_percent: bool,
}

impl Plain<'_> {
    /// Returns true for a number without a decimal point and an exponent.
    pub(crate) fn is_integer(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    }
}

const CURRENCIES: [char; 4] = ['$', '€', '£', '¥'];
/// The separators of groups of three digits besides the comma or the point.
const GROUPS: [char; 6] = ['\'', '’', ' ', '\u{a0}', '\u{2009}', '\u{202f}'];

/// Returns the plain form of a number; `None` for a text that is none, or that could be two.
pub(crate) fn plain(text: &str, decimal_comma: bool) -> Option<Plain<'_>> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || b".-".contains(&byte);
    if !decimal_comma && text.bytes().all(is_plain) && text.parse::<f64>().is_ok() {
        return Some(Plain { text: Cow::Borrowed(text), is_percent: false });
    }
    let (text, is_percent) = match text.strip_suffix('%') {
        Some(text) => (text.trim_end(), true),
        None => (text, false),
    };
    let (text, in_parentheses) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(text) => (text.trim(), true),
        None => (text, false),
    };
    let (text, before) = take_sign(text);
    let text = text.strip_prefix(CURRENCIES).map_or(text, str::trim_start);
    let (text, after) = take_sign(text);
    let text = text.strip_suffix(CURRENCIES).map_or(text, str::trim_end);
    let mut signs = [before, after].into_iter().flatten().chain(in_parentheses.then_some(true));
    let is_negative = signs.next() == Some(true);
    if signs.next().is_some() {
        return None;
    }
    let (point, group) = if decimal_comma { (',', '.') } else { ('.', ',') };
    let (whole, fraction) = match text.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut plain = String::with_capacity(text.len() + 1);
    if is_negative {
        plain.push('-');
    }
    push_whole(&mut plain, whole, group, fraction.is_some())?;
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    // What is left is a number to the standard library, and no word such as `inf`.
    let has_number = plain.starts_with(|first: char| first == '-' || first == '.' || first.is_ascii_digit());
    (has_number && plain.parse::<f64>().is_ok_and(f64::is_finite))
        .then_some(Plain { text: Cow::Owned(plain), is_percent })
}

/// Returns the exact value of a number; `None` for a percentage, for a text that is no number or could be two, and for
/// a number that a decimal cannot hold.
pub(crate) fn decimal(text: &str, decimal_comma: bool) -> Option<Decimal> {
    let plain = plain(text, decimal_comma).filter(|plain| !plain.is_percent)?;
    let has_exponent = plain.text.contains(['e', 'E']);
    let read = if has_exponent { Decimal::from_scientific } else { Decimal::from_str_exact };
    read(&plain.text).ok()
}

/// Returns the nearest value of a number; `None` for a percentage, and for a text that is no number or could be two.
pub(crate) fn float(text: &str) -> Option<f64> {
    let plain = plain(text, false).filter(|plain| !plain.is_percent)?;
    plain.text.parse().ok()
}

/// Returns a text without its sign, and true for a minus.
fn take_sign(text: &str) -> (&str, Option<bool>) {
    match text.strip_prefix(['-', '−']) {
        Some(rest) => (rest.trim_start(), Some(true)),
        None => text.strip_prefix('+').map_or((text, None), |rest| (rest.trim_start(), Some(false))),
    }
}

/// Adds the digits before the decimal point, with an exponent if there is no point. Groups must be of three digits.
fn push_whole(plain: &mut String, whole: &str, group: char, has_fraction: bool) -> Option<()> {
    let (digits, exponent) = match whole.find(['e', 'E']) {
        Some(at) if !has_fraction => whole.split_at(at),
        _ => (whole, ""),
    };
    let is_group = |c: char| c == group || GROUPS.contains(&c);
    let separator = digits.chars().find(|c| is_group(*c));
    match separator {
        None => plain.push_str(digits),
        Some(separator) => {
            for (index, part) in digits.split(separator).enumerate() {
                // Thousands never begin with a zero: `0,125` is a fraction of another country.
                let leads = (1..=3).contains(&part.len()) && !part.starts_with('0');
                let fits = if index == 0 { leads } else { part.len() == 3 };
                if !fits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                plain.push_str(part);
            }
        }
    }
    plain.push_str(exponent);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            ("1.5", "1.5"),
            ("-0.05", "-0.05"),
            ("+2", "2"),
            ("1,477", "1477"),
            ("12,345,678.25", "12345678.25"),
            ("$1,204.50", "1204.50"),
            ("-$1.50", "-1.50"),
            ("$-1.50", "-1.50"),
            ("$ 3", "3"),
            ("3.10 €", "3.10"),
            ("(1,250.00)", "-1250.00"),
            ("($4.00)", "-4.00"),
            ("1'234.5", "1234.5"),
            ("1 234 567", "1234567"),
            ("1\u{a0}234", "1234"),
            ("1\u{2009}234", "1234"),
            ("−7", "-7"),
            (".5", ".5"),
            ("1e-05", "1e-05"),
            ("1.2E3", "1.2E3"),
        ] {
            assert_eq!(plain(text, false).expect(text).text, expected, "{text}");
        }
        for (text, expected) in [("1.477,50", "1477.50"), ("0,05", "0.05"), ("3", "3"), ("1,5E-05", "1.5E-05")] {
            assert_eq!(plain(text, true).expect(text).text, expected, "{text}");
        }
        let percent = plain("25.3 %", false).expect("a percentage");
        assert!(percent.is_percent && percent.text == "25.3");
    }

    #[test]
    fn a_text_that_could_be_two_numbers_is_none() {
        for text in [
            "1,5",
            "1,47,700",
            "0,125",
            "-0,005",
            "01,234",
            ",500",
            "1234,567",
            "1,234'567",
            "1.234.567",
            "--1",
            "-(1)",
            "1-",
            "",
            "$",
            "x",
            "NaN",
            "inf",
            "1e999",
        ] {
            assert_eq!(plain(text, false), None, "{text}");
        }
        for text in ["1.5", "1,234.5", "1.47.700", "1,2,3", "0.125"] {
            assert_eq!(plain(text, true), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_exact_or_none() {
        for (text, expected) in [("$1,204.50", "1204.50"), ("1e-05", "0.00001"), ("-2.5E3", "-2500"), ("+7", "7")] {
            assert_eq!(decimal(text, false).expect(text).to_string(), expected, "{text}");
        }
        for text in ["5%", "1_5", "1,5", "1$5", "1e30", "0.12345678901234567890123456789", "1e-40"] {
            assert_eq!(decimal(text, false), None, "{text}");
        }
    }

    #[test]
    fn an_integer_has_neither_point_nor_exponent() {
        for (text, expected) in [("1500000000", true), ("1.50", false), ("1e9", false), ("1,500", true), ("-3", true)] {
            assert_eq!(plain(text, false).expect(text).is_integer(), expected, "{text}");
        }
    }
}
