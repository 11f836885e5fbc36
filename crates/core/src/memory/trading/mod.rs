mod position;
mod signal;
