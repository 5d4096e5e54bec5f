//! Each verb's every outcome.

mod create;
mod end;
mod load;
mod replace;
mod touch;
mod update;
