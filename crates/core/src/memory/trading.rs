mod account;
mod journal;
mod metrics;
mod order;
mod portfolio;
mod position;
mod signal;
