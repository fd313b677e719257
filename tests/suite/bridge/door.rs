//! Where the relay listens and whom it lets in: addresses, TLS, systemd's socket, names, domains, a file that changes.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::ends::status;
use super::relay::{Client, Relay, add, before_exchange, program, python};
use super::{Kept, LONG, run, shown};
use crate::program::World;
use crate::support::sample::ORDERS;

/// The relay in the place of a world, which must end by itself.
fn ends(world: &World, arguments: &[&str]) -> Output {
    let mut command = program(world, &["relay", "--password-file", "relay.passwords"]);
    command.args(arguments);
    run(command, LONG)
}

fn enters(relay: &Relay, name: &str, password: &str) -> bool {
    let answer = relay.connect().ask(&format!("a LOGIN {name} {password}"));
    assert!(answer.starts_with("a OK ") || answer.starts_with("a NO [AUTHENTICATIONFAILED] "), "{answer}");
    answer.starts_with("a OK ")
}

#[test]
fn what_cannot_be_served_is_refused_at_the_start() {
    let world = World::new();
    assert!(shown(&ends(&world, &[])).contains("the password file relay.passwords: "));
    add(program(&world, &["relay"]), ORDERS);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let nonsense = world.folder.file("nonsense.pem", "x");
    for (arguments, code, says) in [
        (&["--listen", "0.0.0.0:0"][..], 2, "can be reached from other machines"),
        (&["--listen", "[::]:0"], 2, "can be reached from other machines"),
        (&["--listen", "192.0.2.1:1143"], 2, "can be reached from other machines"),
        (&["--listen", "nonsense"], 2, "is not ADDRESS:PORT"),
        (&["--listen", "localhost:1143"], 2, "is not ADDRESS:PORT"),
        (&["--listen", &taken], 1, "listening on"),
        (&["--listen", "-"], 1, "listening on -"),
        (&["--tls-key", "x"], 2, "a TLS listener needs"),
        (&["--tls-certificate", &nonsense, "--tls-key", &nonsense], 2, "the certificate and key of the listener"),
        (&["--tls-certificate", "ca.pem", "--tls-key", "missing"], 2, "reading missing"),
    ] {
        let ended = ends(&world, arguments);
        assert_eq!(ended.status.code(), Some(code), "{arguments:?} {}", shown(&ended));
        assert!(shown(&ended).contains(says), "{arguments:?} {}", shown(&ended));
    }
    let mut command = program(&world, &["relay", "--password-file", "relay.passwords", "--listen", "127.0.0.1:0"]);
    command.env("AZURE_CLIENT_SECRET", "wrong");
    let ended = run(command, LONG);
    assert_eq!(ended.status.code(), Some(4), "{}", shown(&ended));
}

const IMAPLIB_TLS: &str = r#"
import imaplib, ssl, sys
context = ssl.create_default_context(cafile="ca.pem")
imap = imaplib.IMAP4_SSL("localhost", int(sys.argv[1]), ssl_context=context)
imap.login(sys.argv[2], sys.argv[3])
imap.select("INBOX", readonly=True)
found = imap.uid("FETCH", "1:*", "(BODY.PEEK[])")[1][::2]
imap.logout()
print(len(found), sum(len(part[1]) for part in found))
context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
try:
    imaplib.IMAP4_SSL("localhost", int(sys.argv[1]), ssl_context=context)
    print("TLS 1.1 is taken")
except (ssl.SSLError, OSError):
    pass
"#;

