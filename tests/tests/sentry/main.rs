//! Events at Sentry: one of a failure, with all that explains it, at no cost for the service.

mod events;
mod failing;
mod hostile;
mod local;
mod places;
mod private_ca;
mod quickstart;
mod rules;
mod same_failure;
mod storms;
mod tasks;
mod theirs;
mod waits;
