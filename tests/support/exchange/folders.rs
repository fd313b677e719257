//! NAMESPACE, LIST, LSUB, STATUS, CREATE, and opening and leaving a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::super::mailboxes::{FLAGS, Folder};
use super::arguments::Argument;
use super::fault::Fault;
use super::session::{ARGUMENT_ERROR, Answer, Command, Selected, Session, Stop, refuse, wanted};

impl Session {
    pub(super) fn folder_command(&mut self, command: &Command) -> Answer {
        match command.name.as_str() {
            "NAMESPACE" => self.wire.line("* NAMESPACE ((\"\" \"/\")) NIL NIL")?,
            "LIST" | "LSUB" => self.list(command)?,
            "STATUS" => self.status(command)?,
            "CREATE" => self.create(command)?,
            "CLOSE" => self.close()?,
            "SELECT" | "EXAMINE" => return self.open(command),
            // SUBSCRIBE and UNSUBSCRIBE: LSUB shows all the same.
            _ => {}
        }
        Ok(format!("OK {} completed.", command.name))
    }

    fn list(&mut self, command: &Command) -> Result<(), Stop> {
        // Also LIST … RETURN (…) and LIST (…) …, which Exchange does not know.
        let [reference, pattern] = command.arguments.as_slice() else {
            return refuse(ARGUMENT_ERROR);
        };
        let pattern = wanted(reference.text())? + &wanted(pattern.text())?;
        if pattern.is_empty() {
            return Ok(self.wire.line("* LIST (\\Noselect) \"/\" \"\"")?);
        }
        let lines = self.matching_folders(&command.name, &pattern);
        for line in lines {
            self.wire.line(&line)?;
        }
        Ok(self.maybe_say("LIST")?)
    }

    fn matching_folders(&self, command: &str, pattern: &str) -> Vec<String> {
        let mut mailboxes = self.world.mailboxes.lock().unwrap();
        let Some(mailbox) = mailboxes.mailbox(self.address()) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        for folder in &mailbox.folders {
            if !matches(pattern.as_bytes(), folder.name.as_bytes()) {
                continue;
            }
            let children = if mailbox.has_children(&folder.name) { "\\HasChildren" } else { "\\HasNoChildren" };
            let marked = if folder.name == "INBOX" { "\\Marked " } else { "" };
            let name = astring(&folder.name);
            // As Exchange Online says it in a plain LIST.
            let special = match folder.name.as_str() {
                "Deleted Items" | "&AMk-l&AOk-ments supprim&AOk-s" => " \\Trash",
                "Drafts" | "Brouillons" => " \\Drafts",
                "Junk Email" | "Courrier ind&AOk-sirable" => " \\Junk",
                "Sent Items" | "&AMk-l&AOk-ments envoy&AOk-s" => " \\Sent",
                _ => "",
            };
            lines.push(format!("* {command} ({marked}{children}{special}) \"/\" {name}"));
        }
        lines
    }

    fn status(&mut self, command: &Command) -> Result<(), Stop> {
        let [folder, Argument::List(items)] = command.arguments.as_slice() else {
            return refuse(ARGUMENT_ERROR);
        };
        let name = wanted(folder.text())?;
        if self.world.faults.take(|fault| matches!(fault, Fault::EndAtStatus { folder } if name == *folder)).is_some() {
            return Err(self.wire.cut().into());
        }
        let value = |folder: &Folder, item: &str| match item {
            "MESSAGES" => Some(folder.messages.len().to_string()),
            "RECENT" => Some("0".into()),
            "UIDNEXT" => Some(folder.uidnext.to_string()),
            "UIDVALIDITY" => Some(folder.uidvalidity.to_string()),
            "UNSEEN" => Some(folder.unseen().to_string()),
            _ => None,
        };
        let mut values = Vec::new();
        for item in items.iter().filter_map(Argument::keyword) {
            let found = self.with_folder(&name, |folder| value(folder, &item));
            let found = found.ok_or_else(|| does_not_exist(&name))?;
            values.push(format!("{item} {}", wanted(found)?));
        }
        self.wire.line(&format!("* STATUS {} ({})", astring(&name), values.join(" ")))?;
        Ok(())
    }

    fn create(&mut self, command: &Command) -> Result<(), Stop> {
        let name = wanted(command.arguments.first().and_then(Argument::text))?;
        if self.with_folder(&name, |_| ()).is_some() {
            return refuse("NO Mailbox already exists.");
        }
        let mut mailboxes = self.world.mailboxes.lock().unwrap();
        let mailbox = wanted(mailboxes.mailbox(self.address()))?;
        mailbox.folders.push(Folder::new(name.trim_end_matches('/')));
        Ok(())
    }

    fn open(&mut self, command: &Command) -> Answer {
        self.selected = None;
        let [name] = command.arguments.as_slice() else {
            return refuse(ARGUMENT_ERROR);
        };
        let name = wanted(name.text())?;
        if self.world.faults.happens(&Fault::FolderVanished) {
            return Err(does_not_exist(&name));
        }
        if self.world.faults.happens(&Fault::ChangeUidValidity) {
            self.with_folder(&name, |folder| folder.uidvalidity += 1);
        }
        let folder = self.with_folder(&name, |folder| folder.clone()).ok_or_else(|| does_not_exist(&name))?;
        let read_only = command.name == "EXAMINE";
        self.describe(&folder, read_only)?;
        self.maybe_say(&command.name)?;
        self.selected = Some(Selected::of(&folder, read_only));
        let code = if read_only { "READ-ONLY" } else { "READ-WRITE" };
        Ok(format!("OK [{code}] {} completed.", command.name))
    }

