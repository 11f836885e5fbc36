//! Password hashes, and bounds of the cost of verifying one.

use std::{fmt, sync::LazyLock};

use argon2::{ARGON2ID_IDENT, Argon2, PasswordHasher, PasswordVerifier, Version, password_hash::SaltString};

use crate::{Error, Result};

/// The hash of a password with its salt and its costs, as a PHC string of Argon2id. `Debug` output and serialised
/// users never contain it, so neither does the audit.
///
/// The costs are bounded, because a stored hash decides the cost of each login: a hash that is too costly is refused
/// before any memory is allocated, and so is a weak one. Accepted are
///
/// | part | accepted |
/// |---|---|
/// | algorithm, version | `argon2id`, `v=19` |
/// | memory `m` and passes `t` | at least one of the [minima](Self::MIN_COSTS); at most [`MAX_MEMORY_KIB`](Self::MAX_MEMORY_KIB), and at most [`MAX_WORK_KIB`](Self::MAX_WORK_KIB) for `m` × `t` |
/// | lanes `p` | 1 to [`MAX_LANES`](Self::MAX_LANES) |
/// | salt | 8 to 48 bytes |
/// | hash | 16 to 64 bytes |
///
/// and no other parameters: a `keyid` would name a secret that is needed for the verification.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The length of the longest password in bytes.
    pub const MAX_PASSWORD_BYTES: usize = 1024;

    /// The largest memory of a hash in KiB: 256 MiB.
    pub const MAX_MEMORY_KIB: u32 = 256 * 1024;

    /// The largest product of memory and passes in KiB: 1 GiB, nearly a second of one core.
    pub const MAX_WORK_KIB: u64 = 1024 * 1024;

    /// The largest number of lanes of a hash.
    pub const MAX_LANES: u32 = 16;

    /// The lowest costs of a hash, as memory in KiB and passes. The pairs are equally strong (OWASP, *Password
    /// Storage Cheat Sheet*).
    pub const MIN_COSTS: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

    /// Hashes a password with a salt: Argon2id, version 19, 19 MiB, two passes. Takes some tens of milliseconds of one
    /// core, on purpose. Each hash needs a salt of its own; `strikebook::new_salt` draws one.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a password that is empty or longer than
    /// [`MAX_PASSWORD_BYTES`](Self::MAX_PASSWORD_BYTES). The error does not contain the password.
    pub fn of(password: &str, salt: [u8; 16]) -> Result<Self> {
        let refuse = |message| Err(Error::invalid_input(message).with("field", "password"));
        if password.is_empty() {
            return refuse("a password must not be empty");
        }
        if password.len() > Self::MAX_PASSWORD_BYTES {
            return refuse("a password must have at most 1024 bytes");
        }
        let hash = SaltString::encode_b64(&salt)
            .and_then(|salt| Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string()));
        hash.map(Self).or_else(|_| refuse("the password cannot be hashed"))
    }

    /// Accepts a hash that was made elsewhere, as a PHC string of Argon2id.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for another text or algorithm, and for costs out of bounds.
    /// The error contains the costs, and neither salt nor hash.
    pub fn from_phc(text: &str) -> Result<Self> {
        Costs::read(text)?.check()?;
        Ok(Self(text.to_owned()))
    }

    /// Returns the PHC string, for storing it.
    pub fn as_phc(&self) -> &str {
        &self.0
    }

    /// Returns true if this is the hash of a password, compared in constant time. Takes as long as [`of`](Self::of)
    /// for the same costs. A password longer than [`MAX_PASSWORD_BYTES`](Self::MAX_PASSWORD_BYTES) is wrong and is
    /// not hashed.
    pub fn is_of(&self, password: &str) -> bool {
        password.len() <= Self::MAX_PASSWORD_BYTES
            && argon2::PasswordHash::new(&self.0)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    }

    /// Returns true if a new hash would have the same costs. A hash made elsewhere may have others, and a login with
    /// it takes another time than that of an unknown user: [hash](Self::of) the password again after the user has
    /// logged in.
    pub fn is_current(&self) -> bool {
        matches!((Costs::read(&self.0), Costs::read(&DECOY.0)), (Ok(own), Ok(new)) if own == new)
    }

    /// Returns the hash against which the password of an unknown user is verified, so that the login takes as long as
    /// that of a known user.
    pub(super) fn decoy() -> &'static Self {
        &DECOY
    }
}

