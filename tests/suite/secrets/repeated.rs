//! What another side repeats of a credential is shown nowhere, however it writes it; what stands beside it is.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::forms;
use crate::enemy::{bytes, start};
use crate::program::{Call, Ended, World};
use crate::support::entra::managed_identity::HEADER;
use crate::support::entra::{Behaviour, SECRET};
use crate::support::http::{Request, Response};
use crate::support::listen::serve_plain;
use crate::support::proxy::{Manner, PASSWORD, PASSWORD_IN_URL, Proxy, USER};
use crate::support::sample::{self, ORDERS};

const HIDDEN: &str = "(hidden: repeats a credential)";

/// All places where a run leaves text: stdout, stderr, the log, the report, the transcript.
#[track_caller]
fn listen(world: &World, call: Call, needles: &[String]) -> (Ended, String) {
    let ended = call.env("EXOIMAP_MAX_WAIT", "0").run();
    let written = ["log.txt", "report.txt", "trace.txt"].map(|name| {
        let path = world.folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        text
    });
    let all = [&ended.stdout[..], &ended.stderr].into_iter().chain(written.iter().map(String::as_str));
    let all = all.collect::<Vec<_>>().join("\n");
    let found = needles.iter().find(|needle| all.contains(*needle));
    assert_eq!(found, None, "{all}");
    (ended, all)
}

/// Modified UTF-7 for all of it, also for what needs none.
fn in_utf7(text: &str) -> String {
    let wide: Vec<_> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    format!("&{}-", STANDARD_NO_PAD.encode(wide).replace('/', ","))
}

/// As the greeting of Exchange names its front end.
fn in_utf16(text: &str) -> String {
    STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
}

