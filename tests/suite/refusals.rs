//! Every refusal that is publicly known of Entra ID and Exchange Online, and of what stands between: a
//! scripted server or endpoint reproduces it, and the built program must say the cause and the command, and
//! end with the exit code that a script can act on.

use std::io::Write;
use std::net::TcpListener;

use crate::enemy::{bytes, start};
use crate::program::{Call, World};
use crate::support::certificate::Authority;
use crate::support::entra::{Behaviour, CLIENT_ID, SECRET};
use crate::support::exchange::{Exchange, Fault};
use crate::support::jwt::TokenShape;
use crate::support::sample::{self, DISABLED, NO_ACCESS};

const CHECK: &[&str] = &["check"];
const FETCH: &[&str] = &["fetch", "--to", "mail"];

/// AADSTS number, exit code, words of the hint. `{app}` stands for the application's id.
const CODES: [(u32, i32, &str); 51] = [
    (7_000_215, 4, "copy the secret's Value, not its Secret ID"),
    (7_000_222, 4, "az ad app credential reset --id {app} --append"),
    (700_016, 4, "has no application {app}"),
    (700_011, 4, "has no application {app}"),
    (90_002, 4, "--cloud usgov, usgov-dod or china"),
    (900_023, 4, "name the tenant by its GUID"),
    (1_002_012, 4, "https://outlook.office365.com/.default"),
    (70_011, 4, "https://outlook.office365.com/.default"),
    (28_002, 4, "https://outlook.office365.com/.default"),
    (28_003, 4, "https://outlook.office365.com/.default"),
    (500_011, 4, "the tenant has no Exchange Online licence"),
    (650_052, 4, "Microsoft 365 admin center > Billing > Licenses"),
    (650_057, 4, "Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp"),
    (65_001, 4, "az ad app permission admin-consent --id {app}"),
    (700_027, 4, "az ad app credential list --id {app} --cert"),
    (700_024, 4, "clock"),
    (500_133, 4, "clock"),
    (50_013, 4, "clock"),
    (50_012, 4, "az ad app credential list --id {app} --cert"),
    (700_025, 4, "az ad app update --id {app} --is-fallback-public-client false"),
    (7_000_218, 4, "no credential reached Entra"),
    (700_213, 4, "az ad app federated-credential list --id {app}"),
    (700_211, 4, "az ad app federated-credential list --id {app}"),
    (70_021, 4, "az ad app federated-credential list --id {app}"),
    (7_000_112, 4, "az ad sp update --id {app} --set accountEnabled=true"),
    (70_001, 4, "az ad sp update --id {app} --set accountEnabled=true"),
    (53_003, 4, "give the administrator this host's public address"),
    (530_035, 4, "security defaults"),
    (50_034, 4, "sign in as an application"),
    (50_076, 4, "sign in as an application"),
    (50_079, 4, "sign in as an application"),
    (50_126, 4, "sign in as an application"),
    (50_053, 4, "sign in as an application"),
    (50_057, 4, "sign in as an application"),
    (50_196, 5, "--token-cache DIR"),
    (90_055, 5, "a temporary failure of Entra"),
    (50_033, 5, "a temporary failure of Entra"),
    (90_006, 5, "a temporary failure of Entra"),
    (90_024, 5, "a temporary failure of Entra"),
    (90_033, 5, "a temporary failure of Entra"),
    (9_001_023, 4, "name the tenant itself"),
    (50_059, 4, "name the tenant itself"),
    (900_144, 4, "perhaps a proxy rewrites the request"),
    (900_382, 4, "name it by --cloud"),
    (90_038, 4, "name it by --cloud"),
    (90_012, 5, "a temporary failure of Entra"),
    (90_090, 5, "a temporary failure of Entra"),
    (900_432, 4, "name it by --cloud"),
    (9_002_313, 4, "perhaps a proxy rewrites the request"),
    (900_561, 4, "perhaps a proxy rewrites the request"),
    (99_999, 4, "https://login.microsoftonline.com/error?code=99999"),
];

#[test]
fn each_number_of_entra_leads_to_its_step() {
    let world = World::new();
    for (code, exit, hint) in CODES {
        world.entra.behave(Behaviour::Refuses(code));
        let ended = world.run(&["check", "--max-wait", "0"]);
        let number = format!("AADSTS{code}: ");
        let hint = hint.replace("{app}", CLIENT_ID);
        ended.expect(exit).one_error().saying(&[
            "exoimap: token: Entra ID refused (HTTP ",
            &number,
            "trace id ",
            &hint,
        ]);
    }
    assert_eq!(world.exchange.connections(), 0);
}

