//! The default mode: runs the program and shows each command as a shell would.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use super::Sandbox;
use super::support::sample;

const MAIL: &str = "mail";

/// Success if every command ended with 0 and the files hold what the server has.
pub(crate) fn run(sandbox: &Sandbox) -> ExitCode {
    let Some(program) = build() else {
        eprintln!("sandbox: the program could not be built");
        return ExitCode::FAILURE;
    };
    let run = |arguments: &[&str]| run_program(sandbox, &program, arguments);
    let good = [
        run(&["check", "--trace"]),
        run(&["folders"]),
        run(&["fetch", "--to", MAIL]),
        list(&sandbox.folder().join(MAIL)),
        show_first_message(sandbox),
        run(&["fetch", "--to", MAIL]),
        compare(sandbox),
    ];
    if good.contains(&false) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
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

/// Runs the program in the sandbox's folder with its environment and no other; true for exit 0.
fn run_program(sandbox: &Sandbox, program: &Path, arguments: &[&str]) -> bool {
    println!("$ exoimap {}", arguments.join(" "));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(sandbox.folder()).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(concerns_us) {
            command.env_remove(name);
        }
    }
    command.envs(sandbox.environment());
    match command.status() {
        Ok(status) => {
            // A shell would not say it, and here it is half of the answer.
            println!("[{status}]\n");
            status.success()
        }
        Err(error) => {
            println!("[{error}]\n");
            false
        }
    }
}

/// Variables that would lead the program elsewhere.
fn concerns_us(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("AZURE_") || name.starts_with("EXOIMAP_") || name.ends_with("_PROXY")
}

fn list(folder: &Path) -> bool {
    println!("$ ls -l {MAIL}");
    for file in files(folder) {
        let length = fs::metadata(&file).map_or(0, |data| data.len());
        println!("{length:>8} {}", name(&file));
    }
    println!();
    true
}

fn show_first_message(sandbox: &Sandbox) -> bool {
    let files = files(&sandbox.folder().join(MAIL));
    let Some(first) = files.first() else {
        println!("sandbox: nothing was delivered\n");
        return false;
    };
    println!("$ head -n 12 {MAIL}/{}", name(first));
    let octets = fs::read(first).unwrap_or_default();
    let text = String::from_utf8_lossy(&octets).into_owned();
    for line in text.lines().take(12) {
        println!("{}", line.escape_debug().to_string().replace("\\\"", "\""));
    }
    println!();
    true
}

/// Whether every message of the inbox is a file with the same octets.
fn compare(sandbox: &Sandbox) -> bool {
    let inbox = sandbox.exchange.folder(sample::ORDERS, "INBOX");
    let folder = sandbox.folder().join(MAIL);
    let same = inbox.messages.iter().all(|message| {
        let file = folder.join(format!("{}.{}.eml", inbox.uidvalidity, message.uid));
        fs::read(file).is_ok_and(|octets| octets == *message.octets)
    });
    if same {
        println!("every message is there, octet for octet");
    } else {
        println!("sandbox: the files are not what the server has");
    }
    same
}

/// The visible files of a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| !name(path).starts_with('.')).collect();
    files.sort();
    files
}

fn name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
