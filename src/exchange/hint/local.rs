//! This machine: the directory, files, the call itself.

use std::io::ErrorKind;

use super::{Row, Seen};
use crate::error::{Kind, Phase};

pub(super) static ROWS: &[Row] = &[
    Row {
        words: "UIDVALIDITY changed",
        fits: |seen| seen.says(&["UIDVALIDITY changed"]),
        says: |_| {
            "--accept-uidvalidity starts afresh beside what is there; every message of the folder comes again"
                .to_owned()
        },
    },
    Row {
        words: "it was put back, or the server errs",
        fits: |seen| seen.says(&["it was put back, or the server errs"]),
        says: |_| {
            "run again, since it may have been the server; else --refetch, without a selection, fetches what has no file here, or another directory (--to) gets everything, what has an old message's number too".to_owned()
        },
    },
    Row {
        words: "another exoimap run is using",
        fits: |seen| seen.says(&["another exoimap run is using"]),
        says: |_| "wait for it to end; if there is none, see who holds the file: fuser DIR/.exoimap/lock".to_owned(),
    },
    Row {
        words: "No space left on device",
        fits: |seen| {
            let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
            seen.system(&full) || cannot_open(seen, &["(os error 28)", "(os error 112)"])
        },
        says: |seen| {
            let kept = if seen.phase(Phase::Disk) { ": nothing is lost, the next run goes on" } else { "" };
            format!("make room (df -h, df -i, quota), then run again{kept}")
        },
    },
    Row {
        words: "Permission denied",
        fits: |seen| {
            seen.system(&[ErrorKind::PermissionDenied]) || cannot_open(seen, &["(os error 13)", "(os error 5)"])
        },
        says: |_| "the account that runs exoimap must be allowed to: id, then ls -ld of that path".to_owned(),
    },
    Row {
        words: "Read-only file system",
        fits: |seen| seen.system(&[ErrorKind::ReadOnlyFilesystem]),
        says: |_| {
            "name a directory that can be written; in systemd ReadWritePaths=, in a container a volume".to_owned()
        },
    },
    Row {
        words: "Not a directory",
        fits: |seen| seen.system(&[ErrorKind::NotADirectory, ErrorKind::AlreadyExists]),
        says: |seen| {
            let option = if seen.says(&["(--token-cache)"]) { "--token-cache" } else { "--to" };
            format!("{option} names a directory of its own, which exoimap makes where nothing has its name")
        },
    },
    Row {
        words: "Too many open files",
        fits: |seen| seen.says(&["(os error 24)"]),
        says: |_| "allow more (ulimit -n 4096, in systemd LimitNOFILE=), or fewer at a time (--jobs 1)".to_owned(),
    },
    Row {
        words: "No such file or directory",
        fits: |seen| cannot_open(seen, &["(os error 2)", "(os error 3)"]),
        says: |_| "check the path; a relative one starts where the program was started".to_owned(),
    },
    Row {
        words: "no credential is given",
        fits: |seen| seen.kind(Kind::Usage) && seen.says(&["no credential is given"]),
        says: |_| "exoimap setup says step by step how to get one".to_owned(),
    },
];

/// A file that a user named, with the system's number in the message.
fn cannot_open(seen: &Seen, numbers: &[&str]) -> bool {
    let phase = seen.phase(Phase::Credential) || seen.phase(Phase::Options) || seen.phase(Phase::Tls);
    phase && seen.says(numbers)
}
