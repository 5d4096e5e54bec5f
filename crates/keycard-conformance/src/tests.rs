//! The suite itself: it accepts stores that are right, and finds what is wrong with those that are not.

mod bites;
mod broken;
mod flaw;
mod handles;
mod hangs;
mod leaves;
mod login;
mod mounted;
mod script;
mod sequences;
mod throttle;
mod token;
mod upkeep;
