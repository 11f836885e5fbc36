//! The e-mail addresses of users, which are unique in the database too, whoever writes into it.

use strikebook::{
    Name, Result, Store, Timestamp, open,
    operations::{PasswordHash, User},
};
use strikebook_testkit::{async_trials, trial::Trial};

use super::engines::{ENGINES, try_run, url};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        async_trials![the_database_refuses_two_users_with_one_address],
        #[cfg(feature = "timescale")]
        on_a_server::trials(),
    ]
    .concat()
}

/// A statement that would give all users one address.
const SHARE: &str = "UPDATE users SET email = 'desk@example.com'";

/// Stores two users without an address and two with one each.
async fn fill(store: &dyn Store) -> Result<()> {
    let at: Timestamp = "2025-09-25T20:00:00Z".parse()?;
    let hash = PasswordHash::from_phc(&format!("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l${}", "A".repeat(43)))?;
    let user = |name: &str, email: Option<&str>| {
        let user = User::new(Name::new(name)?, hash.clone(), Name::new("trader")?, at);
        Ok::<_, strikebook::Error>(User { email: email.map(str::to_owned), ..user })
    };
    let users = [
        user("alice", Some("alice@example.com"))?,
        user("bob", Some("bob@example.com"))?,
        user("carol", None)?,
        user("dave", None)?,
    ];
    store.upsert_users(&users).await.map(drop)
}

async fn the_database_refuses_two_users_with_one_address() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        let store = open(&url(engine, &path)).await?;
        fill(&*store).await?;
        store.close().await?;
        let shared = try_run(engine, &path, SHARE);
        // DuckDB's tables have no keys: there the store alone keeps addresses apart.
        assert_eq!(shared.is_ok(), *engine == "duckdb", "{engine}: {shared:?}");
    }
    Ok(())
}

#[cfg(feature = "timescale")]
mod on_a_server {
    use strikebook_testkit::trials;

    use super::{SHARE, Store, Trial, fill, open};
    use crate::faults::postgres::on_each;

    /// Lists the tests of this module.
    pub(super) fn trials() -> Vec<Trial> {
        trials![the_database_refuses_two_users_with_one_address]
    }

    fn the_database_refuses_two_users_with_one_address() {
        on_each(async |schema| {
            let store = open(&schema.url()).await?;
            fill(&*store).await?;
            let refused = schema.run(SHARE).expect_err("one address for all");
            assert!(refused.contains("users_by_email"), "{refused}");
            store.close().await
        });
    }
}
