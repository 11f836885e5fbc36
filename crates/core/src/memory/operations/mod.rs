mod access;
mod audit;
mod configuration;
mod event;
mod quality;
mod strategy;
