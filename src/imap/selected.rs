//! A mailbox that is open: what the server said of it, and what can be done with its messages.
//!
//! Whatever names messages names them by UID. A set of UIDs becomes as many commands as it takes to keep
//! each below 4,000 bytes. IDLE is in `idle`, what goes through a FETCH with bodies in `bodies`.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use super::bodies::{Bodies, BodySink};
use super::client::{Capabilities, Session, broken};
use super::command::Command;
use super::connection::ignore;
use super::mailbox_name::MailboxName;
use super::types::{CodeMeaning, Fetch, Flag, Mailbox, Status, Untagged};
use super::uid_set::{Uid, UidSet, UidValidity, in_order};
use crate::error::{Error, Kind, Phase, Result};

/// Bytes of a command line; Exchange refuses more than 4,096 (`BAD Command Argument Error. 12`).
const COMMAND_BYTES: usize = 4000;

/// Bytes of the UIDs of a command that names a mailbox too.
const CHANGE_BYTES: usize = 3000;

/// Searches by ranges of UIDs in place of one whose answer is too long.
const MOST_SEARCHES: u32 = 1000;

/// Untagged data that one message may bring with its body, in bytes.
const BYTES_A_MESSAGE: u64 = 1024;

/// Untagged data that the items of one message may make up on average, in bytes: no header that Exchange takes has
/// more, and one that others wrote keeps none of the rest from being read.
const BYTES_OF_ITEMS: u64 = 1 << 20;

/// What a server shows of a change that it says OK to.
#[derive(Default)]
struct Shown {
    copied: Copied,
    /// How many EXPUNGE came; their numbers may be of any message.
    expunged: u64,
    /// Messages that are gone, by their UIDs (VANISHED, RFC 7162).
    gone: UidSet,
    flags: BTreeMap<Uid, Vec<Flag>>,
}

impl Shown {
    fn learn(&mut self, asked: &UidSet, data: &Untagged) {
        match data {
            Untagged::Expunge => self.expunged += 1,
            Untagged::Vanished(uids) => self.gone.extend(&uids.within(asked)),
            Untagged::Fetch(fetched) => {
                if let (Some(uid), Some(flags)) = (fetched.uid.filter(|uid| asked.contains(*uid)), &fetched.flags) {
                    self.flags.insert(uid, flags.clone());
                }
            }
            _ => self.copied.learn(asked, data),
        }
    }
}

/// What came in answer to a search.
enum Answer {
    Found(UidSet),
    /// More than may be held; it was skipped.
    TooLong,
    /// Something else than UIDs.
    Unusable(String),
}

fn unusable(what: &str) -> Error {
    broken(&format!("{what} in answer to a search")).in_command("UID SEARCH")
}

/// A mailbox that is open. It has no `Drop`: leave it by [`unselect`](Selected::unselect), or open
/// another one.
pub struct Selected<'a, S> {
    pub(super) session: &'a mut Session<S>,
    pub(super) mailbox: Mailbox,
}

/// The UIDs that messages got in the mailbox that they were copied or moved to, as far as the server says
/// (COPYUID, RFC 4315); Exchange leaves them out at times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// The UIDVALIDITY of that mailbox.
    pub uid_validity: Option<UidValidity>,
    /// Messages of which nothing shows that it was done what the server said OK to.
    pub undone: UidSet,
    uids: BTreeMap<Uid, Uid>,
}

impl Copied {
    /// The UID that the message with the UID `from` got.
    pub fn uid_of(&self, from: Uid) -> Option<Uid> {
        self.uids.get(&from).copied()
    }

    /// Those of `uids` of which the server did not say that they were copied.
    fn unsaid(&self, uids: &UidSet) -> UidSet {
        uids.without(&self.uids.keys().copied().collect())
    }

