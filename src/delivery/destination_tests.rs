//! Every point at which power may fail between the list and the state.

use std::io::Write;

use super::*;
use crate::delivery::ready::{List, Next};
use crate::imap::mailbox_name::MailboxName;

struct Folder(crate::folder::Folder, Format);

impl Folder {
    fn new(format: Format) -> Folder {
        Folder(crate::folder::Folder::new(), format)
    }

    fn open_for(&self, folder: &MailboxName) -> Result<Destination> {
        Destination::open(
            &self.0,
            &Source { host: "h", mailbox: "Orders@contoso.com", folder, format: self.1, files: FileOptions::default() },
        )
    }

    fn open(&self) -> Result<Destination> {
        self.open_for(&MailboxName::inbox())
    }

    /// A directory with messages 1 and 2 in temporary files, bound to UIDVALIDITY 14.
    fn two_ready(&self) -> (Destination, Vec<Entry>) {
        let mut destination = self.open().unwrap();
        destination.bind_uid_validity(validity(), false).unwrap();
        destination.save().unwrap();
        let entries = [1, 2].map(|uid| {
            let uid = Uid::new(uid).unwrap();
            let temporary = stem(validity(), uid);
            write!(destination.temporary(&temporary).unwrap(), "message {uid}\nFrom me\n").unwrap();
            let place = place(self.1, validity(), uid, 0, &[]);
            Entry { uid, temporary, place, seconds: 0 }
        });
        (destination, entries.into())
    }

    /// What is delivered, whatever the format.
    fn delivered(&self) -> Vec<String> {
        let names =
            |dir: PathBuf| fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut found: Vec<String> = match self.1 {
            Format::Eml => names(self.0.to_path_buf()).filter(|name| name.ends_with(".eml")).collect(),
            Format::Maildir => names(self.0.join("new")).collect(),
            Format::Mbox => {
                let text = fs::read_to_string(self.0.join("mbox")).unwrap_or_default();
                text.lines().filter(|line| line.starts_with("message ")).map(str::to_owned).collect()
            }
        };
        found.sort();
        found
    }
}

fn validity() -> UidValidity {
    UidValidity::new(14).unwrap()
}

#[test]
fn what_was_listed_is_delivered_by_the_next_run_and_never_twice() {
    for format in [Format::Eml, Format::Maildir] {
        let folder = Folder::new(format);
        let (mut destination, entries) = folder.two_ready();
        destination.write_list(&List { entries, ..List::default() }).unwrap();
        // Power fails after the first rename, and somebody has taken that message away since.
        fs::remove_file(folder.0.join(".exoimap/tmp/14.1")).unwrap();
        drop(destination);
        assert_eq!(folder.open().unwrap().state.delivered.to_string(), "1:2");
        assert_eq!(folder.delivered().len(), 1);
    }
}

#[test]
fn an_mbox_is_cut_back_to_where_a_broken_append_began() {
    let folder = Folder::new(Format::Mbox);
    let mbox = folder.0.join("mbox");
    for (appended, torn) in [(false, ""), (false, "From MAILER-DAEMON x\nmess"), (true, "")] {
        let _ = fs::remove_dir_all(&folder.0);
        let (mut destination, entries) = folder.two_ready();
        fs::write(&mbox, format!("older\n{torn}")).unwrap();
        destination.write_list(&List { mbox: Some(6), appended, entries, ..List::default() }).unwrap();
        drop(destination);
        assert_eq!(folder.open().unwrap().state.delivered.to_string(), "1:2");
        let text = fs::read_to_string(&mbox).unwrap();
        assert!(text.starts_with("older\n") && !text.contains("mess\n"), "{text}");
        assert_eq!(folder.delivered().len(), if appended { 0 } else { 2 });
        assert!(appended || text.contains("\n>From me\n"));
    }
}

/// Killed while a copy was held anew for a program: the mbox gets nothing, and nobody is told of a delivery.
#[test]
fn a_copy_that_was_listed_to_be_held_is_no_delivery() {
    let folder = Folder::new(Format::Mbox);
    let (mut destination, mut entries) = folder.two_ready();
    destination.state.delivered = UidSet::parse("1:2").unwrap();
    destination.state.run = UidSet::parse("1:2").unwrap();
    destination.save().unwrap();
    for entry in &mut entries {
        entry.place = hold_place(validity(), entry.uid);
    }
    destination.write_list(&List { next: Next::Run(None), entries, ..List::default() }).unwrap();
    drop(destination);
    let again = folder.open().unwrap();
    assert!(again.recovered.is_empty() && folder.delivered().is_empty() && !folder.0.join("mbox").exists());
    let held = again.file_of(Uid::new(2).unwrap()).unwrap().unwrap();
    assert!(fs::read_to_string(held).unwrap().starts_with("message 2"));
}