/// A case of what is no number of Entra's: its name, how to call the program in it, the exit code, and what
/// must be said: the cause, then the command or the next action.
struct Case {
    name: &'static str,
    call: fn(&World) -> Call,
    exit: i32,
    says: &'static [&'static str],
}

const PRINCIPAL: &str =
    "New-ServicePrincipal -AppId 00001111-aaaa-2222-bbbb-3333cccc4444 -ObjectId aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb";
const FULL_ACCESS: &str = "-User aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb -AccessRights FullAccess";

const CASES: &[Case] = &[
    // In Entra's place (1.7).
    Case {
        name: "a proxy blocks the authority",
        call: |world| entra(world, Behaviour::ProxyHtml { status: 403 }),
        exit: 4,
        says: &["token: HTTP 403 with text/html", "Access denied", "perhaps a proxy or a sign-in page"],
    },
    Case {
        name: "a proxy wants a password",
        call: |world| entra(world, Behaviour::ProxyHtml { status: 407 }),
        exit: 4,
        says: &["token: HTTP 407", "put them into HTTPS_PROXY"],
    },
    Case {
        name: "a proxy cannot reach the authority",
        call: |world| entra(world, Behaviour::ProxyHtml { status: 502 }),
        exit: 5,
        says: &["token: HTTP 502", "perhaps a proxy could not reach Entra"],
    },
    Case {
        name: "a captive portal redirects",
        call: |world| entra(world, Behaviour::Redirect { to: "https://portal.example.com/".into() }),
        exit: 4,
        says: &["the endpoint redirects to https://portal.example.com/", "perhaps a sign-in page of the network"],
    },
    Case {
        name: "a captive portal answers 200",
        call: |world| {
            entra(
                world,
                Behaviour::Says { status: 200, content_type: "text/html", body: "<html>please sign in</html>" },
            )
        },
        exit: 7,
        says: &["token: HTTP 200 with text/html", "please sign in", "perhaps a proxy or a sign-in page"],
    },
    Case {
        name: "the token is cut",
        call: |world| entra(world, Behaviour::TruncatedJson),
        exit: 7,
        says: &["not complete JSON with an access_token", "perhaps a proxy cut or replaced the answer"],
    },
    Case {
        name: "an answer without end",
        call: |world| entra(world, Behaviour::HugeBody { bytes: 3_000_000 }),
        exit: 7,
        says: &["has more than 1048576 bytes", "perhaps a proxy cut or replaced"],
    },
    Case {
        name: "an unknown error without a number",
        call: |world| {
            let body = r#"{"error":"server_is_odd","error_description":"no number"}"#;
            entra(world, Behaviour::Says { status: 400, content_type: "application/json", body })
        },
        exit: 4,
        says: &["Entra ID refused (HTTP 400, server_is_odd): no number", "sign-in logs"],
    },
    Case {
        name: "throttled by Entra",
        call: |world| entra(world, Behaviour::ThrottleOnce { retry_after: 7 }),
        exit: 5,
        says: &["HTTP 429", "run again in 7 seconds"],
    },
    Case {
        name: "Entra is unavailable",
        call: |world| entra(world, Behaviour::Unavailable { times: 9 }),
        exit: 5,
        says: &["HTTP 503", "a temporary failure of Entra"],
    },
    // The way there.
    Case {
        name: "a host that is misspelt",
        call: |world| world.call_with_token(CHECK).env("EXOIMAP_HOST", "nowhere.invalid"),
        exit: 5,
        says: &["dns: looking up nowhere.invalid", "check the host name nowhere.invalid"],
    },
    Case {
        name: "an authority that is misspelt",
        call: |world| world.call(CHECK).env("AZURE_AUTHORITY_HOST", "https://login.invalid"),
        exit: 5,
        says: &["dns: looking up login.invalid", "nslookup login.invalid"],
    },
    Case {
        name: "nobody listens",
        call: |world| {
            let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            world.call_with_token(CHECK).env("EXOIMAP_PORT", closed)
        },
        exit: 5,
        says: &["tcp: no connection to localhost", "Connection refused", "nc -vz localhost "],
    },
    Case {
        name: "an inspecting proxy signs",
        call: |world| world.call(CHECK).env("EXOIMAP_CA_FILE", world.folder.file("other.pem", Authority::new().pem())),
        exit: 4,
        says: &["tls: localhost: ", "--ca-file (EXOIMAP_CA_FILE)", "openssl s_client -connect localhost:"],
    },
    Case {
        // A host without any CA store is another matter: tests/static has one.
        name: "a signer that the system does not know",
        call: |world| world.call(CHECK).without("EXOIMAP_CA_FILE"),
        exit: 4,
        says: &["tls: localhost: ", "--ca-file (EXOIMAP_CA_FILE)", "openssl s_client -connect localhost:"],
    },
    Case {
        name: "a certificate for another name",
        call: |world| {
            let identity = world.authority.identity(&["imap.example.com"]);
            let exchange = Exchange::start_as(identity, &world.entra.key(), sample::mailboxes());
            world.call(CHECK).env("EXOIMAP_PORT", exchange.port())
        },
        exit: 4,
        says: &["tls: localhost: ", "another server answers for localhost", "openssl s_client"],
    },
    Case {
        name: "a certificate that has expired",
        call: |world| {
            let identity = world.authority.expired_identity(&["localhost"]);
            let exchange = Exchange::start_as(identity, &world.entra.key(), sample::mailboxes());
            world.call(CHECK).env("EXOIMAP_PORT", exchange.port())
        },
        exit: 4,
        says: &["tls: localhost: ", "compare this machine's clock", "openssl s_client"],
    },
    Case {
        name: "a port without TLS",
        call: |world| world.call(CHECK).env("EXOIMAP_PORT", plain(b"* OK ready\r\n")),
        exit: 4,
        says: &["tls: localhost: ", "speaks no TLS: the port is 993 (--port), not 143"],
    },
    Case {
        name: "a firewall that cuts TLS",
        call: |world| world.call(CHECK).env("EXOIMAP_PORT", plain(b"")),
        exit: 5,
        says: &["tls: localhost: ", "handshake", "perhaps a firewall or a proxy cuts TLS"],
    },
    Case {
        name: "a CA file that is none",
        call: |world| world.call(CHECK).env("EXOIMAP_CA_FILE", world.folder.file("der.crt", b"0\x82")),
        exit: 2,
        says: &["tls: reading the CA file ", "holds no PEM certificate", "openssl x509 -inform der"],
    },
    // The greeting (2.1) and what is offered (2.2).
    Case {
        name: "a greeting that is a BYE",
        call: |world| enemy(world, CHECK, "greeting", "* BYE Connection refused, too many connections\r\n"),
        exit: 5,
        says: &["greeting: ", "too many connections", "run again in a minute"],
    },
    Case {
        name: "a server that takes us for signed in",
        call: |world| exchange(world, CHECK, Fault::Preauth),
        exit: 7,
        says: &["greeting: ", "PREAUTH", "is not Exchange Online"],
    },
    Case {
        name: "an HTTP server",
        call: |world| enemy(world, CHECK, "greeting", "HTTP/1.1 400 Bad Request\r\n\r\n"),
        exit: 7,
        says: &["greeting: the server broke the protocol", "is not an IMAP server: check --host and --port"],
    },
    Case {
        name: "a greeting that breaks off",
        call: |world| enemy(world, CHECK, "greeting", "* OK The Microsoft Exch"),
        exit: 5,
        says: &["greeting: the server closed the connection", "perhaps a firewall or a proxy cuts"],
    },
    Case {
        name: "a server without XOAUTH2",
        call: |world| exchange(world, CHECK, Fault::NoXoauth2),
        exit: 4,
        says: &["authenticate: the server does not offer AUTH=XOAUTH2", "--host is outlook.office365.com"],
    },
    // The token (2.5).
    Case {
        name: "a token for Graph",
        call: |world| token(world, |shape| shape.aud = "https://graph.microsoft.com".into()),
        exit: 4,
        says: &["claims: the token is for https://graph.microsoft.com", "leave --scope (EXOIMAP_SCOPE) out"],
    },
    Case {
        name: "a token for Graph by its id",
        call: |world| token(world, |shape| shape.aud = "00000003-0000-0000-c000-000000000000".into()),
        exit: 4,
        says: &["claims: the token is for 00000003-0000-0000-c000-000000000000", "/.default"],
    },
    Case {
        name: "no consent",
        call: |world| token(world, |shape| shape.roles.clear()),
        exit: 4,
        says: &["claims: the token has no roles", "az ad app permission admin-consent --id 00001111-aaaa-"],
    },
    Case {
        name: "a permission of Graph's kind",
        call: |world| token(world, |shape| shape.roles = vec!["Mail.Read".into()]),
        exit: 4,
        says: &["claims: the token's roles (Mail.Read) lack IMAP.AccessAsApp", "admin-consent --id 00001111-aaaa-"],
    },
    Case {
        name: "the permission of EWS",
        call: |world| token(world, |shape| shape.roles = vec!["full_access_as_app".into()]),
        exit: 4,
        says: &["roles (full_access_as_app) lack IMAP.AccessAsApp", "Application permissions > IMAP.AccessAsApp"],
    },
    Case {
        name: "the permission of SMTP",
        call: |world| token(world, |shape| shape.roles = vec!["SMTP.SendAsApp".into()]),
        exit: 4,
        says: &["roles (SMTP.SendAsApp) lack IMAP.AccessAsApp", "Application permissions > IMAP.AccessAsApp"],
    },
    Case {
        name: "a user's token for something else",
        call: |world| {
            token(world, |shape| {
                shape.roles.clear();
                shape.scp = Some("Mail.Read".into());
            })
        },
        exit: 4,
        says: &[
            "claims: the token is a user's, and its scp (Mail.Read) lacks IMAP.AccessAsUser.All",
            "client credentials",
        ],
    },
    Case {
        name: "a user's token",
        call: |world| {
            token(world, |shape| {
                shape.roles.clear();
                shape.scp = Some("IMAP.AccessAsUser.All".into());
            })
        },
        exit: 4,
        says: &["authenticate: the server refused: NO AUTHENTICATE failed.", "the token is a user's (it has scp)"],
    },
    Case {
        name: "a token that has expired",
        call: |world| token(world, |shape| shape.lifetime = -60),
        exit: 4,
        says: &["authenticate: the server refused: NO AUTHENTICATE failed.", "get a new one", "clock"],
    },
    Case {
        name: "a token that says nothing",
        call: |world| world.call_with_token(CHECK).env("EXOIMAP_ACCESS_TOKEN", "opaque"),
        exit: 4,
        says: &["authenticate: the server refused: NO AUTHENTICATE failed.", "exoimap token --claims"],
    },
    Case {
        name: "a token of another tenant",
        call: |world| {
            world.exchange.fault_always(Fault::Refuse { command: "AUTHENTICATE", answer: "NO AUTHENTICATE failed." });
            world.call_with_token(CHECK).env("AZURE_TENANT_ID", "ffffffff-0000-cccc-1111-dddd2222eeee")
        },
        exit: 4,
        says: &[
            "NO AUTHENTICATE failed.",
            "the token is of the tenant aaaabbbb-",
            "get a token of the mailbox's own tenant",
        ],
    },
    // The sign-in (2.4, 2.5).
    Case {
        name: "a service principal that Exchange does not know",
        call: |world| refuse(world, "AUTHENTICATE", "NO AUTHENTICATE failed."),
        exit: 4,
        says: &[
            "authenticate: the server refused: NO AUTHENTICATE failed.",
            "perhaps Exchange does not know",
            PRINCIPAL,
        ],
    },
    Case {
        name: "the object id of the app registration",
        call: |world| refuse(world, "AUTHENTICATE", "NO AUTHENTICATE failed."),
        exit: 4,
        says: &[
            "perhaps it was made with another object id",
            "must show ObjectId aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
        ],
    },
    Case {
        name: "a mailbox that is not there",
        call: |world| world.call(&["check", "--mailbox", "nobody@contoso.com"]),
        exit: 4,
        says: &["NO AUTHENTICATE failed.", "Get-Mailbox nobody@contoso.com"],
    },
    Case {
        name: "a challenge in JSON, as others send it",
        call: |world| exchange(world, CHECK, Fault::ChallengeThenNo),
        exit: 4,
        says: &["its challenge said", "NO AUTHENTICATE failed.", PRINCIPAL],
    },
    Case {
        name: "an OAuth log behind the three words",
        call: |world| {
            refuse(
                world,
                "AUTHENTICATE",
                "NO AUTHENTICATE failed. Error=\"AuthFailed:LogonDenied-None-OAuthLog:AuthExc_Auth Failed.\"",
            )
        },
        exit: 4,
        says: &["AuthFailed:LogonDenied-None-OAuthLog", PRINCIPAL],
    },
    Case {
        name: "a password where none is taken",
        call: |world| {
            let answer = "NO [AUTHENTICATIONFAILED] AuthFailed:LogonDenied-BasicAuthBlocked-<UserType:OutlookCom>";
            refuse(world, "AUTHENTICATE", answer)
        },
        exit: 4,
        says: &["BasicAuthBlocked", "takes no passwords any more"],
    },
    Case {
        name: "somebody still sends a password",
        call: |world| refuse(world, "AUTHENTICATE", "NO LOGIN failed."),
        exit: 4,
        says: &["NO LOGIN failed.", "takes no passwords any more"],
    },
    Case {
        name: "no recipient of that address",
        call: |world| refuse(world, "AUTHENTICATE", "NO AUTHENTICATE failed. NoADRecipient"),
        exit: 4,
        says: &["NoADRecipient", "Set-CASMailbox orders@contoso.com -ImapEnabled $true"],
    },
    Case {
        name: "IMAP is disabled",
        call: |world| world.call(&["check", "--max-wait", "1s", "--mailbox", DISABLED]),
        exit: 4,
        says: &[
            "[Error=\"UserDisabled\" AuthResult=27",
            "BAD User is authenticated but not connected.",
            "Exchange says that IMAP is off for the mailbox: Set-CASMailbox disabled@contoso.com -ImapEnabled $true",
            FULL_ACCESS,
        ],
    },
    Case {
        name: "an error in an OK, and the mailbox opens",
        call: |world| {
            let ok = "{tag} OK [Error=\"WrongServerException\" AuthResult=0] AUTHENTICATE completed.\r\n";
            enemy(world, CHECK, "AUTHENTICATE", ok)
        },
        exit: 0,
        says: &[],
    },
    Case {
        name: "no FullAccess",
        call: |world| world.call(&["check", "--max-wait", "1s", "--mailbox", NO_ACCESS]),
        exit: 4,
        says: &[
            "mailbox: NAMESPACE: the server refused: BAD User is authenticated but not connected.",
            "perhaps IMAP is off for the mailbox: Set-CASMailbox noaccess@contoso.com -ImapEnabled $true",
            "Add-MailboxPermission -Identity noaccess@contoso.com",
            FULL_ACCESS,
        ],
    },
    Case {
        name: "not connected at SELECT",
        call: |world| refuse(world, "SELECT", NOT_CONNECTED),
        exit: 4,
        says: &["select: SELECT: the server refused: BAD User is authenticated", "Set-CASMailbox", FULL_ACCESS],
    },
    Case {
        name: "too many connections for a moment",
        call: |world| {
            world.exchange.fault(Fault::Refuse { command: "NAMESPACE", answer: NOT_CONNECTED });
            world.call(&["check", "--max-wait", "1s"])
        },
        exit: 0,
        says: &[],
    },
    // The session (2.6).
    Case {
        name: "the token ends during FETCH",
        call: |world| fetch(world, Fault::ByeTokenExpired { after_messages: 1 }),
        exit: 5,
        says: &["BYE Session invalidated - AccessTokenExpired", "run again, which gets a new one"],
    },
    Case {
        name: "the token ends during LIST",
        call: |world| enemy(world, &["folders"], "LIST", "* BYE Session invalidated - AccessTokenExpired\r\n"),
        exit: 5,
        says: &["command: LIST: the server ended the session: BYE Session invalidated", "gets a new one"],
    },
    Case {
        name: "a command after the end",
        call: |world| refuse(world, "SELECT", "BAD Command received in Invalid state."),
        exit: 5,
        says: &["BAD Command received in Invalid state.", "perhaps because the token expired"],
    },
    Case {
        name: "closed with 14",
        call: |world| enemy(world, CHECK, "SELECT", "* BYE Connection closed. 14\r\n"),
        exit: 5,
        says: &["BYE Connection closed. 14", "run again in a minute", "--trace"],
    },
    Case {
        name: "closed",
        call: |world| enemy(world, CHECK, "SELECT", "* BYE Connection closed.\r\n"),
        exit: 5,
        says: &["BYE Connection closed.", "the server hung up: run again"],
    },
    Case {
        name: "signing off in the middle",
        call: |world| enemy(world, CHECK, "SELECT", "* BYE Microsoft Exchange Server IMAP4 server signing off.\r\n"),
        exit: 5,
        says: &["server signing off.", "run again in a few minutes"],
    },
    Case {
        name: "unavailable, tagged",
        call: |world| refuse(world, "SELECT", "NO Server Unavailable. 15"),
        exit: 5,
        says: &["NO Server Unavailable. 15", "Microsoft 365 service health"],
    },
    Case {
        name: "unavailable, without tag or star",
        call: |world| enemy(world, CHECK, "SELECT", "Server Unavailable. 15\r\n"),
        exit: 5,
        says: &["Server Unavailable. 15", "a temporary failure of Exchange"],
    },
    Case {
        name: "unavailable by a code of RFC 5530",
        call: |world| refuse(world, "AUTHENTICATE", "NO [UNAVAILABLE] Temporary authentication failure"),
        exit: 5,
        says: &["NO [UNAVAILABLE]", "a temporary failure of Exchange"],
    },
    Case {
        name: "text of a message for a tag",
        call: |world| enemy(world, CHECK, "SELECT", "<body BAD Command Error. 10\r\n"),
        exit: 7,
        says: &["select: SELECT: the server broke the protocol", "exoimap check --report FILE"],
    },
    Case {
        name: "silence",
        call: |world| {
            world.exchange.fault(Fault::SilentAfterGreeting);
            world.call(&["check", "--timeout", "1s"])
        },
        exit: 5,
        says: &["capability: no answer within the time allowed", "--timeout 2m"],
    },
    Case {
        name: "a line that is cut",
        call: |world| enemy(world, CHECK, "SELECT", "* 5 EXI"),
        exit: 5,
        says: &["the server closed the connection", "perhaps a firewall or a proxy cuts the connection"],
    },
    // Throttling (2.7).
    Case {
        name: "throttled by NO",
        call: |world| fetch(world, Fault::ThrottleNo { ms: 299_609 }),
        exit: 5,
        says: &["NO Request is throttled. Suggested Backoff Time: 299609", "--jobs 1", "run again in 300 seconds"],
    },
    Case {
        name: "throttled by BAD and BYE",
        call: |world| fetch(world, Fault::ThrottleBadThenBye { ms: 92_415 }),
        exit: 5,
        says: &["BAD Request is throttled. Suggested Backoff Time: 92415", "run again in 93 seconds"],
    },
    Case {
        name: "throttled beyond measure",
        call: |world| {
            refuse(
                world,
                "SELECT",
                "NO Request is throttled. Suggested Backoff Time: 99999999999999999999 milliseconds",
            )
        },
        exit: 5,
        says: &["Request is throttled", "run again in 3600 seconds"],
    },
    Case {
        name: "throttled without a number",
        call: |world| refuse(world, "SELECT", "NO Request is throttled."),
        exit: 5,
        says: &["NO Request is throttled.", "--jobs 1"],
    },
    // Commands (2.9, 2.12).
    Case {
        name: "a folder that is not there",
        call: |world| world.call(&["fetch", "--to", "mail", "--folder", "Posteingang"]),
        exit: 4,
        says: &["NO Posteingang doesn't exist.", "the inbox is INBOX in every language"],
    },
    Case {
        name: "a value that is not taken",
        call: |world| refuse(world, "SEARCH", "BAD Command Argument Error. 11"),
        exit: 4,
        says: &["BAD Command Argument Error. 11", "Exchange takes no such value"],
    },
    Case {
        name: "a command that cannot be read",
        call: |world| refuse(world, "SEARCH", "BAD Command Argument Error. 12"),
        exit: 4,
        says: &["BAD Command Argument Error. 12", "could not read the command"],
    },
    Case {
        name: "a command that is not known",
        call: |world| refuse(world, "SEARCH", "BAD Command Error. 10"),
        exit: 4,
        says: &["BAD Command Error. 10", "please report it"],
    },
    Case {
        name: "a charset that is not known",
        call: |world| refuse(world, "SEARCH", "NO [BADCHARSET (US-ASCII)] The specified charset is not supported."),
        exit: 4,
        says: &["[BADCHARSET (US-ASCII)]", "searches ASCII only"],
    },
    // This machine.
    Case {
        name: "a file has the directory's name",
        call: |world| {
            world.folder.file("taken", "");
            world.call(&["fetch", "--to", "taken"])
        },
        exit: 1,
        says: &["disk: ", "taken", "name a directory of its own (--to"],
    },
    Case {
        name: "a secret file that is not there",
        call: |world| world.call(&["check", "--client-secret-file", "nowhere"]),
        exit: 2,
        says: &["credential: reading the client secret from nowhere", "check the path"],
    },
    Case {
        name: "a disk that is full",
        call: |world| world.call(&["check", "--report", "/dev/full"]),
        exit: 1,
        says: &["writing /dev/full (--report): No space left on device", "make room"],
    },
    Case {
        name: "a UIDVALIDITY that changed",
        call: |world| {
            world.run(FETCH).expect(0);
            world.exchange.fault(Fault::ChangeUidValidity);
            world.call(FETCH)
        },
        exit: 4,
        says: &["UIDVALIDITY changed from 14 to 15", "--accept-uidvalidity"],
    },
];

