use super::*;

struct Site(crate::folder::Folder);

impl Site {
    fn new() -> Site {
        Site(crate::folder::Folder::new())
    }

    fn append(&self, entries: &mut Entries) -> Result<()> {
        let mut locked = self.mbox().lock()?;
        let length = self.mbox().begin(&mut locked)?;
        self.mbox().append(&locked, length, entries)
    }

    fn mbox(&self) -> MboxFile {
        let options = FileOptions { lock_wait: Duration::from_millis(20), ..FileOptions::default() };
        MboxFile::new(self.0.join("mbox"), self.0.join("link"), options)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.0.join("mbox")).unwrap_or_default()
    }
}

fn group(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"From one\n\n")?;
    out.write_all(b"From two\n\n")
}

fn torn(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"From one\n\nFrom t")?;
    out.flush()?;
    Err(io::Error::other("full"))
}

#[test]
fn a_group_stands_apart_from_what_was_there() {
    for (before, after) in [("", ""), ("x", "x\n\n"), ("x\n", "x\n\n"), ("x\n\n", "x\n\n"), ("\n", "\n")] {
        let site = Site::new();
        fs::write(site.0.join("mbox"), before).unwrap();
        site.append(&mut group).unwrap();
        assert_eq!(site.text(), format!("{after}From one\n\nFrom two\n\n"), "{before:?}");
        assert!(site.mbox().holds(before.len() as u64, &mut group).unwrap(), "{before:?}");
    }
}

#[test]
fn an_attempt_that_fails_leaves_the_file_as_it_was_and_never_longer() {
    let site = Site::new();
    fs::write(site.0.join("mbox"), "old\n\n").unwrap();
    assert!(site.append(&mut torn).is_err());
    assert_eq!(site.text(), "old\n\n");
    // A consumer takes the file: the new one begins at nothing, whatever the old one's length was.
    fs::rename(site.0.join("mbox"), site.0.join("taken")).unwrap();
    site.mbox().cut_back(5).unwrap();
    assert!(site.append(&mut torn).is_err());
    assert_eq!(site.text(), "");
    assert_eq!(fs::read(site.0.join("taken")).unwrap(), b"old\n\n");
}

/// Killed, the file taken away by then: the second name tells how far it was.
#[test]
fn what_was_appended_before_the_file_was_taken_is_known() {
    let site = Site::new();
    fs::write(site.0.join("mbox"), "old\n\n").unwrap();
    site.append(&mut group).unwrap();
    fs::rename(site.0.join("mbox"), site.0.join("taken")).unwrap();
    assert!(site.mbox().holds(5, &mut group).unwrap());
    // A part of it: that part is taken back, where the file is now.
    File::options().write(true).open(site.0.join("taken")).unwrap().set_len(12).unwrap();
    assert!(!site.mbox().holds(5, &mut group).unwrap());
    site.mbox().cut_back(5).unwrap();
    assert_eq!(fs::read(site.0.join("taken")).unwrap(), b"old\n\n");
    // Other bytes of the same length are not the group.
    fs::write(site.0.join("taken"), "old\n\nFrom one\n\nFrom tw0\n\n").unwrap();
    assert!(!site.mbox().holds(5, &mut group).unwrap());
    site.mbox().release().unwrap();
    assert!(!site.mbox().holds(5, &mut group).unwrap());
}

#[test]
fn what_another_program_has_locked_is_waited_for_and_then_named() {
    let site = Site::new();
    let lock = site.0.join("mbox.lock");
    fs::write(&lock, "1234\n").unwrap();
    let held = site.append(&mut group).unwrap_err();
    assert!(held.to_string().contains("mbox.lock has existed for 0 seconds"), "{held}");
    assert_eq!(fs::read_to_string(&lock).unwrap(), "1234\n");
    fs::remove_file(&lock).unwrap();
    // The file's own lock, as a consumer has it that reads and then takes the file away.
    site.append(&mut group).unwrap();
    let theirs = File::open(site.0.join("mbox")).unwrap();
    theirs.lock().unwrap();
    if cfg!(unix) {
        let held = site.append(&mut group).unwrap_err();
        assert!(held.to_string().contains("another program has locked it"), "{held}");
    }
    assert!(!lock.exists());
    fs::rename(site.0.join("mbox"), site.0.join("taken")).unwrap();
    site.append(&mut group).unwrap();
    assert_eq!(site.text(), "From one\n\nFrom two\n\n");
    // Of a run that was killed.
    fs::write(&lock, "exoimap 999999\n").unwrap();
    site.append(&mut group).unwrap();
    assert!(!lock.exists());
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_file_or_its_lock_leads_nowhere() {
    for name in ["mbox", "mbox.lock"] {
        let site = Site::new();
        fs::write(site.0.join("theirs"), "x\n").unwrap();
        std::os::unix::fs::symlink(site.0.join("theirs"), site.0.join(name)).unwrap();
        assert!(site.append(&mut group).is_err());
        assert_eq!(fs::read(site.0.join("theirs")).unwrap(), b"x\n", "{name}");
    }
}

fn entry(message: &[u8]) -> String {
    let whole = {
        let mut out = Vec::new();
        write_entry(&mut &message[..], 0, &mut out).unwrap();
        out
    };
    // The same byte by byte.
    let mut sliced = mbox_separator(0).into_bytes();
    let mut quote = Quote { out: &mut sliced, line: Line::Start(0), last: b'\n' };
    message.iter().for_each(|byte| quote.write_all(&[*byte]).unwrap());
    quote.finish().unwrap();
    assert_eq!(whole, sliced);
    String::from_utf8(whole).unwrap().split_off(mbox_separator(0).len())
}

#[test]
fn lines_that_could_be_separators_are_quoted_and_no_others() {
    assert_eq!(entry(b"a\nFrom x\n>From y\n>>From z\n"), "a\n>From x\n>>From y\n>>>From z\n\n");
    assert_eq!(entry(b"From\nFro\n From x\nFromage\n>Fro"), "From\nFro\n From x\nFromage\n>Fro\n\n");
    assert_eq!(entry(b""), "\n");
    assert_eq!(entry(b"x"), "x\n\n");
    assert_eq!(entry(b"From "), ">From \n\n");
}

#[test]
fn crlf_becomes_lf_in_every_slicing_and_a_bare_cr_stays() {
    let message = b"a\r\nb\rc\r\r\n\n\r\n\r";
    for slice in 1..message.len() {
        let mut turner = UnixLineEnds::default();
        let mut out: Vec<u8> = message.chunks(slice).flat_map(|piece| turner.turn(piece).to_vec()).collect();
        out.extend_from_slice(turner.finish());
        assert_eq!(out, b"a\nb\rc\r\n\n\n\r", "{slice}");
    }
}
