//! `exoimap search`: which messages, and what they are.

use crate::delivery::{Headers, flag_letters, headers, is_attachment};
use crate::exchange::{Isolation, Selection};
use crate::imap::types::{Fetch, Flag, Uid};
use crate::imap::{Selected, Session, UidSet, has_attachments};
use crate::{DateTime, Error, Kind, Result, Stream, text::safe};
use serde_json::{Value, json};

use super::output::header_fields;
use super::selection::Chosen;
use super::{Call, Exit, Output, SignIn};

/// Messages whose headers are in memory at a time.
const PART: u64 = 100;

/// Bytes of their UIDs in a command.
const PART_BYTES: usize = 3_000;

/// Cells of a sender in the table.
const SENDER: usize = 30;

const ITEMS: &str = "UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID \
                     CONTENT-TYPE CONTENT-DISPOSITION)]";

pub(crate) fn run(call: &Call) -> Result<Exit> {
    let (arguments, output, setting) = (&call.arguments, &*call.output, call.setting()?);
    let mailbox = setting.mailbox()?;
    let form = match (output.json, arguments.has("headers")) {
        (true, true) => return Err(Error::usage("--headers and --json are two forms of output: name one")),
        (true, false) => Form::Objects,
        (false, true) => Form::Table,
        (false, false) => Form::Uids,
    };
    let mut search = Search {
        output,
        chosen: Chosen::new(arguments)?,
        form,
        widest: 0,
        rows: Vec::new(),
        printed: 0,
        bodies: Isolation::default(),
        structures: true,
    };
    SignIn::shortly(&setting, mailbox).work(&mut search, Search::progress, Search::session)?;
    Ok(if search.chosen.is_partial { Exit::Partly } else { Exit::Done })
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
    chosen: Chosen,
    form: Form,
    /// Digits of the greatest UID.
    widest: usize,
    /// What came and is not printed.
    rows: Vec<Row>,
    printed: usize,
    /// How BODYSTRUCTUREs are read, although the server cannot give one.
    bodies: Isolation,
    /// The server answers to BODYSTRUCTURE.
    structures: bool,
}

impl Search<'_> {
    fn progress(&self) -> (bool, usize, u64, u64) {
        let came = self.rows.len() + self.printed;
        (self.chosen.left.is_some(), came, self.chosen.headers.progress(), self.bodies.progress())
    }

    fn session(&mut self, session: &mut Session<Stream>) -> Result<()> {
        let mut selected = self.chosen.open(session, false)?;
        if self.chosen.left.is_none() {
            let uids = self.chosen.find(&mut selected, self.output)?;
            self.head(&uids)?;
        }
        if self.form == Form::Uids {
            return self.chosen.left().iter().try_for_each(|uid| self.output.line(&[&uid.to_string()]));
        }
        self.chosen.left().chunks(PART_BYTES, PART).try_for_each(|part| self.print(&mut selected, &part))
    }

    /// The first line of a table.
    fn head(&mut self, uids: &UidSet) -> Result<()> {
        self.widest = uids.last().map_or(0, |uid| uid.to_string().len()).max(3);
        if self.form != Form::Table || uids.is_empty() {
            return Ok(());
        }
        let (widest, from) = (self.widest, fit("FROM", SENDER));
        self.output.line(&[&format!("{:>widest$}  RECEIVED          FLAGS       SIZE  {from}  SUBJECT", "UID")])
    }

    /// Prints some messages, in the order of their UIDs whatever the server's is.
    fn print(&mut self, selected: &mut Selected<'_, Stream>, part: &UidSet) -> Result<()> {
        let came = |rows: &[Row]| -> UidSet { rows.iter().filter_map(|row| row.uid).collect() };
        let rows = &mut self.rows;
        let asked = part.without(&came(rows));
        let mut each = |fetched: &Fetch| {
            // Flags that change meanwhile come as a FETCH without a header.
            let is_known = rows.iter().any(|row| row.uid == fetched.uid);
            rows.extend(Row::of(fetched).filter(|_| !is_known));
            Ok(())
        };
        self.chosen.headers.fetch_each(selected, &asked, ITEMS, &mut each)?;
        let missing = part.without(&came(&self.rows));
        if !missing.is_empty() {
            // Those that are not there any more were deleted meanwhile.
            for uid in Selection::default().with_uids(&missing.to_string())?.find(selected, 1)?.uids.iter() {
                let why = self.chosen.headers.given_up().get(&uid).map_or_else(String::new, |why| format!(": {why}"));
                self.chosen.is_partial = true;
                self.output.warn(&format!("message {uid}: the server lists it and does not hand out its header{why}"));
                self.rows.push(Row { uid: Some(uid), ..Row::default() });
            }
        }
        if self.form == Form::Objects && self.structures {
            self.look_for_attachments(selected)?;
        }
        self.rows.sort_by_key(|row| row.uid);
        for row in std::mem::take(&mut self.rows) {
            self.printed += 1;
            self.output.result(|| row.object(), &[&row.line(self.widest)])?;
        }
        self.chosen.done(part);
        Ok(())
    }

    /// Asks what the messages of several parts are made of. A server that cannot say it of one names that one; one
    /// that cannot say it at all costs the answer, not the search.
    fn look_for_attachments(&mut self, selected: &mut Selected<'_, Stream>) -> Result<()> {
        let unknown = self.rows.iter().filter(|row| row.came && row.attachments.is_none());
        let unknown: UidSet = unknown.filter_map(|row| row.uid).collect();
        let rows = &mut self.rows;
        let mut each = |fetched: &Fetch| {
            let row = rows.iter_mut().find(|row| row.uid == fetched.uid);
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
            self.chosen.is_partial = true;
            self.output.warn(&format!("message {uid}: the server cannot say whether it has attachments: {why}"));
        }
        Ok(())
    }
}

