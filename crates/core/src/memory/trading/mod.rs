mod metrics;
mod position;
mod signal;