const NOT_CONNECTED: &str = "BAD User is authenticated but not connected.";

#[test]
fn each_refusal_is_explained_with_its_cause_and_the_command() {
    for Case { name, call, exit, says } in CASES {
        let world = World::new();
        let ended = call(&world).env("EXOIMAP_MAX_WAIT", "0").run();
        assert_eq!(ended.code, Some(*exit), "{name}: {ended}");
        for words in *says {
            assert!(ended.stderr.contains(words), "{name}: {words:?} is not said by {ended}");
        }
        if *exit != 0 {
            let lines: Vec<_> =
                ended.stderr.lines().filter(|line| !line.contains(" is new: about to fetch ")).collect();
            assert!(lines[0].starts_with("exoimap: "), "{name}: {ended}");
            assert!((1..=3).contains(&(lines.len() - 1)), "{name}: {ended}");
            assert!(lines[1..].iter().all(|line| line.starts_with("hint: ")), "{name}: {ended}");
        }
        assert!(!ended.stderr.contains(SECRET) && !ended.stdout.contains("eyJ"), "{name}: {ended}");
    }
}

/// Sixty were promised; a row that goes must be missed.
#[test]
fn there_are_enough_of_them() {
    assert!(CODES.len() + CASES.len() >= 110, "{} and {}", CODES.len(), CASES.len());
    let names: std::collections::BTreeSet<_> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len());
}

