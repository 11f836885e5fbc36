//! Cboe's delayed quotes, from a server on this machine that answers as the real one does, and as it does when it is
//! unwell.

#![cfg(feature = "http")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use strikebook_core::{Clock, ErrorKind, Result, Timestamp, market::Symbol, memory::MemoryStore};
use strikebook_services::pull::{
    Cboe, ChainRequest, FetchOptions, FetchPolicy, MissReason, PriceRequest, Provider, ProviderResponse, PullOptions,
    PullOutcome, Puller,
};
use strikebook_system::SystemClock;
use strikebook_vendors::Batch;

/// A document in the layout of Cboe's: some calls of an underlying.
fn document(symbol: &str, root: &str) -> String {
    let option = |strike: u32| {
        let bid = f64::from(strike) / 100.0;
        format!(
            r#"{{"option": "{root}301220C{:08}", "bid": {bid}, "bid_size": 1.0, "ask": {}, "ask_size": 2.0, "iv": 0.25, "open_interest": 10.0, "volume": 5.0, "delta": 0.5, "gamma": 0.01, "vega": 0.1, "theta": -0.1, "rho": 0.1, "theo": {bid}, "change": 0.0, "open": 0.0, "high": 0.0, "low": 0.0, "tick": "no_change", "last_trade_price": 0.0, "last_trade_time": null, "percent_change": 0.0, "prev_day_close": 0.0}}"#,
            strike * 1_000,
            bid + 0.05
        )
    };
    let options: Vec<_> = (100..300).map(option).collect();
    format!(
        r#"{{"timestamp": "2025-09-25 20:14:33", "data": {{"options": [{}], "symbol": "{symbol}", "security_type": "stock", "exchange_id": 5, "current_price": 657.25, "bid": 657.2, "ask": 657.3, "volume": 71234567, "last_trade_time": "2025-09-25T15:59:59"}}, "symbol": "{symbol}"}}"#,
        options.join(", ")
    )
}

/// Answers each request by its path, and keeps the paths.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&str, usize) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&asked);
        // The thread ends with the process: it waits for a connection that does not come.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(path) = request_of(&stream) else { continue };
                let count = {
                    let mut seen = seen.lock().expect("no panic");
                    seen.push(path.clone());
                    seen.len()
                };
                let answer = answer(&path, count);
                // The client may have gone away.
                let _ = (&stream).write_all(&answer);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }

    fn cboe(&self) -> Cboe {
        Cboe::new().expect("a client").at(&self.address)
    }

    async fn chain(&self) -> Result<ProviderResponse<Batch>> {
        let request = ChainRequest::new(Symbol::new("SPY")?);
        self.cboe().fetch(&request, SystemClock.now()).await
    }
}

/// The path that is asked for.
fn request_of(mut stream: &TcpStream) -> Option<String> {
    let (mut head, mut buffer) = (Vec::new(), [0; 1_024]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).ok()? {
            0 => return None,
            read => head.extend_from_slice(buffer.get(..read)?),
        }
    }
    String::from_utf8(head).ok()?.split_whitespace().nth(1).map(str::to_owned)
}

fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

fn kind(answer: Result<ProviderResponse<Batch>>) -> ErrorKind {
    answer.expect_err("an error").kind()
}

#[tokio::test]
async fn a_chain_is_fetched_stored_and_read_back() -> Result<()> {
    let server =
        Server::start(|_, _| response("200 OK", "Content-Type: application/json\r\n", &document("SPY", "SPY")));
    let store = Arc::new(MemoryStore::new());
    let (cboe, clock) = (Arc::new(server.cboe()), Arc::new(SystemClock));
    let chains = Puller::<ChainRequest>::new(store.clone(), cboe.clone(), clock.clone(), PullOptions::default());
    let spy = Symbol::new("SPY")?;
    // The document is old, and so are its quotes when they are read today.
    let request = ChainRequest::new(spy).with_max_quote_age(chrono::TimeDelta::MAX);
    let first = chains.get(&request, FetchOptions::default()).await?;
    assert!(matches!(first.outcome, PullOutcome::Miss { reason: MissReason::NeverFetched }));
    let chain = first.data.expect("a chain");
    assert_eq!((chain.len(), chain.underlying_price()), (200, Some(657.25)));
    assert!(matches!(chains.get(&request, FetchOptions::default()).await?.outcome, PullOutcome::Hit { .. }));
    let prices = Puller::<PriceRequest>::new(store, cboe, clock, PullOptions::default());
    let price = prices.get(&PriceRequest::new(spy), FetchOptions::default()).await?.data.expect("a quote");
    assert_eq!(
        (price.bid, price.ask, price.at),
        (Some(657.2), Some(657.3), "2025-09-25T20:14:33Z".parse::<Timestamp>()?)
    );
    assert_eq!(server.asked(), ["/SPY.json", "/SPY.json"]);
    Ok(())
}

#[tokio::test]
async fn the_document_of_an_index_has_a_mark() -> Result<()> {
    let server = Server::start(|_, _| response("200 OK", "", &document("^SPX", "SPXW")));
    let request = ChainRequest::new(Symbol::new("SPX")?);
    let answer = server.cboe().fetch(&request, SystemClock.now()).await?;
    let ProviderResponse::Data { batch, bytes } = answer else { panic!("{answer:?}") };
    assert_eq!((batch.quotes.len(), batch.underlying_quotes[0].symbol.as_str()), (200, "SPX"));
    assert_eq!((server.asked(), bytes), (vec!["/_SPX.json".to_owned()], document("^SPX", "SPXW").len() as u64));
    Ok(())
}