#[test]
fn what_was_not_listed_comes_again() {
    let folder = Folder::new(Format::Eml);
    drop(folder.two_ready());
    let destination = folder.open().unwrap();
    assert!(destination.state.delivered.is_empty());
    assert!(fs::read_dir(folder.0.join(".exoimap/tmp")).unwrap().next().is_none());
}

/// The second message with an attachment, and who may have had one of its two names before.
const NAMES: [(Format, &str); 5] = [
    (Format::Eml, "14.2.eml"),
    (Format::Eml, "14.2"),
    (Format::Maildir, "new/0.V14U2.exoimap"),
    (Format::Maildir, "14.2"),
    (Format::Mbox, "14.2"),
];

#[test]
fn a_final_name_is_never_replaced_and_keeps_no_other_from_its_place() {
    for (format, name) in NAMES {
        // Once in the run, once by the run after a kill.
        for killed in [false, true] {
            let folder = Folder::new(format);
            let (mut destination, mut entries) = folder.two_ready();
            let attachments = Entry { temporary: "14.2.d".into(), place: "14.2".into(), ..entries[1].clone() };
            fs::create_dir(destination.temporary_path("14.2.d")).unwrap();
            fs::write(destination.temporary_path("14.2.d/order.pdf"), "%PDF").unwrap();
            entries.insert(1, attachments);
            fs::write(folder.0.join(name), "somebody's").unwrap();
            if killed {
                let mbox = (format == Format::Mbox).then_some(0);
                destination.write_list(&List { mbox, entries, ..List::default() }).unwrap();
                drop(destination);
                destination = folder.open().unwrap();
                assert_eq!(destination.recovered.iter().map(|entry| entry.uid.get()).collect::<Vec<_>>(), [1]);
            } else {
                let failed = destination.deliver(entries, Next::Act(Action::Delete)).unwrap();
                assert!(failed.len() == 1 && failed[0].uid.get() == 2, "{failed:?}");
                assert!(
                    failed[0].reason.contains(&format!("{name} exists with other contents and is not replaced")),
                    "{failed:?}"
                );
                assert_eq!(destination.state.act, [(UidSet::parse("1").unwrap(), Action::Delete)]);
            }
            assert_eq!((destination.state.delivered.to_string(), destination.state.failed.len()), ("1".to_owned(), 0));
            assert_eq!(fs::read_to_string(folder.0.join(name)).unwrap(), "somebody's");
            let found = folder.delivered().len() + usize::from(folder.0.join("14.2").exists());
            assert_eq!(found, 2, "{format:?} {name}: the first, and somebody's");
            let left = fs::read_dir(folder.0.join(".exoimap/tmp")).unwrap().count();
            assert!(left == 0 && destination.state.ready.is_none(), "{format:?} {name}");
        }
    }
}

/// Killed between the shorter list and the end of the temporary file: what is left out is not taken for delivered, and
/// not delivered either.
#[test]
fn what_was_left_out_comes_again_after_a_kill_too() {
    let folder = Folder::new(Format::Eml);
    let (mut destination, entries) = folder.two_ready();
    fs::write(folder.0.join("14.2.eml"), "somebody's").unwrap();
    let mut list = List { entries, ..List::default() };
    destination.write_list(&list).unwrap();
    destination.leave_out(&mut list).unwrap();
    fs::write(destination.temporary_path("14.2"), "message 2").unwrap();
    drop(destination);
    fs::remove_file(folder.0.join("14.2.eml")).unwrap();
    assert_eq!(folder.open().unwrap().state.delivered.to_string(), "1");
    assert_eq!(folder.delivered(), ["14.1.eml"]);
}

#[test]
fn what_a_program_has_not_taken_stays_at_hand() {
    for format in Format::ALL {
        let folder = Folder::new(format);
        let (mut destination, entries) = folder.two_ready();
        // Killed in between: what comes after the program is in the list too.
        destination
            .write_list(&List {
                next: Next::Run(Some(Action::Delete)),
                mbox: (format == Format::Mbox).then_some(0),
                entries,
                ..List::default()
            })
            .unwrap();
        drop(destination);
        let mut destination = folder.open().unwrap();
        let uid = Uid::new(2).unwrap();
        let file = destination.file_of(uid).unwrap().unwrap();
        assert!(fs::read_to_string(file).unwrap().starts_with("message 2"));
        destination.program_took(uid, Some(&Action::MarkSeen)).unwrap();
        let state = State::parse(&fs::read_to_string(folder.0.join(".exoimap/state")).unwrap()).unwrap();
        assert_eq!(state.run.to_string(), "1");
        assert_eq!(state.then, [(UidSet::parse("1").unwrap(), Action::Delete)]);
        assert_eq!(state.act, [(UidSet::parse("2").unwrap(), Action::Delete)]);
    }
}
