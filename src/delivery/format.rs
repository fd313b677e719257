//! The forms a message takes on the disk, and the names that carry its UIDVALIDITY and UID.

use crate::calendar::asctime;
use crate::imap::types::{Flag, Uid, UidValidity};

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

/// True for a Maildir name, whatever its date and flags are by now, of that message.
pub(super) fn is_maildir_name_of(name: &str, validity: UidValidity, uid: Uid) -> bool {
    let mut parts = name.splitn(3, '.');
    let (_, unique, host) = (parts.next(), parts.next(), parts.next());
    unique == Some(&format!("V{validity}U{uid}")) && host.is_some_and(|host| host.starts_with("exoimap"))
}

/// Where a message's file goes, below the directory.
pub(super) fn place(format: Format, validity: UidValidity, uid: Uid, seconds: u64, flags: &[Flag]) -> String {
    match format {
        Format::Eml => format!("{}.eml", stem(validity, uid)),
        Format::Mbox => MBOX.to_owned(),
        Format::Maildir => {
            let unique = maildir_unique(validity, uid, seconds);
            match maildir_flags(flags) {
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
fn maildir_flags(flags: &[Flag]) -> String {
    let letters = [('D', "\\Draft"), ('F', "\\Flagged"), ('R', "\\Answered"), ('S', "\\Seen"), ('T', "\\Deleted")];
    letters.iter().filter(|(_, name)| flags.iter().any(|flag| flag.is(name))).map(|(letter, _)| *letter).collect()
}

/// The separator line of an mbox entry.
pub(super) fn mbox_separator(seconds: u64) -> String {
    format!("From MAILER-DAEMON {}\n", asctime(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(is_maildir_name_of("5.V14U7.exoimap:2,FS", validity, uid));
        assert!(
            !is_maildir_name_of("5.V14U71.exoimap", validity, uid) && !is_maildir_name_of("14.7.eml", validity, uid)
        );
    }

    #[test]
    fn the_separator_has_the_date_of_mbox() {
        assert_eq!(mbox_separator(837_596_665), "From MAILER-DAEMON Wed Jul 17 09:44:25 1996\n");
    }
}
