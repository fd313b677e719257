//! `exoimap mark`, `move`, `copy` and `delete`: select messages, change them batch by batch, print what was done.

use crate::error::Cause;
use crate::exchange::{Change, Halves, MOST_REFUSALS, Selection, is_answer, is_refusal, require_folder, resolve};
use crate::imap::types::{Flag, Uid};
use crate::imap::{Copied, Selected, Session, UidSet};
use crate::{Error, Kind, MailboxName, Phase, Result, Stream};
use serde_json::{Value, json};

use super::selection::Chosen;
use super::{Call, Exit, Output, SignIn};

/// Messages of one command: few enough that much is done when something breaks.
const PART: u64 = 500;

/// Bytes of their UIDs.
const PART_BYTES: usize = 2_900;

/// The options of `mark`: what sets a flag, what clears it, the flag.
const FLAGS: [(&str, &str, &str); 3] = [
    ("seen", "clear-seen", "\\Seen"),
    ("flagged", "clear-flagged", "\\Flagged"),
    ("answered", "clear-answered", "\\Answered"),
];

pub(crate) fn mark(call: &Call) -> Result<Exit> {
    let named = |option: fn(&(&'static str, &'static str, &'static str)) -> &'static str| -> Vec<Flag> {
        FLAGS.iter().filter(|row| call.arguments.has(option(row))).filter_map(|(.., name)| Flag::named(name)).collect()
    };
    let (set, clear) = (named(|row| row.0), named(|row| row.1));
    if set.is_empty() && clear.is_empty() {
        return Err(Error::usage(
            "no flag to set or clear: --seen, --unseen, --flagged, --unflagged, --answered, --unanswered",
        ));
    }
    run(call, Change::Flags { set, clear })
}

pub(crate) fn move_to(call: &Call) -> Result<Exit> {
    run(call, Change::MoveTo(folder(call, "to")?))
}

pub(crate) fn copy_to(call: &Call) -> Result<Exit> {
    run(call, Change::CopyTo(folder(call, "to")?))
}

pub(crate) fn delete(call: &Call) -> Result<Exit> {
    let change = match (call.arguments.raw("trash"), call.arguments.has("permanently")) {
        (Some(_), _) => Change::MoveTo(folder(call, "trash")?),
        (None, true) => Change::Delete,
        (None, false) => return Err(Error::usage("how to delete is not said: --trash FOLDER or --permanently")),
    };
    run(call, change)
}

fn folder(call: &Call, option: &str) -> Result<MailboxName> {
    MailboxName::new(call.arguments.raw(option).unwrap_or_default())
}

fn run(call: &Call, change: Change) -> Result<Exit> {
    let (output, setting) = (&*call.output, call.setting()?);
    let mailbox = setting.mailbox()?;
    let chosen = Chosen::new(&call.arguments)?;
    if !chosen.selection.is_narrowed() {
        return Err(Error::usage("no messages are selected; --uid 1:* means all of the folder"));
    }
    refuse_itself(&change, &chosen.folder)?;
    let dry_run = call.arguments.has("dry-run");
    let (copied, in_doubt, broke) = (None, false, false);
    let mut edit = Edit { output, chosen, change, dry_run, copied, in_doubt, broke, refused: Vec::new(), done: 0 };
    let ended = SignIn::new(&setting, mailbox).work(&mut edit, Edit::progress, Edit::session);
    // If nothing was done, the first refusal is the error, unless something else ended the run.
    let first = if edit.done == 0 && ended.is_ok() { edit.refused.drain(..).next() } else { None };
    let ended = first.map_or(ended, |(_, error)| Err(error));
    for (uid, error) in &edit.refused {
        output.warn(&format!("message {uid} is not {}: {}", edit.words(), error.in_passing()));
    }
    if let Err(error) = ended {
        let (done, left, words) = (edit.done, edit.chosen.left().len(), edit.words());
        if done > 0 && !output.is_closed() {
            output.warn(&format!("{done} messages are {words} before this:"));
        } else if done > 0 && left > 0 {
            // A closed pipe is not worth a word if all is done.
            output.warn(&format!("{done} messages are {words}, {left} are left: nobody reads stdout"));
        }
        return Err(error);
    }
    if edit.done == 0 {
        output.note(&format!("nothing selected in {}", edit.chosen.folder));
    }
    let is_partial = edit.chosen.is_partial || !edit.refused.is_empty();
    Ok(if is_partial { Exit::Partly } else { Exit::Done })
}

/// The folder that a change needs, and what for.
fn target(change: &Change) -> Option<(&MailboxName, &'static str)> {
    match change {
        Change::MoveTo(folder) => Some((folder, "move to")),
        Change::CopyTo(folder) => Some((folder, "copy to")),
        _ => None,
    }
}

/// A move to the same folder gives its messages new UIDs.
fn refuse_itself(change: &Change, from: &MailboxName) -> Result<()> {
    match change {
        Change::MoveTo(to) if to.is_called(from.as_str()) => {
            Err(Error::usage(format!("{from} is the folder that the messages are in")))
        }
        _ => Ok(()),
    }
}

/// One call's work, session after session.
struct Edit<'a> {
    output: &'a Output,
    chosen: Chosen,
    change: Change,
    dry_run: bool,
    /// Copies that are made, and whose originals are still to be deleted.
    copied: Option<(UidSet, Copied)>,
    /// A command is under way that must not be given twice.
    in_doubt: bool,
    /// A session broke: what it was at may be done.
    broke: bool,
    /// Messages that the server refused to change, one by one.
    refused: Vec<(UidSet, Error)>,
    done: u64,
}

impl Edit<'_> {
    fn progress(&self) -> (u64, bool, bool, u64) {
        (self.done, self.copied.is_some(), self.chosen.left.is_some(), self.chosen.headers.progress())
    }

    fn session(&mut self, session: &mut Session<Stream>) -> Result<()> {
        self.edit(session).map_err(|e| if e.may_pass() { self.broke(e) } else { e })
    }

    fn edit(&mut self, session: &mut Session<Stream>) -> Result<()> {
        if let Some((folder, purpose)) = target(&self.change) {
            let folder = require_folder(session, folder, purpose)?;
            self.change = match &self.change {
                Change::MoveTo(_) => Change::MoveTo(folder),
                _ => Change::CopyTo(folder),
            };
            refuse_itself(&self.change, &resolve(session, &self.chosen.folder)?)?;
        }
        let mut selected = self.chosen.open(session, !self.dry_run)?;
        match self.chosen.left.is_some() {
            true => self.check_the_last(&mut selected)?,
            false => drop(self.chosen.find(&mut selected, self.output)?),
        }
        if self.dry_run {
            self.done = self.chosen.left().len();
            return self.chosen.left().iter().try_for_each(|uid| self.tell(uid, None));
        }
        self.change.check(&selected)?;
        if let Some((uids, mut made)) = self.copied.clone() {
            let removed = Change::Delete.perform(&mut selected, &uids, &mut |_| Ok(()))?;
            made.undone.extend(&removed.undone);
            self.finished(&uids, &made)?;
        }
        let mut refusals = 0;
        for part in self.chosen.left().chunks(PART_BYTES, PART) {
            let mut halves = Halves::of(part, ());
            while let Some((asked, ())) = halves.next() {
                let Err(error) = self.perform(&mut selected, &asked) else { continue };
                refusals += 1;
                if !is_refusal(&error) || self.copied.is_some() || refusals > MOST_REFUSALS {
                    return Err(error);
                }
                self.in_doubt = false;
                if halves.refused(&asked, &asked, ()) {
                    self.chosen.done(&asked);
                    self.refused.push((asked, error));
                }
            }
        }
        Ok(())
    }

    /// A tagged NO or BAD, throttling for instance, says that nothing was done; after anything else nobody
    /// knows, and what may be done twice is not tried again.
    fn broke(&mut self, why: Error) -> Error {
        self.broke = !is_answer(&why);
        if self.in_doubt && self.broke {
            let left = self.chosen.left().len();
            let part = left.min(PART);
            let to = target(&self.change).map(|(folder, _)| folder.to_string()).unwrap_or_default();
            let message = format!(
                "the session broke while messages were copied to {to}, so the next {part} of the {left} that are left may be there or not: look before you run it again ({why})"
            );
            return Error::new(Kind::Temporary, Phase::Command, message).because(Cause::InDoubt);
        }
        self.in_doubt = false;
        why
    }

    /// The command that the last session broke in was carried out, perhaps in part.
    fn check_the_last(&mut self, selected: &mut Selected<'_, Stream>) -> Result<()> {
        let takes_away = matches!(self.change, Change::MoveTo(_) | Change::Delete);
        if !std::mem::take(&mut self.broke) || self.copied.is_some() || !takes_away {
            return Ok(());
        }
        let part = self.chosen.left().chunks(PART_BYTES, PART).next().unwrap_or_default();
        let there = Selection::default().with_uids(&part.to_string())?.find(selected, 1)?.uids;
        self.finished(&part.without(&there), &Copied::default())
    }

    fn perform(&mut self, selected: &mut Selected<'_, Stream>, part: &UidSet) -> Result<()> {
        self.in_doubt = self.change.may_double(selected);
        let made = self.change.perform(selected, part, &mut |made| {
            self.in_doubt = false;
            self.copied = Some((part.without(&made.undone), made.clone()));
            Ok(())
        })?;
        self.in_doubt = false;
        self.finished(part, &made)
    }

    /// Says of messages that they are done.
    fn finished(&mut self, uids: &UidSet, made: &Copied) -> Result<()> {
        let copies = self.copied.take().map_or_else(UidSet::new, |(copies, _)| copies);
        self.chosen.done(uids);
        self.chosen.done(&made.undone);
        for uid in made.undone.iter() {
            self.chosen.is_partial = true;
            let also = if copies.contains(uid) { "; its copy is made" } else { "" };
            self.output.warn(&format!(
                "message {uid}: the server said OK and it is not {}: it shows no change{also}",
                self.words()
            ));
        }
        let uids = &uids.without(&made.undone);
        // Done, whether or not it can be told.
        self.done += uids.len();
        uids.iter().try_for_each(|uid| self.tell(uid, Some(made)))
    }

    /// A message and what was done with it; without `made`, what would be.
    fn tell(&self, uid: Uid, made: Option<&Copied>) -> Result<()> {
        let would = if self.dry_run { "would be " } else { "" };
        let words = format!("{would}{}", self.words());
        let new = made.and_then(|made| made.uid_of(uid)).map_or_else(|| "-".to_owned(), |new| new.to_string());
        let number = uid.to_string();
        let fields = [number.as_str(), &words, &new];
        let shown = if target(&self.change).is_some() && made.is_some() { 3 } else { 2 };
        self.output.result(|| self.object(uid, made), &fields[..shown])
    }

    fn words(&self) -> String {
        match &self.change {
            Change::Flags { set, clear } => {
                let flags = |sign: char, flags: &[Flag]| {
                    let name = |flag: &Flag| format!(" {sign}{}", flag.as_str().trim_start_matches('\\'));
                    flags.iter().map(name).collect::<String>()
                };
                format!("marked{}{}", flags('+', set), flags('-', clear)).to_lowercase()
            }
            Change::MoveTo(to) => format!("moved to {to}"),
            Change::CopyTo(to) => format!("copied to {to}"),
            _ => "deleted".to_owned(),
        }
    }

    fn object(&self, uid: Uid, made: Option<&Copied>) -> Value {
        let action = match &self.change {
            Change::Flags { .. } => "mark",
            Change::MoveTo(_) => "move",
            Change::CopyTo(_) => "copy",
            _ => "delete",
        };
        let folder = self.chosen.folder.as_str();
        let mut object = json!({"uid": uid.get(), "folder": folder, "dry_run": self.dry_run, "action": action});
        if let Change::Flags { set, clear } = &self.change {
            let names = |flags: &[Flag]| flags.iter().map(Flag::as_str).map(str::to_owned).collect::<Vec<_>>();
            object["set"] = names(set).into();
            object["clear"] = names(clear).into();
        }
        if let Some((to, _)) = target(&self.change) {
            object["to"] = to.as_str().into();
            object["to_uid"] = made.and_then(|made| made.uid_of(uid)).map(Uid::get).into();
            object["to_uidvalidity"] = made.and_then(|made| made.uid_validity).map(|validity| validity.get()).into();
        }
        object
    }
}
