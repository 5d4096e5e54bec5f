//! The core without a framework: requests are opened and closed by hand, as an adapter does.

mod client;
mod journey;
