//! The engine benchmarks.
fn main() {}
