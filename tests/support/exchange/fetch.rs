//! FETCH and its faults.

use std::io;
use std::sync::Arc;

use super::super::clock;
use super::super::mailboxes::Message;
use super::arguments::Argument;
use super::fault::Fault;
use super::folders::listed;
use super::session::{ARGUMENT_ERROR, Answer, Command, Session, Stop, refuse, wanted};
use super::structure::structure;

/// A fetch item.
#[derive(Clone, PartialEq)]
enum Item {
    Uid,
    Flags,
    InternalDate,
    Size,
    Envelope,
    Structure,
    Body(Body),
}

/// A request for bytes.
#[derive(Clone, PartialEq)]
struct Body {
    /// The name in the response: `BODY[HEADER]`, `RFC822`.
    label: String,
    section: Section,
    /// Sets `\Seen`.
    marks: bool,
    /// Offset and length, of `<0.1024>`.
    partial: Option<(usize, usize)>,
}

#[derive(Clone, PartialEq)]
enum Section {
    Whole,
    Header,
    Text,
    Fields { names: Vec<String>, not: bool },
}

impl Session {
    pub(super) fn fetch(&mut self, command: &Command) -> Answer {
        let chosen = self.chosen(command)?;
        let mut items = items(wanted(command.arguments.get(1..))?)?;
        if command.by_uid && !items.contains(&Item::Uid) {
            items.push(Item::Uid);
        }
        if items.contains(&Item::Structure) && self.world.faults.happens(&Fault::NoStructure) {
            return refuse("BAD Command Error. 10");
        }
        // The faults are for whole messages: HEADER and TEXT apart are the way round them.
        let whole = |item: &Item| matches!(item, Item::Body(body) if body.section == Section::Whole);
        let bodies = items.iter().any(whole);
        let folder = self.selected()?.folder.clone();
        for (at, (number, uid)) in chosen.iter().enumerate() {
            self.maybe_refuse("FETCH", &[(*number, *uid)])?;
            let has_structure = items.contains(&Item::Structure);
            let ends = |fault: &Fault| matches!(fault, Fault::EndAt { uid: at, structure, .. } if at == uid && (has_structure || !structure));
            if let Some(Fault::EndAt { says, .. }) = self.world.faults.take(ends) {
                if says.starts_with("NO ") || says.starts_with("BAD ") {
                    return refuse(says);
                }
                if !says.is_empty() {
                    self.wire.line(says)?;
                }
                return Err(self.wire.cut().into());
            }
            let message = self.with_folder(&folder, |folder| folder.message(*uid).cloned());
            let Some(message) = message.flatten() else {
                continue;
            };
            if bodies {
                self.send_with_body(*number, message, &items)?;
                if at == 0 {
                    self.maybe_interject(*number)?;
                }
                self.maybe_stop()?;
            } else {
                self.send(*number, &message, &items, false)?;
            }
            self.mark_seen(&folder, *uid, &items)?;
        }
        Ok("OK FETCH completed.".into())
    }

    /// Sends one message that is fetched with bytes, and whatever goes wrong with it.
    fn send_with_body(&mut self, number: usize, mut message: Message, items: &[Item]) -> Result<(), Stop> {
        let uid = message.uid;
        if self.world.faults.happens(&Fault::OkWithoutData { uid }) {
            return Ok(());
        }
        if self.world.faults.happens(&Fault::Vanishes { uid }) {
            self.world.faults.arm(Fault::Unlisted { uid }, 1);
            return Ok(());
        }
        if self.world.faults.happens(&Fault::Unframed { uid }) {
            self.wire.line(&format!("* {number} FETCH (UID {uid} BODY[] {{99999999999}}"))?;
            return Ok(());
        }
        if self.world.faults.happens(&Fault::CutShort { uid }) {
            message.bytes = message.bytes[..message.bytes.len() / 3].to_vec().into();
        }
        if self.world.faults.happens(&Fault::Placeholder { uid }) {
            message.bytes = Arc::new(placeholder(number));
        }
        let wrong = |fault: &Fault| matches!(fault, Fault::WrongUid { uid: of, .. } if *of == uid);
        if let Some(Fault::WrongUid { says, .. }) = self.world.faults.take(wrong) {
            message.uid = says;
        }
        let mut items = items.to_vec();
        if self.world.faults.happens(&Fault::UidAfterBody) {
            items.retain(|item| *item != Item::Uid);
            items.push(Item::Uid);
        }
        let cut = self.world.faults.happens(&Fault::DropInLiteral { uid });
        self.send(number, &message, &items, cut)?;
        self.bodies += 1;
        Ok(())
    }

    /// What a fetch without PEEK does to messages.
    fn mark_seen(&mut self, folder: &str, uid: u32, items: &[Item]) -> Result<(), Stop> {
        let marks = |item: &Item| matches!(item, Item::Body(body) if body.marks);
        if items.iter().any(marks) && !self.selected()?.read_only {
            self.with_folder(folder, |folder| {
                let message = folder.message(uid)?;
                Some(message.flags.insert("\\Seen".into()))
            });
        }
        Ok(())
    }