fn entra(world: &World, behaviour: Behaviour) -> Call {
    world.entra.behave(behaviour);
    world.call(&["check", "--max-wait", "0"])
}

fn token(world: &World, change: impl FnOnce(&mut TokenShape)) -> Call {
    change(&mut world.entra.configure().token);
    world.call(CHECK)
}

fn exchange(world: &World, arguments: &[&str], fault: Fault) -> Call {
    world.exchange.fault_always(fault);
    world.call(arguments)
}

/// Exchange answers a command with these words; `check` sends no SEARCH, so `fetch` is called for it.
fn refuse(world: &World, command: &'static str, answer: &'static str) -> Call {
    let fault = Fault::Refuse { command, answer };
    let arguments = if command == "SEARCH" { &[FETCH, &["--unseen"]].concat()[..] } else { CHECK };
    exchange(world, &[arguments, &["--max-wait", "0"]].concat(), fault)
}

fn fetch(world: &World, fault: Fault) -> Call {
    world.exchange.fault(fault);
    world.call(&[FETCH, &["--max-wait", "0"]].concat())
}

/// A server that is polite but for one command.
fn enemy(world: &World, arguments: &[&str], command: &'static str, says: &str) -> Call {
    world.call_with_token(arguments).env("EXOIMAP_PORT", start(world, usize::MAX, command, bytes(says)))
}

/// A port that says this to everybody, without TLS, and hangs up.
fn plain(says: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = std::io::Read::read(&mut socket, &mut [0; 1024]);
            let _ = socket.write_all(says);
        }
    });
    port
}

/// Each exit code of the table is reached by the built program; 3 is the business of `wait`.
#[test]
fn each_exit_code_is_reached() {
    let reached: std::collections::BTreeSet<i32> = CASES.iter().map(|case| case.exit).collect();
    assert!(reached.iter().eq(&[0, 1, 2, 4, 5, 7]), "{reached:?}");
    let world = World::new();
    world.exchange.fault_always(Fault::OkWithoutData { uid: 16102 });
    world.run(FETCH).expect(6);
}
