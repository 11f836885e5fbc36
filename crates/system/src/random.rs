//! Random bits, drawn from the operating system.

use strikebook_core::{Id, Timestamp};
use uuid::Uuid;

/// Returns the identity of a new entry: the millisecond of `at` and 74 random bits, so that identities sort by the time
/// of their creation and no two are equal.
///
/// ```
/// use strikebook_core::{Id, Timestamp, trading::Signal};
/// use strikebook_system::new_id;
///
/// let at: Timestamp = "2025-09-25T20:00:00Z".parse()?;
/// let (first, second): (Id<Signal>, Id<Signal>) = (new_id(at), new_id(at));
/// assert_ne!(first, second);
/// assert!(second < new_id("2025-09-25T20:00:00.001Z".parse()?));
/// # Ok::<(), strikebook_core::Error>(())
/// ```
pub fn new_id<T>(at: Timestamp) -> Id<T> {
    // The fixed bits of a random UUID are at the places where an identity has fixed bits of its own.
    let [_, _, _, _, _, _, random @ ..] = random();
    Id::new(at, random)
}

/// Returns 122 random bits for the salt of a [password's hash](strikebook_core::operations::PasswordHash::of).
///
/// ```
/// use strikebook_core::operations::PasswordHash;
/// use strikebook_system::new_salt;
///
/// let hash = PasswordHash::of("correct horse", new_salt())?;
/// assert!(hash.is_of("correct horse"));
/// assert_ne!(hash, PasswordHash::of("correct horse", new_salt())?);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
pub fn new_salt() -> [u8; 16] {
    random()
}

/// Returns the bytes of a random UUID, six bits of which are fixed.
fn random() -> [u8; 16] {
    Uuid::new_v4().into_bytes()
}