    /// One FETCH response; if `cut` the connection ends in the middle of its first literal.
    fn send(&mut self, number: usize, message: &Message, items: &[Item], cut: bool) -> io::Result<()> {
        self.wire.bytes(format!("* {number} FETCH (").as_bytes())?;
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.wire.bytes(b" ")?;
            }
            match item {
                Item::Body(body) => {
                    let bytes = body.bytes(message);
                    let label = &body.label;
                    self.wire.line(&format!("{label} {{{}}}", bytes.len()))?;
                    if cut {
                        self.wire.bytes(&bytes[..bytes.len() / 2])?;
                        return Err(self.wire.cut());
                    }
                    self.wire.bytes(&bytes)?;
                }
                item => self.wire.bytes(short_item(item, message).as_bytes())?,
            }
        }
        self.wire.line(")")
    }

    /// What may come between the messages of one FETCH, though nobody asked.
    fn maybe_interject(&mut self, number: usize) -> Result<(), Stop> {
        if self.world.faults.happens(&Fault::NewsInFetch) {
            let folder = self.selected()?.folder.clone();
            let note = |n: u8| format!("From: a@example.com\r\nSubject: news {n}\r\n\r\nx\r\n").into_bytes();
            let next = self.with_folder(&folder, |folder| [1, 2].map(|n| folder.deliver(note(n)))[1] + 1);
            let count = self.selected()?.view.len() + 2;
            self.wire.line(&format!("* {count} EXISTS"))?;
            self.wire.line(&format!("* OK [UIDNEXT {}] The next unique identifier value", next.unwrap()))?;
        }
        if !self.world.faults.happens(&Fault::UnsolicitedBetween) {
            return Ok(());
        }
        let count = self.selected()?.view.len();
        let other = if number < count { count } else { 1 };
        for line in [
            format!("* {other} FETCH (FLAGS (\\Seen \\Answered))"),
            format!("* {} EXISTS", count + 1),
            "* 0 RECENT".into(),
            format!("* {} EXPUNGE", count + 1),
            format!("* {count} EXISTS"),
        ] {
            self.wire.line(&line)?;
        }
        Ok(())
    }

    /// Ends the connection when as many bodies went over it as a fault says.
    fn maybe_stop(&mut self) -> Result<(), Stop> {
        let sent = self.bodies;
        let due = |fault: &Fault| match fault {
            Fault::DropAfterMessages(n)
            | Fault::DropAndRenumber { after_messages: n }
            | Fault::ByeTokenExpired { after_messages: n } => sent >= *n,
            _ => false,
        };
        match self.world.faults.take(due) {
            Some(Fault::DropAfterMessages(_)) => Err(self.wire.cut().into()),
            Some(Fault::DropAndRenumber { .. }) => {
                let folder = self.selected()?.folder.clone();
                self.with_folder(&folder, |folder| folder.uidvalidity += 1);
                Err(self.wire.cut().into())
            }
            Some(_) => self.token_expired().map(drop),
            None => Ok(()),
        }
    }
}

impl Body {
    fn bytes(&self, message: &Message) -> Vec<u8> {
        let bytes = match &self.section {
            Section::Whole => message.bytes.to_vec(),
            Section::Header => message.header().to_vec(),
            Section::Text => message.text().to_vec(),
            Section::Fields { names, not } => {
                // Bytes as they are: old senders write raw Shift_JIS.
                let (mut kept, mut keeps) = (Vec::new(), false);
                for line in message.header().split_inclusive(|byte| *byte == b'\n') {
                    if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                        let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
                        let is_named = names.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name));
                        keeps = !name.is_empty() && is_named != *not;
                    }
                    kept.extend(line.iter().filter(|_| keeps));
                }
                [&kept[..], b"\r\n"].concat()
            }
        };
        match self.partial {
            Some((from, count)) => bytes.into_iter().skip(from).take(count).collect(),
            None => bytes,
        }
    }
}

fn short_item(item: &Item, message: &Message) -> String {
    match item {
        Item::Uid => format!("UID {}", message.uid),
        Item::Flags => format!("FLAGS ({})", listed(&message.flags)),
        Item::InternalDate => format!("INTERNALDATE \"{}\"", clock::imap_date_time(message.internal_date)),
        Item::Size => format!("RFC822.SIZE {}", message.estimated_size()),
        Item::Envelope => format!("ENVELOPE {}", envelope(message)),
        Item::Structure => format!("BODYSTRUCTURE {}", structure(message)),
        Item::Body(_) => String::new(),
    }
}

fn items(arguments: &[Argument]) -> Result<Vec<Item>, Stop> {
    let mut found = Vec::new();
    for argument in arguments {
        match argument {
            Argument::List(inner) => found.extend(items(inner)?),
            Argument::Atom(atom) => found.extend(item(atom)?),
            Argument::Text(_) => return refuse(ARGUMENT_ERROR),
        }
    }
    if found.is_empty() {
        return refuse(ARGUMENT_ERROR);
    }
    Ok(found)
}