/// The hash of no known password, with the costs of a new hash.
static DECOY: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash(format!("$argon2id$v=19$m=19456,t=2,p=1$ZGVjb3lvZm5vYm9keQ${}", "A".repeat(43))));

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// The cost parameters of a hash, which decide the work of verifying a password.
#[derive(Debug, PartialEq, Eq)]
struct Costs {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    hash_bytes: usize,
}

impl Costs {
    /// The length of the longest PHC string to parse, in bytes. The longest accepted one has about 200 bytes.
    const LONGEST_PHC: usize = 512;

    fn read(text: &str) -> Result<Self> {
        let found = if text.len() <= Self::LONGEST_PHC { argon2::PasswordHash::new(text).ok() } else { None };
        let costs = found.and_then(|found| {
            let mut salt = [0; 64];
            let salt_bytes = found.salt?.decode_b64(&mut salt).ok()?.len();
            let hash_bytes = found.hash?.len();
            let is_known = found.algorithm == ARGON2ID_IDENT
                && found.version == Some(Version::V0x13.into())
                && found.params.iter().count() == 3
                && (8..=48).contains(&salt_bytes)
                && (16..=64).contains(&hash_bytes);
            let cost = |name| found.params.get_decimal(name);
            let costs = Self { memory_kib: cost("m")?, passes: cost("t")?, lanes: cost("p")?, hash_bytes };
            is_known.then_some(costs)
        });
        costs.ok_or_else(|| {
            let expected = "$argon2id$v=19$m=…,t=…,p=…$salt of 8 to 48 bytes$hash of 16 to 64 bytes";
            Error::invalid_input("a password hash must be a PHC string of Argon2id, version 19")
                .with("field", "password")
                .with("expected", expected)
        })
    }