#[tokio::test]
async fn a_symbol_without_a_document_has_nothing() {
    let server = Server::start(|_, _| response("404 Not Found", "", "<Error>NoSuchKey</Error>"));
    assert!(matches!(server.chain().await, Ok(ProviderResponse::Empty { retry_after: None })));
}

#[tokio::test]
async fn a_refused_address_is_not_a_symbol_without_options() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let server = Server::start(move |_, _| response(status, "", "<Error>AccessDenied</Error>"));
        let error = server.chain().await.expect_err("it is refused");
        assert_eq!((error.kind(), error.context("status")), (ErrorKind::PermissionDenied, Some(status)), "{error}");
        assert!(error.context("url").is_some_and(|url| url.ends_with("/SPY.json")), "{error}");
    }
}

#[tokio::test]
async fn a_busy_server_says_when_to_ask_again() {
    let dated = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:51:07 GMT\r\n";
    for (headers, seconds) in [
        ("Retry-After: 120\r\n", Some(120)),
        (dated, Some(90)),
        // By our own clock, that date is over.
        ("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", Some(0)),
        ("Retry-After: soon\r\n", None),
        ("", None),
    ] {
        for (status, kind) in
            [("429 Too Many Requests", ErrorKind::RateLimited), ("503 Service Unavailable", ErrorKind::Unavailable)]
        {
            let server = Server::start(move |_, _| response(status, headers, ""));
            let error = server.chain().await.expect_err("it is busy");
            let wait = error.retry_after().map(|wait| wait.as_secs());
            assert_eq!((error.kind(), wait, error.is_retryable()), (kind, seconds, true), "{error}");
        }
    }
}

#[tokio::test]
async fn a_rate_limited_address_is_not_asked_again_before_its_time() -> Result<()> {
    let server = Server::start(|_, _| response("429 Too Many Requests", "Retry-After: 3600\r\n", ""));
    let store = Arc::new(MemoryStore::new());
    let chains =
        Puller::<ChainRequest>::new(store, Arc::new(server.cboe()), Arc::new(SystemClock), PullOptions::default());
    for symbol in ["SPY", "SPY", "QQQ"] {
        let request = ChainRequest::new(Symbol::new(symbol)?);
        let error = chains.get(&request, FetchOptions::new(FetchPolicy::NetworkOnly)).await.expect_err("it is limited");
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
        assert!(error.retry_after().is_some_and(|wait| wait > Duration::from_secs(3_500)), "{error}");
    }
    assert_eq!(server.asked(), ["/SPY.json"]);
    Ok(())
}

#[tokio::test]
async fn failures_that_may_pass_are_told_from_those_that_will_not() {
    let whole = document("SPY", "SPY");
    let wrong = whole.replace("SPY301220C", "SPY?");
    for (answer, expected) in [
        (response("500 Internal Server Error", "", ""), ErrorKind::Unavailable),
        (response("502 Bad Gateway", "", ""), ErrorKind::Unavailable),
        (response("418 I'm a teapot", "", ""), ErrorKind::Internal),
        (response("200 OK", "", "not json"), ErrorKind::InvalidInput),
        (response("200 OK", "", &whole[..whole.len() / 2]), ErrorKind::Corrupt),
        (response("200 OK", "", &wrong), ErrorKind::Corrupt),
        (b"HTTP/1.1 nonsense\r\n\r\n".to_vec(), ErrorKind::Unavailable),
        (Vec::new(), ErrorKind::Unavailable),
        // The connection breaks off in the middle of the body.
        (response("200 OK", "", &whole)[..5_000].to_vec(), ErrorKind::Unavailable),
    ] {
        let text = String::from_utf8_lossy(&answer).chars().take(40).collect::<String>();
        let server = Server::start(move |_, _| answer.clone());
        assert_eq!(kind(server.chain().await), expected, "{text}");
    }
    let nobody = Cboe::new().expect("a client").at("http://127.0.0.1:1");
    let request = ChainRequest::new(Symbol::new("SPY").expect("a symbol"));
    assert_eq!(kind(nobody.fetch(&request, SystemClock.now()).await), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_few_unreadable_quotes_are_left_out() {
    let one = document("SPY", "SPY").replacen("SPY301220C00100000", "SPY?", 1);
    let server = Server::start(move |_, _| response("200 OK", "", &one));
    let answer = server.chain().await.expect("an answer");
    let ProviderResponse::Data { batch, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(batch.quotes.len(), 199);
}

#[tokio::test]
async fn a_server_that_was_unwell_is_asked_again_and_a_slow_one_is_given_up() -> Result<()> {
    let server = Server::start(|_, count| match count {
        1 => response("503 Service Unavailable", "Retry-After: 0\r\n", ""),
        2 => response("200 OK", "", "")[..20].to_vec(),
        3 => response("200 OK", "", &document("SPY", "SPY")),
        _ => {
            thread::sleep(Duration::from_millis(400));
            Vec::new()
        }
    });
    let options = PullOptions {
        first_backoff: Duration::from_millis(1),
        timeout: Duration::from_millis(200),
        ..PullOptions::default()
    };
    let prices = Puller::<PriceRequest>::new(
        Arc::new(MemoryStore::new()),
        Arc::new(server.cboe()),
        Arc::new(SystemClock),
        options,
    );
    let spy = PriceRequest::new(Symbol::new("SPY")?);
    let quote = prices.get(&spy, FetchOptions::default()).await?.data.expect("a quote");
    assert_eq!((quote.last, server.asked().len()), (Some(657.25), 3));
    let error = prices.get(&spy, FetchOptions::new(FetchPolicy::NetworkOnly)).await.expect_err("it is slow");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    Ok(())
}
