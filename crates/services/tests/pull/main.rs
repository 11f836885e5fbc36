//! Pull when asked, on the store in memory, with a clock that is set by hand.

mod bench;
mod clocks;
mod failure;
mod flight;
mod gate;
mod keeping;
mod kinds;
mod misses;
mod policy;
mod spending;
