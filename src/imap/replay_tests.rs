//! Every fixture through the real connection, in every slicing: what the transcript writes is the fixture
//! again, a fault is the one that the table names, and no cut or changed byte does harm.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::*;
use crate::fuzz::Monologue;

use crate::script::{self, Piece as Said, Player, Script, Turn, fixtures};

/// The fixtures that end in an error of the connection, and whose fault it is. In all others every
/// command comes to its tagged end.
const FAULTS: &[(&str, Kind)] = &[
    ("016-greeting-bye", Kind::Temporary),
    ("017-greeting-eof", Kind::Temporary),
    ("018-greeting-not-imap", Kind::Protocol),
    ("039-auth-bye", Kind::Temporary),
    ("040-auth-eof", Kind::Temporary),
    ("043-auth-challenges-without-end", Kind::Temporary),
    ("050-expired-between-fetches", Kind::Temporary),
    ("051-expired-in-literal", Kind::Temporary),
    ("052-expired-in-list", Kind::Temporary),
    ("053-expired-in-idle", Kind::Temporary),
    ("054-expired-then-invalid-state", Kind::Temporary),
    ("056-bye-closed", Kind::Temporary),
    ("057-eof-in-literal", Kind::Temporary),
    ("058-eof-in-line", Kind::Temporary),
    ("059-eof-before-tag", Kind::Temporary),
    ("060-logout-eof", Kind::Temporary),
    ("062-server-silent", Kind::Temporary),
    ("063-fetch-failed-bye", Kind::Temporary),
    ("075-unavailable-bare", Kind::Temporary),
    ("077-unavailable-bare-in-fetch", Kind::Temporary),
    ("079-unavailable-bye-in-fetch", Kind::Temporary),
    ("173-append-body-as-tag", Kind::Protocol),
    ("192-idle-bye", Kind::Temporary),
    ("193-idle-silence", Kind::Temporary),
    ("300-literal-ten-gigabytes", Kind::Protocol),
    ("301-literal-two-to-the-32", Kind::Protocol),
    ("302-literal-negative", Kind::Protocol),
    ("304-literal-no-number", Kind::Protocol),
    ("305-literal-beyond-64-bits", Kind::Protocol),
    ("306-literal-in-capability", Kind::Protocol),
    ("307-literal-in-flags", Kind::Protocol),
    ("309-literal-too-short", Kind::Protocol),
    ("310-literal-too-long", Kind::Temporary),
    ("311-literal-plus-from-server", Kind::Protocol),
    ("312-literal-in-body-quoted", Kind::Protocol),
    ("326-bare-lf", Kind::Temporary),
    ("327-tag-not-ours", Kind::Protocol),
    ("329-tagged-twice", Kind::Protocol),
    ("330-garbage", Kind::Protocol),
    ("331-empty-lines", Kind::Protocol),
    ("332-no-line-end", Kind::Temporary),
    ("337-tagged-garbage", Kind::Protocol),
    ("338-tag-alone", Kind::Protocol),
    ("341-utf8-bom", Kind::Protocol),
];

/// The fixtures whose bytes the reader itself refuses: a limit of ours.
const REFUSED_BY_THE_READER: &[&str] = &[
    "300-literal-ten-gigabytes",
    "301-literal-two-to-the-32",
    "305-literal-beyond-64-bits",
    "306-literal-in-capability",
    "307-literal-in-flags",
];

const SLICES: [usize; 6] = [1, 2, 3, 7, 64, 8192];

/// What a transcript writes to, kept.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Turns = RefCell<VecDeque<Vec<Said>>>;

/// Plays the client of a fixture: answers continuation requests from it, streams what it elides.
struct Client<'a> {
    turns: &'a Turns,
    elided: &'a [usize],
}

impl Handler for Client<'_> {
    fn wants(&mut self, _: &Frame, size: u64) -> io::Result<bool> {
        Ok(self.elided.contains(&(size as usize)))
    }
    fn challenge(&mut self, _: &[u8]) -> Result<Option<Piece>> {
        match self.turns.borrow_mut().pop_front().as_deref() {
            Some([Said::Bytes(line)]) => Ok(Some(Piece::Text(line[..line.len() - 2].to_vec()))),
            Some([Said::Secret(size), Said::Bytes(_)]) => Ok(Some(Piece::Secret(Secret::new(vec![b'x'; *size])))),
            _ => Ok(None),
        }
    }
}

