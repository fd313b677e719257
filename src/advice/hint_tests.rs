//! Every row of the table is reached, and `docs/troubleshooting.md` has a heading with its words.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};

use super::*;
use crate::error::{Cause, EntraReply, ServerReply};
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const APPLICATION: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
const OBJECT: &str = "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb";
const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";

/// The claims of a user's token; what a user is called is no plain word here.
const USERS: &str =
    r#""aud":"https://outlook.office.com","scp":"openid IMAP.AccessAsUser.All","upn":"ann@contoso.com; x""#;

/// The claims of a good token, without their braces.
fn good() -> String {
    format!(
        r#""aud":"https://outlook.office365.com","roles":["IMAP.AccessAsApp"],"oid":"{OBJECT}","appid":"{APPLICATION}","tid":"{TENANT}""#
    )
}

fn facts(claims: &str) -> Facts {
    let token = format!("e30.{}.s", URL_SAFE_NO_PAD.encode(format!("{{{claims}}}")));
    Facts {
        mailbox: "orders@contoso.com".into(),
        host: "outlook.office365.com".into(),
        tenant: Some(TENANT.into()),
        client_id: Some(APPLICATION.into()),
        claims: Claims::of(&Secret::new(token)),
    }
}

/// The server's words in a phase, e.g. `NO AUTHENTICATE failed.`
fn replied(kind: Kind, phase: Phase, words: &str) -> Error {
    let (status, text) = words.split_once(' ').unwrap();
    let status = ["NO", "BAD", "BYE", "PREAUTH"].into_iter().find(|known| *known == status).unwrap();
    let reply = ServerReply { status, code: None, text: text.into() };
    Error::new(kind, phase, "the server refused").with_reply(reply)
}

fn no(words: &str) -> Error {
    replied(Kind::Refused, Phase::Authenticate, words)
}

fn coded(code: u64) -> Error {
    let mut reply = EntraReply { error: "invalid_client".into(), ..EntraReply::default() };
    reply.codes.push(code);
    reply.timestamp = "2026-09-04 01:51:03Z".into();
    Error::new(Kind::Refused, Phase::Token, "x").with_entra(reply)
}

fn said(kind: Kind, phase: Phase, message: &str) -> Error {
    Error::new(kind, phase, message).with_peer("outlook.office365.com", 993)
}

fn tls(words: &str) -> Error {
    said(Kind::Refused, Phase::Tls, &format!("outlook.office365.com: error:0A000086:SSL routines::{words}"))
}

fn disk(kind: ErrorKind) -> Error {
    Error::disk("writing x", kind.into())
}

/// Each refusal of Entra ID as it is sent: what it is turned into, and the first hint.
fn refusals_of_entra() -> impl Iterator<Item = (Error, String)> {
    let rows = include_str!("../../tests/support/entra/codes.txt").lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let [numbers, hint, words] = row.split(" | ").collect::<Vec<_>>()[..] else { panic!("{row}") };
        let [code, status, error, kind] = numbers.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{row}") };
        let description = format!("AADSTS{code}: {words}");
        let body = format!(r#"{{"error":"{error}","error_description":"{description}","error_codes":[{code}]}}"#);
        let status = status.parse().unwrap();
        let refused = crate::entra::request::refusal("Entra ID", status, "application/json", None, body.as_bytes());
        assert_eq!(format!("{:?}", refused.kind()).to_lowercase(), kind, "{row}");
        assert!(refused.to_string().contains(&description), "{refused}");
        (refused, hint.replace("{app}", APPLICATION))
    })
}