/// What is printed of a message.
#[derive(Default)]
struct Row {
    uid: Option<Uid>,
    came: bool,
    flags: Option<Vec<Flag>>,
    received: Option<String>,
    size: Option<u64>,
    headers: Headers,
    attachments: Option<bool>,
}

impl Row {
    /// None if the header did not come.
    fn of(fetched: &Fetch) -> Option<Row> {
        let header = fetched.header()?;
        Some(Row {
            uid: Some(fetched.uid?),
            came: true,
            flags: fetched.flags.clone(),
            received: fetched.internal_date.as_deref().and_then(DateTime::from_imap).map(DateTime::to_rfc3339),
            size: fetched.size,
            headers: headers(header),
            attachments: is_attachment(header),
        })
    }

    fn object(&self) -> Value {
        let mut object = header_fields(&self.headers);
        object["uid"] = self.uid.map(Uid::get).into();
        object["internal_date"] = json!(self.received);
        object["size_estimate"] = self.size.into();
        object["flags"] = json!(self.flags.as_ref().map(|flags| flags.iter().map(Flag::as_str).collect::<Vec<_>>()));
        object["has_attachments"] = self.attachments.into();
        object
    }

    fn line(&self, widest: usize) -> String {
        let shown = |text: &Option<String>| safe(text.as_deref().unwrap_or("-"));
        let received: String = shown(&self.received).replace('T', " ").chars().take(16).collect();
        let flags = flag_letters(self.flags.as_deref().unwrap_or_default());
        let size = self.size.map_or_else(|| "-".to_owned(), |size| size.to_string());
        let uid = self.uid.map_or(0, Uid::get);
        let (from, subject) = (fit(&shown(&self.headers.from), SENDER), shown(&self.headers.subject));
        format!("{uid:>widest$}  {received:16}  {flags:5}  {size:>9}  {from}  {subject}")
    }
}

/// Characters of two cells: East Asian wide and full-width ones (Unicode's UAX 11), and emoji.
#[rustfmt::skip]
const WIDE: [(u32, u32); 22] = [
    (0x1100, 0x115f), (0x231a, 0x231b), (0x23e9, 0x23ec), (0x25fd, 0x25fe), (0x2614, 0x2615),
    (0x2648, 0x2653), (0x26aa, 0x26ab), (0x26bd, 0x26be), (0x2705, 0x2705), (0x274c, 0x274c),
    (0x2e80, 0x303e), (0x3041, 0x33ff), (0x3400, 0x4dbf), (0x4e00, 0xa4cf), (0xa960, 0xa97f),
    (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfe30, 0xfe6f), (0xff00, 0xff60), (0xffe0, 0xffe6),
    (0x1f300, 0x1faff), (0x20000, 0x3fffd),
];

/// Characters that stand on the one before them, or nowhere.
#[rustfmt::skip]
const NONE: [(u32, u32); 11] = [
    (0x0300, 0x036f), (0x0483, 0x0489), (0x0591, 0x05bd), (0x064b, 0x065f), (0x1ab0, 0x1aff),
    (0x200b, 0x200f), (0x20d0, 0x20ff), (0x3099, 0x309a), (0xfe00, 0xfe0f), (0xfe20, 0xfe2f),
    (0xe0100, 0xe01ef),
];

fn cells(c: char) -> usize {
    let within = |(first, last): &(u32, u32)| (*first..=*last).contains(&u32::from(c));
    match c {
        _ if NONE.iter().any(within) => 0,
        _ if WIDE.iter().any(within) => 2,
        _ => 1,
    }
}

/// The cells of a text without control characters.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(cells).sum()
}

/// The text in exactly `wanted` cells: filled with blanks, or cut with `…` at its end.
pub(crate) fn fit(text: &str, wanted: usize) -> String {
    let all = width(text);
    if all <= wanted {
        return format!("{text}{}", " ".repeat(wanted - all));
    }
    let (mut cut, mut used) = (String::new(), 0);
    for c in text.chars() {
        if used + cells(c) + 1 > wanted {
            break;
        }
        used += cells(c);
        cut.push(c);
    }
    format!("{cut}…{}", " ".repeat(wanted.saturating_sub(used + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_in_every_script() {
        for (text, cells) in [
            ("abc", 3),
            ("für", 3),
            ("注文書", 6),
            ("ｱｲｳ", 3),
            ("＃１", 4),
            ("e\u{301}", 1),
            ("가나", 4),
            ("📎x", 3),
            ("が\u{3099}", 2),
        ] {
            assert_eq!(width(text), cells, "{text}");
        }
        assert_eq!(fit("注文", 6), "注文  ");
        assert_eq!(fit("注文書", 6), "注文書");
        assert_eq!(fit("注文書類", 6), "注文… ");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("注", 1), "…");
        for wanted in 1..12 {
            assert_eq!(width(&fit("a注b文e\u{301}c書📎", wanted)), wanted);
        }
    }
}
