//! What each fuzz target does with its input: part of the library when it is built for a fuzzer (`--cfg fuzzing`) or for
//! its tests, so that internals stay internal. A target fails by a panic, by a hang or by too much memory.

use std::io::{self, Read, Write};

use crate::imap::UidSet;
use crate::imap::wire::{Fault, Frame, Limits, Reader, Step};
use crate::{MailboxName, Proxy, Secret};

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// The targets by name: the binaries of `tests/fuzz/Cargo.toml`.
pub const TARGETS: [(&str, Target); 12] = [
    ("reader", reader),
    ("session", session),
    ("folder_name", folder_name),
    ("uid_set", uid_set),
    ("header", header),
    ("message", message),
    ("proxy_url", proxy_url),
    ("refusal", refusal),
    ("claims", claims),
    ("env_file", env_file),
    ("secret_file", secret_file),
    ("state", state),
];

/// Runs the target `name`.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.unwrap_or_else(|| panic!("{name} is not a target")).1(input);
}

const LIMITS: Limits = Limits { response: 1 << 16, literal: 1 << 20 };

/// Bytes to framed responses to what they say.
fn reader(input: &[u8]) {
    let mut reader = Reader::new(input, LIMITS, None);
    while let Ok(frame) = response(&mut reader) {
        assert!(frame.bytes().len() <= LIMITS.response, "a response beyond its limit");
        let _ = crate::imap::parse::response(&frame);
    }
}

/// The next response, all of its literals held.
pub(crate) fn response<R: Read>(reader: &mut Reader<R>) -> Result<Frame, Fault> {
    loop {
        if let Step::Response(frame) = reader.next(usize::MAX)? {
            return Ok(frame);
        }
    }
}

/// A server that says `input`, whatever it is asked.
pub(crate) struct Monologue<'a>(pub(crate) &'a [u8]);

impl Read for Monologue<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Monologue<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A whole session, one command of each kind.
fn session(input: &[u8]) {
    let _ = converse(input);
}

fn converse(input: &[u8]) -> crate::Result<()> {
    use crate::imap::xoauth2::initial_response;
    use crate::imap::{Client, Listener};
    let mut client = Client::greet(Monologue(input), LIMITS, Listener::default())?;
    let offered = client.capability()?;
    let response = initial_response("orders@contoso.com", &Secret::new("token-of-a-test"))?;
    let mut session = client.authenticate_xoauth2(&offered, response)?;
    let listed = session.list()?.items;
    for item in listed.iter().take(2) {
        let _ = session.status(&MailboxName::from_wire(&item.name))?;
    }
    let mut inbox = session.select(&MailboxName::inbox())?;
    let found = inbox.search("ALL")?;
    let mut sink = Sink { open: None };
    inbox.fetch_bodies(&found, "BODY.PEEK[]", &mut sink)?;
    inbox.fetch_each(&found, "BODYSTRUCTURE", &mut |_| Ok(()))?;
    inbox.store(&found, "+FLAGS (\\Seen)")?;
    inbox.copy(&found, &MailboxName::inbox())?;
    inbox.move_to(&found, &MailboxName::inbox())?;
    inbox.unselect()?;
    session.logout()
}

/// Holds a session to what it promises a sink: as many bytes as announced, then one end.
struct Sink {
    open: Option<u64>,
}

impl crate::imap::BodySink for Sink {
    fn begin(&mut self, _: Option<crate::imap::Uid>, size: u64) -> io::Result<()> {
        assert!(self.open.replace(size).is_none(), "a body begins within a body");
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let left = self.open.and_then(|left| left.checked_sub(bytes.len() as u64));
        self.open = Some(left.expect("more bytes than were announced"));
        Ok(())
    }
    fn end(&mut self, _: crate::imap::Uid, _: &crate::imap::Fetch, _: u64) -> io::Result<()> {
        assert_eq!(self.open.take(), Some(0), "a body ends with its last byte");
        Ok(())
    }
    fn forget(&mut self) -> io::Result<()> {
        self.open = None;
        Ok(())
    }
}

/// Modified UTF-7 to text and back.
fn folder_name(input: &[u8]) {
    let name = MailboxName::from_wire(input);
    // Control characters go back encoded, and INBOX has one form.
    let is_changed = name == MailboxName::inbox() || input.iter().any(u8::is_ascii_control);
    assert!(name.wire() == input || is_changed, "a name goes back as it came");
    if let Ok(typed) = MailboxName::new(name.as_str()) {
        assert_eq!(MailboxName::from_wire(typed.wire()).as_str(), typed.as_str(), "{input:?}");
    }
}

