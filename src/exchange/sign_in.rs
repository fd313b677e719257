//! The way into a mailbox: connect, greet, authenticate, and one command that proves it.
//!
//! An OK to AUTHENTICATE proves nothing: Exchange says it for a mailbox that is switched off or not
//! ours, and answers the next command with `BAD User is authenticated but not connected.`
//! NAMESPACE is that next command, as MailKit and imapflow have it; a client that opens a folder at
//! once needs none.
//!
//! What Exchange wants a token to say is looked at before it is asked, since its own refusal names no cause: a token that
//! is wrong beyond doubt is refused here; what may be right all the same (a clock, a tenant by another name) is a doubt,
//! and the server decides.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::folders::resolve;
use super::meaning::{explain, is_not_connected, placeholder};
use crate::calendar;
use crate::entra::{Claims, Cloud, is_guid};
use crate::error::{Error, Kind, Phase, Result};
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::Status;
use crate::imap::wire::Limits;
use crate::imap::xoauth2::initial_response;
use crate::imap::{Client, Listener, Selected, Session};
use crate::net::{Network, Stream};
use crate::secret::Secret;
use crate::text::{escape_bytes, shorten, shown};

/// The application permission of Office 365 Exchange Online that opens mailboxes by IMAP.
pub(crate) const PERMISSION: &str = "IMAP.AccessAsApp";

/// The delegated one, which opens the mailbox of the user who signed in.
const DELEGATED: &str = "IMAP.AccessAsUser.All";

/// Exchange Online by its application id, in every tenant.
pub(crate) const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

/// The IMAP server, by implicit TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// Its host name, which its certificate must bear.
    pub host: String,
    /// Its port, 993 by custom.
    pub port: u16,
}

impl Server {
    /// A host by its name, its IPv4 or its bare IPv6 address.
    pub fn new(host: &str, port: u16) -> Result<Server> {
        // An IPv6 address ends in digits too, and has more colons.
        if let Some((name, port)) = host.rsplit_once(':')
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && (!name.contains(':') || name.ends_with(']'))
        {
            let name = name.trim_matches(['[', ']']);
            let message =
                format!("the host {host:?} holds a port: the host is {name}, the port {port}, a setting of its own");
            return Err(Error::of_setting("port", message));
        }
        if host.chars().any(|c| c.is_control() || c.is_whitespace() || "/[]~=+@".contains(c)) {
            return Err(Error::of_setting("host", format!("the host {} is not a host name", shown(host))));
        }
        Ok(Server { host: host.to_owned(), port })
    }

    /// The server of a cloud.
    pub fn of(cloud: Cloud) -> Server {
        Server { host: cloud.imap_host().to_owned(), port: 993 }
    }
}

/// A step that is over.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Which one.
    pub phase: Phase,
    /// How long it took.
    pub took: Duration,
    /// What there is to say about it, escaped.
    pub detail: String,
    /// False where it failed and everything is tried once more.
    pub passed: bool,
}

/// Signs in to `mailbox`, the primary SMTP address, with an access token.
pub fn sign_in(network: &Network, server: &Server, mailbox: &str, token: &Secret) -> Result<Session<Stream>> {
    sign_in_by_steps(network, server, mailbox, token, Listener::default(), false, &mut |_| {})
}

