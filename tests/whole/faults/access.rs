//! Users whom somebody else changed in the database.

use strikebook::{
    ErrorKind, Name, Result, Store, Timestamp, new_salt, open,
    operations::{PasswordHash, User, UserFilter},
};
use strikebook_testkit::{async_trials, trial::Trial};

use super::engines::{ENGINES, run, url};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        async_trials![a_stored_hash_out_of_bounds_is_corrupt_and_costs_nothing],
        #[cfg(feature = "timescale")]
        strikebook_testkit::trials![a_stored_hash_out_of_bounds_is_corrupt_and_costs_nothing_on_a_server],
    ]
    .concat()
}

fn alice() -> Result<User> {
    let at: Timestamp = "2025-09-25T20:00:00Z".parse()?;
    Ok(User::new(Name::new("alice")?, PasswordHash::of("correct horse", new_salt())?, Name::new("trader")?, at))
}

/// A hash with other costs than it was made with.
fn costing(costs: &str) -> Result<String> {
    Ok(alice()?.password.as_phc().replace("m=19456,t=2,p=1", costs))
}

/// Asserts that a user whose hash was changed cannot be read, and that this says so; and that the user can be made
/// anew.
async fn assert_corrupt(store: &dyn Store, costs: &str) -> Result<()> {
    let user = alice()?;
    let found = store.get_user(user.name).await.expect_err(costs);
    let listed = store.list_users(&UserFilter::default()).await.expect_err(costs);
    for error in [found, listed] {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
        let reported = format!("{error} {error:?}");
        assert!(reported.contains(costs) && !reported.contains("$argon2id$v=19$m"), "{reported}");
    }
    assert!(store.delete_user(user.name).await?);
    store.upsert_users(std::slice::from_ref(&user)).await?;
    assert!(User::verify_login(store.get_user(user.name).await?, "correct horse").is_some());
    Ok(())
}

const OUT_OF_BOUNDS: [&str; 3] = ["m=4294967295,t=2,p=1", "m=19456,t=4294967295,p=1", "m=8,t=1,p=1"];

async fn a_stored_hash_out_of_bounds_is_corrupt_and_costs_nothing() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        for costs in OUT_OF_BOUNDS {
            let store = open(&url(engine, &path)).await?;
            store.upsert_users(&[alice()?]).await?;
            store.close().await?;
            run(engine, &path, &format!("UPDATE users SET password = '{}'", costing(costs)?));
            let store = open(&url(engine, &path)).await?;
            assert_corrupt(&*store, costs).await?;
            store.close().await?;
        }
    }
    Ok(())
}

#[cfg(feature = "timescale")]
fn a_stored_hash_out_of_bounds_is_corrupt_and_costs_nothing_on_a_server() {
    super::postgres::on_each(async |schema| {
        let store = open(&schema.url()).await?;
        for costs in OUT_OF_BOUNDS {
            store.upsert_users(&[alice()?]).await?;
            let change = format!("UPDATE users SET password = '{}'", costing(costs)?);
            schema.run(&change).map_err(super::postgres::unexpected)?;
            assert_corrupt(&*store, costs).await?;
        }
        store.close().await
    });
}
