//! Handshakes with a server whose certificate is made here: right, for another name, of another authority, and none at
//! all. `STRIKEBOOK_TEST_TLS_SERVER` names the script that runs the server.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use strikebook::{Error, ErrorKind, Result, open};
use strikebook_testkit::{Harness, Place, run_on_threads, trial::Trial, trials};
use tempfile::TempDir;

use strikebook_tests::server::{Server, closed_port};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        each_sslmode_checks_what_the_table_says,
        a_handshake_without_a_request_before_it_works,
        a_server_can_ask_for_a_certificate,
        a_file_that_cannot_be_used_is_an_error_that_names_it
    ]
}

const TLS_SERVER: &str = "STRIKEBOOK_TEST_TLS_SERVER";
/// The name that the server's certificate has.
const RIGHT: &str = "right.test";
const WRONG: &str = "wrong.test";

/// A server that speaks TLS. `ann` must show a certificate, `joe` one with his name, others none; nobody needs a
/// password.
struct Encrypted {
    port: u16,
    /// The authority that signed the server's certificate and those of clients, and another one.
    authority: PathBuf,
    other: PathBuf,
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    stranger: Issuer<'static, KeyPair>,
    /// Held open: the server ends when it closes, as this process does.
    _open: ChildStdin,
    _server: Child,
}

/// The one server of this process.
fn encrypted() -> Result<&'static Encrypted> {
    static SERVER: OnceLock<Encrypted> = OnceLock::new();
    let script = env::var_os(TLS_SERVER).filter(|script| !script.is_empty());
    let script = script.ok_or_else(|| Error::new(ErrorKind::Unavailable, format!("{TLS_SERVER} is not set")))?;
    Ok(SERVER.get_or_init(|| Encrypted::start(Path::new(&script))))
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    (params.self_signed(&key).expect("signed").pem(), Issuer::new(params, key))
}

/// A certificate and its key.
fn certificate(name: &str, purpose: ExtendedKeyUsagePurpose, issuer: &Issuer<'_, KeyPair>) -> (String, String) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages.push(purpose);
    let key = KeyPair::generate().expect("a key");
    (params.signed_by(&key, issuer).expect("signed").pem(), key.serialize_pem())
}

impl Encrypted {
    fn start(script: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("written");
            path
        };
        let ((root, issuer), (other, stranger)) = (authority("the desk's"), authority("somebody's"));
        let (server, key) = certificate(RIGHT, ExtendedKeyUsagePurpose::ServerAuth, &issuer);
        let authority = write("root.crt", &root);
        write("server.crt", &server);
        write("server.key", &key);
        write("extra.conf", "ssl = on\nssl_ca_file = 'root.crt'\n");
        write("setup.sql", "CREATE ROLE joe LOGIN SUPERUSER; CREATE ROLE ann LOGIN SUPERUSER;");
        write(
            "pg_hba.conf",
            "local all all trust\n\
             hostssl all joe 127.0.0.1/32 cert\n\
             hostssl all ann 127.0.0.1/32 trust clientcert=verify-ca\n\
             hostssl all all 127.0.0.1/32 trust\n",
        );
        let port = closed_port();
        let mut child = Command::new(script)
            .arg(folder.path())
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        assert_eq!(line.trim(), "ready", "the server did not start");
        let open = child.stdin.take().expect("piped");
        let clients = tempfile::tempdir().expect("a folder");
        let other_path = clients.path().join("other.crt");
        fs::write(&other_path, other).expect("written");
        fs::copy(&authority, clients.path().join("root.crt")).expect("copied");
        let authority = clients.path().join("root.crt");
        Self { port, authority, other: other_path, folder: clients, issuer, stranger, _open: open, _server: child }
    }

    fn url(&self, user: &str, host: &str, options: &str) -> String {
        format!("postgres://{user}@{host}:{}/postgres?hostaddr=127.0.0.1&schema=of_{user}{options}", self.port)
    }

    /// Writes a client's certificate and key, and returns the options that name them.
    fn identity(&self, file: &str, certificate: &str, key: &str, mode: u32) -> String {
        let (crt, pem) =
            (self.folder.path().join(format!("{file}.crt")), self.folder.path().join(format!("{file}.key")));
        fs::write(&crt, certificate).expect("written");
        fs::write(&pem, key).expect("written");
        fs::set_permissions(&pem, fs::Permissions::from_mode(mode)).expect("set");
        format!("&sslcert={}&sslkey={}", crt.display(), pem.display())
    }
}

struct Handshakes;