#[test]
fn a_listener_with_a_certificate_speaks_tls_from_the_first_byte() {
    let world = World::new();
    let password = add(program(&world, &["relay"]), ORDERS);
    let (certificate, key) = world.authority.identity_pem(&["localhost"]);
    world.folder.file("relay.pem", certificate);
    world.folder.file("relay.key", key);
    let mut command = program(&world, &["relay", "--tls-certificate", "relay.pem", "--tls-key", "relay.key"]);
    // One that other machines reach, too.
    command.args(["--listen", "0.0.0.0:0"]);
    let relay = Relay::start(command);
    let ended = python(world.folder.path(), IMAPLIB_TLS, &[&relay.port.to_string(), ORDERS, &password]);
    assert!(ended.status.success(), "{}", shown(&ended));
    let folder = world.exchange.folder(ORDERS, "INBOX");
    let bytes: usize = folder.messages.iter().map(|message| message.bytes.len()).sum();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(said.trim_end(), format!("{} {bytes}", folder.messages.len()));

    // A client that does not know is hung up on, and the log says why.
    let mut plain = TcpStream::connect(("127.0.0.1", relay.port)).unwrap();
    plain.write_all(b"a CAPABILITY\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"* OK"), "{answer:?}");
    relay.says(" TLS with the client: ");
}

/// The service as systemd would start it: the unit's own command line, credentials, environment and socket.
#[test]
fn the_service_unit_starts_a_relay_within_its_memory() {
    let world = World::new();
    let password = add(program(&world, &["relay"]), ORDERS);
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples");
    let unit = fs::read_to_string(samples.join("exoimap-relay.service")).unwrap();
    let values = |name: &str| {
        let start = format!("{name}=");
        unit.lines().filter_map(|line| line.strip_prefix(&start).map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!((values("StandardInput"), values("DynamicUser")), (vec!["socket".to_owned()], vec!["yes".to_owned()]));
    // What the unit names below /etc/exoimap, and the directory in which systemd gives the credentials.
    let secret = crate::support::entra::SECRET;
    let credentials = world.folder.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    for credential in values("LoadCredential") {
        let (name, source) = credential.split_once(':').unwrap();
        match source {
            "/etc/exoimap/relay.secret" => fs::write(credentials.join(name), secret).map(drop),
            "/etc/exoimap/relay.passwords" => {
                fs::copy(world.folder.path().join("relay.passwords"), credentials.join(name)).map(drop)
            }
            source => panic!("{source}"),
        }
        .unwrap();
        fs::set_permissions(credentials.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap();
    }
    assert_eq!(values("EnvironmentFile"), ["/etc/exoimap/relay.env"]);
    let line = values("ExecStart").remove(0).replace("${CREDENTIALS_DIRECTORY}", &credentials.display().to_string());
    let words: Vec<_> = line.split(' ').collect();
    assert_eq!(words[0], "/usr/bin/exoimap");
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    // systemd's sockets do not block.
    socket.set_nonblocking(true).unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut command = program(&world, &words[1..]);
    command.env_remove("AZURE_CLIENT_SECRET").env_remove("EXOIMAP_MAILBOX").env("CREDENTIALS_DIRECTORY", &credentials);
    let child = Kept(command.stdin(OwnedFd::from(socket)).stderr(Stdio::null()).spawn().unwrap());
    let sessions: Vec<_> = (0..20)
        .map(|_| {
            let mut client = Client(BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap()));
            assert!(client.line().starts_with("* OK [CAPABILITY "));
            assert!(client.ask(&format!("a LOGIN {ORDERS} {password}")).starts_with("a OK "));
            client
        })
        .collect();
    assert_eq!(values("MemoryMax"), ["64M"]);
    let peak = status(&child.0, "VmHWM");
    assert!(peak < 32 << 10, "{peak} KB with {} sessions", sessions.len());

    let ended = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .args(["exoimap-relay.service", "exoimap-relay.socket"].map(|unit| samples.join(unit)))
        .output()
        .unwrap();
    let said = shown(&ended);
    // The program is not installed here, and that is all that is wrong.
    let wrong = said.lines().filter(|line| line.contains("exoimap-relay") && !line.contains("/usr/bin/exoimap"));
    assert_eq!(wrong.collect::<Vec<_>>(), [""; 0], "{said}");
}

#[test]
fn a_name_is_a_mailbox_an_alias_or_one_of_a_domain_that_is_allowed() {
    let world = World::new();
    let own = add(program(&world, &["relay"]), ORDERS);
    let alias = add(program(&world, &["relay"]), &format!("\"contoso.com\\shared box\"={ORDERS}"));
    let domain = add(program(&world, &["relay"]), "@contoso.com");
    let start = |allow: &[&str]| {
        let mut command = program(&world, &["relay"]);
        command.args(allow.iter().flat_map(|allowed| ["--allow", allowed]));
        Relay::start(command)
    };
    let relay = start(&[]);
    assert!(enters(&relay, "Orders@Contoso.COM", &own));
    assert!(enters(&relay, "\"CONTOSO.com\\\\shared box\"", &alias));
    assert!(enters(&relay, "sales@contoso.com", &domain));
    assert!(!enters(&relay, "sales@contoso.com", &own));
    let relay = start(&["sales@contoso.com", "@example.com"]);
    // A client that is set up the wrong way round.
    assert!(!enters(&relay, &own, ORDERS));
    relay.says("(not shown, because it may be a secret) 127.0.0.1:");
    assert!(!enters(&relay, ORDERS, &own));
    relay.says("refused: the mailbox is not one that may be opened");
    assert!(enters(&start(&["SALES@contoso.com"]), "sales@contoso.com", &domain));
    assert!(enters(&start(&["@CONTOSO.com"]), ORDERS, &own));

    // A file of nothing but domains opens nothing until somebody says what.
    fs::remove_file(world.folder.path().join("relay.passwords")).unwrap();
    add(program(&world, &["relay"]), "@contoso.com");
    let ended = ends(&world, &["--listen", "127.0.0.1:0"]);
    assert!(ended.status.code() == Some(2) && shown(&ended).contains("(--allow)"), "{}", shown(&ended));
}

/// `--set` with a password on stdin.
fn set(world: &World, name: &str, password: &str) -> Output {
    let mut command = program(world, &["relay", "--password-file", "relay.passwords", "--set", name]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_file_that_changes_is_used_at_the_next_sign_in_and_sessions_stay() {
    let world = World::new();
    let (relay, passwords) = before_exchange(&world, &[ORDERS]);
    let mut session = relay.connect();
    assert!(session.ask(&format!("a LOGIN {ORDERS} {}", passwords[0])).starts_with("a OK "));

    // No credential is needed to make a password.
    let mut command = Command::new(env!("CARGO_BIN_EXE_exoimap"));
    command.arg("relay").env_clear().current_dir(world.folder.path());
    let tickets = add(command, &format!("tickets={ORDERS}"));
    assert!(enters(&relay, "Tickets", &tickets));
    let ended = set(&world, "tickets", "a password of a person");
    assert!(ended.status.success() && ended.stdout.is_empty(), "{}", shown(&ended));
    assert!(enters(&relay, "tickets", "\"a password of a person\""));
    assert!(!enters(&relay, "tickets", &tickets));
    assert_eq!(set(&world, "tickets", "short").status.code(), Some(2));

    // What cannot be read changes nothing, and is said.
    fs::write(world.folder.path().join("relay.passwords"), "orders@contoso.com in the clear\n").unwrap();
    assert!(enters(&relay, ORDERS, &passwords[0]));
    relay.says("line 1: no verifier that we know; the passwords stay as they were");
    assert!(session.ask("b NOOP").starts_with("b OK"));
}
