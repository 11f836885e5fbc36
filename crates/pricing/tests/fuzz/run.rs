//! Calls with drawn arguments: counted, timed, and watched for panics, hangs and numbers that are none.

use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::{Duration, Instant},
};

use crate::{draw::Draw, sound::Sound};

/// The longest time of a call.
const LONGEST: Duration = Duration::from_secs(1);
/// The most repetitions of a call that took longer: on a busy machine it may have waited for a processor.
const RETRIES: u32 = 4;
/// The seconds after which a call counts as endless; the process is ended, since a thread cannot be.
const HANGS_AFTER: u32 = 180;
/// The smallest share of a target's calls that must have an answer: with fewer the others would show nothing.
const LEAST_ANSWERED: f64 = 0.04;
/// The largest number of printed faults of a target.
const SHOWN: usize = 5;

/// Returns the factor on all counts of calls, from the environment; 1 without it.
fn factor() -> u64 {
    match std::env::var("STRIKEBOOK_SOAK") {
        Ok(text) => text.parse().expect("STRIKEBOOK_SOAK is a whole number, the factor on the number of calls"),
        Err(_) => 1,
    }
}

/// Public functions that are called together.
pub(crate) struct Target {
    /// The names of the functions, as in [`complete`](crate::complete).
    pub(crate) names: &'static [&'static str],
    run: Box<dyn Fn(u64) -> Report>,
}

/// The outcome of a target's calls.
struct Report {
    calls: u64,
    /// Calls that returned an error, or nothing but errors.
    refused: u64,
    took: Duration,
    slowest: Duration,
    faults: u64,
    shown: Vec<String>,
}

/// Returns a target with a number of calls in an ordinary run.
pub(crate) fn target<A: Debug, R: Sound + Debug>(
    names: &'static [&'static str],
    calls: u64,
    draw: impl Fn(&mut Draw) -> A + Sync + 'static,
    call: impl Fn(&A) -> R + 'static,
) -> Target {
    let name = names[0];
    let run = move |factor: u64| {
        let at = AtomicU64::new(0);
        let arguments = |index: u64| draw(&mut Draw::new(name, index));
        let (running, ended) = channel::<()>();
        std::thread::scope(|scope| {
            let (at, arguments) = (&at, &arguments);
            scope.spawn(move || watch(name, at, &ended, |index| shortened(&arguments(index))));
            let report = calls_of(calls * factor, at, arguments, &call);
            drop(running);
            report
        })
    };
    Target { names, run: Box::new(run) }
}

/// Runs targets, prints what ran, and panics if there was a fault.
pub(crate) fn run(targets: Vec<Target>) {
    let factor = factor();
    let mut faults = Vec::new();
    for Target { names, run } in targets {
        let Report { calls, refused, took, slowest, faults: count, shown } = run(factor);
        println!("{calls:>9} calls {refused:>9} errors {took:>8.1?} slowest {slowest:>8.1?}  {}", names.join(", "));
        let answered = (calls - refused) as f64 / calls as f64;
        if answered < LEAST_ANSWERED {
            faults.push(format!("{}: only {answered:.3} of {calls} calls had an answer", names[0]));
        }
        if count > 0 {
            faults.push(format!("{}: {count} of {calls} calls:\n  {}", names[0], shown.join("\n  ")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn calls_of<A: Debug, R: Sound + Debug>(
    calls: u64,
    at: &AtomicU64,
    arguments: &impl Fn(u64) -> A,
    call: &impl Fn(&A) -> R,
) -> Report {
    let mut report =
        Report { calls, refused: 0, took: Duration::ZERO, slowest: Duration::ZERO, faults: 0, shown: Vec::new() };
    for index in 0..calls {
        at.store(index, Ordering::Relaxed);
        let arguments = arguments(index);
        let (outcome, mut took) = timed(|| call(&arguments));
        for _ in 0..RETRIES {
            if took > LONGEST {
                took = took.min(processor_time(|| timed(|| call(&arguments)).1));
            }
        }
        report.took += took;
        report.slowest = report.slowest.max(took);
        let fault = match outcome {
            None => "panicked".to_owned(),
            Some(_) if took > LONGEST => format!("took {took:.1?}"),
            Some(result) if !result.is_sound() => shortened(&result),
            Some(result) => {
                report.refused += u64::from(result.is_refused());
                continue;
            }
        };
        report.faults += 1;
        if report.shown.len() < SHOWN {
            report.shown.push(format!("call {index} with {}: {fault}", shortened(&arguments)));
        }
    }
    report
}

/// Returns a call's result, `None` if it panics, and the time that it takes.
fn timed<R>(call: impl Fn() -> R) -> (Option<R>, Duration) {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(call)).ok();
    (outcome, start.elapsed())
}

/// Returns the time that work keeps a processor busy, where the system tells that of a thread; otherwise the time that
/// it took.
fn processor_time(work: impl FnOnce() -> Duration) -> Duration {
    let so_far = || -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
    };
    let before = so_far();
    let took = work();
    before.zip(so_far()).map_or(took, |(before, after)| took.min(after.saturating_sub(before)))
}

/// Ends the process when one call does not end.
fn watch(name: &str, at: &AtomicU64, ended: &Receiver<()>, describe: impl Fn(u64) -> String) {
    let mut seen = (u64::MAX, 0);
    while ended.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
        let index = at.load(Ordering::Relaxed);
        seen = if seen.0 == index { (index, seen.1 + 1) } else { (index, 0) };
        if seen.1 == HANGS_AFTER {
            eprintln!("{name} hangs: call {index} with {}", describe(index));
            std::process::abort();
        }
    }
}

fn shortened(value: &impl Debug) -> String {
    let mut text = format!("{value:?}");
    if let Some((end, _)) = text.char_indices().nth(1200) {
        text.truncate(end);
        text.push('…');
    }
    text
}
