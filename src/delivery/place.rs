//! Where the mail of a source lies below a directory: how a folder's name becomes a path, and how a job whose form has
//! changed finds what it delivered before.

use std::path::{Path, PathBuf};

use super::Source;
use super::files::read_if_there;
use super::state::State;
use crate::error::{Error, Result};
use crate::imap::mailbox_name::MailboxName;
use crate::secret::hide;

/// Bytes of a name that every usual file system takes.
const LONGEST_PART: usize = 255;

/// Names of ours in a directory, in lower case.
const OURS: [&str; 6] = ["cur", "new", "tmp", "mbox", "mbox.lock", ".exoimap"];

/// Names of devices, which Windows finds in every directory, also with an extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// A folder's path below a directory: a directory per `/` of its name, as people see it. Characters that some file
/// system refuses, and the first one of a name that means something else there, are written as `%` and two hexadecimal
/// digits per byte; so is `%` itself, which makes the name readable back.
pub(crate) fn folder_path(folder: &MailboxName) -> Result<PathBuf> {
    let parts: Vec<String> = folder.as_str().split('/').map(part).collect();
    if parts.iter().any(|part| part.len() > LONGEST_PART) {
        return Err(Error::usage(format!("the name of the folder {folder} is too long for a directory")));
    }
    if hide(folder.as_str()) != folder.as_str() {
        return Err(Error::usage("the name of a folder repeats a credential, and no directory gets that name"));
    }
    Ok(parts.iter().collect())
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
pub(super) fn is_reserved(name: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = name.split('.');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let device = first.strip_suffix(|c: char| c.is_ascii_digit()).filter(|_| first.len() == 4).unwrap_or(first);
    OURS.contains(&name) || is_number(first) && is_number(second) || DEVICES.contains(&device)
}

/// The directory of a source below `root`: `expected`, unless a job of another form, for one mailbox or folder instead
/// of several or the other way round, delivered the source elsewhere: its mail would come twice. Two such directories
/// are an error.
pub(crate) fn locate(root: &Path, source: &Source, expected: PathBuf) -> Result<PathBuf> {
    let mailbox = root.join(source.mailbox.to_lowercase());
    let folder = folder_path(source.folder)?;
    let mut places = vec![root.to_owned(), root.join(&folder), mailbox.join(&folder), mailbox, expected.clone()];
    places.sort();
    places.dedup();
    let mut found = Vec::new();
    for place in places {
        let text = read_if_there(&place.join(".exoimap").join("state"))?;
        if text.and_then(|text| State::parse(&text).ok()).is_some_and(|state| is_of(&state, source)) {
            found.push(place);
        }
    }
    if let [one, other, ..] = found.as_slice() {
        let (folder, mailbox) = (source.folder, source.mailbox);
        let message = format!(
            "{} and {} both hold a state of {folder} of {mailbox}: move one of them away",
            one.display(),
            other.display()
        );
        return Err(Error::usage(message));
    }
    Ok(found.pop().unwrap_or(expected))
}

fn is_of(state: &State, source: &Source) -> bool {
    let own = State::new(source.host, source.mailbox, source.folder.as_str(), source.format);
    // Exchange does not tell folders apart by the case of their names.
    let is_folder = state.folder.to_lowercase() == own.folder.to_lowercase();
    is_folder && (&state.host, &state.mailbox) == (&own.host, &own.mailbox)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::delivery::{Destination, FileOptions, Format};

    fn path(name: &str) -> String {
        folder_path(&MailboxName::new(name).unwrap()).unwrap().to_str().unwrap().replace('\\', "/")
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
        assert!(folder_path(&MailboxName::new(&"x".repeat(256)).unwrap()).is_err());
    }

    #[test]
    fn a_job_of_another_form_goes_on_where_it_was_and_two_states_are_refused() {
        let folder = crate::folder::Folder::new();
        let root = folder.to_path_buf();
        let orders = MailboxName::new("Orders").unwrap();
        let inbox = MailboxName::inbox();
        let source = |folder| Source {
            host: "h",
            mailbox: "A@contoso.com",
            folder,
            format: Format::Eml,
            files: FileOptions::default(),
        };
        let expected = || root.join("a@contoso.com").join("Orders");
        assert_eq!(locate(&root, &source(&orders), expected()).unwrap(), expected());
        // In the directory itself there is another folder's.
        Destination::open(&root, &source(&inbox)).unwrap().save().unwrap();
        assert_eq!(locate(&root, &source(&orders), expected()).unwrap(), expected());
        assert_eq!(locate(&root, &source(&inbox), root.join("INBOX")).unwrap(), root);
        for place in ["Orders", "a@contoso.com"] {
            let place = root.join(place);
            Destination::open(&place, &source(&orders)).unwrap().save().unwrap();
            assert_eq!(locate(&root, &source(&orders), expected()).unwrap(), place);
            fs::rename(place.join(".exoimap/state"), root.join("moved")).unwrap();
        }
        for place in [root.join("Orders"), expected()] {
            Destination::open(&place, &source(&orders)).unwrap().save().unwrap();
        }
        let refused = locate(&root, &source(&orders), expected()).unwrap_err();
        assert!(refused.to_string().contains("both hold a state of Orders of A@contoso.com"), "{refused}");
    }
}
