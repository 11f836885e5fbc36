//! Sessions: connections with settings of their own, set after connecting and verified, since a pooler may drop what a
//! connection asks for when it starts.

use std::{ops::Deref, time::Duration};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::ClientWrapper;
use strikebook_core::{Error, ErrorKind, Result};
use tokio::time::{Instant, sleep};
use tokio_postgres::{Config, types::Type};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

use crate::{
    error::{classify, connecting, refused_setting},
    process::process_id,
};

/// The setting that only this session has: a connection that finds its value has the same server process, with the same
/// settings and prepared statements.
const MARK: &str = "strikebook.session";

/// The most attempts to make a connection that is lost before it is set up.
const ATTEMPTS: u32 = 3;

/// Makes sessions for a pool.
pub(crate) struct Sessions {
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
    /// Names and values, in the order in which they are set.
    pub(crate) settings: Vec<(String, String)>,
}

/// A connection whose settings are what they must be.
pub(crate) struct SessionClient {
    client: ClientWrapper,
    /// Each setting once, with its value in the server's words.
    settings: Vec<(String, String)>,
    /// True if a pooler between us and the server answers in the server's place. The settings are then verified before
    /// each use.
    pub(crate) pooled: bool,
}

impl Deref for SessionClient {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.client
    }
}

impl Sessions {
    async fn connect(&self) -> Result<ClientWrapper> {
        let (client, connection) = self.config.connect(self.tls.clone()).await.map_err(connecting)?;
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the server was lost");
            }
        });
        Ok(ClientWrapper::new(client, task))
    }

    /// Sets and verifies the settings, and finds out whether the server itself answers.
    async fn set_up(&self, client: ClientWrapper) -> Result<SessionClient> {
        let mark = (MARK.to_owned(), Uuid::now_v7().to_string());
        let settings = set(&client, self.settings.iter().chain([&mark])).await?;
        let mut session = SessionClient { client, settings, pooled: true };
        let answering = session.verify().await?;
        session.pooled = process_id(&session.client).await? != Some(answering);
        Ok(session)
    }
}

impl Manager for Sessions {
    type Type = SessionClient;
    type Error = Error;

    async fn create(&self) -> Result<SessionClient> {
        let mut attempts = ATTEMPTS;
        loop {
            let client = self.connect().await?;
            attempts -= 1;
            match self.set_up(client).await {
                // Among others: a pooler of transactions gave this session a process that ends with another store's
                // probe.
                Err(error) if error.kind() == ErrorKind::Unavailable && attempts > 0 => {}
                session => return session,
            }
        }
    }

    async fn recycle(&self, session: &mut SessionClient, _: &Metrics) -> RecycleResult<Error> {
        if session.client.is_closed() { Err(RecycleError::message("the connection was lost")) } else { Ok(()) }
    }
}

/// Sets the settings of a session. Returns each once, with its value in the server's words.
async fn set(
    client: &ClientWrapper,
    settings: impl Iterator<Item = &(String, String)>,
) -> Result<Vec<(String, String)>> {
    const SET: &str = "SELECT name, set_config(name, value, false) FROM unnest($1, $2) AS given (name, value)";
    let (names, values): (Vec<_>, Vec<_>) = settings.map(|(name, value)| (name.as_str(), value.as_str())).unzip();
    let rows = client.query_typed(SET, &[(&names, Type::TEXT_ARRAY), (&values, Type::TEXT_ARRAY)]).await;
    let mut held: Vec<(String, String)> = Vec::new();
    for row in rows.map_err(refused_setting)? {
        let (name, value) = (row.try_get(0).map_err(classify)?, row.try_get(1).map_err(classify)?);
        held.retain(|(other, _)| *other != name);
        held.push((name, value));
    }
    Ok(held)
}

impl SessionClient {
    /// Verifies that the session has its settings still. Returns the number of the server's process.
    pub(crate) async fn verify(&self) -> Result<i32> {
        const READ: &str = "SELECT pg_backend_pid(), array_agg(current_setting(name, true) ORDER BY place) \
                            FROM unnest($1) WITH ORDINALITY AS held (name, place)";
        let names: Vec<_> = self.settings.iter().map(|(name, _)| name.as_str()).collect();
        let rows = self.client.query_typed(READ, &[(&names, Type::TEXT_ARRAY)]).await.map_err(classify)?;
        let row = rows.first().ok_or_else(|| Error::new(ErrorKind::Internal, "an aggregate without a row"))?;
        let found: Vec<Option<String>> = row.try_get(1).map_err(classify)?;
        let held = self.settings.iter().zip(found);
        let changed: Vec<_> = held.filter(|((_, expected), found)| found.as_ref() != Some(expected)).collect();
        if changed.iter().any(|((name, _), _)| name == MARK) {
            return Err(no_session());
        }
        if let Some(((name, expected), found)) = changed.into_iter().next() {
            return Err(Error::invalid_config("a session setting does not hold")
                .with("setting", name)
                .with("found", found.as_deref().unwrap_or("nothing"))
                .with("expected", expected));
        }
        row.try_get(0).map_err(classify)
    }

    /// Tests that a pooler keeps a server process for this session alone, by letting that process end after it was
    /// `idle` so long: a session ends with its process, and a connection that goes on with another process was no
    /// session. Comparing processes would prove nothing, since a pooler with one idle process hands out the same to
    /// everybody. The session must not be used again. An error of kind `Unavailable` leaves the question open.
    pub(crate) async fn probe(&self, idle: Duration) -> Result<()> {
        let asked = Instant::now();
        let timeout = ("idle_session_timeout".to_owned(), idle.as_millis().to_string());
        set(&self.client, std::iter::once(&timeout)).await?;
        // An answer that comes later may have reached the pooler together with the end of the process: a pooler of
        // transactions would close the connection, too.
        let in_time = asked.elapsed() < idle / 2;
        while in_time && asked.elapsed() < 3 * idle {
            if self.client.is_closed() {
                return Ok(());
            }
            sleep(Duration::from_millis(5)).await;
        }
        self.verify().await?;
        Err(Error::new(ErrorKind::Unavailable, "the pooler answers too slowly to find out how it pools"))
    }
}

/// The error for a pooler that gives a session's process to others.
fn no_session() -> Error {
    Error::invalid_config("a pooler in front of the server does not keep a server connection for each session")
        .with("expected", "pool_mode = session for this database and user in pgbouncer, or a URL of the server itself")
}
