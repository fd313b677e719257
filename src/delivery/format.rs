//! The forms a message takes on the disk, the names that carry its UIDVALIDITY and UID, and how a folder's name becomes a
//! path.

use std::fs;
use std::path::{Path, PathBuf};

use crate::calendar::asctime;
use crate::error::{Error, Result};
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::{Flag, Uid, UidValidity};
use crate::secret::hide;

/// Bytes of a name that every usual file system takes.
const LONGEST_PART: usize = 255;

/// Names of ours in a directory, in lower case.
const OURS: [&str; 6] = ["cur", "new", "tmp", "mbox", "mbox.lock", ".exoimap"];

/// Names of devices, which Windows finds in every directory, also with an extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// How messages are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One file per message, the bytes as sent.
    #[default]
    Eml,
    /// A Maildir: `new/` and `cur/`, LF line ends.
    Maildir,
    /// One file, mboxrd, LF line ends.
    Mbox,
}

/// What separates a Maildir name from its flags; Windows has no colons in names.
const INFO: &str = if cfg!(windows) { ";2," } else { ":2," };

impl Format {
    /// Every format.
    pub(crate) const ALL: [Format; 3] = [Format::Eml, Format::Maildir, Format::Mbox];

    /// Its name on the command line and in the state.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Eml => "eml",
            Format::Maildir => "maildir",
            Format::Mbox => "mbox",
        }
    }

    /// The format of that name.
    pub(crate) fn named(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// What FETCH asks for before the body: Maildir keeps flags and date, mbox the date.
    pub(super) fn items(self) -> &'static str {
        match self {
            Format::Eml => "UID",
            Format::Maildir | Format::Mbox => "UID FLAGS INTERNALDATE",
        }
    }

    /// True where CRLF becomes LF on the way to the disk.
    pub(super) fn has_unix_line_ends(self) -> bool {
        self != Format::Eml
    }
}

/// `<uidvalidity>.<uid>`: a message's name in every place that is ours.
pub(super) fn stem(validity: UidValidity, uid: Uid) -> String {
    format!("{validity}.{uid}")
}

/// The unique part of a Maildir name: the same for the same message, whenever it is fetched.
pub(super) fn maildir_unique(validity: UidValidity, uid: Uid, seconds: u64) -> String {
    format!("{seconds}.V{validity}U{uid}.exoimap")
}

/// The messages of a Maildir and their places below `dir`.
pub(super) fn maildir_files(dir: &Path, validity: UidValidity) -> Result<impl Iterator<Item = (Uid, String)>> {
    let mut files = Vec::new();
    for folder in ["new", "cur"] {
        let path = dir.join(folder);
        let refused = |e| Error::disk(format!("reading {}", path.display()), e);
        for entry in fs::read_dir(&path).map_err(refused)? {
            let name = entry.map_err(refused)?.file_name().into_string().unwrap_or_default();
            files.extend(maildir_uid(&name, validity).map(|uid| (uid, format!("{folder}/{name}"))));
        }
    }
    Ok(files.into_iter())
}

/// The message of a Maildir name, whatever its date and flags are by now.
fn maildir_uid(name: &str, validity: UidValidity) -> Option<Uid> {
    let (_, rest) = name.split_once('.')?;
    let (unique, _) = rest.split_once(".exoimap")?;
    unique.strip_prefix(&format!("V{validity}U"))?.parse().ok().and_then(Uid::new)
}

/// Where a message's file goes, below the directory.
pub(super) fn place(format: Format, validity: UidValidity, uid: Uid, seconds: u64, flags: &[Flag]) -> String {
    match format {
        Format::Eml => format!("{}.eml", stem(validity, uid)),
        Format::Mbox => MBOX.to_owned(),
        Format::Maildir => {
            let unique = maildir_unique(validity, uid, seconds);
            match flag_letters(flags) {
                flags if flags.is_empty() => format!("new/{unique}"),
                flags => format!("cur/{unique}{INFO}{flags}"),
            }
        }
    }
}

/// The one file of an mbox.
pub(super) const MBOX: &str = "mbox";

/// Where a message of an mbox is held that a program has still to take.
pub(super) fn hold_place(validity: UidValidity, uid: Uid) -> String {
    format!("{HOLD}{}.eml", stem(validity, uid))
}

pub(super) const HOLD: &str = ".exoimap/hold/";

/// The letters of the Maildir specification, in ASCII order.
pub(crate) fn flag_letters(flags: &[Flag]) -> String {
    let letters = [('D', "\\Draft"), ('F', "\\Flagged"), ('R', "\\Answered"), ('S', "\\Seen"), ('T', "\\Deleted")];
    letters.iter().filter(|(_, name)| flags.iter().any(|flag| flag.is(name))).map(|(letter, _)| *letter).collect()
}

/// The separator line of an mbox entry.
pub(super) fn mbox_separator(seconds: u64) -> String {
    format!("From MAILER-DAEMON {}\n", asctime(seconds))
}

