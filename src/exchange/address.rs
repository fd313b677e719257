//! Where mail is: the server, the mailbox. What can be neither is refused before anybody is asked.

use crate::entra::Cloud;
use crate::error::{Error, Result};
use crate::text::shown;

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
