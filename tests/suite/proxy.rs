//! The way out through a proxy: both connections by the same settings, and a proxy's own refusal told
//! apart from the server's.

use crate::program::{Call, World};
use crate::support::exchange::Exchange;
use crate::support::listen::CLOSED;
use crate::support::proxy::{Manner, PASSWORD, PASSWORD_IN_URL, Proxy, USER};
use crate::support::sample;

/// A token is asked for, one is asked for and used, messages are delivered.
const COMMANDS: [&[&str]; 3] = [&["token"], &["check"], &["fetch", "--to", "mail"]];

const PAGE: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nServer: squid\r\nContent-Type: text/html\r\nContent-Length: 148\r\n\r\n\
    <!DOCTYPE html><html><head><title>ERROR: The requested \x1b[2JURL could not be retrieved</title><style> a{}\
    </style></head><body>Access Denied.</body></html>";

fn call(world: &World, arguments: &[&str]) -> Call {
    world.call(&[arguments, &["--max-wait", "0"]].concat()).env("EXOIMAP_TIMEOUT", "20s").showing_secrets()
}

#[test]
fn both_connections_go_through_it() {
    for (manner, scheme, with_login) in [
        (Manner::Connect, "http", false),
        (Manner::Connect, "http", true),
        (Manner::ConnectWithLogin, "http", true),
        (Manner::Socks5, "socks5", false),
        (Manner::Socks5, "socks5h", true),
        (Manner::Socks5WithLogin, "socks5", true),
    ] {
        let world = World::new();
        let proxy = Proxy::start(manner);
        let url = if with_login { proxy.url_with_login(scheme) } else { proxy.url(scheme) };
        for command in COMMANDS {
            call(&world, command).env("EXOIMAP_PROXY", &url).run().expect(0);
        }
        let (entra, imap) =
            (format!("localhost:{}", world.entra.port()), format!("localhost:{}", world.exchange.port()));
        assert_eq!(proxy.asked(), [&entra, &entra, &imap, &entra, &imap].map(String::clone), "{manner:?}");
        assert_eq!((world.entra.requests().len(), world.exchange.logins()), (3, 2));
    }
}

#[test]
fn check_shows_the_proxy_as_a_step() {
    let world = World::new();
    let proxy = Proxy::start(Manner::ConnectWithLogin);
    let ended = call(&world, &["check"]).env("HTTPS_PROXY", proxy.url_with_login("http")).run();
    let steps = ["token", "claims", "dns", "tcp", "proxy", "tls", "greeting"];
    assert_eq!(ended.expect(0).first_words()[2..9], steps);
    let shown = [
        "the proxy localhost (HTTPS_PROXY) is ".to_owned(),
        format!("http://localhost:{} leads to localhost:", proxy.port()),
    ];
    assert!(shown.iter().all(|words| ended.stdout.contains(words)), "{ended}");
    // Without one, the step before says so.
    let direct = call(&world, &["check"]).run();
    assert!(direct.expect(0).stdout.contains(&format!(":{}, direct\n", world.exchange.port())), "{direct}");
}

/// The host has no address here: only the proxy knows one.
#[test]
fn the_proxy_looks_names_up() {
    for (manner, scheme) in [(Manner::Connect, "http"), (Manner::Socks5, "socks5")] {
        let world = World::new();
        let identity = world.authority.identity(&["imap.example.com"]);
        let exchange = Exchange::start_as(identity, &world.entra.key(), sample::mailboxes());
        let proxy = Proxy::start(manner);
        let ended = world
            .call_with_token(&["check"])
            .env("EXOIMAP_HOST", "imap.example.com")
            .env("EXOIMAP_PORT", exchange.port());
        ended.env("ALL_PROXY", proxy.url(scheme)).run().expect(0);
        assert_eq!(proxy.asked(), [format!("imap.example.com:{}", exchange.port())]);
    }
}

#[test]
fn an_address_goes_as_it_is() {
    for (manner, scheme) in [(Manner::Connect, "http"), (Manner::Socks5, "socks5")] {
        let world = World::new();
        let proxy = Proxy::start(manner);
        let authority = format!("https://127.0.0.1:{}", world.entra.port());
        call(&world, &["token"])
            .env("AZURE_AUTHORITY_HOST", authority)
            .env("EXOIMAP_PROXY", proxy.url(scheme))
            .run()
            .expect(0);
        assert_eq!(proxy.asked(), [format!("127.0.0.1:{}", world.entra.port())]);
    }
}

/// Each way of a proxy to say no: exit code and words for the token request and for the mail alike.
#[test]
fn its_refusal_is_its_own() {
    let squid: &[&str] = &[
        "refused to connect to localhost:",
        "HTTP 403 Forbidden: ERROR: The requested \\x1b[2JURL could not be retrieved\n",
    ];
    let ntlm =
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: Negotiate\r\n\
        Content-Length: 0\r\n\r\n";
    let endless = Manner::Endless(b"HTTP/1.1 200 OK\r\n", b"X-Field: and another one\r\n");
    let page_without_end = Manner::Endless(b"HTTP/1.1 403 No\r\n\r\n", b"no ");
    let table: [(&str, Manner, i32, &[&str]); 23] = [
        ("http", Manner::Answer(PAGE), 4, squid),
        (
            "http",
            Manner::ConnectWithLogin,
            4,
            &["HTTP 407 Proxy Authentication Required, it offers Basic\n", "EXOIMAP_PROXY"],
        ),
        (
            "http",
            Manner::Answer(ntlm),
            4,
            &["HTTP 407 Proxy Authentication Required, it offers NTLM Negotiate\n", "cntlm"],
        ),
        (
            "http",
            Manner::Answer(b"HTTP/1.0 502 Bad Gateway\r\n\r\n<h1>no</h1> route"),
            5,
            &["HTTP 502 Bad Gateway: no route\n"],
        ),
        ("http", Manner::Answer(b"HTTP/1.1 503 \r\n\r\n"), 5, &["HTTP 503\n"]),
        ("http", Manner::Answer(b"HTTP/1.1 504\r\n\r\n"), 5, &["HTTP 504\n"]),
        (
            "http",
            Manner::Answer(b"HTTP/1.1 302 Found\r\nLocation: https://login.example.com/\r\n\r\n"),
            4,
            &["HTTP 302 Found"],
        ),
        ("http", Manner::Answer(b"HTTP/1.1 100 Continue\r\n\r\n"), 7, &["HTTP 100 Continue"]),
        (
            "http",
            Manner::Answer(b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n"),
            7,
            &["does not answer as HTTP proxies do"],
        ),
        ("http", Manner::Answer(b"HTTP/1.1 two hundred\r\n\r\n"), 7, &["does not answer as HTTP proxies do"]),
        ("http", Manner::Answer(b"HTTP/1.1 200 OK\r\nand then"), 5, &["closed the connection without an answer"]),
        ("http", Manner::Answer(b""), 5, &["closed the connection without an answer"]),
        ("http", endless, 7, &["bytes of header and no end"]),
        ("http", page_without_end, 4, &["HTTP 403 No: no no no"]),
        ("http", Manner::Silent, 5, &["did not answer within the time allowed (--timeout, "]),
        ("socks5", Manner::Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), 5, &["did not answer"]),
        ("socks5", Manner::Socks5WithLogin, 4, &["wants a user and a password"]),
        ("socks5", Manner::Socks5Reply(1), 5, &["general failure (SOCKS5 reply 1)"]),
        ("socks5", Manner::Socks5Reply(2), 4, &["not allowed by its rules (SOCKS5 reply 2)"]),
        ("socks5", Manner::Socks5Reply(4), 5, &["host unreachable"]),
        ("socks5", Manner::Socks5Reply(5), 5, &["connection refused"]),
        ("socks5", Manner::Socks5Reply(7), 4, &["does not know CONNECT"]),
        ("socks5", Manner::Socks5Reply(99), 7, &["a reply that SOCKS5 does not have (SOCKS5 reply 99)"]),
    ];
    for (scheme, manner, code, words) in table {
        let world = World::new();
        let proxy = Proxy::start(manner);
        let prefix = format!("exoimap: proxy: the proxy localhost:{} ", proxy.port());
        let timeout = if words[0].starts_with("did not answer") { "1s" } else { "20s" };
        // With a token at hand it is the mail's connection that is refused, and in the same words.
        for call in [call(&world, &["token"]), world.call_with_token(&["check"])] {
            let ended = call.env("EXOIMAP_TIMEOUT", timeout).env("EXOIMAP_PROXY", proxy.url(scheme)).run();
            assert_eq!(ended.code, Some(code), "{manner:?}: {ended}");
            ended.promptly().one_error().saying(&[&prefix]).saying(words);
        }
        assert_eq!((world.entra.requests().len(), world.exchange.connections()), (0, 0), "{manner:?}");
    }
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let world = World::new();
    for (manner, scheme, words) in [
        (Manner::ConnectWithLogin, "http", "HTTP 407"),
        (Manner::Socks5WithLogin, "socks5", "refused the user or the password"),
    ] {
        let proxy = Proxy::start(manner);
        let url = format!("{scheme}://{USER}:wrong-one@localhost:{}", proxy.port());
        let ended = call(&world, &["check"]).env("EXOIMAP_PROXY", url).run();
        ended.expect(4).one_error().saying(&[words, "hint: "]);
        assert!(!ended.stderr.contains("wrong-one"), "{ended}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let world = World::new();
    let nowhere = call(&world, &["check"]).env("https_proxy", format!("http://localhost:{CLOSED}")).run();
    nowhere.expect(5).one_error().saying(&["tcp: no connection to the proxy localhost (https_proxy): ", "hint: "]);
    let nobody = call(&world, &["check"]).env("https_proxy", "http://proxy.invalid:3128").run();
    nobody.expect(5).one_error().saying(&["dns: looking up the proxy proxy.invalid (https_proxy): ", "hint: "]);
    // It is there, and the server is not.
    let proxy = Proxy::start(Manner::Connect);
    let gone =
        world.call_with_token(&["check"]).env("https_proxy", proxy.url("http")).env("EXOIMAP_PORT", CLOSED).run();
    gone.expect(5).one_error().saying(&["proxy: the proxy localhost:", "HTTP 502 Bad Gateway"]);
}

/// Whose setting counts: the option before the variables, whose own order `net::proxy` has.
#[test]
fn the_nearest_setting_counts() {
    let world = World::new();
    let (proxy, other) = (Proxy::start(Manner::Connect), Proxy::start(Manner::Connect));
    let (url, other_url) = (proxy.url("http"), other.url("http"));
    let token = |arguments: &[&str]| call(&world, &[&["token"], arguments].concat());
    let through: [Call; 2] = [
        token(&["--proxy", url.trim_start_matches("http://")]).env("EXOIMAP_PROXY", &other_url),
        token(&[]).env("EXOIMAP_PROXY", &url).env("HTTPS_PROXY", &other_url),
    ];
    for call in through {
        let before = proxy.asked().len();
        let ended = call.run();
        assert_eq!((ended.expect(0).code, proxy.asked().len()), (Some(0), before + 1), "{ended}");
    }
    let direct: [Call; 4] = [
        token(&["--proxy", ""]).env("HTTPS_PROXY", &other_url),
        token(&["--proxy", "none"]).env("EXOIMAP_PROXY", &other_url),
        token(&["--proxy", &other_url]).env("no_proxy", "*"),
        token(&[]).env("HTTP_PROXY", &other_url),
    ];
    for call in direct {
        call.run().expect(0);
    }
    assert_eq!(other.asked(), Vec::<String>::new());
    // A port leaves out one of the two.
    let some = Proxy::start(Manner::Connect);
    let except = format!("localhost:{}", world.entra.port());
    call(&world, &["check"]).env("HTTPS_PROXY", some.url("http")).env("NO_PROXY", except).run().expect(0);
    assert_eq!(some.asked(), [format!("localhost:{}", world.exchange.port())]);
}

#[test]
fn a_password_is_no_argument() {
    let world = World::new();
    for url in [
        format!("http://{USER}:{PASSWORD_IN_URL}@localhost:3128"),
        format!("http://{USER}:{PASSWORD}@localhost:3128"),
        format!("socks5://{PASSWORD_IN_URL}@localhost:3128"),
    ] {
        let ended = call(&world, &["check", "--proxy", &url]).run();
        ended.expect(2).one_error().saying(&["--proxy", "EXOIMAP_PROXY"]);
        assert!(!ended.stderr.contains("real-password"), "{ended}");
    }
    for url in [format!("ftp://{USER}:{PASSWORD_IN_URL}@localhost"), format!("http://{USER}:{PASSWORD}@localhost:3128")]
    {
        for name in ["EXOIMAP_PROXY", "HTTPS_PROXY", "all_proxy"] {
            let ended = call(&world, &["check"]).env(name, &url).run();
            ended.expect(2).one_error().saying(&[name]);
            assert!(!ended.stderr.contains("real-password"), "{ended}");
        }
    }
    assert_eq!(world.entra.requests().len(), 0);
}