fn uid_set(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (a, b) = text.split_once(' ').unwrap_or((&text, ""));
    let Some(a) = UidSet::parse(a) else { return };
    assert_eq!(UidSet::parse(&a.to_string()).as_ref(), Some(&a).filter(|a| !a.is_empty()));
    let pieces = a.chunks(80, 1000).take(100).map(|chunk| chunk.len()).sum::<u64>();
    assert!(pieces <= a.len());
    let Some(b) = UidSet::parse(b) else { return };
    let (without, within) = (a.without(&b), a.within(&b));
    assert_eq!(without.len() + within.len(), a.len());
    let mut joined = without;
    joined.extend(&within);
    assert_eq!(joined, a);
}

/// A message's header fields, decoded.
fn header(input: &[u8]) {
    let headers = crate::delivery::headers(input);
    let _ = crate::delivery::is_attachment(input);
    for (name, shown) in [("From", headers.from), ("To", headers.to), ("Subject", headers.subject)] {
        let found = shown.as_deref().is_none_or(|shown| crate::mime::has(input, name, shown));
        assert!(found, "what is shown is not found: {shown:?}");
    }
}

/// A message's attachments, with and without those that its text shows.
fn message(input: &[u8]) {
    struct Shelf(usize);
    impl crate::mime::Shelf for Shelf {
        type File = Vec<u8>;
        fn create(&mut self, name: &str) -> io::Result<Vec<u8>> {
            assert!(!name.is_empty() && name.len() <= 242 && !name.contains(['/', '\\', '\0']), "{name:?}");
            Ok(Vec::new())
        }
        fn keep(&mut self, file: Vec<u8>) -> io::Result<()> {
            self.0 += file.len();
            Ok(())
        }
    }
    let count = |skip_inline| {
        let mut shelf = Shelf(0);
        let extracted = crate::mime::unpack(input, skip_inline, &mut shelf).unwrap();
        assert!(extracted.attachments.len() <= 1000 && shelf.0 <= input.len() * 3);
        assert_eq!(extracted.attachments.iter().map(|part| part.size).sum::<u64>(), shelf.0 as u64);
        extracted.attachments.len()
    };
    assert!(count(true) <= count(false));
    let mut ending = crate::mime::Ending::default();
    ending.write(input);
    let _ = ending.missing();
}

fn proxy_url(input: &[u8]) {
    let url = String::from_utf8_lossy(input);
    if let Ok(proxy) = Proxy::parse(&url, "a test") {
        assert!(!proxy.host().is_empty());
        let _ = proxy.except(&url);
    }
}

/// What Entra ID answers in place of a token: a status, a content type, a body.
fn refusal(input: &[u8]) {
    let (first, body) = input.split_first().unwrap_or((&0, &[]));
    let status = [200, 302, 400, 401, 429, 500, 503][usize::from(*first) % 7];
    let kind = if first & 64 == 0 { "application/json; charset=utf-8" } else { "text/html" };
    let error = crate::entra::request::refusal("Entra ID", status, kind, None, body);
    assert!(error.to_string().len() < 16_384, "an error as long as what caused it");
}

/// A directory's state, read and written.
fn state(input: &[u8]) {
    use crate::delivery::state::State;
    if let Ok(state) = State::parse(&String::from_utf8_lossy(input)) {
        assert_eq!(State::parse(&state.to_text()).as_ref(), Ok(&state));
    }
}

/// The settings of `--env-file`, in any encoding.
fn env_file(input: &[u8]) {
    use crate::cli::{environment, input};
    let Some(text) = input::decode(input) else { return };
    let text = text.expose_str().unwrap_or_default();
    if let Ok(parsed) = environment::parse(text) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(parsed.assigned.iter().all(|(name, _)| !name.is_empty() && name.chars().all(is_name)), "{parsed:?}");
        assert!(parsed.assigned.iter().all(|(_, value)| text.len() >= value.len()), "{parsed:?}");
        assert!(parsed.odd.iter().all(|(line, _)| (1..=text.split('\n').count()).contains(line)), "{parsed:?}");
    }
}

/// The file of a client secret or a token, in any encoding.
fn secret_file(input: &[u8]) {
    if let Ok(secret) = crate::cli::input::secret_of(&Secret::new(input)) {
        let bytes = secret.expose();
        assert!(!bytes.is_empty() && !bytes.iter().any(u8::is_ascii_control) && std::str::from_utf8(bytes).is_ok());
    }
}

