mod audit;
mod event;
