//! The store against a real server. Without one these tests fail; none is skipped.

#[cfg(test)]
mod access;
#[cfg(test)]
mod check;
#[cfg(test)]
mod connection;
#[cfg(test)]
mod each_verb;
#[cfg(test)]
mod history;
mod index;
#[cfg(test)]
mod laws;
#[cfg(test)]
#[path = "../near/log.rs"]
mod log;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod races;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod runtimes;
#[cfg(test)]
mod statistics;
#[cfg(test)]
mod support;
#[cfg(test)]
mod throttle;
#[cfg(test)]
mod token;
#[cfg(test)]
mod unconnected;
#[cfg(test)]
mod verbs;
