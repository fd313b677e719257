//! STORE, COPY, MOVE, EXPUNGE and APPEND.

use std::collections::BTreeSet;

use super::super::clock;
use super::super::mailboxes::{FLAGS, Message};
use super::arguments::{Argument, NumberSet};
use super::fault::Fault;
use super::folders::{does_not_exist, listed};
use super::session::{ARGUMENT_ERROR, Answer, Command, Session, Stop, refuse, wanted};

/// A line of a message that is longer breaks the literal (node-imap#868).
const LONGEST_LINE: usize = 10_824;

impl Session {
    /// The messages of the open folder that a command's first argument names, as (sequence
    /// number, UID).
    pub(super) fn chosen(&mut self, command: &Command) -> Result<Vec<(usize, u32)>, Stop> {
        let view = &self.selected()?.view;
        let set = command.arguments.first().and_then(Argument::text);
        let set = wanted(NumberSet::parse(&wanted(set)?))?;
        let count = u32::try_from(view.len()).unwrap();
        let largest = match view.last() {
            Some((uid, _)) if command.by_uid => *uid,
            _ => count,
        };
        let numbered = (1..=count).zip(view);
        Ok(numbered
            .filter(|(number, (uid, _))| set.contains(if command.by_uid { *uid } else { *number }, largest))
            .map(|(number, (uid, _))| (number as usize, *uid))
            .collect())
    }

    pub(super) fn message_command(&mut self, command: &Command) -> Answer {
        if self.selected()?.read_only && command.name != "COPY" {
            return refuse(format!("NO {} failed.", command.name));
        }
        let chosen = self.chosen(command)?;
        self.maybe_refuse(&command.name, &chosen)?;
        if self
            .world
            .faults
            .take(|fault| matches!(fault, Fault::Ignores { command: name } if *name == command.name))
            .is_some()
        {
            return Ok(format!("OK {} completed.", command.name));
        }
        let removes =
            |fault: &Fault| matches!(fault, Fault::RemovesAnother { command: name, .. } if *name == command.name);
        if let Some(Fault::RemovesAnother { uid, .. }) = self.world.faults.take(removes) {
            let folder = self.selected()?.folder.clone();
            self.with_folder(&folder, |folder| folder.remove(&[uid]));
            return Ok(format!("OK {} completed.", command.name));
        }
        match command.name.as_str() {
            "STORE" => self.store(command),
            "COPY" => self.copy(command),
            "MOVE" => self.move_away(command),
            _ => self.expunge(command),
        }
    }

    /// A message that a command cannot be done for.
    pub(super) fn maybe_refuse(&self, name: &str, chosen: &[(usize, u32)]) -> Result<(), Stop> {
        let at = |fault: &Fault| {
            matches!(fault, Fault::RefuseUid { command, uid, .. }
                if *command == name && chosen.iter().any(|(_, chosen)| chosen == uid))
        };
        match self.world.faults.take(at) {
            Some(Fault::RefuseUid { answer, .. }) => refuse(answer),
            _ => Ok(()),
        }
    }

    fn store(&mut self, command: &Command) -> Answer {
        let chosen = self.chosen(command)?;
        let item = wanted(command.arguments.get(1).and_then(Argument::keyword))?;
        let flags = flags(wanted(command.arguments.get(2..))?)?;
        let (action, silent) = match item.strip_suffix(".SILENT") {
            Some(action) => (action, true),
            None => (item.as_str(), false),
        };
        let folder = self.selected()?.folder.clone();
        for (number, uid) in chosen {
            let change = |message: &mut Message| match action {
                "FLAGS" => message.flags.clone_from(&flags),
                "+FLAGS" => message.flags.extend(flags.iter().cloned()),
                _ => message.flags.retain(|flag| !flags.contains(flag)),
            };
            let now = self.with_folder(&folder, |folder| {
                let message = folder.message(uid)?;
                change(message);
                Some(message.flags.clone())
            });
            // Gone in the meantime: silently skipped, as for any UID that is not there.
            let Some(now) = now.flatten() else { continue };
            if !silent {
                let also = if command.by_uid { format!(" UID {uid}") } else { String::new() };
                let line = format!("* {number} FETCH (FLAGS ({}){also})", listed(&now));
                self.wire.line(&line)?;
            }
            self.selected()?.view[number - 1].1 = now;
        }
        Ok("OK STORE completed.".into())
    }

    fn copy(&mut self, command: &Command) -> Answer {
        let (code, _) = self.copy_chosen(command)?;
        if !code.is_empty() && self.world.faults.happens(&Fault::BareCopyUid) {
            self.wire.line(code.trim_end())?;
            return Ok("OK COPY completed.".into());
        }
        Ok(format!("OK {code}COPY completed."))
    }

