//! A test runner that looks like the built-in one and can report, while a test runs, that the test cannot run here.
//!
//! A test binary with `harness = false` hands its tests to [`main`]. A test passes when it returns, fails when it
//! panics, and is reported as ignored, with the reason, when it calls [`ignore`] or [`missing`].

use std::{
    any::Any,
    cell::{Cell, RefCell},
    env, fmt,
    fmt::{Debug, Display},
    panic,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use libtest_mimic::{Arguments, Completion, Failed};

/// The environment variable that makes a missing engine or program a failure: with the value `1`, [`missing`] fails the
/// test instead of ignoring it.
pub const REQUIRE_ALL: &str = "STRIKEBOOK_TEST_REQUIRE_ALL";

/// The environment variable that names the folder of real data and reference tables.
pub const DATA: &str = "STRIKEBOOK_TEST_DATA";

/// A test and its name.
#[derive(Clone)]
pub struct Trial {
    name: String,
    body: Arc<dyn Fn() + Send + Sync>,
}

impl Trial {
    /// Creates a test that fails when the function panics.
    pub fn new(name: impl Into<String>, body: impl Fn() + Send + Sync + 'static) -> Self {
        Self { name: name.into(), body: Arc::new(body) }
    }

    /// Runs the test on this thread.
    ///
    /// # Panics
    /// When the test fails.
    pub fn run(&self) {
        (self.body)();
    }

    /// Returns the name that the runner prints and that filters are compared with.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trial").field(&self.name).finish()
    }
}

/// Lists functions as [tests](Trial), each named after its module and itself, as the built-in runner names them. A
/// function returns nothing or a `Result`.
#[macro_export]
macro_rules! trials {
    ($($test:ident),+ $(,)?) => {
        vec![$($crate::trial::in_module(module_path!(), stringify!($test), || $crate::trial::Verdict::check($test()))),+]
    };
}

/// Lists async functions as [tests](Trial), as [`trials!`](crate::trials) does. Each runs on a runtime of its own.
#[macro_export]
macro_rules! async_trials {
    ($($test:ident),+ $(,)?) => {
        vec![$($crate::trial::in_module(module_path!(), stringify!($test), || {
            $crate::trial::Verdict::check($crate::trial::block_on($test()))
        })),+]
    };
}

/// Creates a test of a module, given as `module_path!()`. The crate's own name is no part of the test's name.
pub fn in_module(module: &str, name: &str, body: impl Fn() + Send + Sync + 'static) -> Trial {
    let module = module.split_once("::").map_or(String::new(), |(_, module)| format!("{module}::"));
    Trial::new(format!("{module}{name}"), body)
}

/// Prints a line, as `println!` does, if the test binary was started with `--nocapture`.
#[macro_export]
macro_rules! note {
    ($($text:tt)*) => {
        if $crate::trial::shows_notes() {
            println!($($text)*);
        }
    };
}

#[doc(hidden)]
pub fn shows_notes() -> bool {
    env::args().any(|argument| argument == "--nocapture")
}

/// Runs a future on a runtime of one thread.
///
/// # Panics
/// When there is no runtime to be had, or the future panics.
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap_or_else(|error| panic!("no runtime: {error}")).block_on(test)
}

/// A value that a test function returns.
pub trait Verdict {
    /// Panics if the value is an error.
    fn check(self);
}

impl Verdict for () {
    fn check(self) {}
}

impl<E: Debug> Verdict for Result<(), E> {
    fn check(self) {
        if let Err(error) = self {
            panic!("{error:?}");
        }
    }
}

/// The reason for which a test was given up.
struct Ignored(String);

