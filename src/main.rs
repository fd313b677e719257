//! The program `exoimap`. Everything it does is in the library's `cli`.

fn main() -> std::process::ExitCode {
    exoimap::cli::run()
}
