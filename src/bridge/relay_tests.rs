use super::*;
use crate::error::{Error, Kind, Phase};
use crate::folder::Folder;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::io::{BufRead, BufReader};
use std::sync::mpsc;

/// A relay without a server, on a port of its own.
struct Place {
    port: u16,
    delays: Arc<Mutex<Vec<u64>>>,
    _folder: Folder,
}

impl Place {
    fn new(names: &[&str], change: impl FnOnce(&mut Relay)) -> Place {
        let folder = Folder::new();
        // One round each: a thousand passwords are tried.
        let verifier = |password: &str| {
            let mut hash = [0; 32];
            let once = std::num::NonZeroU32::MIN;
            ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, once, &[0; 16], password.as_bytes(), &mut hash);
            format!("$pbkdf2-sha256$i=1${}${}", STANDARD_NO_PAD.encode([0; 16]), STANDARD_NO_PAD.encode(hash))
        };
        let lines = names.iter().map(|name| format!("{name} {}\n", verifier(&format!("of-{name}"))));
        let file = folder.file("passwords", lines.collect::<String>());
        let mut relay = Relay::new(Settings {
            passwords: Passwords::read(file.as_ref(), None).unwrap(),
            allow: Vec::new(),
            most_sessions: 100,
            idle: 60 * SECOND,
            host: "outlook.office365.com".to_owned(),
            tls: None,
            connect: Box::new(|_| Err(Error::new(Kind::Refused, Phase::Authenticate, "x"))),
            log: Box::new(|_, _, _| {}),
        });
        let delays = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&delays);
        relay.pause = Box::new(move |delay| lock(&kept).push(delay.as_secs()));
        change(&mut relay);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Arc::new(relay);
        std::thread::spawn(move || relay.serve(&listener));
        Place { port, delays, _folder: folder }
    }

    fn connect(&self) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(60 * SECOND)).unwrap();
        BufReader::new(stream)
    }
}

fn line(client: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    client.read_line(&mut line).unwrap();
    line
}

fn login(client: &mut BufReader<TcpStream>, name: &str, password: &str) -> String {
    client.get_mut().write_all(format!("a LOGIN {name} {password}\r\n").as_bytes()).unwrap();
    line(client)
}

#[test]
fn a_thousand_wrong_passwords_wait_longer_each_and_never_longer_than_ten_seconds() {
    let place = Place::new(&["orders@contoso.com", "tickets@contoso.com"], |_| {});
    let right = ["of-orders@contoso.com", "of-tickets@contoso.com"];
    for connection in 0..100 {
        let mut client = place.connect();
        line(&mut client);
        for attempt in 0..10 {
            let name = if attempt % 2 == 0 { "orders@contoso.com" } else { "Stranger@contoso.com" };
            assert!(login(&mut client, name, &format!("wrong-{connection}-{attempt}")).starts_with("a NO [AUTH"));
        }
        // Ten refusals are enough for one connection.
        assert!(line(&mut client).starts_with("* BYE exoimap: too many"));
    }
    let delays = lock(&place.delays).split_off(0);
    assert_eq!((delays.len(), &delays[..6]), (1_000, &[1, 2, 4, 8, 10, 10][..]));
    assert!(delays[4..].iter().all(|delay| *delay == 10), "{delays:?}");
    // Another name is not delayed, nor is the same one with its password, which is forgiven then.
    let mut client = place.connect();
    line(&mut client);
    assert!(login(&mut client, "tickets@contoso.com", right[1]).starts_with("a NO [CONTACTADMIN]"));
    assert!(login(&mut client, "orders@contoso.com", right[0]).starts_with("a NO [CONTACTADMIN]"));
    assert_eq!(*lock(&place.delays), [0; 0]);
    assert!(login(&mut client, "orders@contoso.com", right[1]).starts_with("a NO [AUTH"));
    assert_eq!(*lock(&place.delays), [1]);
}

/// A name is a key of what is remembered, and a word of the log.
#[test]
fn a_name_that_no_mailbox_can_have_is_not_remembered() {
    let place = Place::new(&["orders@contoso.com"], |_| {});
    let mut client = place.connect();
    line(&mut client);
    assert!(login(&mut client, &"x".repeat(7_000), "x").starts_with("a NO [AUTHENTICATIONFAILED] "));
    assert_eq!(*lock(&place.delays), [0; 0]);
}

#[test]
fn what_is_remembered_of_strangers_has_an_end() {
    let mut map = HashMap::new();
    for name in 0..3 * MOST_REMEMBERED {
        remember(&mut map, name.to_string(), ());
        assert!(map.len() <= MOST_REMEMBERED);
    }
}

#[test]
fn a_client_that_says_nothing_or_drips_is_hung_up_on_and_makes_room() {
    let place = Place::new(&["orders@contoso.com"], |relay| relay.time_to_sign_in = 5 * SECOND);
    let since = Instant::now();
    let silent: Vec<_> = (0..MOST_WAITING)
        .map(|_| {
            let mut client = place.connect();
            assert!(line(&mut client).starts_with("* OK "));
            client
        })
        .collect();
    assert_eq!(line(&mut place.connect()), "* BYE [UNAVAILABLE] exoimap: too many connections\r\n");
    let (stop, stopped) = mpsc::channel::<()>();
    let mut drip = silent[0].get_ref().try_clone().unwrap();
    let dripping = std::thread::spawn(move || {
        while stopped.recv_timeout(SECOND / 20) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = drip.write_all(b"x");
        }
    });
    for mut client in silent {
        assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)), "it is still connected");
    }
    drop(stop);
    dripping.join().unwrap();
    assert!(since.elapsed() < 60 * SECOND, "{:?}", since.elapsed());
    assert!(line(&mut place.connect()).starts_with("* OK "));
}
