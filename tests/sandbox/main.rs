//! `cargo run --example sandbox`: the program against a token endpoint and an IMAP server on
//! loopback that answer as Entra ID and Exchange Online do.

// An example is there to print.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, thread};

#[path = "../support/mod.rs"]
mod support;

mod demo;
mod refusing;

use support::certificate::Authority;
use support::entra::{self, Entra};
use support::exchange::Exchange;
use support::sample;

const HELP: &str = "\
Runs exoimap against servers on loopback that answer as Entra ID and Exchange Online do.

Usage: cargo run --example sandbox [-- OPTION]

  (none)        builds exoimap, runs what README.md shows, and shows what it prints
  --trace       the same, with the dialogue of check
  --serve       keeps the servers running and prints the environment for another shell; besides
                orders@contoso.com there are mailbox-001@contoso.com to mailbox-200@contoso.com
  --serve=cmd   the same as `set` lines for cmd.exe
  --serve --refuse NAME
                the same, and the servers refuse by that name, for trying any client: --refuse help lists them
  --help        this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => demo::run(&Sandbox::start(), false),
        ["--trace"] => demo::run(&Sandbox::start(), true),
        ["--serve"] => serve(&Sandbox::start(), bash),
        // The quotes keep cmd.exe from taking `&` for the end of the command.
        ["--serve=cmd"] => serve(&Sandbox::start(), |name, value| format!("set \"{name}={value}\"")),
        ["--serve", "--refuse", name] => {
            let sandbox = Sandbox::start();
            if refusing::arm(&sandbox, name) {
                return serve(&sandbox, bash);
            }
            refusing::REFUSALS.iter().for_each(|(name, says, _)| println!("{name:<13} {says}"));
            ExitCode::from(if name == "help" { 0 } else { 2 })
        }
        ["--help" | "-h"] => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
    }
}

fn bash(name: &str, value: &str) -> String {
    format!("export {name}='{value}'")
}

/// Prints the environment and serves until somebody ends the process.
fn serve(sandbox: &Sandbox, line: impl Fn(&str, &str) -> String) -> ExitCode {
    sandbox.add_mailboxes(200);
    for (name, value) in sandbox.environment() {
        println!("{}", line(name, &value));
    }
    eprintln!("serving on loopback until Ctrl-C");
    loop {
        thread::park();
    }
}

/// Both servers, and a folder that goes when the sandbox does.
struct Sandbox {
    entra: Entra,
    exchange: Exchange,
    folder: PathBuf,
    /// The folder is ours as long as this is open.
    _lock: File,
}

impl Sandbox {
    fn start() -> Sandbox {
        let authority = Authority::new();
        let entra = Entra::start(&authority);
        let exchange = Exchange::start(&authority, &entra);
        let (folder, lock) = (0..100).find_map(free_folder).unwrap();
        fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
        fs::write(folder.join("ca.crl"), authority.revocation_list()).unwrap();
        Sandbox { entra, exchange, folder, _lock: lock }
    }

    /// For a try with many: each has what orders@ has.
    fn add_mailboxes(&self, count: usize) {
        let mut mailboxes = self.exchange.mailboxes();
        let orders = mailboxes.by_address[sample::ORDERS].clone();
        let many = (1..=count).map(|number| (format!("mailbox-{number:03}@contoso.com"), orders.clone()));
        mailboxes.by_address.extend(many);
    }

    /// Where things may be written.
    fn folder(&self) -> &Path {
        &self.folder
    }

    /// All that the program needs to find these servers.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let ca_file = self.folder.join("ca.pem").display().to_string();
        vec![
            ("AZURE_TENANT_ID", entra::TENANT.into()),
            ("AZURE_CLIENT_ID", entra::CLIENT_ID.into()),
            ("AZURE_CLIENT_SECRET", entra::SECRET.into()),
            ("AZURE_AUTHORITY_HOST", self.entra.url()),
            ("EXOIMAP_HOST", "localhost".into()),
            ("EXOIMAP_PORT", self.exchange.port().to_string()),
            ("EXOIMAP_CA_FILE", ca_file),
            ("EXOIMAP_SCOPE", entra::SCOPE.into()),
            ("EXOIMAP_MAILBOX", sample::ORDERS.into()),
        ]
    }
}

/// The folder of that number beside this example, empty, unless another sandbox has it. Whoever is killed, which is how
/// `--serve` ends, leaves its folder to the next one, so that none pile up.
fn free_folder(number: u32) -> Option<(PathBuf, File)> {
    let beside = env::current_exe().ok()?;
    let lock = File::create(beside.with_extension(format!("{number}.lock"))).ok()?;
    lock.try_lock().ok()?;
    let folder = beside.with_extension(number.to_string());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).ok()?;
    Some((folder, lock))
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is killed leaves its folder; the next one has it, emptied, and none beside.
    #[test]
    fn a_folder_is_one_sandboxs_and_then_the_next_ones() {
        let (folder, lock) = free_folder(99).unwrap();
        fs::write(folder.join("left"), "").unwrap();
        assert!(free_folder(99).is_none());
        drop(lock);
        let (again, _lock) = free_folder(99).unwrap();
        assert!(again == folder && fs::read_dir(&folder).unwrap().next().is_none());
        fs::remove_dir(folder).unwrap();
    }
}
