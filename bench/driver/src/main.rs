//! Measures the benchmark applications side by side: run by `cargo xtask bench`, which builds them first.

mod app;
mod browser;
mod count;
mod load;
mod machine;
mod options;
mod plan;
mod report;
mod run;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match options::Options::read(&words).and_then(|options| run::run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
