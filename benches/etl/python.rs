//! The other side: a script for pandas, and the comparison of its features with ours.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use strikebook::analytics::Features;

use crate::Result;

/// The script's method for the worst days of a window.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// A function applied to each window, as the manual of pandas suggests.
    Plain,
    /// All windows sorted at once with `NumPy`.
    Arrays,
}

impl Way {
    pub(crate) const ALL: [Self; 2] = [Self::Plain, Self::Arrays];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Plain => "pandas",
            Self::Arrays => "pandas-numpy",
        })
    }
}

/// A Python that has pandas and DuckDB, and the script.
pub(crate) struct Python {
    program: String,
    script: PathBuf,
}

impl Python {
    /// Returns the Python of the environment, or `python3`; `None` if it lacks a needed package.
    pub(crate) fn find(folder: &Path) -> Result<Option<Self>> {
        let program = env::var("STRIKEBOOK_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let versions =
            "import duckdb, numpy, pandas; print('pandas', pandas.__version__, 'duckdb', duckdb.__version__)";
        let found = Command::new(&program).args(["-c", versions]).current_dir(folder).output();
        match found {
            Ok(found) if found.status.success() => {
                print!("beside {}", String::from_utf8(found.stdout)?);
                let script = folder.join("pandas_etl.py");
                fs::write(&script, include_str!("pandas_etl.py"))?;
                Ok(Some(Self { program, script }))
            }
            _ => {
                println!("skipped: {program} has no pandas and DuckDB; STRIKEBOOK_BENCH_PYTHON names one that has");
                Ok(None)
            }
        }
    }

    /// Runs the script, and returns its seconds and sums.
    pub(crate) fn run(&self, way: Way, source: &Path, target: &Path) -> Result<(f64, Sums)> {
        let word = match way {
            Way::Plain => "plain",
            Way::Arrays => "arrays",
        };
        let done = Command::new(&self.program).arg(&self.script).arg(word).args([source, target]).output()?;
        if !done.status.success() {
            return Err(format!("the script failed: {}", String::from_utf8_lossy(&done.stderr)).into());
        }
        let (mut seconds, mut sums) = (None, Sums::default());
        for line in String::from_utf8(done.stdout)?.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["seconds", text] => seconds = Some(text.parse()?),
                ["feature", name, count, sum] => {
                    sums.0.insert(name.to_owned(), (count.parse()?, sum.parse()?));
                }
                _ => return Err(format!("the script says {line:?}").into()),
            }
        }
        Ok((seconds.ok_or("the script tells no time")?, sums))
    }
}

/// The number of days with each feature, and the sum of its values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums(BTreeMap<String, (u64, f64)>);

impl Sums {
    pub(crate) fn add(&mut self, row: &Features) {
        for (name, value) in [
            ("close", Some(row.close)),
            ("daily_return", row.daily_return),
            ("volatility_20d", row.volatility_20d),
            ("volatility_250d", row.volatility_250d),
            ("var_95", row.var_95),
            ("var_99", row.var_99),
            ("cvar_95", row.cvar_95),
            ("cvar_99", row.cvar_99),
            ("normal_var_95", row.normal_var_95),
            ("normal_var_99", row.normal_var_99),
            ("normal_cvar_95", row.normal_cvar_95),
            ("normal_cvar_99", row.normal_cvar_99),
            ("risk_free_rate", row.risk_free_rate),
            ("vix", row.vix),
        ] {
            let (count, sum) = self.0.entry(name.to_owned()).or_default();
            *count += u64::from(value.is_some());
            *sum += value.unwrap_or_default();
        }
    }

    /// Checks that both sides computed the same features: as many of each, with equal sums to nine digits, since pandas
    /// sums windows incrementally.
    pub(crate) fn compare(&self, other: &Self) -> Result<()> {
        for (name, (count, sum)) in &self.0 {
            let (others, other) = other.0.get(name).ok_or_else(|| format!("the script tells nothing of {name}"))?;
            if count != others || (sum - other).abs() > 1e-9 * sum.abs().max(other.abs()) {
                return Err(format!("{name} differs: {count} days with {sum}, and {others} with {other}").into());
            }
        }
        Ok(())
    }
}