/// [`sign_in`], telling `done` of each step, while a `listener` hears the connection.
///
/// If it `is_short` it takes as few turns as the server allows: what the server offers is asked only if its greeting does
/// not say it, and that the mailbox is open to us is left to the SELECT or EXAMINE which must come next.
///
/// "User is authenticated but not connected" may pass: too many connections look the same as a mailbox that is closed
/// to us. [`super::persist`] tries it once more.
pub(crate) fn sign_in_by_steps(
    network: &Network,
    server: &Server,
    mailbox: &str,
    token: &Secret,
    listener: Listener,
    is_short: bool,
    done: &mut dyn FnMut(Step),
) -> Result<Session<Stream>> {
    // Nothing is sent for a mailbox that cannot be named.
    let response = initial_response(mailbox, token)?;
    let mut clock = Clock { since: Instant::now(), done };
    let stream = network.connect_in_steps(&server.host, server.port, &mut |phase, detail| clock.step(phase, detail))?;
    let listener = Listener { meaning: Some(explain), not_mail: Some(placeholder), ..listener };
    let mut client = Client::greet(stream, Limits::default(), listener)?;
    clock.step(Phase::Greeting, greeting_detail(client.greeting()));
    let offered = match client.greeted_capabilities() {
        Some(offered) if is_short => offered,
        _ => client.capability()?,
    };
    clock.step(Phase::Capability, escape_bytes(offered.words().collect::<Vec<_>>().join(" ").as_bytes()));
    let mut session = client.authenticate_xoauth2(&offered, response)?;
    clock.step(Phase::Authenticate, authenticated_detail(mailbox, session.authenticated()));
    if !is_short {
        let hidden = hidden_error(session.authenticated());
        let proved = session.capability().map(drop).and_then(|()| session.prove_mailbox());
        let command = proved.map_err(|error| recall(error, hidden))?;
        clock.step(Phase::Mailbox, format!("{command} answered, the mailbox is open to us"));
    }
    Ok(session)
}

/// Times one step after the other.
struct Clock<'a> {
    since: Instant,
    done: &'a mut dyn FnMut(Step),
}

impl Clock<'_> {
    fn step(&mut self, phase: Phase, detail: String) {
        let now = Instant::now();
        (self.done)(Step { phase, took: now - self.since, detail, passed: true });
        self.since = now;
    }
}

fn greeting_detail(greeting: &Status) -> String {
    match front_end(&greeting.text) {
        Some(host) => format!("front end {}", escape_bytes(host.as_bytes())),
        None => shorten(&escape_bytes(&greeting.text), 200),
    }
}

fn authenticated_detail(mailbox: &str, status: &Status) -> String {
    let mailbox = escape_bytes(mailbox.as_bytes());
    match hidden_error(status) {
        Some(words) => format!("{mailbox}, but the OK carries [{words}]"),
        None => mailbox,
    }
}

/// Opens a folder by SELECT where it `writes`, else by EXAMINE: after a short sign-in the first command
/// that shows whether the mailbox is open to us.
pub(crate) fn open<'a, S: Read + Write>(
    session: &'a mut Session<S>,
    folder: &MailboxName,
    writes: bool,
) -> Result<Selected<'a, S>> {
    let folder = &resolve(session, folder)?;
    let hidden = hidden_error(session.authenticated());
    let opened = if writes { session.select(folder) } else { session.examine(folder) };
    opened.map_err(|error| recall(error, hidden))
}

/// Says in the error of a mailbox that is not open to us what the OK to AUTHENTICATE hid.
fn recall(error: Error, hidden: Option<String>) -> Error {
    match hidden.filter(|_| is_not_connected(&error)) {
        Some(words) => error.adding(&format!(" (its OK to AUTHENTICATE carried [{words}])")),
        None => error,
    }
}

/// The refusal that Exchange hides in an OK at times: `[Error="UserDisabled" AuthResult=27 …]`.
fn hidden_error(status: &Status) -> Option<String> {
    let code = status.code.as_ref().filter(|code| code.raw.starts_with(b"Error="))?;
    Some(shorten(&escape_bytes(&code.raw), 200))
}

/// The name of the front-end server in a greeting's text, which Microsoft's support asks for: base64 of
/// UTF-16LE in brackets at the end, and no response code.
pub(crate) fn front_end(greeting: &[u8]) -> Option<String> {
    let inner = greeting.strip_suffix(b"]")?;
    let start = inner.iter().rposition(|byte| *byte == b'[')? + 1;
    let bytes = STANDARD.decode(inner.get(start..)?).ok()?;
    let units: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| pair.iter().rev().fold(0, |unit, o| unit << 8 | u16::from(*o))).collect();
    String::from_utf16(&units).ok().filter(|name| !name.is_empty() && name.chars().all(|c| matches!(c, '!'..='~')))
}

