//! `exoimap search`: which messages, and what they are.

use crate::delivery::{Headers, headers, is_attachment};
use crate::exchange::{Isolation, Next, Selection, open};
use crate::imap::fetch::Fetch;
use crate::imap::types::{Flag, Uid, UidValidity};
use crate::imap::{Selected, Session, UidSet, has_attachments};
use crate::{DateTime, Error, Kind, MailboxName, Result, Retry, Stream, text::Escaped};
use clap::ArgMatches;
use serde_json::{Value, json};

use super::exit::Exit;
use super::output::Output;
use super::selection::{self, same_folder, unmatched};
use super::session::Setting;
use super::sign_in::SignIn;
use super::width::fit;

/// Messages whose headers are in memory at a time.
const PART: u64 = 100;

/// Bytes of their UIDs in a command.
const PART_BYTES: usize = 3_000;

const ITEMS: &str = "UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID \
                     CONTENT-TYPE CONTENT-DISPOSITION)]";

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let mailbox = setting.mailbox()?;
    if output.json && arguments.get_flag("headers") {
        return Err(Error::usage("--headers and --json are two forms of output: name one"));
    }
    let (folder, selection) = selection::read(arguments)?;
    let mut search = Search {
        output,
        folder: &folder,
        selection: &selection,
        form: match (output.json, arguments.get_flag("headers")) {
            (true, _) => Form::Objects,
            (_, true) => Form::Table,
            _ => Form::Uids,
        },
        validity: None,
        left: None,
        widest: 0,
        headers: Isolation::default(),
        rows: Vec::new(),
        bodies: Isolation::default(),
        structures: true,
        is_partial: false,
    };
    SignIn::shortly(setting, output, mailbox)
        .persist(&mut setting.retry(output), &mut |session, retry| search.session(session, retry))?;
    Ok(if search.is_partial { Exit::Partly } else { Exit::Done })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Uids,
    Table,
    Objects,
}

/// One call's work, session after session.
struct Search<'a> {
    output: &'a Output,
    folder: &'a MailboxName,
    selection: &'a Selection,
    form: Form,
    validity: Option<UidValidity>,
    /// What was found and is not told; none before the first look.
    left: Option<UidSet>,
    /// Digits of the greatest UID.
    widest: usize,
    /// How headers are read, and BODYSTRUCTUREs, although the server cannot give one.
    headers: Isolation,
    bodies: Isolation,
    /// What came and is not told.
    rows: Vec<Row>,
    /// The server answers to BODYSTRUCTURE.
    structures: bool,
    is_partial: bool,
}