fn item(atom: &str) -> Result<Vec<Item>, Stop> {
    let whole = |section, marks| Item::Body(Body { label: atom.to_ascii_uppercase(), section, marks, partial: None });
    let fast = [Item::Flags, Item::InternalDate, Item::Size];
    Ok(match atom.to_ascii_uppercase().as_str() {
        "UID" => vec![Item::Uid],
        "FLAGS" => vec![Item::Flags],
        "INTERNALDATE" => vec![Item::InternalDate],
        "RFC822.SIZE" => vec![Item::Size],
        "ENVELOPE" => vec![Item::Envelope],
        "BODYSTRUCTURE" => vec![Item::Structure],
        "FAST" => fast.to_vec(),
        "ALL" => [&fast[..], &[Item::Envelope]].concat(),
        "RFC822" => vec![whole(Section::Whole, true)],
        "RFC822.HEADER" => vec![whole(Section::Header, false)],
        "RFC822.TEXT" => vec![whole(Section::Text, true)],
        _ => vec![Item::Body(wanted(body(atom))?)],
    })
}

/// Reads `BODY[section]<0.1024>` and `BODY.PEEK[section]<0.1024>`.
fn body(atom: &str) -> Option<Body> {
    let (name, rest) = atom.split_once('[')?;
    let (section, partial) = rest.split_once(']')?;
    let marks = match name.to_ascii_uppercase().as_str() {
        "BODY" => true,
        "BODY.PEEK" => false,
        _ => return None,
    };
    let partial = match partial {
        "" => None,
        range => {
            let (from, count) = range.strip_prefix('<')?.strip_suffix('>')?.split_once('.')?;
            Some((from.parse().ok()?, count.parse().ok()?))
        }
    };
    let origin = partial.map_or(String::new(), |(from, _)| format!("<{from}>"));
    Some(Body { label: format!("BODY[{section}]{origin}"), section: parse_section(section)?, marks, partial })
}

fn parse_section(text: &str) -> Option<Section> {
    let upper = text.to_ascii_uppercase();
    match upper.as_str() {
        "" => return Some(Section::Whole),
        "HEADER" => return Some(Section::Header),
        "TEXT" => return Some(Section::Text),
        _ => {}
    }
    let (rest, not) = match upper.strip_prefix("HEADER.FIELDS.NOT ") {
        Some(rest) => (rest, true),
        None => (upper.strip_prefix("HEADER.FIELDS ")?, false),
    };
    let names = rest.strip_prefix('(')?.strip_suffix(')')?;
    let unquoted = |name: &str| name.trim_matches('"').to_string();
    Some(Section::Fields { names: names.split_whitespace().map(unquoted).collect(), not })
}

fn envelope(message: &Message) -> String {
    let text = |name| nstring(message.field(name).as_deref());
    let people = |name: &str| {
        let field = message.field(name).or_else(|| message.field("From"));
        field.map_or("NIL".into(), |field| format!("({})", address(&field)))
    };
    let optional = |name: &str| match message.field(name) {
        Some(field) => format!("({})", address(&field)),
        None => "NIL".into(),
    };
    format!(
        "({} {} {} {} {} {} {} {} {} {})",
        text("Date"),
        text("Subject"),
        people("From"),
        people("Sender"),
        people("Reply-To"),
        optional("To"),
        optional("Cc"),
        optional("Bcc"),
        text("In-Reply-To"),
        text("Message-ID"),
    )
}

/// `Name <local@host>` or `local@host`; the samples have no groups and no lists.
fn address(field: &str) -> String {
    let (name, mailbox) = match field.split_once('<') {
        Some((name, rest)) => (Some(name.trim().trim_matches('"')), rest.trim_end_matches('>')),
        None => (None, field),
    };
    let (local, host) = mailbox.trim().split_once('@').unwrap_or((mailbox, ".MISSING-HOST-NAME."));
    let name = nstring(name.filter(|name| !name.is_empty()));
    format!("({name} NIL {} {})", nstring(Some(local)), nstring(Some(host)))
}

fn nstring(text: Option<&str>) -> String {
    match text {
        Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        None => "NIL".into(),
    }
}

/// The words of freescout#3203 and offlineimap#62.
fn placeholder(number: usize) -> Vec<u8> {
    [
        "From: Microsoft Exchange Server 2010",
        "To: orders@contoso.com",
        &format!("Subject: Retrieval using the IMAP4 protocol failed for the following message: {number}"),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "The server couldn't retrieve the following message:",
        "",
        "Subject: \"an order\"",
        "From: \"Example Trading\" (\"purchasing@example.com\")",
        "",
        "The message hasn't been deleted. You might be able to view it using either Outlook or \
         Outlook Web App. You can also contact the sender to find out what the message says.",
        "",
    ]
    .join("\r\n")
    .into_bytes()
}
