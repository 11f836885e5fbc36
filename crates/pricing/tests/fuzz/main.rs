//! Every public function with arguments that no market has: a finite result or an error, within a second, and no panic.
//!
//! The arguments are the same on every run. `STRIKEBOOK_SOAK` multiplies their number; `cargo xtask soak` does so and
//! prints how often each function was called. A public function without a target fails
//! [`every_public_function_has_a_target`].

mod american;
mod complete;
mod draw;
mod european;
mod models;
mod run;
mod series;
mod sound;

use std::collections::BTreeSet;

use crate::run::{Target, run};

#[test]
fn european_options() {
    run(european::targets());
}

#[test]
fn american_options() {
    run(american::targets());
}

#[test]
fn cash_dividends() {
    run(american::dividends());
}

#[test]
fn volatility_quotes() {
    run(models::quotes());
}

#[test]
fn heston() {
    run(models::heston());
}

#[test]
fn sabr() {
    run(models::sabr());
}

#[test]
fn svi() {
    run(models::svi());
}

#[test]
fn ornstein_uhlenbeck() {
    run(series::ou());
}

#[test]
fn curves() {
    run(series::curve());
}

#[test]
fn every_public_function_has_a_target() {
    let all: [fn() -> Vec<Target>; 9] = [
        european::targets,
        american::targets,
        american::dividends,
        models::quotes,
        models::heston,
        models::sabr,
        models::svi,
        series::ou,
        series::curve,
    ];
    let targets: BTreeSet<&str> =
        all.iter().flat_map(|targets| targets()).flat_map(|target| target.names).copied().collect();
    let public = complete::public_functions();
    let missing: Vec<&String> = public.iter().filter(|name| !targets.contains(name.as_str())).collect();
    assert!(public.len() > 80, "the sources were not read: {public:?}");
    assert!(missing.is_empty(), "add a target to tests/fuzz for {missing:#?}");
}
