//! The examples of the library, run as their first lines say.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::house::root;
use crate::program::{Ended, World};
use crate::support::sample::ORDERS;

/// Where Cargo puts them: a filtered `cargo test` has not built them, so it is asked to.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let profile = Path::new(env!("CARGO_BIN_EXE_exoimap")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--examples", "--target-dir"]).arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.current_dir(root()).status().unwrap().success());
        profile.join("examples")
    })
}

fn example(world: &World, line: &str) -> Ended {
    let program = built().join(line.split(' ').next().unwrap());
    let arguments = line.split_once(' ').map_or("", |(_, arguments)| arguments);
    world.call(&[]).through(&format!("exec '{}' {arguments}", program.display())).run()
}

#[test]
fn unseen_prints_the_subjects_and_marks_nothing() {
    let world = World::new();
    for _ in 0..2 {
        let ended = example(&world, "unseen");
        assert_eq!(ended.expect(0).first_words(), ["16102", "16105", "16110", "16111", "16123"], "{ended}");
        assert!(ended.stdout.contains("16123\tStock report 2026-11-07\n"), "{ended}");
    }
}

#[test]
fn attachments_puts_a_message_and_its_files_into_a_directory() {
    let world = World::new();
    let ended = example(&world, "attachments 16110 mail");
    let lines: Vec<_> = ended.expect(0).stdout.lines().collect();
    assert!(lines[0] == "mail/14.16110.eml" && lines.len() > 1, "{ended}");
    assert!(
        std::fs::read_dir(world.folder.path().join("mail/14.16110")).unwrap().count() == lines.len() - 1,
        "{ended}"
    );
}

#[test]
fn processed_moves_what_it_has_read() {
    let world = World::new();
    example(&world, "processed").expect(0);
    assert!(world.exchange.folder(ORDERS, "INBOX").messages.is_empty());
    assert_eq!(world.exchange.folder(ORDERS, "Done").messages.len(), 6);
}

#[test]
fn poll_counts_and_sink_streams() {
    let world = World::new();
    assert_eq!(example(&world, "poll 1").expect(0).stdout, "5 unseen\n");
    let ended = example(&world, "sink");
    assert_eq!(ended.expect(0).first_words(), ["16101", "16102", "16105", "16110", "16111", "16123"]);
    // Another answer than mail is an error, not a message.
    world.exchange.forget(crate::support::entra::CLIENT_ID);
    assert!(example(&world, "sink").expect(1).stderr.contains("NO AUTHENTICATE failed."));
}