    /// The line more that a test wants at this command.
    pub(super) fn maybe_say(&mut self, name: &str) -> io::Result<()> {
        match self.world.faults.take(|fault| matches!(fault, Fault::Say { at, .. } if *at == name)) {
            Some(Fault::Say { line, .. }) => self.wire.line(&format!("* {line}")),
            _ => Ok(()),
        }
    }

    fn describe(&mut self, folder: &Folder, read_only: bool) -> io::Result<()> {
        let flags = FLAGS.join(" ");
        let permanent = if read_only { "" } else { &flags };
        self.wire.line(&format!("* {} EXISTS", folder.messages.len()))?;
        self.wire.line("* 0 RECENT")?;
        self.wire.line(&format!("* FLAGS ({flags})"))?;
        self.wire.line(&format!("* OK [PERMANENTFLAGS ({permanent})] Permanent flags"))?;
        let unseen = folder.messages.iter().position(|m| !m.has("\\Seen"));
        if let Some(at) = unseen {
            self.wire.line(&format!("* OK [UNSEEN {}] Is the first unseen message", at + 1))?;
        }
        self.wire.line(&format!("* OK [UIDVALIDITY {}] UIDVALIDITY value", folder.uidvalidity))?;
        self.wire.line(&format!("* OK [UIDNEXT {}] The next unique identifier value", folder.uidnext))
    }

    pub(super) fn unselect(&mut self) -> Answer {
        self.selected()?;
        self.selected = None;
        Ok("OK UNSELECT completed.".into())
    }

    /// CLOSE takes away whatever anyone has marked, without a word.
    fn close(&mut self) -> Result<(), Stop> {
        self.selected()?;
        let Some(selected) = self.selected.take() else {
            return Ok(());
        };
        if !selected.read_only {
            self.with_folder(&selected.folder, |folder| {
                folder.messages.retain(|message| !message.has("\\Deleted"));
            });
        }
        Ok(())
    }
}

impl Selected {
    fn of(folder: &Folder, read_only: bool) -> Selected {
        let view = folder.messages.iter().map(|m| (m.uid, m.flags.clone()));
        Selected { folder: folder.name.clone(), read_only, view: view.collect() }
    }

    /// Brings the view up to date; the untagged lines that say so.
    pub(super) fn changes(&mut self, now: &Folder, expunges: bool, vanishes: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let present: BTreeSet<u32> = now.uids().into_iter().collect();
        for at in (0..self.view.len()).rev() {
            if expunges && !present.contains(&self.view[at].0) {
                let (uid, _) = self.view.remove(at);
                lines.push(if vanishes { format!("* VANISHED {uid}") } else { format!("* {} EXPUNGE", at + 1) });
            }
        }
        let known: BTreeSet<u32> = self.view.iter().map(|(uid, _)| *uid).collect();
        let new = now.messages.iter().filter(|m| !known.contains(&m.uid));
        let before = self.view.len();
        self.view.extend(new.map(|m| (m.uid, m.flags.clone())));
        if before < self.view.len() || !lines.is_empty() {
            lines.push(format!("* {} EXISTS", self.view.len()));
        }
        lines.extend(self.flag_changes(now));
        lines
    }

    fn flag_changes(&mut self, now: &Folder) -> Vec<String> {
        let mut lines = Vec::new();
        let current: BTreeMap<u32, &BTreeSet<String>> = now.messages.iter().map(|m| (m.uid, &m.flags)).collect();
        for (at, (uid, flags)) in self.view.iter_mut().enumerate() {
            if let Some(latest) = current.get(uid)
                && *latest != flags
            {
                flags.clone_from(latest);
                lines.push(format!("* {} FETCH (FLAGS ({}))", at + 1, listed(flags)));
            }
        }
        lines
    }
}

/// Flags as they stand between parentheses.
pub(super) fn listed(flags: &BTreeSet<String>) -> String {
    flags.iter().cloned().collect::<Vec<_>>().join(" ")
}

/// The real words, from a log in RainLoop#1777.
pub(super) fn does_not_exist(name: &str) -> Stop {
    Stop::Refused(format!("NO {name} doesn't exist."))
}

/// A name as an atom if it can be one.
fn astring(name: &str) -> String {
    let special = |c: char| " (){%*\"\\".contains(c) || c.is_control();
    if name.is_empty() || name.contains(special) {
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    } else {
        name.into()
    }
}

/// LIST's wild cards: `*` is anything, `%` anything but the delimiter.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => matches(rest, name) || !name.is_empty() && matches(pattern, &name[1..]),
        ([b'%', rest @ ..], _) => {
            matches(rest, name) || name.first().is_some_and(|c| *c != b'/') && matches(pattern, &name[1..])
        }
        ([p, rest @ ..], [n, tail @ ..]) => p.eq_ignore_ascii_case(n) && matches(rest, tail),
        _ => false,
    }
}