/// A client's turn as the number of its tag and pieces; a synchronising literal is the turn after it.
fn command(turns: &Turns) -> Option<(u32, Command, bool)> {
    let mut said: VecDeque<Said> = turns.borrow_mut().pop_front()?.into();
    let mut command = Command::new("", Phase::Command);
    let mut plus = false;
    while let Some(piece) = said.pop_front() {
        let bytes = match piece {
            Said::Bytes(bytes) => bytes,
            Said::Secret(size) => {
                command.push(Piece::Secret(Secret::new(vec![b'x'; size])));
                continue;
            }
            Said::Elided(_) => unreachable!("the grammar has no such client"),
        };
        let line_end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
        let Some(size) = script::literal_announced(&bytes[..line_end]) else {
            let line = bytes.strip_suffix(b"\r\n").unwrap_or(&bytes);
            command.push(Piece::Text(line.to_vec()));
            continue;
        };
        let brace = bytes[..line_end].iter().rposition(|byte| *byte == b'{').unwrap();
        plus = bytes[line_end - 4] == b'+';
        command.push(Piece::Text(bytes[..brace].to_vec()));
        let mut behind = bytes[line_end..].to_vec();
        if behind.is_empty() {
            // The server may refuse the literal: then there is no such turn.
            match turns.borrow().front().map(Vec::as_slice) {
                Some([Said::Bytes(next)]) if !next.starts_with(b"a") => behind.clone_from(next),
                _ => behind = vec![b'x'; size],
            }
            if turns.borrow().front().is_some_and(|next| *next == [Said::Bytes(behind.clone())]) {
                turns.borrow_mut().pop_front();
            }
        }
        let rest = behind.split_off(size);
        command.push(Piece::Literal(behind));
        if !rest.is_empty() {
            said.push_front(Said::Bytes(rest));
        }
    }
    let (tag, command) = command.split_tag()?;
    let number = tag.strip_prefix('a').and_then(|number| number.parse().ok()).unwrap();
    // To LOGOUT a BYE is an answer, to all others the end.
    let logout = command.pieces().iter().any(|piece| *piece == Piece::Text(b"LOGOUT".to_vec()));
    Some((number, if logout { command.in_phase(Phase::Logout) } else { command }, plus))
}

/// The sizes of the messages that a script does not show.
fn elided(script: &Script) -> Vec<usize> {
    let said = script.turns.iter().filter_map(|turn| match turn {
        Turn::Server(said) => Some(said),
        _ => None,
    });
    let size = |piece: &Said| match piece {
        Said::Elided(size) => Some(*size),
        _ => None,
    };
    said.flatten().filter_map(size).collect()
}

/// The connection's part of a script: every command to its end.
fn converse_all(script: &Script, slice: usize) -> Result<()> {
    let turns = script.turns.iter().filter_map(|turn| match turn {
        Turn::Client(said) => Some(said.clone()),
        _ => None,
    });
    let turns: Turns = RefCell::new(turns.collect());
    let mut connection = Connection::new(Player::new(script, slice), Limits::default(), Listener::default());
    connection.greeting()?;
    let mut client = Client { turns: &turns, elided: &elided(script) };
    while let Some((tag, command, plus)) = command(&turns) {
        connection.next_tag = tag;
        connection.literal_plus = plus;
        connection.run(&command, &mut client)?;
    }
    Ok(())
}

/// The next response, what a script elides streamed, and how many bytes that were.
fn response(reader: &mut Reader<Player>, elided: &[usize]) -> std::result::Result<(Frame, usize), Fault> {
    let mut streamed = 0;
    loop {
        match reader.next(usize::MAX)? {
            Step::Response(frame) => return Ok((frame, streamed)),
            // A cut leaves less of a message than was announced.
            Step::Literal(size) if elided.iter().any(|elided| *elided <= size as usize) => {
                reader.stream(&mut |bytes| {
                    streamed += bytes.len();
                    Ok(())
                })?;
            }
            Step::Literal(_) => {}
        }
    }
}

/// The reader's part: every response read, each turn to its end, and what the transcript says of it.
fn transcribe(script: &Script, slice: usize) -> String {
    let page = Page::default();
    let transcript = Transcript::new(page.clone());
    let mut reader = Reader::new(Player::new(script, slice), Limits::default(), Some(transcript));
    let elided = elided(script);
    for turn in &script.turns {
        match turn {
            Turn::Comment(_) => {}
            Turn::Client(said) => said.iter().for_each(|piece| {
                let transcript = reader.transcript().unwrap();
                let bytes = match piece {
                    Said::Bytes(bytes) => {
                        transcript.client(bytes);
                        bytes.clone()
                    }
                    Said::Secret(size) | Said::Elided(size) => {
                        transcript.client_hidden(*size as u64);
                        vec![b'x'; *size]
                    }
                };
                // A player whose line is cut refuses to hear more, as the dialogue says.
                let _ = reader.get_mut().write_all(&bytes);
            }),
            Turn::Server(said) => {
                let size = |piece: &Said| match piece {
                    Said::Bytes(bytes) => bytes.len(),
                    Said::Secret(size) | Said::Elided(size) => *size,
                };
                let mut left = said.iter().map(size).sum::<usize>();
                while left > 0 {
                    let Ok((frame, streamed)) = response(&mut reader, &elided) else { break };
                    let _ = parse::response(&frame);
                    left = left.saturating_sub(frame.bytes().len() + 2 + streamed);
                }
            }
        }
    }
    drop(reader);
    String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
}