#[async_trait]
impl Harness for Handshakes {
    fn engine(&self) -> &'static str {
        "postgres"
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        encrypted()?;
        Server::PLAIN.place().await
    }
}

fn with_server(case: impl AsyncFn(&'static Encrypted) -> Result<()>) {
    run_on_threads(Handshakes, async |_| case(encrypted()?).await);
}

/// Opens and closes a store, and tells whether that went well. Anything but wrong settings is a failure of the test.
async fn accepted(url: &str) -> std::result::Result<(), Error> {
    match open(url).await {
        Ok(store) => store.close().await,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{url}: {error:?}");
            Err(error)
        }
    }
}

fn each_sslmode_checks_what_the_table_says() {
    with_server(async |server| {
        let plain = Arc::new(Server::PLAIN.schema()?);
        let mut wrong = Vec::new();
        // The mode; whether an authority is given; then right, wrong name, wrong authority, no TLS.
        for (mode, given, expected) in [
            ("", false, [true, true, true, true]),
            ("&sslmode=prefer", false, [true, true, true, true]),
            ("", true, [true, false, false, false]),
            ("&sslmode=prefer", true, [true, false, false, false]),
            ("&sslmode=require", true, [true, false, false, false]),
            ("&sslmode=verify-full", true, [true, false, false, false]),
            ("&sslmode=verify-ca", true, [true, true, false, false]),
            // The system does not know our authorities.
            ("&sslmode=require", false, [false, false, false, false]),
            ("&sslmode=verify-full", false, [false, false, false, false]),
            ("&sslmode=verify-full&sslrootcert=system", false, [false, false, false, false]),
            ("&sslmode=verify-ca", false, [false, false, false, false]),
            // The server takes no connection without TLS.
            ("&sslmode=disable", false, [false, false, false, true]),
            ("&sslmode=disable", true, [false, false, false, false]),
        ] {
            let root =
                |path: &Path| if given { format!("{mode}&sslrootcert={}", path.display()) } else { mode.to_owned() };
            let urls = [
                ("right", server.url("postgres", RIGHT, &root(&server.authority))),
                ("wrong name", server.url("postgres", WRONG, &root(&server.authority))),
                ("wrong authority", server.url("postgres", RIGHT, &root(&server.other))),
                ("no TLS", format!("{}{}", plain.url(), root(&server.authority))),
            ];
            for ((case, url), expected) in urls.iter().zip(expected) {
                let outcome = accepted(url).await;
                if outcome.is_ok() != expected {
                    wrong.push(format!("{mode:?}, authority {given}, {case}: {:?}", outcome.err()));
                }
            }
        }
        assert!(wrong.is_empty(), "not as documented:\n{}", wrong.join("\n"));
        Ok(())
    });
}

fn a_handshake_without_a_request_before_it_works() {
    with_server(async |server| {
        let root = server.authority.display();
        let direct = format!("&sslmode=require&sslrootcert={root}&sslnegotiation=direct");
        accepted(&server.url("postgres", RIGHT, &direct)).await?;
        assert!(accepted(&server.url("postgres", WRONG, &direct)).await.is_err());
        Ok(())
    });
}

fn a_server_can_ask_for_a_certificate() {
    with_server(async |server| {
        let root = format!("&sslmode=verify-full&sslrootcert={}", server.authority.display());
        let client = |name| certificate(name, ExtendedKeyUsagePurpose::ClientAuth, &server.issuer);
        let (joe, ann) = (client("joe"), client("somebody"));
        let stranger = certificate("joe", ExtendedKeyUsagePurpose::ClientAuth, &server.stranger);
        let of_joe = server.identity("joe", &joe.0, &joe.1, 0o600);
        let of_ann = server.identity("ann", &ann.0, &ann.1, 0o600);
        let of_stranger = server.identity("stranger", &stranger.0, &stranger.1, 0o600);
        for (user, identity, expected) in [
            ("joe", &of_joe, true),
            ("ann", &of_ann, true),
            ("ann", &of_joe, true),
            ("joe", &of_ann, false),
            ("joe", &of_stranger, false),
            ("ann", &of_stranger, false),
            ("joe", &String::new(), false),
            ("ann", &String::new(), false),
            ("postgres", &of_joe, true),
        ] {
            let outcome = accepted(&server.url(user, RIGHT, &format!("{root}{identity}"))).await;
            assert_eq!(outcome.is_ok(), expected, "{user} with {identity:?}: {:?}", outcome.err());
        }
        // A server is asked for no other check because the client shows a certificate.
        accepted(&server.url("joe", WRONG, &of_joe)).await?;

        // The same key in the form of SEC1.
        let sec1 = sec1(&joe.1);
        let of_joe = server.identity("joe_sec1", &joe.0, &sec1, 0o600);
        accepted(&server.url("joe", RIGHT, &format!("{root}{of_joe}"))).await
    });
}

