//! The supervisor, which kills writers, and the checker of what they leave.

use std::{
    collections::BTreeMap,
    env, fmt,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use strikebook::{Store, memory::MemoryStore, open};
use strikebook_testkit::trial::block_on;

use crate::{
    book::Book,
    draw::Draw,
    home::Home,
    workload::{self, CLOSE, WORKLOADS, Workload},
};

/// The kills over one database. The first of them finds it empty.
const KILLS_PER_DATABASE: u64 = 25;
/// The acknowledged steps that a writer repeats.
const REPEATED: u64 = 2;
/// One in so many kills is one of the whole server, where a script for that is given.
const SERVER_KILLS: u64 = 8;
/// The longest time for a step, or for a store to open.
const PATIENCE: Duration = Duration::from_secs(120);
/// The script that kills every process of the database server and starts it again.
const CRASH: &str = "STRIKEBOOK_TEST_CRASH";

/// The end of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// After a number of kills.
    Kills(u64),
    /// With the first kill after a time.
    Elapsed(Duration),
}

impl Until {
    fn is_reached(self, kills: u64, elapsed: Duration) -> bool {
        match self {
            Self::Kills(limit) => kills >= limit,
            Self::Elapsed(limit) => elapsed >= limit,
        }
    }
}

/// The counts of a run, and its closing line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// The number of kills in each phase.
    pub(crate) phases: BTreeMap<String, u64>,
    /// The databases that writers were killed over.
    databases: u64,
    /// The steps that writers acknowledged, and the fills among them.
    pub(crate) steps: u64,
    fills: u64,
    /// The steps that were found whole without acknowledgement.
    unacknowledged: u64,
    /// The imports of which the file's rows were found without their events, as documented.
    rows_only: u64,
    elapsed: Duration,
}

impl Tally {
    /// Returns the number of kills.
    pub(crate) fn kills(&self) -> u64 {
        self.phases.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phases: Vec<_> = self.phases.iter().map(|(phase, kills)| format!("{phase} {kills}")).collect();
        write!(f, "{} kills ({}) ", self.kills(), phases.join(", "))?;
        write!(f, "over {} databases in {:.0?}: ", self.databases, self.elapsed)?;
        write!(f, "{} steps with {} fills acknowledged and found, ", self.steps, self.fills)?;
        write!(f, "{} found whole without acknowledgement, ", self.unacknowledged)?;
        write!(f, "{} imports to be completed, none half", self.rows_only)
    }
}

/// Runs `ENGINE [MINUTES] [SEED]`.
pub(crate) fn command(words: &[&str]) -> Result<(), String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("a number was expected, found `{text}`"));
    let (engine, minutes, seed) = match *words {
        [engine] => (engine, 5, 1),
        [engine, minutes] => (engine, number(minutes)?, 1),
        [engine, minutes, seed] => (engine, number(minutes)?, number(seed)?),
        _ => return Err("usage: torture ENGINE [MINUTES] [SEED]".to_owned()),
    };
    let tally = torture(engine, seed, Until::Elapsed(Duration::from_secs(60 * minutes)))?;
    println!("torture {engine}, seed {seed}: {tally}");
    Ok(())
}

/// Kills writers on an engine and checks the store after each kill.
///
/// # Errors
/// The first difference, with the seed, the kill and the place of the database, which is kept.
pub(crate) fn torture(engine: &str, seed: u64, until: Until) -> Result<Tally, String> {
    let (started, mut tally) = (Instant::now(), Tally::default());
    let mut pace = Pace::default();
    while !until.is_reached(tally.kills(), started.elapsed()) {
        let workload = WORKLOADS[usize::try_from(tally.databases).unwrap_or(0) % WORKLOADS.len()];
        let of_database = seed.wrapping_mul(1_000).wrapping_add(tally.databases);
        let mut target = Target::new(Home::new(engine)?, workload, of_database);
        tally.databases += 1;
        for _ in 0..KILLS_PER_DATABASE {
            if until.is_reached(tally.kills(), started.elapsed()) {
                break;
            }
            if let Err(error) = target.round(&mut pace, &mut tally) {
                let (kill, kept) = (tally.kills(), target.home.keep());
                return Err(format!("seed {seed}, kill {kill}, workload {}: {error}\nkept: {kept}", workload.name()));
            }
            tally.elapsed = started.elapsed();
            if tally.kills() % 100 == 0 {
                eprintln!("{tally}");
            }
        }
        target.home.remove();
    }
    Ok(tally)
}

/// The mean duration of each phase, from which instants within the phase are drawn.
#[derive(Debug, Default)]
struct Pace(BTreeMap<String, Duration>);