/// The dialogue of a fixture without its comments.
fn dialogue(script: &Script) -> String {
    let text = script.to_text();
    text.lines().filter(|line| !line.starts_with('#')).fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn the_transcript_of_every_fixture_is_the_fixture() {
    let found = fixtures();
    assert!(found.len() >= 30);
    let mut wrong = Vec::new();
    for (name, script, _) in &found {
        for slice in SLICES {
            let (written, expected) = (transcribe(script, slice), dialogue(script));
            let refused = REFUSED_BY_THE_READER.contains(&name.as_str());
            // What was refused is written as far as it was read. Of mail that a fixture shows, only the length is written.
            let same = match written == expected {
                false if refused => expected.starts_with(written.trim_end_matches('\n')),
                false => written.contains(" bytes>") && transcribe(&Script::parse(&written).unwrap(), slice) == written,
                true => true,
            };
            if !same {
                wrong.push(format!("{name} at {slice}:\n{written}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fixture_ends_as_the_table_says() {
    let mut wrong = Vec::new();
    for (name, script, _) in &fixtures() {
        for slice in SLICES {
            let outcome = converse_all(script, slice);
            let fault = outcome.as_ref().err().map(Error::kind);
            let listed = FAULTS.iter().find(|(listed, _)| listed == name).map(|(_, kind)| *kind);
            if fault != listed {
                wrong.push(format!(
                    "    (\"{name}\", Kind::{}), // {slice}: {outcome:?}",
                    fault.map_or("-".into(), |kind| format!("{kind:?}"))
                ));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A handler whose disk is full.
struct Full;

impl Handler for Full {
    fn wants(&mut self, _: &Frame, _: u64) -> io::Result<bool> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

/// What follows a fault may be inside a literal.
#[test]
fn after_a_fault_nothing_more_is_read() {
    for fault in ["* LIST () \"/\" {2000000000}\r\n", "* 1 FETCH (BODY[] {9}\r\nx\r\n"] {
        let bytes = format!("* OK\r\n{fault}* 1 EXISTS\r\na1 OK\r\na2 OK\r\n");
        let mut connection = Connection::new(Monologue(bytes.as_bytes()), Limits::default(), Listener::default());
        connection.greeting().unwrap();
        let command = Command::new("NOOP", Phase::Command);
        let first = connection.run(&command, &mut Full).unwrap_err();
        let later = connection.run(&command, &mut |_| panic!("something was read")).unwrap_err();
        assert!(later.to_string().contains(&format!("the connection is closed already ({first})")), "{later}");
    }
}

/// Reads bytes as a whole dialogue of any commands, until the connection ends them.
fn survive(bytes: &[u8]) {
    let limits = Limits { response: 1 << 16, literal: 1 << 16 };
    let mut connection = Connection::new(Monologue(bytes), limits, Listener::default());
    if connection.greeting().is_err() {
        return;
    }
    for _ in 0..20 {
        let command = Command::new("NOOP", Phase::Command);
        if connection.run(&command, &mut ignore).is_err() {
            break;
        }
    }
}

#[test]
fn truncations_of_every_fixture_are_survived() {
    for (_, script, _) in fixtures() {
        let bytes = script.server_bytes();
        // The fuzz targets try the others.
        (0..bytes.len()).step_by(1 + bytes.len() / 150).for_each(|cut| survive(&bytes[..cut]));
    }
}

#[test]
fn seeded_mutations_of_every_fixture_are_survived() {
    let mut dice = crate::dice::Dice(0x5eed);
    let mut random = |below: usize| dice.below(below.max(1) as u32) as usize;
    let spice = b"(){}[]\"\\ \r\n\0*+<>0123456789\xff\x80A";
    for (_, script, _) in fixtures() {
        let bytes = script.server_bytes();
        for _ in 0..20 {
            let mut mutant = bytes.clone();
            for _ in 0..=random(6) {
                let at = random(mutant.len());
                match random(4) {
                    0 if !mutant.is_empty() => {
                        mutant.remove(at);
                    }
                    1 => mutant.insert(at, spice[random(spice.len())]),
                    2 if !mutant.is_empty() => mutant[at] = spice[random(spice.len())],
                    _ => {
                        let end = (at + random(40)).min(mutant.len());
                        let copy = mutant[at..end].to_vec();
                        mutant.splice(at..at, copy);
                    }
                }
            }
            survive(&mutant);
        }
    }
}
