//! The program `puerta`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    puerta::cli::run()
}