/// A folder's path below a directory: a directory per `/` of its name, as people see it. Characters that some file
/// system refuses, and the first one of a name that means something else there, are written as `%` and two hexadecimal
/// digits per byte; so is `%` itself, which makes the name readable back. None if a part is too long.
pub(crate) fn folder_path(folder: &MailboxName) -> Result<Option<PathBuf>> {
    if hide(folder.as_str()) != folder.as_str() {
        return Err(Error::usage("the name of a folder repeats a credential, and no directory gets that name"));
    }
    let parts: Vec<String> = folder.as_str().split('/').map(part).collect();
    let is_short = parts.iter().all(|part| part.len() <= LONGEST_PART);
    Ok(is_short.then(|| parts.iter().collect()))
}

fn part(text: &str) -> String {
    if text.is_empty() {
        return "%".to_owned();
    }
    let is_reserved = is_reserved(&text.to_lowercase());
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    let mut part = String::new();
    for (at, c) in text.char_indices() {
        let is_unsafe = c.is_control() || "%\\:*?\"<>|".contains(c);
        if is_unsafe || (at == 0 && is_reserved) || (at == last && matches!(c, '.' | ' ')) {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| part.push_str(&format!("%{byte:02X}")));
        } else {
            part.push(c);
        }
    }
    part
}

/// Ours, a message's (`14.16101`, with whatever extension), or a device's.
fn is_reserved(name: &str) -> bool {
    let mut parts = name.splitn(3, '.');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let device = first.strip_suffix(|c: char| c.is_ascii_digit()).filter(|_| first.len() == 4).unwrap_or(first);
    is_of_messages(name) || is_of_messages(&format!("{first}.{second}")) || DEVICES.contains(&device)
}

/// The name of a directory of ours, or of a message's attachments.
pub(super) fn is_of_messages(name: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    OURS.contains(&name) || name.split_once('.').is_some_and(|(first, second)| is_number(first) && is_number(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> String {
        folder_path(&MailboxName::new(name).unwrap()).unwrap().unwrap().to_str().unwrap().replace('\\', "/")
    }

    /// What a path says, read back.
    fn name(path: &str) -> String {
        let mut bytes = Vec::new();
        for (at, part) in path.split('/').enumerate() {
            bytes.extend((at > 0).then_some(b'/'));
            let mut rest = part.as_bytes().iter();
            while let Some(&byte) = rest.next() {
                let digits: String = rest.as_slice().iter().take(2).map(|byte| char::from(*byte)).collect();
                match u8::from_str_radix(&digits, 16) {
                    Ok(decoded) if byte == b'%' => {
                        bytes.push(decoded);
                        rest = rest.as_slice()[2..].iter();
                    }
                    _ if byte == b'%' => {}
                    _ => bytes.push(byte),
                }
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn names_become_paths_that_can_be_read_back() {
        for (folder, expected) in [
            ("INBOX", "INBOX"),
            ("inbox", "INBOX"),
            ("INBOX/注文", "INBOX/注文"),
            ("Éléments envoyés", "Éléments envoyés"),
            ("a//b/", "a/%/b/%"),
            ("..", ".%2E"),
            (".", "%2E"),
            ("a/../../etc", "a/.%2E/.%2E/etc"),
            ("Re: 100% \\o/", "Re%3A 100%25 %5Co/%"),
            ("end. /end ", "end.%20/end%20"),
            ("cur", "%63ur"),
            ("Orders/NEW", "Orders/%4EEW"),
            (".exoimap/mbox.lock", "%2Eexoimap/%6Dbox.lock"),
            ("14.16101", "%314.16101"),
            ("14.5.eml", "%314.5.eml"),
            ("2026.Q1", "2026.Q1"),
            ("nul/CON.txt/com1/company", "%6Eul/%43ON.txt/%63om1/company"),
        ] {
            assert_eq!(path(folder), expected, "{folder}");
            let folder = if folder == "inbox" { "INBOX" } else { folder };
            assert_eq!(name(expected), folder);
        }
        assert_eq!(folder_path(&MailboxName::new(&"x".repeat(256)).unwrap()).unwrap(), None);
    }

    fn number() -> (UidValidity, Uid) {
        (UidValidity::new(14).unwrap(), Uid::new(7).unwrap())
    }

    #[test]
    fn names_carry_uidvalidity_uid_and_flags() {
        let (validity, uid) = number();
        let flags = [Flag::new(b"\\Seen"), Flag::new(b"$MDNSent"), Flag::new(b"\\flagged")];
        assert_eq!(place(Format::Eml, validity, uid, 5, &flags), "14.7.eml");
        assert_eq!(place(Format::Maildir, validity, uid, 5, &[]), "new/5.V14U7.exoimap");
        assert_eq!(place(Format::Maildir, validity, uid, 5, &flags), format!("cur/5.V14U7.exoimap{INFO}FS"));
        assert_eq!(maildir_uid("5.V14U7.exoimap:2,FS", validity), Some(uid));
        assert_ne!(maildir_uid("5.V14U71.exoimap", validity), Some(uid));
        for other in ["5.V140U7.exoimap", "5.V14U7.other", "14.7.eml", "5.V14U.exoimap"] {
            assert_eq!(maildir_uid(other, validity), None, "{other}");
        }
    }

    #[test]
    fn the_separator_has_the_date_of_mbox() {
        assert_eq!(mbox_separator(837_596_665), "From MAILER-DAEMON Wed Jul 17 09:44:25 1996\n");
    }
}