impl Pace {
    fn of(&self, phase: &str) -> Duration {
        self.0.get(phase).copied().unwrap_or(Duration::from_millis(20))
    }

    fn add(&mut self, phase: &str, took: Duration) {
        let mean = self.0.entry(phase.to_owned()).or_insert(took);
        *mean = (*mean * 7 + took) / 8;
    }
}

/// A database with the state that it should have.
struct Target {
    home: Home,
    workload: &'static dyn Workload,
    seed: u64,
    kills: u64,
    /// True once a writer has opened the store.
    is_migrated: bool,
    /// The steps that are in the store.
    done: u64,
    model: Model,
}

/// A store in memory, and its states before and after the last step.
struct Model {
    store: MemoryStore,
    steps: u64,
    before: Book,
    after: Book,
}

impl Model {
    /// Takes steps until `done` of them, and one more, are taken.
    async fn advance(&mut self, workload: &dyn Workload, seed: u64, done: u64) -> strikebook::Result<()> {
        let store = workload::audited(&self.store)?;
        while self.steps <= done {
            if self.steps == done {
                self.before = workload.read(&*store).await?;
            }
            if workload.kind(self.steps) != CLOSE {
                workload.write(&*store, seed, self.steps).await?;
            }
            self.steps += 1;
            if self.steps > done {
                self.after = workload.read(&*store).await?;
            }
        }
        Ok(())
    }
}

/// The state that a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// The acknowledged steps alone.
    Acknowledged,
    /// The acknowledged steps and the one that was under way.
    Next,
    /// The acknowledged steps and a part that the workload admits.
    Admitted,
}

impl Target {
    fn new(home: Home, workload: &'static dyn Workload, seed: u64) -> Self {
        let model = Model { store: MemoryStore::new(), steps: 0, before: Book::default(), after: Book::default() };
        Self { home, workload, seed, kills: 0, is_migrated: false, done: 0, model }
    }

    /// Starts a writer, kills it, and checks the store.
    fn round(&mut self, pace: &mut Pace, tally: &mut Tally) -> Result<(), String> {
        let mut draw = Draw::new(self.seed ^ 0x70_72, self.kills);
        self.kills += 1;
        let mut writer = Writer::start(self.workload, &self.home.url(), self.seed, self.done.saturating_sub(REPEATED))?;
        // A quarter of the kills come while a store is opened, and migrated if it is new.
        let lines = if draw.below(4) == 0 { 1 } else { 2 + draw.below(30) };
        for _ in 0..lines {
            writer.next(pace)?;
        }
        let limit = pace.of(&writer.phase);
        thread::sleep(draw.up_to(limit + limit / 4));
        let crash = env::var(CRASH).ok().filter(|_| self.home.is_server() && draw.below(SERVER_KILLS) == 0);
        if let Some(script) = &crash {
            let status = Command::new(script).status().map_err(|error| format!("{script}: {error}"))?;
            if !status.success() {
                return Err(format!("{script}: {status}"));
            }
        }
        let is_error_expected = crash.is_some();
        writer.kill(is_error_expected)?;
        let phase = if writer.phase == "open" && !self.is_migrated { "migrate" } else { &writer.phase };
        let phase = if crash.is_some() { format!("server in {phase}") } else { phase.to_owned() };
        self.is_migrated |= writer.has_opened;
        *tally.phases.entry(phase.clone()).or_default() += 1;

        let before = self.done;
        self.done = self.done.max(writer.acknowledged);
        let found = block_on(self.check())
            .map_err(|error| format!("killed in phase {phase}, {} steps acknowledged: {error}", self.done))?;
        tally.steps += self.done - before;
        tally.fills += (before..self.done).map(|number| self.workload.fills(number)).sum::<u64>();
        match found {
            Found::Acknowledged => {}
            Found::Next => {
                self.done += 1;
                tally.unacknowledged += 1;
            }
            Found::Admitted => tally.rows_only += 1,
        }
        self.is_migrated = true;
        Ok(())
    }

    /// Opens the store afresh and compares it with the model.
    async fn check(&mut self) -> Result<Found, String> {
        let said = |error: strikebook::Error| format!("{error:#}");
        self.model.advance(self.workload, self.seed, self.done).await.map_err(said)?;
        let store = open(&self.home.url()).await.map_err(said)?;
        let compared = self.compare(&*store).await;
        let status = store.schema_status().await.map_err(said)?;
        store.close().await.map_err(said)?;
        let found = compared?;
        if !status.is_current() {
            return Err(format!("the schema is not current: {status:?}"));
        }
        self.home.check_integrity()?;
        Ok(found)
    }

