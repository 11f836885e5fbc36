mod access;
mod audit;
mod cache;
mod configuration;
mod event;
mod quality;
mod run;
mod strategy;
