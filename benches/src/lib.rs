//! Benchmarks only; see the folder `engines`.
