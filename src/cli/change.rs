//! `exoimap mark`, `move`, `copy` and `delete`: select messages, change them batch by batch, print what was done.

use crate::exchange::{Change, Halves, Isolation, MOST_REFUSALS, Next, Selection, is_refusal, open, require_folder};
use crate::imap::UidSet;
use crate::imap::types::{Flag, Uid, UidValidity};
use crate::imap::{Copied, Selected, Session};
use crate::{Error, Kind, MailboxName, Phase, Result, Retry, Stream};
use clap::ArgMatches;
use serde_json::{Value, json};

use super::exit::Exit;
use super::output::Output;
use super::selection::{self, same_folder, unmatched};
use super::session::Setting;
use super::sign_in::SignIn;

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

/// `exoimap mark`
pub(crate) fn mark(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let named = |option: fn(&(&'static str, &'static str, &'static str)) -> &'static str| -> Vec<Flag> {
        FLAGS.iter().filter(|row| arguments.get_flag(option(row))).filter_map(|(.., name)| Flag::named(name)).collect()
    };
    let (set, clear) = (named(|row| row.0), named(|row| row.1));
    if set.is_empty() && clear.is_empty() {
        return Err(Error::usage(
            "no flag to set or clear: --seen, --unseen, --flagged, --unflagged, --answered, --unanswered",
        ));
    }
    run(arguments, setting, output, Change::Flags { set, clear })
}

/// `exoimap move`
pub(crate) fn move_to(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    run(arguments, setting, output, Change::MoveTo(folder(arguments, "to")?))
}

/// `exoimap copy`
pub(crate) fn copy_to(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    run(arguments, setting, output, Change::CopyTo(folder(arguments, "to")?))
}

/// `exoimap delete`
pub(crate) fn delete(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let change = match (arguments.contains_id("trash"), arguments.get_flag("permanently")) {
        (true, _) => Change::MoveTo(folder(arguments, "trash")?),
        (false, true) => Change::Delete,
        (false, false) => return Err(Error::usage("how to delete is not said: --trash FOLDER or --permanently")),
    };
    run(arguments, setting, output, change)
}

fn folder(arguments: &ArgMatches, option: &str) -> Result<MailboxName> {
    MailboxName::new(arguments.get_one::<String>(option).map(String::as_str).unwrap_or_default())
}

/// Runs `change` on what the options select.
fn run(arguments: &ArgMatches, setting: &Setting, output: &Output, change: Change) -> Result<Exit> {
    let mailbox = setting.mailbox()?;
    let (folder, selection) = selection::read(arguments)?;
    if !selection.is_narrowed() {
        return Err(Error::usage("no messages are selected; --uid 1:* means all of the folder"));
    }
    if let Some((to, _)) = target(&change)
        && *to == folder
        && matches!(change, Change::MoveTo(_))
    {
        return Err(Error::usage(format!("{to} is the folder that the messages are in")));
    }
    let mut edit = Edit {
        output,
        folder: &folder,
        selection: &selection,
        change,
        dry_run: arguments.get_flag("dry-run"),
        validity: None,
        left: None,
        copied: None,
        in_doubt: false,
        broke: false,
        isolation: Isolation::default(),
        refused: Vec::new(),
        done: 0,
        is_partial: false,
    };
    let ended = SignIn::new(setting, output, mailbox)
        .persist(&mut setting.retry(output), &mut |session, retry| edit.session(session, retry));
    // If nothing was done, the first refusal is the error, unless something else ended the run.
    let first = if edit.done == 0 && ended.is_ok() { edit.refused.drain(..).next() } else { None };
    let ended = first.map_or(ended, |(_, error)| Err(error));
    for (uid, error) in &edit.refused {
        output.warn(&format!("message {uid} is not {}: {}", edit.words(), error.in_passing()));
        edit.is_partial = true;
    }
    if let Err(error) = ended {
        let (done, left, words) = (edit.done, edit.left.as_ref().map_or(0, UidSet::len), edit.words());
        if done > 0 && !output.is_closed() {
            output.warn(&format!("{done} messages are {words} before this:"));
        } else if done > 0 && left > 0 {
            // A closed pipe is not worth a word if all is done.
            output.warn(&format!("{done} messages are {words}, {left} are left: nobody reads stdout"));
        }
        return Err(error);
    }
    if edit.done == 0 {
        output.note(&format!("nothing selected in {folder}"));
    }
    Ok(if edit.is_partial { Exit::Partly } else { Exit::Done })
}

/// The folder that a change needs, and what for.
fn target(change: &Change) -> Option<(&MailboxName, &'static str)> {
    match change {
        Change::MoveTo(folder) => Some((folder, "move to")),
        Change::CopyTo(folder) => Some((folder, "copy to")),
        _ => None,
    }
}

/// One call's work, session after session.
struct Edit<'a> {
    output: &'a Output,
    folder: &'a MailboxName,
    selection: &'a Selection,
    change: Change,
    dry_run: bool,
    validity: Option<UidValidity>,
    /// What was selected and is not done; none before the first look.
    left: Option<UidSet>,
    /// Copies that are made, and whose originals are still to be deleted.
    copied: Option<(UidSet, Copied)>,
    /// A command is under way that must not be given twice.
    in_doubt: bool,
    /// A session broke: what it was at may be done.
    broke: bool,
    isolation: Isolation,
    /// Messages that the server refused to change, one by one.
    refused: Vec<(UidSet, Error)>,
    done: u64,
    is_partial: bool,
}

impl Edit<'_> {
    /// One session's work, and what its failure means for the next.
    fn session(&mut self, session: &mut Session<Stream>, retry: &mut Retry) -> Result<Next> {
        let done = |edit: &Self| (edit.done, edit.copied.is_some(), edit.left.is_some(), edit.isolation.progress());
        let before = done(self);
        let edited = self.edit(session);
        if done(self) != before {
            retry.progressed();
        }
        match edited {
            Err(e) if e.may_pass() => self.broke(e),
            edited => edited.map(|()| Next::Done),
        }
    }

    fn edit(&mut self, session: &mut Session<Stream>) -> Result<()> {
        if let Some((folder, pending)) = target(&self.change) {
            let folder = require_folder(session, folder, pending)?;
            self.change = match &self.change {
                Change::MoveTo(_) => Change::MoveTo(folder),
                _ => Change::CopyTo(folder),
            };
        }
        let mut selected = open(session, self.folder, !self.dry_run)?;
        same_folder(self.folder, self.left.is_some(), &mut self.validity, &selected)?;
        let left = self.what_is_left(&mut selected)?;
        if self.dry_run {
            self.done = left.len();
            return left.iter().try_for_each(|uid| self.tell(uid, None));
        }
        self.change.check(&selected)?;
        if let Some((uids, mut made)) = self.copied.clone() {
            let removed = Change::Delete.perform(&mut selected, &uids, &mut |_| Ok(()))?;
            made.undone.extend(&removed.undone);
            self.finished(&uids, &made)?;
        }
        let mut refusals = 0;
        for part in self.left.clone().unwrap_or_default().chunks(PART_BYTES, PART) {
            let mut halves = Halves::of(part, ());
            while let Some((asked, ())) = halves.next() {
                let Err(error) = self.perform(&mut selected, &asked) else { continue };
                refusals += 1;
                if !is_refusal(&error) || self.copied.is_some() || refusals > MOST_REFUSALS {
                    return Err(error);
                }
                self.in_doubt = false;
                if halves.refused(&asked, &asked, ()) {
                    self.left = self.left.take().map(|left| left.without(&asked));
                    self.refused.push((asked, error));
                }
            }
        }
        Ok(())
    }

    /// A tagged NO or BAD, throttling for instance, says that nothing was done; after anything else nobody
    /// knows, and what may be done twice is not tried again.
    fn broke(&mut self, why: Error) -> Result<Next> {
        let is_answer = why.reply().is_some_and(|reply| matches!(reply.status, "NO" | "BAD"));
        if self.in_doubt && !is_answer {
            let left = self.left.as_ref().map_or(0, UidSet::len);
            let part = left.min(PART);
            let to = target(&self.change).map(|(folder, _)| folder.to_string()).unwrap_or_default();
            let message = format!(
                "the session broke while messages were copied to {to}, so the next {part} of the {left} that are left may be there or not: look before you run it again ({why})"
            );
            return Ok(Next::Stop(Error::new(Kind::Temporary, Phase::Command, message)));
        }
        self.in_doubt = false;
        self.broke = !is_answer;
        Err(why)
    }

    /// What is selected, found once; in later sessions, what of it is not done.
    fn what_is_left(&mut self, selected: &mut Selected<'_, Stream>) -> Result<UidSet> {
        if let Some(left) = self.left.clone() {
            if std::mem::take(&mut self.broke)
                && self.copied.is_none()
                && matches!(self.change, Change::MoveTo(_) | Change::Delete)
            {
                // The command that the session broke in was carried out, perhaps in part.
                let part = left.chunks(PART_BYTES, PART).next().unwrap_or_default();
                let there = Selection::default().with_uids(&part.to_string())?.find(selected, 1)?.uids;
                self.finished(&part.without(&there), &Copied::default())?;
            }
            return Ok(self.left.clone().unwrap_or_default());
        }
        let found = self.selection.find_with(selected, 1, &mut self.isolation)?;
        self.is_partial |= unmatched(self.output, &found.unreadable, &self.isolation);
        let uids = self.selection.limited(found.uids);
        self.left = Some(uids.clone());
        Ok(uids)
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
        self.left = self.left.take().map(|left| left.without(uids).without(&made.undone));
        for uid in made.undone.iter() {
            self.is_partial = true;
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
        let to = target(&self.change).map(|(folder, _)| folder);
        let new = made.and_then(|made| made.uid_of(uid)).map(Uid::get);
        if self.output.json {
            let mut object = self.object(uid.get());
            if let (Some(fields), Some(to)) = (object.as_object_mut(), to) {
                let validity = made.and_then(|made| made.uid_validity).map(|validity| validity.get());
                fields.insert("to".to_owned(), json!(to.as_str()));
                fields.insert("to_uid".to_owned(), json!(new));
                fields.insert("to_uidvalidity".to_owned(), json!(validity));
            }
            return self.output.object(&object);
        }
        let would = if self.dry_run { "would be " } else { "" };
        let (uid, words) = (uid.to_string(), format!("{would}{}", self.words()));
        match to.and(made) {
            Some(_) => self.output.line(&[&uid, &words, &new.map_or_else(|| "-".to_owned(), |new| new.to_string())]),
            None => self.output.line(&[&uid, &words]),
        }
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

    fn object(&self, uid: u32) -> Value {
        let mut object = json!({"uid": uid, "folder": self.folder.as_str(), "dry_run": self.dry_run});
        let flags = |flags: &[Flag]| flags.iter().map(Flag::as_str).map(str::to_owned).collect::<Vec<_>>();
        let more = match &self.change {
            Change::Flags { set, clear } => json!({"action": "mark", "set": flags(set), "clear": flags(clear)}),
            Change::MoveTo(_) => json!({"action": "move"}),
            Change::CopyTo(_) => json!({"action": "copy"}),
            _ => json!({"action": "delete"}),
        };
        if let (Some(fields), Value::Object(more)) = (object.as_object_mut(), more) {
            fields.extend(more);
        }
        object
    }
}