/// An error, what is known, and the beginning or a part of its first hint.
fn cases() -> Vec<(Error, String, &'static str)> {
    use Kind::{Local, Protocol, Refused, Temporary, Usage};
    let mut cases = Vec::new();
    let mut known = |error: Error, claims: &str, hint: &'static str| cases.push((error, claims.to_owned(), hint));
    known(coded(700024).because(Cause::Clock), "", "set this machine's clock");
    let page = |kind, status| said(kind, Phase::Token, "x").because(Cause::NotEntra(status));
    known(page(Refused, 407), "", "a proxy wants a user name");
    known(page(Refused, 403), "", "perhaps a proxy or a sign-in page");
    known(page(Temporary, 502), "", "perhaps a proxy could not reach Entra");
    known(said(Refused, Phase::Token, "x").because(Cause::Redirected), "", "perhaps a sign-in page");
    known(said(Protocol, Phase::Token, "x").because(Cause::CutAnswer), "", "perhaps a proxy cut");
    let mut uncoded = EntraReply { error: "x".into(), ..EntraReply::default() };
    uncoded.codes.clear();
    known(said(Refused, Phase::Token, "x").with_entra(uncoded), "", "see the sign-in logs of the tenant");
    // The way there.
    known(said(Temporary, Phase::Resolve, "looking up x: Name or service not known"), "", "check the host name");
    known(said(Temporary, Phase::Resolve, "x").because(Cause::TimedOut), "", "this host's DNS servers");
    known(
        said(Temporary, Phase::Connect, "x: Connection refused (os error 111)"),
        "",
        "nothing listens there, or a firewall",
    );
    known(said(Temporary, Phase::Connect, "192.0.2.1:993 did not answer"), "", "perhaps a firewall drops it");
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let error = Error::new(Temporary, Phase::Connect, "no connection to it: did not answer");
        known(error.with_peer(host, 80), "", "nothing listens there: start what should answer at");
    }
    let unreachable = "192.0.2.1:993: Network is unreachable (os error 101)";
    known(said(Temporary, Phase::Connect, unreachable), "", "this host has no route there");
    known(said(Temporary, Phase::Token, "no answer within the time allowed (--timeout)"), "", "perhaps a firewall");
    known(tls("certificate verify failed: (Hostname mismatch)"), "", "another server answers");
    known(tls("certificate verify failed: (certificate has expired)"), "", "compare this machine's clock");
    known(tls("wrong version number"), "", "what answers on port 993 speaks no TLS");
    known(tls("unsupported protocol"), "", "the other side has no TLS 1.2");
    known(
        tls("certificate verify failed: (unable to get local issuer certificate)"),
        "",
        "perhaps an inspecting proxy",
    );
    let bare = "certificate verify failed: (unable to get local issuer certificate) (this host has no CA store)";
    known(tls(bare).because(Cause::NoCaStore), "", "install ca-certificates");
    known(
        said(Temporary, Phase::Tls, "x: the connection broke in the handshake"),
        "",
        "perhaps a firewall or a proxy cuts",
    );
    known(said(Usage, Phase::Tls, "reading the CA file x: it holds no PEM certificate"), "", "--ca-file");
    // A proxy.
    let proxy = |kind, cause| said(kind, Phase::Proxy, "x").because(cause);
    known(proxy(Refused, Cause::ProxyMethod), "", "such as cntlm or px");
    known(proxy(Refused, Cause::ProxyLogin), "", "name user and password");
    known(proxy(Refused, Cause::ProxyForbids), "", "acl SSL_ports port 993");
    let entra = proxy(Refused, Cause::ProxyForbids).with_peer("login.microsoftonline.com", 443);
    known(entra, "", "connect to login.microsoftonline.com, TCP port 443");
    known(said(Refused, Phase::Proxy, "not allowed by its rules (SOCKS5 reply 2)"), "", "must let this host");
    known(proxy(Temporary, Cause::ProxyCannot), "", "the proxy could not connect");
    known(
        said(Protocol, Phase::Proxy, "does not answer as HTTP proxies do"),
        "",
        "perhaps it is a proxy of the other kind",
    );
    known(said(Temporary, Phase::Proxy, "did not answer in time"), "", "perhaps this host needs no proxy");
    known(said(Temporary, Phase::Connect, "x").because(Cause::NoProxy), "", "perhaps this host needs no proxy");
    // The sign-in.
    let failed = || no("NO AUTHENTICATE failed.");
    let claims = |part: &str| format!(r#""tid":"{TENANT}",{part}"#);
    for error in [failed, || Error::new(Refused, Phase::Claims, "x")] {
        known(
            error(),
            &claims(r#""aud":"https://graph.microsoft.com""#),
            "the token is for https://graph.microsoft.com",
        );
        known(error(), &claims(r#""aud":"https://outlook.office365.com""#), "the token has no roles");
        known(error(), &claims(r#""roles":["Mail.Read"]"#), "the token's roles lack IMAP.AccessAsApp");
        known(error(), &claims(r#""scp":"Mail.Read""#), "the token is a user's (it has scp) and lacks IMAP");
        known(error(), &format!(r#""exp":1700000000,{}"#, good()), "the token has expired");
    }
    known(failed(), &claims(USERS), "the token is a user's (it has scp), and opens that user's own mailbox");
    known(failed(), &good(), "the token is good (roles IMAP.AccessAsApp); perhaps Exchange does not know");
    known(
        failed(),
        &good().replace(TENANT, "ffffffff-0000-cccc-1111-dddd2222eeee"),
        "the token is of the tenant ffffffff",
    );
    known(
        no("NO AuthFailed:LogonDenied-BasicAuthBlocked-<UserType:OutlookCom>"),
        &good(),
        "Exchange Online takes no passwords",
    );
    known(no("NO LOGIN failed."), &good(), "Exchange Online takes no passwords");
    known(no("NO AUTHENTICATE failed. NoADRecipient"), &good(), "Exchange finds no mailbox");
    known(
        said(Refused, Phase::Authenticate, "x").because(Cause::NoXoauth2),
        &good(),
        "perhaps outlook.office365.com is not Exchange",
    );
    let closed = || replied(Refused, Phase::Mailbox, "BAD User is authenticated but not connected.");
    known(
        closed(),
        &good(),
        "perhaps the application may not open it: Add-MailboxPermission -Identity orders@contoso.com",
    );
    known(
        replied(Refused, Phase::Authenticate, "BAD Command Argument Error. 11"),
        &good(),
        "the server did not understand the sign-in",
    );
    known(closed().adding(" [Error=\"UserDisabled\"]"), &good(), "Exchange says that IMAP is off");
    // The session.
    known(
        replied(Temporary, Phase::Greeting, "BYE Connection refused, too many connections"),
        "",
        "the server takes no",
    );
    known(replied(Protocol, Phase::Greeting, "PREAUTH ready"), "", "outlook.office365.com is not Exchange Online");
    known(
        said(Protocol, Phase::Greeting, "the server broke the protocol: expected a greeting"),
        "",
        "what answers on port",
    );
    for (words, hint) in [
        ("BYE Session invalidated - AccessTokenExpired", "the token has expired"),
        ("BAD Command received in Invalid state.", "the server had ended the session"),
        ("BYE Connection closed. 14", "the server hung up after many errors"),
        ("BYE Connection closed.", "the server hung up: run again"),
        ("BYE Connection is closed. 13", "the server hung up: run again"),
        ("BYE Microsoft Exchange Server IMAP4 server signing off.", "the server is going down"),
        ("BYE Server Unavailable. 15", "a temporary failure of Exchange"),
        ("NO Server Unavailable. 15", "a temporary failure of Exchange"),
    ] {
        known(replied(Temporary, Phase::Fetch, words), "", hint);
    }
    let throttled =
        replied(Temporary, Phase::Fetch, "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds");
    known(throttled.with_retry_after(std::time::Duration::from_millis(92_415)), "", "Exchange slows this mailbox");
    known(said(Temporary, Phase::Select, "x").because(Cause::TimedOut), "", "run again; if it stays, allow more");
    known(
        said(Temporary, Phase::Fetch, "x").because(Cause::ConnectionLost),
        "",
        "run again; if it stays, perhaps a firewall",
    );
    for (words, hint) in [
        ("BAD Command Argument Error. 11", "Exchange takes no such value"),
        ("BAD Command Argument Error. 12", "Exchange could not read the command"),
        ("BAD Command Error. 10", "Exchange does not know the command"),
        ("NO [BADCHARSET (US-ASCII)] The specified charset is not supported.", "Exchange searches ASCII only"),
    ] {
        known(replied(Refused, Phase::Command, words), "", hint);
    }
    known(replied(Refused, Phase::Select, "NO Orders doesn't exist."), "", "exoimap folders lists the names");
    known(
        replied(Refused, Phase::Select, "NO INBOX doesn't exist."),
        "",
        "perhaps the mailbox has a second folder named Inbox",
    );
    known(said(Protocol, Phase::Command, "the server broke the protocol: x"), "", "run exoimap check --report FILE");
    // This machine.
    known(said(Refused, Phase::Select, "x").because(Cause::UidValidity), "", "--accept-uidvalidity");
    let restored = said(Protocol, Phase::Select, "x").because(Cause::FolderRestored);
    known(restored, "", "run again, since it may have been the server; else --refetch");
    known(said(Temporary, Phase::Disk, "x").because(Cause::AnotherRun), "", "wait for it to end");
    known(disk(ErrorKind::StorageFull), "", "make room");
    known(disk(ErrorKind::QuotaExceeded), "", "make room");
    known(disk(ErrorKind::PermissionDenied), "", "the account that runs exoimap");
    known(
        said(Usage, Phase::Credential, "reading x: Permission denied (os error 13)"),
        "",
        "the account that runs exoimap",
    );
    known(disk(ErrorKind::ReadOnlyFilesystem), "", "name a directory that can be written");
    known(disk(ErrorKind::NotADirectory), "", "name a directory of its own");
    let cache = Error::disk("making the token cache x (--token-cache)", ErrorKind::AlreadyExists.into());
    known(cache, "", "name a directory of its own");
    let report = "writing x (--report): No space left on device (os error 28)";
    known(said(Local, Phase::Options, report), "", "quota), then run again");
    known(Error::disk("writing x", io::Error::from_raw_os_error(24)), "", "allow more");
    known(said(Usage, Phase::Credential, "reading x: No such file or directory (os error 2)"), "", "check the path");
    cases
}

#[test]
fn every_row_is_reached_and_says_what_to_do() {
    let mut reached = BTreeSet::new();
    let opaque =
        (no("NO AUTHENTICATE failed."), Facts { claims: None, ..facts("") }, "the token says nothing".to_owned());
    let cases = cases().into_iter().map(|(error, claims, hint)| (error, facts(&claims), hint.to_owned()));
    let entra = refusals_of_entra().map(|(error, hint)| (error, facts(""), hint));
    for (error, facts, hint) in cases.chain(entra).chain([opaque]) {
        let seen = Seen { error: &error, facts: &facts };
        let hints = hints(&error, &facts);
        assert!(
            hint.is_empty() || hints.first().is_some_and(|first| first.contains(&hint)),
            "{error}: {hint}: {hints:?}"
        );
        assert!(hints.len() <= MOST);
        reached.extend(rows(&seen).map(|row| std::ptr::from_ref(row) as usize));
    }
    let missed = TABLE.iter().chain(&LAST).copied().flatten();
    let missed: Vec<_> = missed.filter(|row| !reached.contains(&(std::ptr::from_ref(*row) as usize))).collect();
    let missed: Vec<_> = missed.iter().map(|row| row.words).collect();
    assert!(missed.is_empty(), "no case reaches {missed:#?}");
}

#[test]
fn every_row_has_its_heading_and_every_heading_a_row() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/troubleshooting.md")).unwrap();
    let headings: BTreeSet<_> =
        text.lines().filter_map(|line| line.strip_prefix("### ")).map(|line| line.trim_matches('`')).collect();
    let words: BTreeSet<_> = TABLE.iter().chain(&LAST).copied().flatten().map(|row| row.words).collect();
    let missing: Vec<_> = words.difference(&headings).collect();
    assert!(missing.is_empty(), "docs/troubleshooting.md has no heading `### \\`…\\`` for {missing:#?}");
    let stray: Vec<_> = headings.difference(&words).collect();
    assert!(stray.is_empty(), "no row of the table says {stray:#?}");

    // README keeps the ten most common: each is a row, by the same words.
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, section) = readme.split_once("\n## When it does not work\n").expect("README.md has the section");
    let section = section.split("\n## ").next().unwrap();
    let common: Vec<_> = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(common.len(), 10, "{common:#?}");
    // README shows where an id of theirs stands among the words.
    let is_known = |said: &str| words.iter().any(|words| words.contains(&said.replace("'…' ", "")));
    let strange: Vec<_> = common.iter().filter(|said| !is_known(said)).collect();
    assert!(strange.is_empty(), "no row of the table says {strange:#?}");
}

#[test]
fn the_mailbox_that_is_not_connected_has_three_causes() {
    let error = replied(Kind::Refused, Phase::Mailbox, "BAD User is authenticated but not connected.");
    let hints = hints(&error, &facts(&good()));
    let full_access =
        format!("Add-MailboxPermission -Identity orders@contoso.com -User {OBJECT} -AccessRights FullAccess");
    assert!(hints[0].contains(&full_access), "{hints:?}");
    assert!(hints[1].contains("Set-CASMailbox orders@contoso.com -ImapEnabled $true"), "{hints:?}");
    // Where the cmdlets run is said once.
    assert_eq!(hints.iter().filter(|hint| hint.contains("Connect-ExchangeOnline")).count(), 1, "{hints:?}");
    assert_eq!(hints.len(), MOST);
}

/// A person who signed in has no service principal, and none is spoken of.
#[test]
fn a_users_token_gets_a_users_hints() {
    let facts = Facts { tenant: None, ..facts(USERS) };
    let full_access =
        "Add-MailboxPermission -Identity orders@contoso.com -User 'ann@contoso.com; x' -AccessRights FullAccess";
    let refused = hints(&no("NO AUTHENTICATE failed."), &facts);
    assert!(refused.len() == 2 && refused[0].contains(full_access), "{refused:?}");
    assert!(refused[1].contains("Set-CASMailbox orders@contoso.com -ImapEnabled $true"), "{refused:?}");
    let closed = replied(Kind::Refused, Phase::Mailbox, "BAD User is authenticated but not connected.");
    let closed = hints(&closed, &facts);
    assert!(closed[0].contains("the user may not open it") && closed[0].contains(full_access), "{closed:?}");
}

/// What a token or a list of mailboxes says is written by somebody else, and pasted by an administrator.
#[test]
fn what_is_pasted_is_one_word() {
    let error = || replied(Kind::Refused, Phase::Mailbox, "BAD User is authenticated but not connected.");
    let facts = Facts { mailbox: "x\u{2019}; Remove-Mailbox y@contoso.com".into(), ..facts(&good()) };
    assert!(
        hints(&error(), &facts)[1].contains("Set-CASMailbox 'x\u{2019}\u{2019}; Remove-Mailbox y@contoso.com' -Imap")
    );
    let claims = good().replace(OBJECT, "x; Remove-Mailbox y").replace(APPLICATION, "`reboot`");
    let facts = Facts { claims: self::facts(&claims).claims, ..facts };
    assert!(hints(&error(), &facts)[0].contains("-User <object id of the enterprise application> -Access"));
    assert!(
        hints(&no("NO AUTHENTICATE failed."), &facts)[0]
            .contains(&format!("-AppId {APPLICATION} -ObjectId <object id"))
    );
}