/// As it was or in base64 of its own, from the greeting of the next session on.
#[test]
fn by_the_mail_server() {
    let world = World::new();
    let token = world.entra.token();
    let sasl = STANDARD.encode(format!("user={ORDERS}\u{1}auth=Bearer {token}\u{1}\u{1}"));
    let in_json = STANDARD.encode(format!(r#"{{"status":"400","schemes":"{token}"}}"#));
    let mixed = format!("{}{}{}", &token[..20], in_utf7(&token[20..24]), &token[24..]);
    let needles = [forms(&token), forms(&sasl), vec![in_utf7(&token), mixed.clone()]].concat();
    for (command, exit, answer) in [
        ("AUTHENTICATE", 4, format!("+ {in_json}\r\n{{tag}} NO AUTHENTICATE failed.\r\n")),
        ("AUTHENTICATE", 4, format!("{{tag}} NO failed: {}\r\n", STANDARD.encode(format!("x{token}")))),
        ("AUTHENTICATE", 4, format!("{{tag}} BAD {}\r\n", URL_SAFE_NO_PAD.encode(&token))),
        ("AUTHENTICATE", 4, format!("{{tag}} NO AUTHENTICATE XOAUTH2 {sasl}\r\n")),
        ("AUTHENTICATE", 4, format!("{{tag}} NO {}\r\n", STANDARD.encode(format!("XOAUTH2 {sasl}")))),
        ("AUTHENTICATE", 0, format!("* OK [ALERT] {token}\r\n{{tag}} OK done\r\n")),
        ("greeting", 0, format!("* OK ready {in_json}{{tag}}\r\n")),
        ("greeting", 0, format!("* OK ready [{}]{{tag}}\r\n", in_utf16(&token))),
        ("LIST", 0, format!("* LIST () \"/\" \"{token}\"\r\n{{tag}} OK done\r\n")),
        ("LIST", 0, format!("* LIST () \"/\" \"{}\"\r\n{{tag}} OK done\r\n", in_utf7(&token))),
        ("LIST", 0, format!("* LIST () \"/\" \"{mixed}\"\r\n{{tag}} OK done\r\n")),
        ("LIST", 4, format!("{{tag}} NO [CANNOT] {token}\r\n")),
    ] {
        let port = start(&world, usize::MAX, command, bytes(answer.clone()));
        let to_trace = ["--trace=trace.txt", "-v", "--log=log.txt"];
        for verb in [&["check", "--report=report.txt"][..], &["folders"], &["folders", "--json"]] {
            let call = world.call_with_token(&[verb, &to_trace].concat()).env("EXOIMAP_PORT", port);
            let (ended, all) = listen(&world, call.env("EXOIMAP_ACCESS_TOKEN", &token), &needles);
            // `check` lists nothing.
            let is_met = command != "LIST" || verb != ["check", "--report=report.txt"];
            assert!(!is_met || all.contains(HIDDEN), "{answer}{all}");
            assert!(!is_met || ended.code == Some(exit), "{answer}{all}");
        }
        // Its name is a directory's nowhere.
        let call = world.call_with_token(&["fetch", "--to", "mail", "--folder", "*", "--json"]);
        let call = call.env("EXOIMAP_PORT", port).env("EXOIMAP_ACCESS_TOKEN", &token);
        let (ended, all) = listen(&world, call, &needles);
        assert!((command, exit) != ("LIST", 0) || ended.code == Some(6), "{answer}{all}");
        let named = super::walk(world.folder.path()).into_iter().find(|path| path.to_string_lossy().contains(&token));
        assert_eq!(named, None, "{answer}");
    }
}

/// Neither word has it whole; the subject that people see has.
#[test]
fn by_a_message_in_adjacent_encoded_words() {
    let world = World::new();
    let token = world.entra.token();
    let (half, rest) = token.split_at(token.len() / 2);
    let word = |text: &str| format!("=?utf-8?B?{}?=", STANDARD.encode(text));
    let uid = world.exchange.deliver(ORDERS, "INBOX", sample::note(&format!("x {}\r\n {}", word(half), word(rest))));
    let uid = uid.to_string();
    for command in [&["search", "--headers"][..], &["search", "--json"], &["fetch", "--to", "mail", "--json"]] {
        let call = world.call_with_token(&[command, &["--uid", &uid, "--trace=trace.txt"]].concat());
        let (ended, all) = listen(&world, call.env("EXOIMAP_ACCESS_TOKEN", &token), &forms(&token));
        assert!(ended.expect(0).stdout.contains(&uid) && ended.stdout.contains("(hidden: repeats"), "{all}");
    }
}

/// The cause stays: its AADSTS number, the hint that belongs to it, the exit code.
#[test]
fn by_entra_in_any_field_and_any_escapes() {
    let special = |form: fn(u32) -> String| -> String {
        let each = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { form(c.into()) };
        SECRET.chars().map(each).collect()
    };
    for said in [
        SECRET.to_owned(),
        special(|c| format!("\\u{c:04X}")),
        special(|c| format!("\\u{c:04x}")),
        special(|c| format!("%{c:02X}")),
        SECRET.replace('/', "\\/"),
        STANDARD.encode(format!("secret={SECRET}")),
    ] {
        for field in ["error_description", "trace_id", "correlation_id", "timestamp"] {
            let world = World::new();
            let body = format!(
                r#"{{"error":"invalid_client","error_codes":[7000215],"error_description":"AADSTS7000215: Invalid client secret.","{field}":"AADSTS7000215: Invalid client secret: {said}"}}"#
            );
            let body = Box::leak(body.into_boxed_str());
            world.entra.behave(Behaviour::Says { status: 401, content_type: "application/json", body });
            for command in [&["check", "--report=report.txt"][..], &["check", "--json"], &["folders"]] {
                let call = world.call(&[command, &["--log=log.txt", "-v"]].concat());
                let (ended, all) = listen(&world, call, &forms(SECRET));
                ended.expect(4).saying(&["AADSTS7000215: Invalid client secret", HIDDEN, "hint: "]);
                assert!(!all.contains(&said), "{all}");
            }
        }
        // No JSON, and a name for it that no standard has.
        let world = World::new();
        let text: &str = Box::leak(format!("<p>who is {said}?").into_boxed_str());
        world.entra.behave(Behaviour::Says { status: 403, content_type: "text/html", body: text });
        let (ended, all) = listen(&world, world.call(&["check", "--report=report.txt"]), &forms(SECRET));
        ended.expect(4).saying(&["HTTP 403 with text/html", HIDDEN]);
        assert!(!all.contains(&said), "{all}");
    }
    // The type of an answer is shown too.
    let world = World::new();
    let content_type = Box::leak(format!("text/{SECRET}").into_boxed_str());
    world.entra.behave(Behaviour::Says { status: 403, content_type, body: "no" });
    listen(&world, world.call(&["check"]), &forms(SECRET)).0.expect(4).saying(&["HTTP 403 with ", HIDDEN]);
}

/// Also where the most that is shown of its page ends within the password.
#[test]
fn by_a_proxy() {
    let pair = format!("{USER}:{PASSWORD}");
    let long = |text: &str, at: usize| format!("{} {text} end", "a".repeat(at));
    let (basic, bare) = (STANDARD.encode(&pair), STANDARD_NO_PAD.encode(&pair));
    for said in [PASSWORD, PASSWORD_IN_URL, &pair, &basic, &bare, &long(&basic, 175), &long(PASSWORD, 180)] {
        let world = World::new();
        let answer = format!("HTTP/1.1 403 Not {said}\r\nConnection: close\r\n\r\n<p>who is {said}?</p>");
        let proxy = Proxy::start(Manner::Answer(Box::leak(answer.into_bytes().into_boxed_slice())));
        let call = world.call_with_token(&["check", "--log=log.txt", "--report=report.txt", "--trace=trace.txt"]);
        let needles =
            [forms(PASSWORD), forms(&pair), vec![PASSWORD_IN_URL.to_owned(), basic[..12].to_owned()]].concat();
        let (ended, _) = listen(&world, call.env("EXOIMAP_PROXY", proxy.url_with_login("http")), &needles);
        ended.expect(4).saying(&["HTTP 403 Not ", "(hidden"]);
    }
    // A password of fewer than 8 bytes stands in any text.
    let world = World::new();
    let proxy = Proxy::start(Manner::Answer(b"HTTP/1.1 403 proxied\r\n\r\nno proxy"));
    let url = format!("http://u:proxy@localhost:{}", proxy.port());
    let ended = world.call_with_token(&["check"]).env("EXOIMAP_PROXY", url).run();
    ended.expect(4).saying(&["HTTP 403 proxied: no proxy"]);
}

#[test]
fn by_the_service_of_a_managed_identity() {
    let world = World::new();
    let port = serve_plain(|mut stream| {
        let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
        if let Ok(request) = Request::read(&mut reader) {
            let header = request.headers.get("x-identity-header").cloned().unwrap_or_default();
            let body = format!(r#"{{"error":"invalid_header","error_description":"not {header}"}}"#);
            let _ = Response::json(400, body).write(&mut stream);
        }
    });
    let call = world.call(&["check", "--log=log.txt", "--report=report.txt"]).without("AZURE_CLIENT_SECRET");
    let call = call.env("EXOIMAP_AUTH", "managed-identity").without("AZURE_CLIENT_ID").env("IDENTITY_HEADER", HEADER);
    let call = call.env("IDENTITY_ENDPOINT", format!("http://127.0.0.1:{port}/msi/token"));
    listen(&world, call, &forms(HEADER)).0.expect(4).saying(&["invalid_header", HIDDEN]);
}

/// A path and a UID are what they are, or a program that reads them would look for the wrong file.
#[test]
fn not_in_a_path() {
    let world = World::new();
    let proxy = Proxy::start(Manner::Connect);
    let url = format!("http://user:shared-name@localhost:{}", proxy.port());
    for more in [&[][..], &["--json", "--refetch"]] {
        let _ = fs::remove_dir_all(world.folder.path().join("shared-name"));
        let call = world.call_with_token(&[&["fetch", "--to", "shared-name", "--uid", "16101"], more].concat());
        let ended = call.env("EXOIMAP_PROXY", &url).run();
        assert!(ended.expect(0).stdout.contains("shared-name/14.16101.eml"), "{ended}");
    }
}
