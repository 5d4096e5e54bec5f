//! Measures the benchmark applications side by side: run by `cargo xtask bench`, which builds them first.

mod app;
mod browser;
mod count;
mod instructions;
mod load;
mod machine;
mod memory;
mod options;
mod plan;
mod report;
mod run;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["--instructions"] => run::programs().and_then(|programs| instructions::run(&programs)),
        // What is wrong with the words is said before anything is installed or built for them.
        ["--check", words @ ..] => options::Options::read(words).map(drop),
        words => options::Options::read(words).and_then(|options| run::run(&options)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