/// What an access token says.
fn claims(input: &[u8]) {
    if let Some(claims) = crate::entra::Claims::of(&Secret::new(input)) {
        let _ = (format!("{claims:?}"), claims.is_expired());
    }
}

/// A state with every line that it can have but `ready`.
#[cfg(test)]
const STATE: &str = "exoimap 2
host outlook.office365.com
mailbox orders@contoso.com
folder INBOX
format eml
uidvalidity 14
mark 16132
exists 312
surplus 1 10
listed 1795477275
delivered 16101:16120,16130:16131
skipped 1:16100
given-up 16112
cut 16118
failed 16113 3 the server answered OK and sent no message under this UID
run 16130:16131
refused 16130 2 ended with 1
then 16131 delete
act 16120 move Done
change-size 25
";

/// The first inputs of each target, from the fixtures.
#[cfg(test)]
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let lines = |lines: &[&str]| lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    let dialogues = || crate::script::fixtures().into_iter().map(|(_, script, _)| script.server_bytes());
    match target {
        "reader" | "session" => dialogues().collect(),
        "folder_name" => {
            let listed = dialogues().flat_map(|bytes| {
                let lines = bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"* LIST"));
                lines.map(|line| line[7..].to_vec()).collect::<Vec<_>>()
            });
            let names = [&b"INBOX/&bOhlhw-"[..], b"InBOX", b"R&AOk-sum&AOk-", b"&-&-"];
            listed.chain(names.map(<[u8]>::to_vec)).collect()
        }
        "uid_set" => lines(&["1:5,7 3", "4294967295,1:3 2:4294967295", "9,8,7,1:2 1", "*:4"]),
        "message" | "header" => {
            let bodies = dialogues().filter(|bytes| bytes.windows(5).any(|bytes| bytes == b"BODY["));
            bodies.chain(messages()).chain([include_bytes!("message.eml").to_vec()]).collect()
        }
        "proxy_url" => {
            lines(&["http://user:p%40ss@proxy.example.com:3128", "socks5h://[::1]:1080/", "proxy", "http://"])
        }
        "claims" => lines(&[
            "e30.eyJhdWQiOiJodHRwczovL291dGxvb2sub2ZmaWNlMzY1LmNvbSIsInJvbGVzIjpbIklNQVAuQWNjZXNzQXNBcHAiXSwiZXhwIjoxfQ.x",
        ]),
        "env_file" => lines(&[
            "# a job\nAZURE_TENANT_ID=contoso.com\r\nexport A=b\n\"9\"=1\nB='x\ny'\\\n \"\\$\" c \\ \n;\nA=\"open",
            "\u{feff}EXOIMAP_MAILBOX = orders@contoso.com",
        ])
        .into_iter()
        .chain([b"\xff\xfeA\0=\0b\0\n\0".to_vec()])
        .collect(),
        "secret_file" => {
            let wide =
                [&b"\xff\xfep\0~\0w\0\r\0\n\0"[..], b"\xfe\xff\0p\0~\0w", b"\xef\xbb\xbfp~w\r\n", b"p~w\n", b"a\nb"];
            wide.map(<[u8]>::to_vec).to_vec()
        }
        "refusal" => lines(&[
            r#"B{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215],"trace_id":"0"}"#,
            "C<html>Service Unavailable</html>",
        ]),
        "state" => lines(&[STATE]),
        _ => panic!("{target} has no seeds"),
    }
}

/// The messages in `fixtures/mime`.
#[cfg(test)]
fn messages() -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mime");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = paths.filter(|path| path.extension().is_some_and(|its| its == "eml")).collect();
    found.sort();
    found.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// With EXOIMAP_FUZZ_CORPUS it also writes them there, one folder per target (`tests/release fuzz`).
#[test]
fn every_fuzz_target_takes_its_seeds() {
    let manifest = include_str!("Cargo.toml");
    let binaries = manifest.split("[[bin]]\nname = \"").skip(1).map(|rest| rest.split('"').next().unwrap());
    assert!(binaries.eq(TARGETS.iter().map(|(name, _)| *name)), "tests/fuzz/Cargo.toml and TARGETS");
    let corpus = std::env::var_os("EXOIMAP_FUZZ_CORPUS").map(std::path::PathBuf::from);
    for (name, _) in TARGETS {
        for (number, seed) in seeds(name).iter().enumerate() {
            run(name, seed);
            if let Some(corpus) = &corpus {
                std::fs::create_dir_all(corpus.join(name)).unwrap();
                std::fs::write(corpus.join(name).join(format!("seed-{number:03}")), seed).unwrap();
            }
        }
    }
}