/// Refuses what is not a mailbox's address: one `@`, nothing that ends a line or a SASL field.
pub(crate) fn check_mailbox(mailbox: &str) -> Result<()> {
    let refused = |why: &str| Err(Error::usage(format!("the mailbox {} {why}", shown(mailbox))));
    let is_address = |text: &str| {
        let parts = text.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
        parts.is_some_and(|(_, domain)| !domain.contains(['@', '/', '"', '\'', '<', '>', ';', ',']))
    };
    let unwrapped = mailbox.trim_matches(['"', '\'', '<', '>', ';', ',', '\u{201c}', '\u{201d}', '\u{2019}']);
    if unwrapped != mailbox && is_address(unwrapped) {
        return refused(&format!("has a quote, a bracket or a separator around it: write {unwrapped}"));
    }
    // The forms of a shared mailbox under passwords.
    if let Some((user, shared)) = mailbox.split_once(['\\', '/'])
        && (is_address(user) || mailbox.contains('\\'))
    {
        let example = if is_address(shared) { shared } else { "orders@contoso.com" };
        return refused(&format!("names two: write the shared mailbox's own address alone, as {example}"));
    }
    if mailbox.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refused("has a blank or a control character in it");
    }
    match is_address(mailbox) {
        true => Ok(()),
        false => refused("is not an address like orders@contoso.com"),
    }
}

/// Whether the claims can open a mailbox: an error where they cannot, else what is doubtful about them.
///
/// `tenant` and `client_id` are what the caller believes. A token that was not issued by Entra ID (no
/// `tid`) is a matter between its issuer and its server, and only its times are looked at.
pub(crate) fn judge(claims: &Claims, tenant: Option<&str>, client_id: Option<&str>) -> Result<Vec<String>> {
    if claims.tenant.is_some() {
        refuse(claims)?;
    }
    let now = calendar::now();
    let mut doubts = Vec::new();
    if claims.is_expired() {
        let ago = now.saturating_sub(claims.expires.unwrap_or(now)) / 60;
        doubts.push(format!("the token expired {ago} minutes ago by this machine's clock"));
    }
    if claims.all.get("nbf").and_then(serde_json::Value::as_i64).is_some_and(|start| start > now + 60) {
        doubts.push("the token is not good yet by this machine's clock, which is perhaps slow".to_owned());
    }
    if claims.scopes.is_some() {
        doubts.push("the token is a user's (it has scp), and opens the mailboxes of that user alone".to_owned());
    }
    if let Some(tenant) = tenant.filter(|tenant| is_of_another_tenant(claims, tenant)) {
        doubts.push(format!(
            "the token is of the tenant {}, not of {tenant}",
            claims.tenant.as_deref().unwrap_or_default()
        ));
    }
    if let (Some(theirs), Some(ours)) = (claims.application.as_deref(), client_id)
        && !theirs.eq_ignore_ascii_case(ours)
    {
        doubts.push(format!("the token is of the application {theirs}, not of {ours}"));
    }
    Ok(doubts)
}

/// What no mailbox opens for.
fn refuse(claims: &Claims) -> Result<()> {
    let refused = |why: String| Err(Error::new(Kind::Refused, Phase::Claims, why));
    let roles = claims.roles.join(" ");
    match (&claims.audience, &claims.scopes) {
        (Some(audience), _) if !is_for_exchange(claims) => {
            refused(format!("the token is for {audience}, not for Exchange Online"))
        }
        (_, Some(scopes)) if roles.is_empty() && !has_delegated(claims) => {
            refused(format!("the token is a user's, and its scp ({scopes}) lacks {DELEGATED}"))
        }
        (_, None) if roles.is_empty() => refused(format!("the token has no roles; {PERMISSION} was not granted")),
        _ if !roles.is_empty() && !claims.has_role(PERMISSION) => {
            refused(format!("the token's roles ({roles}) lack {PERMISSION}"))
        }
        _ => Ok(()),
    }
}

/// A user's token that opens mailboxes by IMAP.
pub(crate) fn has_delegated(claims: &Claims) -> bool {
    claims.scopes.as_deref().is_some_and(|scopes| scopes.split(' ').any(|scope| scope == DELEGATED))
}

