//! `fixtures/mime/small.cases`: small messages, what comes out of each, and what Python makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use super::headers::{has, headers};
use super::*;

struct Case {
    name: &'static str,
    message: Vec<u8>,
    expected: Map<String, Value>,
    /// Why Python's email says something else.
    differs: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../fixtures/mime/small.cases");
    text.split("\n## ").skip(1).map(case).collect()
}

fn case(text: &'static str) -> Case {
    let (name, text) = text.split_once('\n').unwrap();
    let (message, expected) = text.rsplit_once("\n= ").unwrap();
    let (message, differs) = message.rsplit_once("\n~ ").map_or((message, None), |(message, why)| (message, Some(why)));
    let expected = serde_json::from_str(expected).unwrap_or_else(|e| panic!("{name}: {e}"));
    Case { name, message: unescaped(&message.replace('\n', "\r\n")), expected, differs }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, taken) = match (first, after) {
            (b'\\', [b'x', ..]) => (u8::from_str_radix(std::str::from_utf8(&after[1..3]).unwrap(), 16).unwrap(), 3),
            (b'\\', [b'r', ..]) => (b'\r', 1),
            (b'\\', [b'n', ..]) => (b'\n', 1),
            (b'\\', [b't', ..]) => (b'\t', 1),
            (b'\\', [b'\\', ..]) => (b'\\', 1),
            _ => (*first, 0),
        };
        bytes.push(byte);
        rest = &after[taken..];
    }
    bytes
}

/// Attachments in memory: a million broken messages on a disk would take the day.
#[derive(Default)]
pub(super) struct Memory(pub(super) BTreeMap<String, Vec<u8>>, Option<String>);

impl Shelf for Memory {
    type File = Vec<u8>;

    fn create(&mut self, name: &str) -> std::io::Result<Vec<u8>> {
        self.1 = Some(name.to_owned());
        Ok(Vec::new())
    }

    fn keep(&mut self, file: Vec<u8>) -> std::io::Result<()> {
        assert!(self.0.insert(self.1.take().unwrap(), file).is_none(), "a file was replaced");
        Ok(())
    }
}

/// All that can be asked of a message.
fn found(message: &[u8]) -> Map<String, Value> {
    let headers = headers(message);
    let mut memory = Memory::default();
    let extracted = unpack(message, false, &mut memory).unwrap();
    let without_inline = unpack(message, true, &mut Memory::default()).unwrap().attachments;
    let attachment = |part: &Attachment| {
        json!({
            "name": part.name,
            "original_name": part.original_name,
            "type": part.media_type,
            "size": part.size,
            "disposition": part.disposition,
            "content_id": part.content_id,
            "broken": part.broken,
            "text": memory.0[&part.name].escape_ascii().to_string(),
        })
    };
    let found = json!({
        "date": headers.date,
        "from": headers.from,
        "to": headers.to,
        "cc": headers.cc,
        "subject": headers.subject,
        "message_id": headers.message_id,
        "attachments": extracted.attachments.iter().map(attachment).collect::<Vec<_>>(),
        "without_inline": without_inline.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
        "notes": extracted.notes,
        "left": extracted.broken,
    });
    found.as_object().unwrap().clone()
}

/// True if `found` has what `expected` names.
fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| fits(value, found)))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(expected, found)| fits(expected, found))
        }
        _ => expected == found,
    }
}

#[test]
fn every_small_message_says_what_is_expected() {
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in cases() {
        assert!(names.insert(case.name), "{} is there twice", case.name);
        let found = found(&case.message);
        for (key, expected) in &case.expected {
            if !fits(expected, &found[key]) {
                wrong.push(format!("{}: {key}\n  is       {}\n  expected {expected}", case.name, found[key]));
            }
        }
    }
    assert!(names.len() >= 150, "{} cases", names.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A message's fields as `--json` shows them, and every part of them.
#[test]
fn whatever_is_shown_is_found() {
    let fixtures = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mime")).unwrap();
    let fixtures = fixtures.map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    for message in fixtures.chain(cases().into_iter().map(|case| case.message)) {
        let shown = headers(&message);
        for (name, shown) in [("FROM", shown.from), ("TO", shown.to), ("CC", shown.cc), ("SUBJECT", shown.subject)] {
            let chars: Vec<char> = shown.unwrap_or_default().chars().take(300).collect();
            for start in (0..chars.len()).step_by(1 + chars.len() / 12) {
                for length in [1, 2, 5, 20, 300] {
                    let part: String = chars[start..].iter().take(length).collect();
                    for part in [part.to_uppercase(), part.to_lowercase(), part] {
                        assert!(has(&message, name, &part), "{name}: {part:?} is shown and not found");
                    }
                }
            }
        }
    }
}

/// What Python's `email` package, which knows nothing of this code, finds in the messages of a directory.
pub(super) fn python(dir: &Path) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness_mime.py");
    let output = Command::new("python3").arg(script).arg(dir).output().expect("python3 is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// SHA-256 as Python shows it.
pub(super) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn python_agrees_or_it_is_said_why_not() {
    let cases = cases();
    let dir = crate::folder::Folder::new();
    for (n, case) in cases.iter().enumerate() {
        std::fs::write(dir.join(format!("{n:03}.eml")), &case.message).unwrap();
    }
    let lines = python(&dir);
    assert_eq!(lines.len(), cases.len());
    let mut wrong = Vec::new();
    for (case, theirs) in cases.iter().zip(lines) {
        let mut memory = Memory::default();
        let parts = unpack(&case.message, false, &mut memory).unwrap().attachments;
        let ours = parts.iter().map(|part| json!([part.original_name, sha256(&memory.0[&part.name])]));
        let ours: Vec<_> = ours.collect();
        let parts = theirs["attachments"].as_array().cloned().unwrap_or_default();
        let parts: Vec<_> = parts.iter().map(|part| json!([part["name"], part["sha256"]])).collect();
        let subject = headers(&case.message).subject;
        let same = theirs["subject"].as_str().map(str::trim) == subject.as_deref() && ours == parts;
        if same == case.differs.is_some() {
            wrong.push(format!("{}: {:?}\n  {subject:?} {ours:?}\n  {theirs}", case.name, case.differs));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
