//! The clock and the random bits of the machine, which strikebook's core takes as arguments.
//!
//! An application hands these in; a test hands in instants and identities of its own.

mod clock;
mod random;

pub use clock::SystemClock;
pub use random::{new_id, new_salt};
