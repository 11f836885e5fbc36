//! Tests that no error shows text that cannot be read as a URL: the text may be a password. A marker is put into every
//! place of URLs and configurations, with characters around it that end one part of a URL and begin another.

use std::error::Error as StdError;

use proptest::{prelude::*, sample::select};
use strikebook::{Config, Error, open};
use strikebook_testkit::{trial::Trial, trials};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_marker_alone_is_in_no_error,
        a_marker_with_noise_is_in_no_error,
        a_configuration_prints_no_part_of_a_url,
        a_setting_that_is_not_valid_is_not_quoted
    ]
}

const MARKER: &str = "geheim";

/// Returns every text of an error and its causes, none of which may show the marker.
fn reported(error: &Error) -> String {
    let mut reported = vec![format!("{error} {error:?} {error:#?}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        reported.push(format!("{error} {error:?}"));
        cause = error.source();
    }
    reported.join(" ")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Opens a store, closes it, and checks that neither shows the marker.
async fn check(url: &str) {
    match open(url).await {
        Err(error) => assert!(!reported(&error).contains(MARKER), "{url}: {}", reported(&error)),
        Ok(store) => {
            assert!(!format!("{store:?}").contains(MARKER), "{url}: {store:?}");
            store.close().await.expect("closed");
        }
    }
}

/// The places of a password, of a word that is no option, and of a value that is none. `%` stands for what is put
/// there. Nobody listens on port 1.
const URLS: &[&str] = &[
    "postgres://joe:%@127.0.0.1:1/db",
    "postgres://%:joe@127.0.0.1:1/db",
    "postgresql://joe:%@127.0.0.1:1/db?schema=a&timeout=5s",
    "postgres://joe:%@127.0.0.1:1,127.0.0.1:1/db",
    "postgres:joe:%@127.0.0.1:1/db",
    "postgres:/joe:%@127.0.0.1:1/db",
    "postgres:///joe:%@127.0.0.1:1/db",
    "postgres//joe:%@127.0.0.1:1/db",
    "Postgres://joe:%@127.0.0.1:1/db",
    " postgres://joe:%@127.0.0.1:1/db",
    "jdbc:postgres://joe:%@127.0.0.1:1/db",
    "host=127.0.0.1 password=% port=1",
    "password=%:x",
    "%:x",
    "%",
    "sqlite:joe:%@127.0.0.1/db",
    "sqlite://joe:%@127.0.0.1/db",
    "duckdb:joe:%@127.0.0.1/db",
    "duckdb://joe:%@127.0.0.1/db",
    "memory:joe:%@127.0.0.1/db",
    "memory:?%",
    "memory:%",
    "oracle://joe:%@127.0.0.1/db",
    "postgres://127.0.0.1:1/db?password=%",
    "postgres://127.0.0.1:1/db?passwort=%",
    "postgres://127.0.0.1:1/db?password=ge&%",
    "postgres://127.0.0.1:1/db?%",
    "postgres://127.0.0.1:1/db?%=1",
    "postgres://127.0.0.1:1/db?timeout=%",
    "postgres://127.0.0.1:1/db?pool_size=%",
    "postgres://127.0.0.1:1/db?migrate=%",
    "postgres://127.0.0.1:1/db?allow_simulated=%",
    "postgres://127.0.0.1:1/db?sslmode=%",
    "postgres://127.0.0.1:1/db?schema=A%",
    "postgres://127.0.0.1:1/db?options=%",
    "postgres://127.0.0.1:1/db?port=%",
    "postgres://127.0.0.1:1/db?hostaddr=%",
    "postgres://127.0.0.1:1/db?connect_timeout=%",
    "postgres://127.0.0.1:1/db?keepalives=%",
    "postgres://127.0.0.1:1/db?channel_binding=%",
    "postgres://127.0.0.1:1/db?sslnegotiation=%",
    "postgres://127.0.0.1:1/db?target_session_attrs=%",
    "postgres://127.0.0.1:1/db?sslpassword=%",
    "postgres://joe:x@127.0.0.1:1%",
    "sqlite::memory:?%",
    "sqlite::memory:?%=1",
    "sqlite::memory:?timeout=%",
    "sqlite::memory:?synchronous=%",
    "sqlite::memory:?mmap_mb=%",
    "duckdb::memory:?%",
    "duckdb::memory:?%=1",
    "duckdb::memory:?threads=%",
];

/// Generates characters of which some end a part of a URL and others do not.
fn noise() -> impl Strategy<Value = String> {
    let character =
        select(vec!['@', ':', '/', '?', '&', '=', '%', '#', ';', ' ', '"', '\'', '\\', '\n', '4', '0', 'x', 'ö']);
    proptest::collection::vec(character, 0..5).prop_map(|characters| characters.into_iter().collect())
}

fn a_marker_alone_is_in_no_error() {
    runtime().block_on(async {
        for url in URLS {
            check(&url.replace('%', MARKER)).await;
            for around in ["@", "/", "?", "&", "=", "#", "%zz", "%00", "%40", ":", "?x=", "&x=", "@h/", "%ff"] {
                check(&url.replace('%', &format!("{around}{MARKER}"))).await;
                check(&url.replace('%', &format!("{MARKER}{around}"))).await;
                check(&url.replace('%', &format!("x{around}{MARKER}{around}x"))).await;
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    fn a_marker_with_noise_is_in_no_error(place in 0..URLS.len(), before in noise(), after in noise()) {
        let url = URLS[place].replace('%', &format!("{before}{MARKER}{after}"));
        runtime().block_on(check(&url));
    }

    fn a_configuration_prints_no_part_of_a_url(place in 0..URLS.len(), before in noise(), after in noise()) {
        let url = URLS[place].replace('%', &format!("{before}{MARKER}{after}"));
        let variables = [("STRIKEBOOK_OPERATIONAL__URL", "memory:"), ("STRIKEBOOK_ANALYTICAL__URL", url.as_str())];
        let config = Config::from_variables(variables).expect("both are there");
        prop_assert!(!format!("{config:?}").contains(MARKER), "{config:?}");
        if let Err(error) = runtime().block_on(config.open()) {
            prop_assert!(!reported(&error).contains(MARKER), "{}", reported(&error));
            prop_assert_eq!(error.context("store"), Some("analytical"));
        }
    }

    fn a_setting_that_is_not_valid_is_not_quoted(before in noise(), after in noise()) {
        let secret = format!("{before}{MARKER}{after}");
        let both = [("STRIKEBOOK_OPERATIONAL__URL", "memory:"), ("STRIKEBOOK_ANALYTICAL__URL", "memory:")];
        for name in ["STRIKEBOOK_CACHE__TTL_DAYS", "STRIKEBOOK_CACHE__MAX_SIZE_GB", "STRIKEBOOK_CACHE__X", "STRIKEBOOK_ANALYTICAL__X"] {
            let error = Config::from_variables(both.into_iter().chain([(name, secret.as_str())])).expect_err("no number");
            prop_assert!(!reported(&error).contains(MARKER), "{}", reported(&error));
            prop_assert_eq!(error.context("variable"), Some(name));
        }
        let text = serde_json::Value::from(secret.as_str());
        let store = serde_json::json!({ "url": "memory:" });
        for wrong in [
            serde_json::json!(text),
            serde_json::json!([text]),
            serde_json::json!({ secret.as_str(): store, "operational": store, "analytical": store }),
            serde_json::json!({ "operational": store }),
            serde_json::json!({ "operational": text, "analytical": store }),
            serde_json::json!({ "operational": { "url": [text] }, "analytical": store }),
            serde_json::json!({ "operational": { "url": "memory:", secret.as_str(): 1 }, "analytical": store }),
            serde_json::json!({ "operational": store, "analytical": store, "cache": text }),
            serde_json::json!({ "operational": store, "analytical": store, "cache": { "ttl_days": text } }),
            serde_json::json!({ "operational": store, "analytical": store, "cache": { "max_size_gb": { secret.as_str(): 1 } } }),
            serde_json::json!({ "operational": store, "analytical": store, "cache": { secret.as_str(): 1 } }),
        ] {
            let error = serde_json::from_value::<Config>(wrong.clone()).expect_err("not valid");
            let reported = format!("{error} {error:?}");
            prop_assert!(!reported.contains(MARKER), "{wrong}: {reported}");
        }
    }
}