    /// Takes what a COPYUID says of messages that were `asked` for. Two sets of different length, or none
    /// at all (MailKit#555), say nothing.
    fn learn(&mut self, asked: &UidSet, data: &Untagged) {
        let Untagged::Status(Status { code: Some(code), .. }) = data else { return };
        let CodeMeaning::CopyUid(validity, from, to) = &code.meaning else { return };
        self.uid_validity = Some(*validity);
        let numbers = |set: &[u8]| in_order(&String::from_utf8_lossy(set), asked.len());
        if let (Some(from), Some(to)) = (numbers(from), numbers(to))
            && from.len() == to.len()
        {
            self.uids.extend(from.into_iter().zip(to).filter(|(from, _)| asked.contains(*from)));
        }
    }
}

impl<S: Read + Write> Session<S> {
    /// SELECT: opens a mailbox to read and change it.
    pub fn select(&mut self, name: &MailboxName) -> Result<Selected<'_, S>> {
        self.open("SELECT", name)
    }

    /// EXAMINE: opens a mailbox to read it; nothing in it changes.
    pub fn examine(&mut self, name: &MailboxName) -> Result<Selected<'_, S>> {
        self.open("EXAMINE", name)
    }

    fn open(&mut self, verb: &'static str, name: &MailboxName) -> Result<Selected<'_, S>> {
        let mut mailbox = Mailbox { read_only: verb == "EXAMINE", ..Mailbox::default() };
        let mut has_exists = false;
        let command = Command::new(verb, Phase::Select).mailbox(name)?;
        let status = self.connection.run_ok(&command, &mut |data| {
            has_exists |= matches!(data, Untagged::Exists(_));
            mailbox.learn(&data);
            Ok(())
        })?;
        // Required by RFC 3501 section 6.3.1; without it nobody knows that the mailbox is empty.
        if !has_exists {
            return Err(broken("an OK without EXISTS").in_phase(Phase::Select).in_command(verb));
        }
        mailbox.learn(&Untagged::Status(status));
        Ok(Selected { session: self, mailbox })
    }
}