impl Search<'_> {
    fn session(&mut self, session: &mut Session<Stream>, retry: &mut Retry) -> Result<Next> {
        let came = |search: &Self| search.rows.len() as u64 + search.headers.progress() + search.bodies.progress();
        let before = came(self);
        let ended = self.work(session, retry);
        if came(self) != before {
            retry.progressed();
        }
        ended
    }

    fn work(&mut self, session: &mut Session<Stream>, retry: &mut Retry) -> Result<Next> {
        let mut selected = open(session, self.folder, false)?;
        same_folder(self.folder, self.left.is_some(), &mut self.validity, &selected)?;
        if self.left.is_none() {
            self.find(&mut selected)?;
            retry.progressed();
        }
        let left = self.left.clone().unwrap_or_default();
        if self.form == Form::Uids {
            for uid in left.iter() {
                self.output.line(&[&uid.to_string()])?;
            }
            self.left = Some(UidSet::new());
        } else {
            for part in left.chunks(PART_BYTES, PART) {
                self.tell(&mut selected, &part)?;
                retry.progressed();
            }
        }
        Ok(Next::Done)
    }

    fn find(&mut self, selected: &mut Selected<'_, Stream>) -> Result<()> {
        let found = self.selection.find_with(selected, 1, &mut self.headers)?;
        self.is_partial |= unmatched(self.output, &found.unreadable, &self.headers);
        let uids = self.selection.limited(found.uids);
        self.widest = uids.last().map_or(0, |uid| uid.to_string().len()).max(3);
        if self.form == Form::Table && !uids.is_empty() {
            let head = format!(
                "{:>1$}  RECEIVED          FLAGS       SIZE  {FROM}  SUBJECT",
                "UID",
                self.widest,
                FROM = fit("FROM", SENDER)
            );
            self.output.line(&[&head])?;
        }
        self.left = Some(uids);
        Ok(())
    }

    /// Tells of some messages, in the order of their UIDs whatever the server's is.
    fn tell(&mut self, selected: &mut Selected<'_, Stream>, part: &UidSet) -> Result<()> {
        let came = |rows: &[Row]| -> UidSet { rows.iter().filter_map(|row| Uid::new(row.uid)).collect() };
        let rows = &mut self.rows;
        let asked = part.without(&came(rows));
        let mut each = |fetched: &Fetch| {
            // Flags that change meanwhile come as a FETCH without a header.
            let known = rows.iter().any(|row| Some(row.uid) == fetched.uid.map(|uid| uid.get()));
            if let (Some(row), false) = (Row::of(fetched), known) {
                rows.push(row);
            }
            Ok(())
        };
        self.headers.fetch_each(selected, &asked, ITEMS, &mut each)?;
        let missing = part.without(&came(&self.rows));
        if !missing.is_empty() {
            // Those that are not there any more were deleted meanwhile.
            for uid in Selection::default().with_uids(&missing.to_string())?.find(selected, 1)?.uids.iter() {
                let why = self.headers.given_up().get(&uid).map_or_else(String::new, |why| format!(": {why}"));
                self.is_partial = true;
                self.output.warn(&format!("message {uid}: the server lists it and does not hand out its header{why}"));
                self.rows.push(Row { uid: uid.get(), ..Row::default() });
            }
        }
        if self.form == Form::Objects && self.structures {
            self.look_for_attachments(selected)?;
        }
        self.rows.sort_by_key(|row| row.uid);
        for row in std::mem::take(&mut self.rows) {
            match self.form {
                Form::Objects => self.output.object(&row.object())?,
                _ => self.output.line(&[&row.line(self.widest)])?,
            }
        }
        self.left = self.left.take().map(|left| left.without(part));
        Ok(())
    }

    /// Asks what the messages of several parts are made of. A server that cannot say it of one names that one; one
    /// that cannot say it at all costs the answer, not the search.
    fn look_for_attachments(&mut self, selected: &mut Selected<'_, Stream>) -> Result<()> {
        let unknown = self.rows.iter().filter(|row| row.came && row.attachments.is_none());
        let unknown: UidSet = unknown.filter_map(|row| Uid::new(row.uid)).collect();
        let rows = &mut self.rows;
        let mut each = |fetched: &Fetch| {
            let row = rows.iter_mut().find(|row| Some(row.uid) == fetched.uid.map(|uid| uid.get()));
            if let (Some(row), Some(structure)) = (row, &fetched.body_structure) {
                row.attachments = has_attachments(structure);
            }
            Ok(())
        };
        let refused = match self.bodies.fetch_each(selected, &unknown, "UID BODYSTRUCTURE", &mut each) {
            Err(e) if e.kind() == Kind::Refused => Some(e.to_string()),
            asked => asked.map(|()| None)?,
        };
        let given_up: Vec<_> = self.bodies.given_up().iter().filter(|(uid, _)| unknown.contains(**uid)).collect();
        let is_all = unknown.len() > 1 && given_up.len() as u64 == unknown.len();
        if let Some(why) = refused.as_ref().or(given_up.first().filter(|_| is_all).map(|(_, why)| *why)) {
            self.structures = false;
            self.output.note(&format!("has_attachments is not known of every message: {why}"));
            return Ok(());
        }
        for (uid, why) in given_up {
            self.is_partial = true;
            self.output.warn(&format!("message {uid}: the server cannot say whether it has attachments: {why}"));
        }
        Ok(())
    }
}

/// Cells of a sender in the table.
const SENDER: usize = 30;

/// What is printed of a message.
#[derive(Default)]
struct Row {
    uid: u32,
    came: bool,
    flags: Option<Vec<Flag>>,
    received: Option<String>,
    size: Option<u64>,
    date: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cc: Option<String>,
    subject: Option<String>,
    message_id: Option<String>,
    attachments: Option<bool>,
}

impl Row {
    /// None where the header did not come.
    fn of(fetched: &Fetch) -> Option<Row> {
        let (uid, header) = (fetched.uid?.get(), fetched.header()?);
        let received = fetched.internal_date.as_deref().and_then(DateTime::from_imap).map(DateTime::to_rfc3339);
        let Headers { date, from, to, cc, subject, message_id, .. } = headers(header);
        let (flags, size, attachments) = (fetched.flags.clone(), fetched.size, is_attachment(header));
        Some(Row { uid, came: true, received, flags, size, date, from, to, cc, subject, message_id, attachments })
    }

    fn object(&self) -> Value {
        let flags = self.flags.as_ref().map(|flags| flags.iter().map(Flag::as_str).collect::<Vec<_>>());
        json!({
            "uid": self.uid,
            "date": self.date,
            "internal_date": self.received,
            "from": self.from,
            "to": self.to,
            "cc": self.cc,
            "subject": self.subject,
            "message_id": self.message_id,
            "size_estimate": self.size,
            "flags": flags,
            "has_attachments": self.attachments,
        })
    }

    fn line(&self, widest: usize) -> String {
        let shown = |text: &Option<String>| Escaped(text.as_deref().unwrap_or("-")).to_string();
        let received: String = shown(&self.received).replace('T', " ").chars().take(16).collect();
        let letters = [('D', "\\Draft"), ('F', "\\Flagged"), ('R', "\\Answered"), ('S', "\\Seen"), ('T', "\\Deleted")];
        let flags = self.flags.as_deref().unwrap_or_default();
        let flags: String = letters
            .iter()
            .filter(|(_, name)| flags.iter().any(|flag| flag.is(name)))
            .map(|(letter, _)| *letter)
            .collect();
        let size = self.size.map_or_else(|| "-".to_owned(), |size| size.to_string());
        let uid = self.uid;
        format!(
            "{uid:>widest$}  {received:16}  {flags:5}  {size:>9}  {}  {}",
            fit(&shown(&self.from), SENDER),
            shown(&self.subject)
        )
    }
}