thread_local! {
    /// True on a thread that runs a test of [`main`].
    static RUNS_A_TRIAL: Cell<bool> = const { Cell::new(false) };
    /// The message of this thread's last panic, with its place.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Gives the running test up: the runner reports it as ignored, with the reason.
///
/// # Panics
/// Under another test runner, which cannot distinguish an ignored test from a passed one once it runs.
pub fn ignore(reason: impl Display) -> ! {
    if RUNS_A_TRIAL.get() {
        panic::resume_unwind(Box::new(Ignored(reason.to_string())))
    }
    panic!("the test cannot run here: {reason}")
}

/// Gives the running test up because an engine or a program is missing, as [`ignore`] does.
///
/// # Panics
/// With [`REQUIRE_ALL`] set to `1` in the environment.
pub fn missing(reason: impl Display) -> ! {
    let is_required = env::var_os(REQUIRE_ALL).is_some_and(|value| value == "1");
    assert!(!is_required, "{REQUIRE_ALL} is set, and {reason}");
    ignore(reason)
}

/// Returns the path of a file of real data, below the folder that [`DATA`] names. Without that variable the running
/// test is [ignored](ignore).
///
/// # Panics
/// When the variable is set and there is no such file.
pub fn data(file: &str) -> PathBuf {
    let Some(folder) = env::var_os(DATA).filter(|folder| !folder.is_empty()) else {
        ignore(format_args!("{DATA} is not set"))
    };
    let path = PathBuf::from(folder).join(file);
    assert!(path.exists(), "{DATA} has no {file}: {} does not exist", path.display());
    path
}

/// Runs tests by the command line, prints the result of each, and returns true if all succeeded. The options are those
/// of the built-in runner: filters, `--exact`, `--skip`, `--list`, `--test-threads`.
///
/// The message of a failed test is printed in the list of failures. What tests print is not captured: they use
/// [`note!`](crate::note!).
pub fn main(trials: impl IntoIterator<Item = Trial>) -> ExitCode {
    let (arguments, filters) = arguments(env::args());
    let is_selected = |trial: &Trial| {
        let matches =
            |filter: &String| if arguments.exact { trial.name == *filter } else { trial.name.contains(filter) };
        filters.is_empty() || filters.iter().any(matches)
    };
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !RUNS_A_TRIAL.get() {
            return show(panic);
        }
        PANIC.set(Some(panic.to_string()));
    }));
    let trials = trials.into_iter().filter(is_selected).map(|Trial { name, body }| {
        libtest_mimic::Trial::ignorable_test(name, move || {
            RUNS_A_TRIAL.set(true);
            let result = panic::catch_unwind(panic::AssertUnwindSafe(|| body()));
            RUNS_A_TRIAL.set(false);
            result.map_or_else(completion, |()| Ok(Completion::Completed))
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Splits the command line into options and filters. The library's own parser takes one filter, and the built-in runner
/// takes several, of which a test must match one.
fn arguments(command_line: impl IntoIterator<Item = String>) -> (Arguments, Vec<String>) {
    const WITH_VALUE: [&str; 6] = ["--test-threads", "--logfile", "--skip", "--color", "--format", "-Z"];
    let mut words = command_line.into_iter();
    let (mut options, mut filters) = (Vec::from_iter(words.next()), Vec::new());
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            filters.push(word);
            continue;
        }
        let has_value = WITH_VALUE.contains(&word.as_str());
        options.push(word);
        if has_value {
            options.extend(words.next());
        }
    }
    (Arguments::from_iter(options), filters)
}

/// Returns what a test that unwound is reported as.
fn completion(payload: Box<dyn Any + Send>) -> Result<Completion, Failed> {
    match payload.downcast::<Ignored>() {
        Ok(ignored) => Ok(Completion::ignored_with(ignored.0)),
        Err(payload) => {
            let message = PANIC.take().or_else(|| payload.downcast::<String>().ok().map(|message| *message));
            Err(Failed::from(message.unwrap_or_else(|| "the test panicked".to_owned())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_filters_are_told_from_options() {
        let words =
            ["binary", "sqlite::", "--test-threads", "1", "--exact", "--skip", "slow", "memory::", "--color=never"];
        let (arguments, filters) = arguments(words.map(str::to_owned));
        assert_eq!(filters, ["sqlite::", "memory::"]);
        assert_eq!((arguments.test_threads, arguments.exact, arguments.skip), (Some(1), true, vec!["slow".to_owned()]));
        assert_eq!(arguments.filter, None);
    }
}