impl<S: Read + Write> Selected<'_, S> {
    /// What the server said of it when it was opened, with the EXISTS and EXPUNGE since.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// UID SEARCH: the UIDs that match `keys`, printable ASCII in RFC 3501's words (`ALL`, `UNSEEN`).
    ///
    /// No CHARSET and no RETURN are ever sent; an ESEARCH, which a server that believes in IMAP4rev2
    /// sends all the same, is understood. An answer without a set of UIDs is asked for once more and then an error,
    /// as it is that nothing matches `ALL` where EXISTS says otherwise: neither is "no mail". One
    /// that is too long is asked for by ranges of UIDs.
    ///
    /// ```no_run
    /// # fn f(mut session: exoimap::imap::Session<exoimap::Stream>) -> exoimap::Result<()> {
    /// let mut inbox = session.examine(&exoimap::MailboxName::inbox())?;
    /// println!("{}", inbox.search("UNSEEN SINCE 2-Nov-2026")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn search(&mut self, keys: &str) -> Result<UidSet> {
        let mut answer = self.search_once(keys)?;
        if matches!(answer, Answer::Unusable(_)) {
            answer = self.search_once(keys)?;
        }
        let found = match answer {
            Answer::Found(found) => found,
            Answer::TooLong => self.search_by_ranges(keys)?,
            Answer::Unusable(why) => return Err(unusable(&why)),
        };
        if found.is_empty() && keys.eq_ignore_ascii_case("ALL") && self.mailbox.exists > 0 {
            return Err(unusable(&format!("none of all {} messages", self.mailbox.exists)));
        }
        Ok(found)
    }

    /// The halves of what is too long, until each answer fits.
    fn search_by_ranges(&mut self, keys: &str) -> Result<UidSet> {
        let last = self.mailbox.uid_next.and_then(|next| next.checked_sub(1)).filter(|last| *last > 0);
        let (mut found, mut searches) = (UidSet::new(), 0);
        let mut ranges = vec![(1, last.unwrap_or(u32::MAX))];
        // What came in since UIDNEXT was said is beyond it, and little.
        ranges.extend(last.and_then(|last| last.checked_add(1)).map(|next| (next, u32::MAX)));
        while let Some((first, last)) = ranges.pop() {
            searches += 1;
            let set = if last == u32::MAX { format!("{first}:*") } else { format!("{first}:{last}") };
            match self.search_once(&format!("UID {set} {keys}"))? {
                Answer::Found(uids) => found.extend(&uids),
                Answer::TooLong if first < last && searches < MOST_SEARCHES => {
                    let middle = first + (last - first) / 2;
                    ranges.extend([(middle + 1, last), (first, middle)]);
                }
                Answer::TooLong => return Err(unusable("more than can be read")),
                Answer::Unusable(why) => return Err(unusable(&why)),
            }
        }
        Ok(found)
    }

    fn search_once(&mut self, keys: &str) -> Result<Answer> {
        let mut found = UidSet::new();
        let mut trouble = None;
        let most = self.session.connection.reader.limits().response as u64 * 2;
        let command = Command::new("UID SEARCH", Phase::Command).raw(keys)?.allowing(most);
        self.run(&command, |data| {
            match data {
                Untagged::Search(Some(uids)) => found.extend(uids),
                Untagged::Search(None) => {
                    trouble = Some(Answer::Unusable("an ESEARCH without a set of UIDs".to_owned()))
                }
                Untagged::Unreadable(bad) if matches!(bad.name.as_str(), "SEARCH" | "ESEARCH") => {
                    trouble = Some(match bad.is_too_long {
                        true => Answer::TooLong,
                        false => Answer::Unusable(bad.why.clone()),
                    });
                }
                // Its numbers are in another order, or no UIDs.
                Untagged::Unknown(line) if line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"SORT")) => {
                    trouble = Some(Answer::Unusable("a SORT".to_owned()));
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(trouble.unwrap_or(Answer::Found(found)))
    }

    /// NOOP: has the server say what changed in the mailbox.
    pub fn noop(&mut self) -> Result<()> {
        self.run(&Command::new("NOOP", Phase::Command), |_| Ok(())).map(drop)
    }

    /// Runs a command that must end in OK, and learns what the server says of the mailbox.
    fn run(&mut self, command: &Command, mut each: impl FnMut(&Untagged) -> Result<()>) -> Result<Status> {
        let mailbox = &mut self.mailbox;
        self.session.connection.run_ok(command, &mut |data| {
            mailbox.learn(&data);
            each(&data)
        })
    }

    /// UID FETCH of whole messages by `BODY.PEEK[]`, which leaves `\Seen` as it is: each body goes to
    /// `sink` as it comes. Returns the UIDs that were asked for; which of them came, the sink knows.
    ///
    /// `items` come before the body: `UID`, or `UID FLAGS INTERNALDATE`. As many UIDs go into one
    /// command as 4,000 bytes of ranges hold. What the server says of messages that were not asked for
    /// is not shown to the sink.
    pub fn fetch_bodies(&mut self, uids: &UidSet, items: &str, sink: &mut dyn BodySink) -> Result<()> {
        for chunk in uids.chunks(COMMAND_BYTES, u64::MAX) {
            let command = Command::new("UID FETCH", Phase::Fetch)
                .raw(&format!("{chunk} ({items} BODY.PEEK[])"))?
                .allowing(chunk.len().saturating_mul(BYTES_A_MESSAGE));
            let (mailbox, not_mail) = (&mut self.mailbox, self.session.connection.listener.not_mail);
            let mut bodies = Bodies { wanted: &chunk, sink, mailbox, not_mail, streaming: None };
            self.session.connection.run_ok(&command, &mut bodies)?;
        }
        Ok(())
    }

    /// UID FETCH of `items` (`UID FLAGS`, `UID BODY.PEEK[HEADER]`), each answer handed to `each` as it comes
    /// and then let go, so that one message at a time is in memory.
    ///
    /// Answers for UIDs that were not asked for, or without a UID, are not handed on; one that is may lack
    /// items, since flags that change elsewhere come as a FETCH too. An error of `each` closes the
    /// connection: the rest of the answer is still on its way.
    ///
    /// ```no_run
    /// # use exoimap::imap::{Session, UidSet};
    /// # fn f(mut session: Session<exoimap::Stream>, uids: &UidSet) -> exoimap::Result<()> {
    /// let mut inbox = session.examine(&exoimap::MailboxName::inbox())?;
    /// inbox.fetch_each(uids, "UID FLAGS", &mut |message| Ok(println!("{:?} {:?}", message.uid, message.flags)))
    /// # }
    /// ```
    pub fn fetch_each(&mut self, uids: &UidSet, items: &str, each: &mut dyn FnMut(&Fetch) -> Result<()>) -> Result<()> {
        for chunk in uids.chunks(COMMAND_BYTES.saturating_sub(items.len()), u64::MAX) {
            let command = Command::new("UID FETCH", Phase::Fetch)
                .raw(&format!("{chunk} ({items})"))?
                .allowing(chunk.len().saturating_mul(BYTES_OF_ITEMS));
            self.run(&command, |data| match data {
                Untagged::Fetch(fetched) if fetched.uid.is_some_and(|uid| chunk.contains(uid)) => each(fetched),
                _ => Ok(()),
            })?;
        }
        Ok(())
    }

    /// UID STORE of flags, `+FLAGS (\Seen)` for instance. Returns the flags that the server shows for it: of all
    /// messages if it carried it out, of none after `FLAGS.SILENT`.
    ///
    /// ```no_run
    /// # use exoimap::imap::{Session, UidSet};
    /// # fn f(mut session: Session<exoimap::Stream>, uids: &UidSet) -> exoimap::Result<()> {
    /// let mut inbox = session.select(&exoimap::MailboxName::inbox())?;
    /// let now = inbox.store(uids, "+FLAGS (\\Seen \\Answered)")?;
    /// println!("{} are marked", now.len());
    /// inbox.unselect()
    /// # }
    /// ```
    pub fn store(&mut self, uids: &UidSet, change: &str) -> Result<BTreeMap<Uid, Vec<Flag>>> {
        self.change("UID STORE", uids, |command| command.raw(change)).map(|shown| shown.flags)
    }

    /// UID COPY to another mailbox. After an error nobody knows what of it was done. Without a COPYUID it is believed if
    /// that mailbox gave out as many UIDs.
    ///
    /// ```no_run
    /// # use exoimap::{MailboxName, imap::{Session, UidSet}};
    /// # fn f(mut session: Session<exoimap::Stream>, uids: &UidSet) -> exoimap::Result<()> {
    /// let mut inbox = session.select(&MailboxName::inbox())?;
    /// let copied = inbox.copy(uids, &MailboxName::new("Archiv/2026")?)?;
    /// for uid in uids.iter() {
    ///     println!("{uid} is now also {:?}", copied.uid_of(uid));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn copy(&mut self, uids: &UidSet, to: &MailboxName) -> Result<Copied> {
        let before = self.uid_next_of(to)?;
        let mut copied = self.change("UID COPY", uids, |command| command.mailbox(to))?.copied;
        let unsaid = self.still_there(&copied.unsaid(uids))?;
        if !unsaid.is_empty() {
            let given = self.uid_next_of(to)?.zip(before).and_then(|(now, before)| now.checked_sub(before));
            if given.is_none_or(|given| u64::from(given) < copied.uids.len() as u64 + unsaid.len()) {
                copied.undone = unsaid;
            }
        }
        Ok(copied)
    }

    /// UIDNEXT of another mailbox, if the server says it.
    fn uid_next_of(&mut self, name: &MailboxName) -> Result<Option<u32>> {
        let mut next = None;
        let command = Command::new("STATUS", Phase::Command).mailbox(name)?.raw("(UIDNEXT)")?;
        let status = self.run(&command, |data| {
            if let Untagged::MailboxStatus(status) = data {
                next = status.uid_next;
            }
            Ok(())
        });
        match status {
            Err(e) if e.kind() != Kind::Refused => Err(e),
            _ => Ok(next),
        }
    }

    /// UID MOVE to another mailbox (RFC 6851), for servers that offer MOVE.
    ///
    /// ```no_run
    /// # use exoimap::{MailboxName, imap::{Session, UidSet}};
    /// # fn f(mut session: Session<exoimap::Stream>, uids: &UidSet) -> exoimap::Result<()> {
    /// session.select(&MailboxName::inbox())?.move_to(uids, &MailboxName::new("erledigt")?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn move_to(&mut self, uids: &UidSet, to: &MailboxName) -> Result<Copied> {
        let mut shown = self.change("UID MOVE", uids, |command| command.mailbox(to))?;
        // An EXPUNGE may be of another's message: it is believed only with a COPYUID of ours.
        let is_shown = shown.expunged >= uids.len() && shown.copied.unsaid(uids).is_empty();
        let unsaid = if is_shown { UidSet::new() } else { uids.without(&shown.gone) };
        shown.copied.undone = self.still_there(&unsaid)?;
        Ok(shown.copied)
    }

    /// UID EXPUNGE (RFC 4315): removes those of `uids` that are marked `\Deleted`, and no others. Returns those that
    /// are still there.
    ///
    /// ```no_run
    /// # use exoimap::imap::{Session, UidSet};
    /// # fn f(mut session: Session<exoimap::Stream>, uids: &UidSet) -> exoimap::Result<()> {
    /// let mut inbox = session.select(&exoimap::MailboxName::inbox())?;
    /// inbox.store(uids, "+FLAGS.SILENT (\\Deleted)")?;
    /// println!("not removed: {}", inbox.expunge(uids)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn expunge(&mut self, uids: &UidSet) -> Result<UidSet> {
        let gone = self.change("UID EXPUNGE", uids, Ok)?.gone;
        self.still_there(&uids.without(&gone))
    }

    /// Which of `uids` the server lists.
    pub(crate) fn still_there(&mut self, uids: &UidSet) -> Result<UidSet> {
        let mut there = UidSet::new();
        for chunk in uids.chunks(COMMAND_BYTES, u64::MAX) {
            there.extend(&self.search(&format!("UID {chunk}"))?);
        }
        Ok(there.within(uids))
    }

    /// What the server offered when it was asked last.
    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.session.capabilities
    }

    /// Runs `verb` on the UIDs, as many commands as their length makes necessary.
    fn change(
        &mut self,
        verb: &'static str,
        uids: &UidSet,
        rest: impl Fn(Command) -> Result<Command>,
    ) -> Result<Shown> {
        let mut shown = Shown::default();
        for chunk in uids.chunks(CHANGE_BYTES, u64::MAX) {
            let command = rest(Command::new(verb, Phase::Command).raw(&chunk.to_string())?)?;
            let command = command.allowing(chunk.len().saturating_mul(BYTES_A_MESSAGE));
            let status = self.run(&command, |data| {
                shown.learn(&chunk, data);
                Ok(())
            })?;
            shown.learn(&chunk, &Untagged::Status(status));
        }
        Ok(shown)
    }

    /// UNSELECT (RFC 3691): leaves the mailbox and expunges nothing.
    ///
    /// Where the server does not offer it: CLOSE after EXAMINE, which expunges nothing either; after
    /// SELECT the mailbox stays open, because CLOSE would expunge what others marked.
    pub fn unselect(self) -> Result<()> {
        let verb = match self.session.capabilities.has("UNSELECT") {
            true => "UNSELECT",
            false if self.mailbox.read_only => "CLOSE",
            false => return Ok(()),
        };
        self.session.connection.run_ok(&Command::new(verb, Phase::Unselect), &mut ignore).map(drop)
    }
}
