//! This machine: the directory, files, the call itself.

use std::io::ErrorKind;

use super::{Row, Seen, row};
use crate::error::{Cause, Phase};

pub(super) static ROWS: &[Row] = &[
    row(
        "UIDVALIDITY changed",
        |seen| seen.cause(Cause::UidValidity),
        "--accept-uidvalidity starts again beside what is there; every message of the folder is fetched again",
    ),
    row(
        "it was put back, or the server errs",
        |seen| seen.cause(Cause::FolderRestored),
        "run again, since it may have been the server; else --refetch, without a selection, fetches what has no file here, or another directory (--to) gets everything, what has an old message's number too",
    ),
    row(
        "another exoimap run is using",
        |seen| seen.cause(Cause::AnotherRun),
        "wait for it to end; if there is none, see who holds the file: fuser DIR/.exoimap/lock",
    ),
    row(
        "No space left on device",
        |seen| is_full(seen) && seen.phase(Phase::Disk),
        "make room (df -h, df -i, quota), then run again: nothing is lost, the next run continues",
    ),
    row(
        "No space left on device",
        |seen| is_full(seen) && !seen.phase(Phase::Disk),
        "make room (df -h, df -i, quota), then run again",
    ),
    row(
        "Permission denied",
        |seen| seen.system(&[ErrorKind::PermissionDenied]) || cannot_open(seen, &["(os error 13)", "(os error 5)"]),
        "the account that runs exoimap must be allowed to: id, then ls -ld of that path",
    ),
    row(
        "Read-only file system",
        |seen| seen.system(&[ErrorKind::ReadOnlyFilesystem]),
        "name a directory that can be written; in systemd ReadWritePaths=, in a container a volume",
    ),
    row(
        "Not a directory",
        |seen| seen.system(&[ErrorKind::NotADirectory, ErrorKind::AlreadyExists]),
        "name a directory of its own (--to, --token-cache), which exoimap makes if nothing has its name",
    ),
    row(
        "Too many open files",
        |seen| seen.says(&["(os error 24)"]),
        "allow more (ulimit -n 4096, in systemd LimitNOFILE=), or fewer in parallel (--jobs 1)",
    ),
    row(
        "No such file or directory",
        |seen| cannot_open(seen, &["(os error 2)", "(os error 3)"]),
        "check the path; a relative one starts in the directory in which the program was started",
    ),
];

fn is_full(seen: &Seen) -> bool {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
    seen.system(&full) || cannot_open(seen, &["(os error 28)", "(os error 112)"])
}

/// A file that a user named, with the system's number in the message.
fn cannot_open(seen: &Seen, numbers: &[&str]) -> bool {
    let phase = seen.phase(Phase::Credential) || seen.phase(Phase::Options) || seen.phase(Phase::Tls);
    phase && seen.says(numbers)
}
