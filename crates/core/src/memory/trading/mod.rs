mod journal;
mod metrics;
mod order;
mod position;
mod signal;