/// `https://outlook.office365.com` and its like in other clouds, or Exchange Online's application id. A
/// token that names nobody may be anybody's.
pub(crate) fn is_for_exchange(claims: &Claims) -> bool {
    let Some(audience) = claims.audience.as_deref() else { return true };
    audience == EXCHANGE || audience.contains("outlook") || audience.contains("webmail.apps.mil")
}

/// A tenant that is named by a domain cannot be compared.
pub(crate) fn is_of_another_tenant(claims: &Claims, tenant: &str) -> bool {
    let theirs = claims.tenant.as_deref();
    is_guid(tenant) && theirs.is_some_and(|theirs| is_guid(theirs) && !theirs.eq_ignore_ascii_case(tenant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    #[test]
    fn the_front_ends_name_is_decoded() {
        let greeting = b"The Microsoft Exchange IMAP4 service is ready. [UwBJADIAUABSADAAMQBDAEEAMAAwADQAMgAuAGEAcABjAHAAcgBkADAAMQAuAHAAcgBvAGQALgBlAHgAYwBoAGEAbgBnAGUAbABhAGIAcwAuAGMAbwBtAA==]";
        assert_eq!(front_end(greeting).as_deref(), Some("SI2PR01CA0042.apcprd01.prod.exchangelabs.com"));
        for other in [&b"ready."[..], b"ready. [***]", b"]", b"[]", b"ready. [AAA=]"] {
            assert_eq!(front_end(other), None);
        }
    }

    const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";

    fn judged(claims: &str) -> Result<Vec<String>> {
        let token = Secret::new(format!("e30.{}.s", URL_SAFE_NO_PAD.encode(claims)));
        judge(&Claims::of(&token).unwrap(), Some("aaaabbbb-0000-cccc-1111-dddd2222eeee"), Some(TENANT))
    }

    #[test]
    fn what_opens_no_mailbox_is_refused_with_its_cause() {
        for (claims, cause) in [
            (
                r#""aud":"https://graph.microsoft.com","roles":["IMAP.AccessAsApp"]"#,
                "is for https://graph.microsoft.com",
            ),
            (r#""aud":"https://outlook.office365.com""#, "has no roles"),
            (r#""roles":["Mail.Read","SMTP.SendAsApp"]"#, "roles (Mail.Read SMTP.SendAsApp) lack IMAP.AccessAsApp"),
            (r#""scp":"Mail.Read""#, "its scp (Mail.Read) lacks IMAP.AccessAsUser.All"),
        ] {
            let error = judged(&format!(r#"{{"tid":"{TENANT}",{claims}}}"#)).unwrap_err();
            assert_eq!((error.kind(), error.phase()), (Kind::Refused, Phase::Claims));
            assert!(error.to_string().contains(cause), "{claims}: {error}");
            // Who is not Entra has rules of its own.
            assert!(judged(&format!("{{{claims}}}")).is_ok(), "{claims}");
        }
    }

    #[test]
    fn what_may_be_right_all_the_same_is_a_doubt() {
        let good =
            format!(r#""tid":"{TENANT}","aud":"00000002-0000-0ff1-ce00-000000000000","roles":["IMAP.AccessAsApp"]"#);
        assert_eq!(judged(&format!("{{{good}}}")).unwrap(), Vec::<String>::new());
        for (claims, doubt) in [
            (format!(r#"{good},"exp":1700000000"#), "expired"),
            (format!(r#"{good},"nbf":99999999999"#), "not good yet"),
            (format!(r#"{good},"appid":"other""#), "of the application other"),
            (good.replace(TENANT, "ffffffff-0000-cccc-1111-dddd2222eeee"), "of the tenant ffffffff"),
            (format!(r#""tid":"{TENANT}","scp":"openid IMAP.AccessAsUser.All""#), "a user's"),
        ] {
            let doubts = judged(&format!("{{{claims}}}")).unwrap();
            assert!(doubts.len() == 1 && doubts[0].contains(doubt), "{claims}: {doubts:?}");
        }
    }
}