    fn check(&self) -> Result<()> {
        let Self { memory_kib, passes, lanes, .. } = *self;
        let is_weaker_than = |(memory, least)| memory_kib < memory || passes < least;
        let refuse = |message, expected| {
            Err(Error::invalid_input(message)
                .with("field", "password")
                .with("found", format_args!("m={memory_kib},t={passes},p={lanes}"))
                .with("expected", expected))
        };
        if memory_kib > PasswordHash::MAX_MEMORY_KIB
            || u64::from(memory_kib) * u64::from(passes) > PasswordHash::MAX_WORK_KIB
            || !(1..=PasswordHash::MAX_LANES).contains(&lanes)
        {
            let expected = "m of at most 262144, m × t of at most 1048576, and p from 1 to 16";
            return refuse("the costs of the password hash are too high", expected);
        }
        if PasswordHash::MIN_COSTS.into_iter().all(is_weaker_than) {
            return refuse("the costs of the password hash are too low", "m=19456,t=2 or another of the minimum pairs");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    /// A PHC string with the given costs, of no password.
    fn phc(costs: &str) -> String {
        format!("$argon2id$v=19${costs}$c29tZXNhbHRzb21l$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    }

    #[test]
    fn a_hash_matches_its_own_password_only() {
        let hash = PasswordHash::of("correct horse", [1; 16]).expect("a hash");
        assert!(hash.as_phc().starts_with("$argon2id$v=19$"), "a PHC string");
        assert!(hash.is_of("correct horse") && !hash.is_of("correct hors") && !hash.is_of(""));
        assert_ne!(PasswordHash::of("correct horse", [2; 16]).expect("another salt"), hash);
        assert!(!format!("{hash:?}").contains("argon2"), "{hash:?}");
    }

    #[test]
    fn only_argon2id_hashes_are_accepted_from_elsewhere() {
        let hash = PasswordHash::of("a", [1; 16]).expect("a hash");
        assert_eq!(PasswordHash::from_phc(hash.as_phc()).expect("a hash"), hash);
        let whole = phc("m=19456,t=2,p=1");
        for text in [
            String::new(),
            "secret".to_owned(),
            "$2b$12$abcdefghijklmnopqrstuv".to_owned(),
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ".to_owned(),
            whole.replace("argon2id", "argon2i"),
            whole.replace("argon2id", "argon2d"),
            whole.replace("$v=19", "$v=16"),
            whole.replace("$v=19", ""),
            whole.replace("c29tZXNhbHRzb21l", "c29tZQ"),
            format!("{}AAAA", whole.split_at(whole.len() - 43).0),
            format!("{whole}{}", "A".repeat(512)),
            phc("m=19456,t=2"),
            phc("m=19456,t=2,p=1,keyid=AAAA"),
            phc("m=19456,t=2,p=1,data=AAAA"),
            phc("m=19456,m=4294967295,t=2,p=1"),
            phc("m=4294967296,t=2,p=1"),
            phc("m=-1,t=2,p=1"),
        ] {
            let error = PasswordHash::from_phc(&text).expect_err(&text);
            assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("password")), "{text}");
            assert!(text.is_empty() || !format!("{error} {error:?}").contains(&text), "{error}");
        }
    }

    #[test]
    fn a_hash_that_costs_too_much_is_refused_before_memory_is_taken() {
        for costs in [
            "m=4294967295,t=2,p=1",
            "m=262145,t=1,p=1",
            "m=262144,t=5,p=1",
            "m=7168,t=147,p=1",
            "m=19456,t=4294967295,p=1",
            "m=4294967295,t=4294967295,p=16777215",
            "m=19456,t=2,p=17",
            "m=19456,t=2,p=0",
        ] {
            let error = PasswordHash::from_phc(&phc(costs)).expect_err(costs);
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert_eq!(error.context("found"), Some(costs));
            assert!(!format!("{error:#}").contains("c29tZXNhbHRzb21l"), "{error}");
        }
        for costs in ["m=262144,t=4,p=1", "m=7168,t=146,p=16", "m=65536,t=3,p=4"] {
            PasswordHash::from_phc(&phc(costs)).expect(costs);
        }
    }

    #[test]
    fn a_weak_hash_is_refused() {
        for (memory, passes) in PasswordHash::MIN_COSTS {
            PasswordHash::from_phc(&phc(&format!("m={memory},t={passes},p=1"))).expect("as good as it must be");
            for weak in [format!("m={},t={passes},p=1", memory - 1), format!("m={memory},t={},p=1", passes - 1)] {
                let error = PasswordHash::from_phc(&phc(&weak)).expect_err(&weak);
                assert_eq!((error.kind(), error.context("found")), (ErrorKind::InvalidInput, Some(&*weak)), "{error}");
            }
        }
        for weak in ["m=8,t=1,p=1", "m=8,t=131072,p=1", "m=7167,t=100,p=1"] {
            assert!(PasswordHash::from_phc(&phc(weak)).is_err(), "{weak}");
        }
    }

    #[test]
    fn the_length_of_a_password_is_limited_in_bytes() {
        let longest = "é".repeat(PasswordHash::MAX_PASSWORD_BYTES / 2);
        let hash = PasswordHash::of(&longest, [1; 16]).expect("the longest");
        assert!(hash.is_of(&longest) && !hash.is_of(&format!("{longest}x")));
        for password in [String::new(), format!("{longest}x"), "x".repeat(1 << 24)] {
            let error = PasswordHash::of(&password, [1; 16]).expect_err("no length of a password");
            assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("password")));
            assert!(password.is_empty() || !format!("{error:?}").contains(&password));
        }
    }

    #[test]
    fn the_decoy_has_the_costs_of_a_new_hash() {
        let costs = |hash: &PasswordHash| Costs::read(hash.as_phc()).expect("costs");
        let new = PasswordHash::of("correct horse", [1; 16]).expect("a hash");
        assert_eq!(costs(PasswordHash::decoy()), costs(&new));
        PasswordHash::from_phc(PasswordHash::decoy().as_phc()).expect("a hash that could be stored");
        assert!(new.is_current());
        assert!(!PasswordHash::from_phc(&phc("m=65536,t=3,p=4")).expect("a hash").is_current());
    }
}