    fn move_away(&mut self, command: &Command) -> Answer {
        let (code, moved) = self.copy_chosen(command)?;
        if !code.is_empty() {
            let line = match self.world.faults.take(|f| matches!(f, Fault::BareCopyUid | Fault::EmptyCopyUid)) {
                Some(Fault::BareCopyUid) => code.trim_end().to_string(),
                Some(_) => "[COPYUID 14  ]".into(),
                None => format!("* OK {}", code.trim_end()),
            };
            self.wire.line(&line)?;
        }
        let folder = self.selected()?.folder.clone();
        self.with_folder(&folder, |folder| folder.remove(&moved));
        Ok("OK MOVE completed.".into())
    }

    /// Copies to the folder of the second argument: the COPYUID code with a blank behind it,
    /// and the UIDs copied.
    fn copy_chosen(&mut self, command: &Command) -> Result<(String, Vec<u32>), Stop> {
        let chosen: Vec<u32> = self.chosen(command)?.iter().map(|(_, uid)| *uid).collect();
        let target = wanted(command.arguments.get(1).and_then(Argument::text))?;
        let source = self.selected()?.folder.clone();
        let mut messages = self.with_folder(&source, |folder| folder.messages.clone()).unwrap_or_default();
        messages.retain(|message| chosen.contains(&message.uid));
        let copied: Vec<u32> = messages.iter().map(|message| message.uid).collect();
        let (uidvalidity, uids) = self
            .with_folder(&target, |folder| {
                let mut uids = Vec::new();
                for mut message in messages {
                    message.uid = folder.uidnext;
                    folder.uidnext += 1;
                    uids.push(message.uid);
                    folder.messages.push(message);
                }
                (folder.uidvalidity, uids)
            })
            .ok_or_else(|| does_not_exist(&format!("[TRYCREATE] {target}")))?;
        let code = match copied.as_slice() {
            [] => String::new(),
            _ if self.world.faults.happens(&Fault::NoCopyUid) => String::new(),
            _ => format!("[COPYUID {uidvalidity} {} {}] ", set(&copied), set(&uids)),
        };
        Ok((code, copied))
    }

    fn expunge(&mut self, command: &Command) -> Answer {
        let chosen = if command.by_uid {
            self.chosen(command)?
        } else {
            let view = &self.selected()?.view;
            view.iter().map(|(uid, _)| (0, *uid)).collect()
        };
        let folder = self.selected()?.folder.clone();
        self.with_folder(&folder, |folder| {
            folder.messages.retain(|message| {
                let named = chosen.iter().any(|(_, uid)| *uid == message.uid);
                !(named && message.has("\\Deleted"))
            });
        });
        Ok("OK EXPUNGE completed.".into())
    }

    pub(super) fn append(&mut self, command: &Command) -> Answer {
        let [folder, options @ .., Argument::Text(message)] = command.arguments.as_slice() else {
            return refuse(ARGUMENT_ERROR);
        };
        let name = wanted(folder.text())?;
        let mut chosen = BTreeSet::new();
        let mut date = clock::now();
        for option in options {
            match option {
                Argument::List(_) => chosen = flags(std::slice::from_ref(option))?,
                Argument::Text(_) => {
                    date = wanted(option.text().and_then(|text| clock::parse_imap_date(&text)))?;
                }
                Argument::Atom(_) => return refuse(ARGUMENT_ERROR),
            }
        }
        if message.split(|byte| *byte == b'\n').any(|line| line.len() > LONGEST_LINE) {
            // From here on the real one takes the message for commands.
            self.wire.line("<body BAD Command Error. 10")?;
            return Err(self.wire.cut().into());
        }
        let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
        let (uidvalidity, uid) = self
            .with_folder(&name, |folder| {
                let uid = folder.add(message.clone(), date, &chosen);
                (folder.uidvalidity, uid)
            })
            .ok_or_else(|| does_not_exist(&format!("[TRYCREATE] {name}")))?;
        Ok(format!("OK [APPENDUID {uidvalidity} {uid}] APPEND completed."))
    }
}

/// Flags in Exchange's spelling. It keeps no others.
fn flags(arguments: &[Argument]) -> Result<BTreeSet<String>, Stop> {
    let mut found = BTreeSet::new();
    for argument in arguments {
        match argument {
            Argument::List(inner) => found.extend(flags(inner)?),
            Argument::Atom(flag) => match FLAGS.iter().find(|f| f.eq_ignore_ascii_case(flag)) {
                Some(known) => drop(found.insert((*known).to_string())),
                None => return refuse("BAD Command Argument Error. 11"),
            },
            Argument::Text(_) => return refuse(ARGUMENT_ERROR),
        }
    }
    Ok(found)
}

/// Ascending UIDs as a set.
fn set(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *uid => *last = *uid,
            _ => ranges.push((*uid, *uid)),
        }
    }
    let written =
        ranges.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}:{last}") });
    written.collect::<Vec<_>>().join(",")
}
