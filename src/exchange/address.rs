//! Where mail is: the server, the mailbox. What can be neither is refused before anybody is asked.

use crate::entra::Cloud;
use crate::error::{Error, Result};

/// The IMAP server, by implicit TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
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
            && port.bytes().all(|octet| octet.is_ascii_digit())
            && (!name.contains(':') || name.ends_with(']'))
        {
            let name = name.trim_matches(['[', ']']);
            return Err(Error::usage(format!(
                "the host {host:?} holds a port, which goes to --port (EXOIMAP_PORT): --host {name} --port {port}"
            )));
        }
        if host.chars().any(|c| c.is_control() || c.is_whitespace() || "/[]".contains(c)) {
            return Err(Error::usage(format!("the host {host:?} is no host name (--host, EXOIMAP_HOST)")));
        }
        Ok(Server { host: host.to_owned(), port })
    }

    /// The server of a cloud.
    pub fn of(cloud: Cloud) -> Server {
        Server { host: cloud.imap_host().to_owned(), port: 993 }
    }
}

/// Refuses what is no mailbox's address: one `@`, nothing that ends a line or a SASL field.
pub fn check_mailbox(mailbox: &str) -> Result<()> {
    let refused = |why: &str| Err(Error::usage(format!("the mailbox {mailbox:?} {why} (--mailbox, EXOIMAP_MAILBOX)")));
    if mailbox.contains('\\') {
        return refused(
            "has the form of a shared mailbox under passwords: name the shared mailbox's own address alone",
        );
    }
    if mailbox.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refused("holds a blank or a control character");
    }
    match mailbox.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => Ok(()),
        _ => refused("is no address like orders@contoso.com"),
    }
}
