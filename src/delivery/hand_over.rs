//! Between a delivery and the change on the server: a program takes each message.

use std::path::Path;

use super::format::{Format, MBOX};
use super::pass::Pass;
use super::program::{Given, Taken};
use super::ready::Next;
use super::{Action, Delivered};
use crate::error::Result;
use crate::files::Lock;
use crate::imap::UidSet;
use crate::imap::types::Uid;

impl Pass<'_> {
    /// Messages that a run before this one delivered and no program took: those whose file is still
    /// there are offered now, the others come back to be fetched again.
    pub(super) fn hand_over_again(&mut self) -> Result<UidSet> {
        let left = self.job.selection.named(&self.destination.state.run).without(&self.not_taken);
        if self.job.program.is_none() {
            if !left.is_empty() && self.settled.is_empty() {
                let wait = if left.len() == 1 { "message waits" } else { "messages wait" };
                self.watch.warn(&format!("{} {wait} for a program, which this run has not", left.len()));
            }
            return Ok(UidSet::new());
        }
        let mut gone = UidSet::new();
        for uid in left.iter() {
            if self.destination.file_of(uid)?.is_none() {
                gone.insert(uid);
            }
        }
        self.hand_over(&left.without(&gone))?;
        Ok(gone)
    }

    /// Runs the program for each of `uids`, between commands, never inside one.
    pub(super) fn hand_over(&mut self, uids: &UidSet) -> Result<()> {
        let Some(program) = &self.job.program else { return Ok(()) };
        for uid in uids.iter() {
            self.in_time()?;
            let Some(file) = self.destination.file_of(uid)? else {
                // A consumer took it before the program ran: the next run fetches it again.
                self.not_given(uid, "its file is gone; the next run fetches it again");
                continue;
            };
            if let Some(why) = self.attach(uid, &file)? {
                self.not_given(uid, &format!("{why}; the next run offers it again"));
                continue;
            }
            let attachments = self.destination.attachments_of(uid);
            let path =
                if self.destination.state.format == Format::Mbox { self.destination.path(MBOX) } else { file.clone() };
            let message = Delivered { handed_over: true, ..Delivered::before(uid, path, &file) };
            let given = Given {
                uid,
                mailbox: &self.job.mailbox,
                folder: self.job.folder.as_str(),
                file: &file,
                attachments: attachments.as_deref(),
                lock: self.destination.lock.as_ref().map(Lock::file),
            };
            match program.run(&given, self.job.deadline) {
                Taken::Yes => {
                    self.taken += 1;
                    self.destination.program_took(uid, self.job.action_now())?;
                    if !self.settled.contains(uid) {
                        self.outcome.handed_over += 1;
                        self.watch.delivered(&[message])?;
                    }
                }
                Taken::Refused(why) => {
                    let next = if self.job.failed_to.is_none() { "; the next run offers it again" } else { "" };
                    self.not_given(uid, &format!("the program {why}{next}"));
                    self.refused.push((uid, why));
                }
                Taken::Failed(why) => self.not_given(uid, &format!("the program {why}; the next run offers it again")),
            }
        }
        Ok(())
    }

    /// Attachments that are asked for and not there: the run that delivered the message was not asked for them, or
    /// somebody took their folder away. No program takes the message without what belongs to it; `Some` says why they
    /// have no place.
    fn attach(&mut self, uid: Uid, file: &Path) -> Result<Option<String>> {
        // What came in this run was unpacked at its delivery.
        if !self.job.attachments || self.settled.contains(uid) || self.destination.attachments_of(uid).is_some() {
            return Ok(None);
        }
        let mut message = Delivered::default_for(uid);
        let folder = self.destination.unpack(&mut message, file, self.job.skip_inline)?;
        self.tell_of_attachments(&message);
        let Some(folder) = folder else { return Ok(None) };
        let failed = self.destination.deliver(vec![folder], Next::Nothing)?;
        Ok(failed.into_iter().next().map(|failed| failed.reason))
    }

    /// Counts what the program refused in this run. With a folder for it, a message that was refused too often goes
    /// there and is not offered any more.
    pub(super) fn settle_refused(&mut self) -> Result<()> {
        let refused = std::mem::take(&mut self.refused);
        // Several, and none taken: what the program needs is down.
        if refused.is_empty() || (refused.len() > 1 && self.taken == 0) {
            return Ok(());
        }
        for (uid, why) in refused {
            let tries = self.destination.state.count_refusal(uid, &why);
            let Some(to) = self.job.failed_to.as_ref().filter(|_| tries >= self.job.give_up_after) else { continue };
            self.destination.state.remove_run(uid);
            self.destination.state.add_act(&[uid].into_iter().collect(), &Action::MoveTo(to.clone()));
            self.watch.warn(&format!("message {uid}: the program {why} in {tries} runs; it goes to the folder {to}"));
            self.watch.set_aside(uid, to, &why)?;
            self.outcome.set_aside += 1;
        }
        self.destination.save()
    }

    fn not_given(&mut self, uid: Uid, why: &str) {
        self.watch.warn(&format!("message {uid}: {why}"));
        self.outcome.not_taken += 1;
        self.not_taken.insert(uid);
    }

    /// Messages that no program took, whose files are gone, and that are not on the server any more.
    pub(super) fn lose(&mut self, lost: &UidSet) -> Result<()> {
        if lost.is_empty() {
            return Ok(());
        }
        for uid in lost.iter() {
            self.not_given(
                uid,
                "no program took it, and it is gone from here and from the server: nothing is left to offer",
            );
        }
        self.destination.lost(lost)
    }
}