/// Takes the key out of its PKCS#8 wrapping, which is as long for every key of this curve.
fn sec1(pkcs8: &str) -> String {
    let key = KeyPair::from_pem(pkcs8).expect("a key");
    let inner = key.serialized_der().get(29..).expect("a wrapping");
    let inner = &inner[..2 + usize::from(inner[1])];
    format!("-----BEGIN EC PRIVATE KEY-----\n{}-----END EC PRIVATE KEY-----\n", base64(inner))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().chain([&0; 2]).take(3).fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        for digit in 0..4 {
            let shown = digit <= chunk.len();
            text.push(if shown { char::from(DIGITS[number >> (18 - 6 * digit) & 63]) } else { '=' });
        }
        if text.len() % 65 == 64 {
            text.push('\n');
        }
    }
    text + "\n"
}

fn a_file_that_cannot_be_used_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (root, issuer) = authority("the desk's");
    let (joe, key) = certificate("joe", ExtendedKeyUsagePurpose::ClientAuth, &issuer);
    let (_, other_key) = certificate("joe", ExtendedKeyUsagePurpose::ClientAuth, &issuer);
    let write = |name: &str, text: &str, mode| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
        path.display().to_string()
    };
    let (root, joe) = (write("root.crt", &root, 0o644), write("joe.crt", &joe, 0o644));
    let (own, other) = (write("joe.key", &key, 0o600), write("other.key", &other_key, 0o600));
    let (open_to_all, writable) = (write("all.key", &key, 0o604), write("group.key", &key, 0o620));
    let (notes, sealed) = (
        write("notes", "geheim\n", 0o600),
        write(
            "sealed.key",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nZ2VoZWlt\n-----END ENCRYPTED PRIVATE KEY-----\n",
            0o600,
        ),
    );
    let missing = folder.path().join("missing").display().to_string();
    let spaced = folder.path().join("a%20b%25c").display().to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for (options, key, named) in [
            (format!("sslrootcert={missing}"), "sslrootcert", missing.as_str()),
            (format!("sslmode=prefer&sslrootcert={missing}"), "sslrootcert", &missing),
            (format!("sslmode=require&sslrootcert={missing}"), "sslrootcert", &missing),
            (format!("sslmode=verify-ca&sslrootcert={missing}"), "sslrootcert", &missing),
            (format!("sslmode=verify-ca&sslrootcert={notes}"), "sslrootcert", &notes),
            (format!("sslrootcert={spaced}"), "sslrootcert", "/a b%c"),
            (format!("sslmode=disable&sslrootcert={root}"), "option", "sslrootcert"),
            (format!("sslmode=disable&sslcert={joe}&sslkey={own}"), "option", "sslcert"),
            (format!("sslcert={joe}"), "expected", "sslkey=PATH"),
            (format!("sslkey={own}"), "expected", "sslcert=PATH"),
            (format!("sslcert={missing}&sslkey={own}"), "sslcert", &missing),
            (format!("sslcert={joe}&sslkey={missing}"), "sslkey", &missing),
            (format!("sslcert={joe}&sslkey={}", folder.path().display()), "sslkey", "/"),
            (format!("sslcert={joe}&sslkey={open_to_all}"), "expected", "0600"),
            (format!("sslcert={joe}&sslkey={writable}"), "expected", "0600"),
            (format!("sslcert={joe}&sslkey={notes}"), "sslkey", &notes),
            (format!("sslcert={joe}&sslkey={sealed}"), "expected", "not encrypted"),
            (format!("sslcert={joe}&sslkey={other}"), "sslkey", &other),
            ("sslmode=verify-ca".to_owned(), "expected", "sslrootcert=PATH"),
            ("sslmode=verify-ca&sslrootcert=system".to_owned(), "expected", "sslrootcert=PATH"),
            ("sslmode=allow".to_owned(), "expected", "disable, prefer, require, verify-ca or verify-full"),
        ] {
            // Nobody listens there; a file is read before.
            let error = open(&format!("postgres://h.invalid/b?{options}")).await.expect_err("a bad file");
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{options}: {error:?}");
            assert!(error.context(key).is_some_and(|found| found.contains(named)), "{options}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
        }
    });
}