    async fn compare(&self, store: &dyn Store) -> Result<Found, String> {
        let Model { before, after, .. } = &self.model;
        let mut tries = if self.home.is_server() { 100 } else { 1 };
        loop {
            let found = self.workload.read(store).await.map_err(|error| format!("{error:#}"))?;
            // A step that changes nothing of the store, such as closing it, cannot be found without acknowledgement.
            if found == *before {
                return Ok(Found::Acknowledged);
            }
            if found == *after {
                return Ok(Found::Next);
            }
            if self.workload.admits(self.done, &found, before, after) {
                return Ok(Found::Admitted);
            }
            // A server ends the statement of a client that is gone: between two lists of this read it may commit.
            tries -= 1;
            if tries == 0 {
                let kind = self.workload.kind(self.done);
                return Err(format!(
                    "the store differs.\n  From the acknowledged steps:{}\n  From these and the next, {kind} {}:{}",
                    found.differences(before),
                    self.done,
                    found.differences(after)
                ));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A writer that runs until it is killed.
struct Writer {
    child: Child,
    lines: Receiver<(Instant, String)>,
    /// The phase of the last line and the instant of that line.
    phase: String,
    since: Instant,
    /// The number of steps up to the last acknowledged one.
    acknowledged: u64,
    has_opened: bool,
}

impl Writer {
    fn start(workload: &dyn Workload, url: &str, seed: u64, from: u64) -> Result<Self, String> {
        let program = env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.args(["writer", workload.name(), url, &seed.to_string(), &from.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("the writer does not start: {error}"))?;
        let output = child.stdout.take().ok_or("the writer has no output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send((Instant::now(), line)).is_err() {
                    break;
                }
            }
        });
        let (phase, since) = ("start".to_owned(), Instant::now());
        Ok(Self { child, lines, phase, since, acknowledged: 0, has_opened: false })
    }

    /// Waits for a line.
    fn next(&mut self, pace: &mut Pace) -> Result<(), String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok((at, line)) => {
                pace.add(&self.phase, at.duration_since(self.since));
                self.since = at;
                self.read(&line)
            }
            Err(error) => {
                // A writer that waits for ever is killed, and one that ended has said why.
                let _ = self.child.kill();
                let complaint = self.complaint();
                Err(format!("the writer ended or hangs in phase {} ({error}): {complaint}", self.phase))
            }
        }
    }

    fn read(&mut self, line: &str) -> Result<(), String> {
        let unknown = || format!("the writer said `{line}`");
        let (word, number) = line.split_once(' ').ok_or_else(unknown)?;
        let number: u64 = number.parse().map_err(|_| unknown())?;
        if word == "done" {
            self.acknowledged = number + 1;
        }
        self.has_opened |= word != "open";
        self.phase = if word == "done" { "between".to_owned() } else { word.to_owned() };
        Ok(())
    }

    /// Kills the writer and reads what it acknowledged until then. A writer that ended before had an error.
    fn kill(&mut self, is_error_expected: bool) -> Result<(), String> {
        let ended = self.child.try_wait().map_err(|error| error.to_string())?;
        if let Some(status) = ended.filter(|_| !is_error_expected) {
            return Err(format!("the writer ended by itself ({status}): {}", self.complaint()));
        }
        // SIGKILL, which no handler sees.
        self.child.kill().map_err(|error| format!("the writer cannot be killed: {error}"))?;
        self.child.wait().map_err(|error| error.to_string())?;
        while let Ok((_, line)) = self.lines.recv_timeout(PATIENCE) {
            self.read(&line)?;
        }
        Ok(())
    }

    /// Returns what the writer said on standard error.
    fn complaint(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut errors) = self.child.stderr.take()
            && errors.read_to_string(&mut text).is_err()
        {
            "unreadable".clone_into(&mut text);
        }
        text
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // One that was killed already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes some steps in a store of its own without kills, damages the database, and returns the outcome of the check.
#[cfg(feature = "sqlite")]
pub(crate) fn check_damaged(engine: &str, steps: u64, damage: impl FnOnce(&Home)) -> Result<(), String> {
    let mut target = Target::new(Home::new(engine)?, WORKLOADS[0], 7);
    let url = target.home.url();
    let written = block_on(async {
        let store = open(&url).await?;
        let audited = workload::audited(&*store)?;
        for number in 0..steps {
            target.workload.write(&*audited, target.seed, number).await?;
        }
        store.close().await
    });
    written.map_err(|error| format!("{error:#}"))?;
    damage(&target.home);
    target.done = steps;
    let checked = block_on(target.check());
    target.home.remove();
    checked.map(drop)
}
