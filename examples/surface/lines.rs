//! The output of the example, as lines of tables for the terminal and the page.

use strikebook::{
    market::OptionChain,
    models::{curve::ImpliedCurve, svi::Breach},
    services::pricing::PricedChain,
};

use crate::fits::Fits;

/// Returns a share in points of a hundred.
fn points(value: f64) -> String {
    format!("{:.2}", 100.0 * value)
}

pub(crate) const CURVE: [&str; 6] =
    ["expiration", "forward", "rate %", "yield %", "pairs + rejected", "early exercise"];

/// Returns the forwards and rates.
pub(crate) fn curve(chain: &OptionChain, implied: &ImpliedCurve) -> Vec<[String; 6]> {
    let rows = chain.expirations().into_iter().zip(&implied.parities).map(|(expiration, parity)| match parity {
        Ok(parity) => {
            let years = parity.point.years;
            let (rate, dividend_yield) = (implied.curve.rate(years), implied.curve.dividend_yield(years));
            [
                expiration.to_string(),
                format!("{:.3} ± {:.3}", parity.point.forward, parity.forward_error),
                format!("{} ± {}", points(rate), points(parity.rate_error)),
                points(dividend_yield),
                format!("{} + {}", parity.pairs, parity.rejected),
                format!("{:.3}", parity.early_exercise),
            ]
        }
        Err(error) => {
            let nothing = String::new;
            [expiration.to_string(), format!("{error:#}"), nothing(), nothing(), nothing(), nothing()]
        }
    });
    rows.collect()
}

/// Returns the number of quotes with a volatility, and the reasons of the others.
pub(crate) fn share(priced: &PricedChain) -> String {
    let (all, some) = (priced.rows.len(), priced.greeks().count());
    let share = 100.0 * some as f64 / (all as f64).max(1.0);
    let reasons = priced.reasons().into_iter().map(|(reason, count)| format!("; {count}: {reason}"));
    format!("{some} of {all} quotes have a volatility ({share:.1} %){}", reasons.collect::<String>())
}

pub(crate) const DISAGREEMENTS: [&str; 5] = ["own less vendor's", "quotes", "median", "95 %", "median per share"];

/// Returns the differences of the vendor's numbers.
pub(crate) fn disagreements(priced: &PricedChain) -> Vec<[String; 5]> {
    let rows = priced.disagreements().into_iter().map(|(name, spread)| {
        [
            name.to_owned(),
            spread.count.to_string(),
            format!("{:.5}", spread.median),
            format!("{:.5}", spread.percentile_95),
            format!("{:.4}", spread.median_per_share),
        ]
    });
    rows.collect()
}

pub(crate) const FITS: [&str; 7] = [
    "expiration",
    "quotes - left out",
    "SVI RMSE",
    "without arbitrage",
    "between bid and ask",
    "SABR RMSE",
    "Heston RMSE",
];

/// Returns the errors of the fits, in points of volatility.
pub(crate) fn fits(fits: &Fits) -> Vec<[String; 7]> {
    let rows = fits.expirations.iter().map(|fitted| {
        let error = |rmse: Result<f64, String>| rmse.map_or_else(|error| error, points);
        let best = fitted.best.as_ref().map(|fit| fit.quality.rmse).map_err(ToString::to_string);
        let sound = fitted.sound.as_ref().map(|fit| fit.quality.rmse).map_err(ToString::to_string);
        let inside = fitted.sound.as_ref().map_or(0, |fit| fit.inside);
        let sabr = fitted.sabr.as_ref().map(|fit| fit.quality.rmse).map_err(ToString::to_string);
        [
            fitted.expiration.to_string(),
            format!("{} - {}", fitted.quotes.len(), fitted.left_out),
            error(best),
            error(sound),
            inside.to_string(),
            error(sabr),
            fitted.heston.map(points).unwrap_or_default(),
        ]
    });
    rows.collect()
}

/// Returns the arbitrage in the best slices, and in the surface.
pub(crate) fn findings(fits: &Fits) -> Vec<String> {
    let worst = |breaches: &[Breach]| breaches.iter().copied().min_by(|a, b| a.worst.total_cmp(&b.worst));
    let interval = |breach: Breach| {
        format!("{:.3} to {:.3}, worst {:.2e} at {:.3}", breach.from, breach.until, breach.worst, breach.worst_at)
    };
    let mut findings = Vec::new();
    let best: Vec<_> =
        fits.expirations.iter().filter_map(|one| Some((one.expiration, one.best.as_ref().ok()?.slice))).collect();
    for (expiration, slice) in &best {
        let found = worst(&slice.butterfly()).map(interval);
        findings.extend(found.map(|found| format!("{expiration}: butterfly arbitrage of the best slice from {found}")));
    }
    for pair in best.windows(2) {
        let [(_, before), (expiration, after)] = pair else { continue };
        let found = worst(&before.calendar(after)).map(interval);
        findings.extend(found.map(|found| format!("{expiration}: calendar arbitrage of the best slices from {found}")));
    }
    if let Some(surface) = &fits.surface {
        let real = |breach: &Breach| breach.worst < -1e-6;
        let left = surface.butterflies().into_iter().chain(surface.calendars()).flat_map(|(_, found)| found);
        findings.push(format!(
            "The surface has {} slices and {} arbitrages.",
            surface.maturities().len(),
            left.filter(real).count()
        ));
    }
    findings.push(match &fits.heston {
        Ok(fit) => format!(
            "Heston, {} quotes of {} expirations: RMSE {}, Feller's ratio {:.2}, {:?}",
            fit.quality.quotes,
            fit.maturities,
            points(fit.quality.rmse),
            fit.parameters.feller_ratio(),
            fit.parameters
        ),
        Err(error) => format!("Heston: {error}"),
    });
    findings
}
