//! The default mode: runs the program and shows each command as a shell would.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use super::support::sample;
use super::{Sandbox, refusing};

const MAIL: &str = "mail";

/// What README.md shows: a check, a fetch, one more, and a check that a server refuses. Success if they ended as they
/// should and the files hold what the server has.
pub(crate) fn run(sandbox: &Sandbox, trace: bool) -> ExitCode {
    let Some(program) = build() else {
        eprintln!("sandbox: the program could not be built");
        return ExitCode::FAILURE;
    };
    let run = |arguments: &[&str]| run_program(sandbox, &program, arguments);
    let check: &[&str] = if trace { &["check", "--trace"] } else { &["check"] };
    let good = [run(check), run(&["fetch", "--to", MAIL]), run(&["fetch", "--to", MAIL])] == [Some(0); 3];
    refusing::arm(sandbox, "sign-in");
    let refused = run(check) == Some(4);
    // Beside what README.md shows, so on stderr.
    let same = compare(sandbox);
    if good && refused && same { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Builds the program as this example was built; cargo says where it is.
fn build() -> Option<PathBuf> {
    // Both are set by `cargo run`, and were when this was compiled.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--bin", "exoimap"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(package)
        .stderr(Stdio::inherit());
    if cfg!(feature = "vendored") {
        command.args(["--features", "vendored"]);
    }
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output().ok().filter(|out| out.status.success())?;
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    messages.lines().find_map(executable)
}

/// The path in cargo's message that an executable is ready.
fn executable(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    message["executable"].as_str().map(PathBuf::from)
}

/// Runs the program in the sandbox's folder with its environment and no other; its exit code.
fn run_program(sandbox: &Sandbox, program: &Path, arguments: &[&str]) -> Option<i32> {
    println!("$ exoimap {}", arguments.join(" "));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(sandbox.folder()).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(concerns_us) {
            command.env_remove(name);
        }
    }
    command.envs(sandbox.environment());
    command.status().inspect_err(|error| println!("[{error}]")).ok()?.code()
}

/// Variables that would lead the program elsewhere.
fn concerns_us(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("AZURE_") || name.starts_with("EXOIMAP_") || name.ends_with("_PROXY")
}

/// Whether every message of the inbox is a file with the same bytes.
fn compare(sandbox: &Sandbox) -> bool {
    let inbox = sandbox.exchange.folder(sample::ORDERS, "INBOX");
    let folder = sandbox.folder().join(MAIL);
    let same = inbox.messages.iter().all(|message| {
        let file = folder.join(format!("{}.{}.eml", inbox.uidvalidity, message.uid));
        fs::read(file).is_ok_and(|bytes| bytes == *message.bytes)
    });
    if same {
        eprintln!("sandbox: every message is there, byte for byte");
    } else {
        eprintln!("sandbox: the files are not what the server has");
    }
    same
}
