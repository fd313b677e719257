//! The one table of options and variables. It feeds the parser, the help, the manual, the completions, `--env-file`, the
//! warnings about readable secrets, the report, and what a program does not inherit.
//!
//! A new option is one entry in its section. Its help is one line of at most 80 characters; what else there is to say goes
//! into `manual`. An option without `of` belongs to every command.

use crate::delivery::Format;
use crate::entra::Cloud;
use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, value_parser};

use super::input::{parse_age, parse_date_time, parse_day, parse_mode, parse_size, parse_time, parse_wait};

/// One option, argument or variable, and all that is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The long option and its id; of an argument the id; empty for a variable that no option stands for.
    pub(crate) name: &'static str,
    /// The option's value; empty for a flag.
    pub(crate) value: &'static str,
    /// The variable that is read where the option is not given; empty for none.
    pub(crate) env: &'static str,
    pub(crate) help: &'static str,
    /// What only the manual says: the program does not carry it.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) manual: &'static str,
    /// The commands that take it; empty for all.
    pub(crate) commands: &'static [&'static str],
    /// What its value is; anything but `Plain` is not inherited by a program.
    pub(crate) kind: Kind,
    /// The authentication method whose credential it gives.
    pub(crate) method: &'static str,
    is_argument: bool,
    /// What clap must know besides.
    with: fn(Arg) -> Arg,
}

/// What the value of an option or a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing that must be kept from anybody.
    Plain,
    /// A secret, or something with a secret in it. It is never read by clap, whose errors repeat what they are given.
    Secret,
    /// The name of a file with a secret, which should be readable by its owner only.
    SecretFile,
    /// Leads to a credential: a command, a directory, another file.
    Private,
    /// A proxy's URL, which may hold a password.
    Proxy,
}

const fn option(name: &'static str, value: &'static str, help: &'static str) -> Entry {
    Entry {
        name,
        value,
        env: "",
        help,
        manual: "",
        commands: &[],
        kind: Kind::Plain,
        method: "",
        is_argument: false,
        with: |arg| arg,
    }
}

const fn flag(name: &'static str, help: &'static str) -> Entry {
    option(name, "", help)
}

const fn argument(name: &'static str, value: &'static str, help: &'static str) -> Entry {
    Entry { is_argument: true, ..option(name, value, help) }
}

const fn variable(env: &'static str, help: &'static str) -> Entry {
    Entry { env, ..option("", "", help) }
}

impl Entry {
    const fn env(self, env: &'static str) -> Entry {
        Entry { env, ..self }
    }

    /// The commands that take it.
    const fn of(self, commands: &'static [&'static str]) -> Entry {
        Entry { commands, ..self }
    }

    const fn kind(self, kind: Kind) -> Entry {
        Entry { kind, ..self }
    }

    const fn method(self, method: &'static str) -> Entry {
        Entry { method, ..self }
    }

    const fn with(self, with: fn(Arg) -> Arg) -> Entry {
        Entry { with, ..self }
    }

    const fn manual(self, manual: &'static str) -> Entry {
        Entry { manual: if cfg!(test) { manual } else { "" }, ..self }
    }

    /// True where `command` takes it as an option or an argument.
    pub(crate) fn is_of(&self, command: &str) -> bool {
        !self.name.is_empty() && self.commands.contains(&command)
    }

    /// True for an option of every command.
    pub(crate) fn is_common(&self) -> bool {
        !self.name.is_empty() && self.commands.is_empty()
    }

    /// A report may show its value.
    pub(crate) fn is_shown(&self) -> bool {
        matches!(self.kind, Kind::Plain | Kind::SecretFile)
    }

    /// `--timeout, EXOIMAP_TIMEOUT`
    pub(crate) fn names(&self) -> String {
        match (self.name, self.env) {
            ("", env) => env.to_owned(),
            (name, "") => format!("--{name}"),
            (name, env) => format!("--{name}, {env}"),
        }
    }

    /// As clap knows it.
    pub(crate) fn arg(&self) -> Arg {
        let arg = Arg::new(self.name).help(self.help);
        let arg = if self.is_argument { arg } else { arg.long(self.name) };
        let arg = match self.value {
            "" => arg.action(ArgAction::SetTrue),
            // The help shows the names of variables, not what they hold.
            value => arg.value_name(value).hide_env_values(true),
        };
        let arg = match self.kind {
            _ if self.env.is_empty() => arg,
            Kind::Secret | Kind::Proxy => arg.help(format!("{} [env: {}]", self.help, self.env)),
            _ => arg.env(self.env),
        };
        (self.with)(if self.is_common() { arg.global(true) } else { arg })
    }
}

/// The sections of the help and what stands in each.
pub(crate) const SECTIONS: [(&str, &[Entry]); 5] = [
    ("", OWN),
    ("Which messages", SELECTION),
    ("Mailbox and credential", ACCOUNT),
    ("Limits and output", RUN),
    ("", VARIABLES),
];

/// Every entry.
pub(crate) fn all() -> impl Iterator<Item = &'static Entry> {
    SECTIONS.iter().flat_map(|(_, entries)| entries.iter())
}

/// The authentication methods that `auto` finds, in this order, and the credential of each.
pub(crate) const METHODS: [(&str, &str); 4] = [
    ("token", "an access token"),
    ("certificate", "a certificate"),
    ("secret", "a client secret"),
    ("federated", "a federated token"),
];

/// The credentials that `auto` finds, with the options and variables of each.
pub(crate) fn credentials() -> String {
    METHODS.map(|(method, what)| format!("{what} ({})", sources(method))).join(", ")
}

/// The options and variables that a method's credential comes from.
pub(crate) fn sources(method: &str) -> String {
    all().filter(|entry| entry.method == method).map(Entry::names).collect::<Vec<_>>().join(", ")
}

/// The option with this name.
pub(crate) fn named(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.name == name)
}

/// The entry of a variable; names are compared as Windows does, and curl for proxies.
pub(crate) fn variable_named(name: &str) -> Option<&'static Entry> {
    all().find(|entry| !entry.env.is_empty() && entry.env.eq_ignore_ascii_case(name))
}

/// True for a variable's name that can only be meant for us or for Microsoft's libraries.
pub(crate) fn is_setting(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("AZURE_") || name.starts_with("EXOIMAP_")
}

/// True where a program must not inherit the variable: it holds a credential, or leads to one.
pub(crate) fn is_private(name: &str, value: &str) -> bool {
    match variable_named(name).map_or(Kind::Plain, |entry| entry.kind) {
        Kind::Plain => false,
        Kind::Secret | Kind::SecretFile | Kind::Private => true,
        // EXOIMAP_PROXY is ours alone; the others are everybody's unless a password is in them.
        Kind::Proxy => is_setting(name) || value.contains('@'),
    }
}

const MANY_MAILBOXES: &[&str] = &["check", "setup", "fetch"];
const CHANGES: &[&str] = &["mark", "move", "copy", "delete"];
const BRIDGES: &[&str] = &["tunnel", "relay"];
const SELECTS: &[&str] = &["search", "fetch", "mark", "move", "copy", "delete", "wait"];
const SELECTS_ONE: &[&str] = &["search", "mark", "move", "copy", "delete", "wait"];
const SELECTS_BY_FLAG: &[&str] = &["search", "fetch", "move", "copy", "delete", "wait"];

#[rustfmt::skip]
const OWN: &[Entry] = &[
    option("mailboxes", "FILE", "File with more mailboxes, one per line (- is stdin)").of(MANY_MAILBOXES)
        .manual("Empty lines and comments that start with # are skipped. fetch delivers each mailbox to DIR/<mailbox>/."),
    // check
    option("expect-days", "N", "Fail if the certificate expires in fewer than N days").of(&["check"])
        .with(|arg| arg.value_parser(value_parser!(u32).range(1..=36_500))),
    option("report", "FILE", "Also write a report without credentials that can be mailed").of(&["check"])
        .manual("It holds the options, every step, the claims of the token and the protocol transcript."),
    // setup
    flag("script", "Print one block of PowerShell that is safe to run again").of(&["setup"]),
    flag("all", "Also print the commands of steps that are done").of(&["setup"]),
    flag("managed-identity", "For a managed identity instead of an application with a credential").of(&["setup"]),
    // folders
    argument("pattern", "PATTERN", "Only these folders; * stands for any characters").of(&["folders"]).with(|arg| arg.num_args(0..)),
    flag("no-counts", "List names only, without asking how many messages each folder has").of(&["folders"]),
    // folders create
    argument("name", "NAME", "Folder name as people see it: INBOX/注文").of(&["folders create"]).with(|arg| arg.required(true)),
    // search
    flag("headers", "Print a table: UID, received, flags, size, from, subject").of(&["search"]),
    // token
    flag("xoauth2", "Print the SASL XOAUTH2 string for --mailbox").of(&["token"]).with(|arg| arg.conflicts_with("claims")),
    flag("claims", "Print the claims of the token, not the token").of(&["token"]),
    // fetch
    option("to", "DIR", "Deliver to this directory (- writes mbox to stdout)").of(&["fetch"]).with(|arg| arg.required(true)),
    option("format", "FORMAT", "One file per message (eml, maildir), or one file DIR/mbox").of(&["fetch"])
        .with(|arg| arg.value_parser(PossibleValuesParser::new(Format::ALL.map(Format::name))).default_value("eml"))
        .manual("eml: DIR/<uidvalidity>.<uid>.eml, the bytes as sent. maildir: new/ and cur/, LF line ends. mbox: mboxrd, LF line ends."),
    flag("attachments", "Also write decoded attachments to DIR/<uidvalidity>.<uid>/").of(&["fetch"])
        .manual("With --json each has name, original_name, type, size, disposition, content_id, broken (null, or why it could not be decoded) and path."),
    flag("skip-inline", "With --attachments: skip what the message shows in its text").of(&["fetch"])
        .with(|arg| arg.requires("attachments"))
        .manual("That is what is declared inline, and what the HTML refers to by its Content-ID: logos and signatures, but also a PDF that Apple Mail shows."),
    option("jobs", "N", "Fetch N mailboxes in parallel").of(&["fetch"])
        .with(|arg| arg.value_parser(value_parser!(u16).range(1..=64)).default_value("1")),
    flag("refetch", "Forget earlier deliveries and fetch again what has no file here").of(&["fetch"]),
    flag("from-now", "On the first run, skip the messages already in the folder").of(&["fetch"]).with(|arg| arg.conflicts_with("refetch"))
        .manual("Also after a new start with --accept-uidvalidity."),
    flag("accept-uidvalidity", "Start again if the folder's UIDVALIDITY has changed").of(&["fetch"]),
    option("file-mode", "MODE", "Mode of delivered files, as 0640 [default: 0600]").of(&["fetch"])
        .with(|arg| arg.value_parser(ValueParser::new(parse_mode)))
        .manual("For another account that reads them. Directories get the same, and x for those who may read. The umask does not count, and others never get write access."),
    option("give-up-after", "N", "Give up on a message after N failed runs").of(&["fetch"])
        .with(|arg| arg.value_parser(value_parser!(u32).range(1..)).default_value("10")),
    flag("mark-seen", "Mark delivered messages as seen").of(&["fetch"]).with(|arg| arg.group("action"))
        .manual("With PROGRAM, only the messages that it accepted."),
    option("move-to", "FOLDER", "Move delivered messages to this folder").of(&["fetch"]).with(|arg| arg.group("action"))
        .manual("With PROGRAM, only the messages that it accepted."),
    flag("delete", "Delete delivered messages (Exchange keeps them in Recoverable Items)").of(&["fetch"]).with(|arg| arg.group("action"))
        .manual("With PROGRAM, only the messages that it accepted."),
    option("older-than", "T", "Move or delete only messages received more than T ago (30d, 12h)").of(&["fetch"])
        .with(|arg| arg.value_parser(ValueParser::new(parse_age)).conflicts_with("mark-seen").requires("action"))
        .manual("Also those that earlier runs delivered to DIR, in each run, when their time has come. Never a message that this DIR did not deliver or that PROGRAM did not accept. The time received is the server's (INTERNALDATE)."),
    option("failed-to", "FOLDER", "Move here what PROGRAM refused in --give-up-after runs").of(&["fetch"]).with(|arg| arg.requires("program"))
        .manual("PROGRAM refuses a message with an exit code from 1 to 125, except 75. A run in which it refused several messages and accepted none does not count. The file stays in DIR. Without this option the message is offered for ever."),
    option("program-timeout", "T", "Kill PROGRAM after T per message (not its children)").of(&["fetch"]).with(|arg| arg.value_parser(time())),
    argument("program", "PROGRAM ARG", "Run for each durable message; exit code 0 accepts it").of(&["fetch"]).with(|arg| arg.num_args(1..).last(true))
        .manual("{} in an argument is the file of the message. The environment has EXOIMAP_UID, EXOIMAP_MAILBOX, EXOIMAP_FOLDER, EXOIMAP_FILE and EXOIMAP_ATTACHMENTS, and none of our credentials. Only a message that PROGRAM accepted is marked, moved or deleted; any other is offered again by the next run."),
    flag("dry-run", "Print what would be fetched, change nothing").of(&["fetch"]),
    // mark
    flag("seen", "Mark as seen").of(&["mark"]),
    flag("clear-seen", "Mark as not seen (to select unseen messages: --query UNSEEN)").of(&["mark"]).with(|arg| arg.long("unseen").conflicts_with("seen")),
    flag("flagged", "Mark as flagged").of(&["mark"]),
    flag("clear-flagged", "Remove the flag").of(&["mark"]).with(|arg| arg.long("unflagged").conflicts_with("flagged")),
    flag("answered", "Mark as answered").of(&["mark"]),
    flag("clear-answered", "Mark as not answered").of(&["mark"]).with(|arg| arg.long("unanswered").conflicts_with("answered")),
    // move, copy, delete
    option("to", "FOLDER", "Target folder").of(&["move", "copy"]).with(|arg| arg.required(true)),
    option("trash", "FOLDER", "Move the messages to this folder").of(&["delete"]).with(|arg| arg.conflicts_with("permanently"))
        .manual("Deleted Items has another name in every language; '\\Trash' names it in all of them."),
    flag("permanently", "Delete for good (Exchange keeps them in Recoverable Items)").of(&["delete"]),
    flag("dry-run", "Print what would be done, change nothing").of(CHANGES),
    // append
    argument("files", "FILE", "Message files (- is stdin)").of(&["append"]).with(|arg| arg.num_args(1..).required(true)),
    option("folder", "FOLDER", "Folder name as people see it").of(&["append"]).with(|arg| arg.default_value("INBOX")),
    flag("seen", "Mark them as seen").of(&["append"]),
    option("flags", "FLAGS", "Flags to set: seen, answered, flagged, draft").of(&["append"])
        .with(|arg| arg.value_delimiter(',').value_parser(["seen", "answered", "flagged", "draft"])),
    option("date", "TIME", "Received date: 2026-11-02T08:14:07Z or a day [default: now]").of(&["append"])
        .with(|arg| arg.value_parser(ValueParser::new(parse_date_time))),
    // wait
    option("to", "DIR", "The directory of fetch, or one above several").of(&["status"]).with(|arg| arg.required(true)),
    option("max-age", "T", "Exit with 5 if the last complete run is older (30m, 26h)").of(&["status"])
        .with(|arg| arg.value_parser(ValueParser::new(parse_age))),
    option("to", "DIR", "Wait for messages that fetch --to DIR would fetch").of(&["wait"])
        .manual("Only messages that no run has tried yet; the selection must be that of fetch."),
    option("for", "T", "Wait at most this long, then exit with 3 [default: no limit]").of(&["wait"]).with(|arg| arg.value_parser(time())),
    // tunnel, relay
    option("idle-timeout", "T", "End a session if nothing is sent either way for T").of(BRIDGES)
        .with(|arg| arg.value_parser(time()).default_value("35m")),
    option("max-wait", "T", "Total time to wait out throttling and outages before the greeting").of(BRIDGES).env("EXOIMAP_MAX_WAIT")
        .with(|arg| arg.value_parser(ValueParser::new(parse_wait)).default_value("0"))
        .manual("Mail programs wait for the greeting, and some of them not for long."),
    // relay
    option("listen", "ADDRESS", "Address and port to listen on, repeatable (- is a socket as stdin)").of(&["relay"])
        .with(|arg| arg.action(ArgAction::Append))
        .manual("The default is 127.0.0.1:1143 and [::1]:1143. Another address than this machine's own needs --tls-certificate and --tls-key. - is for systemd (StandardInput=socket)."),
    option("password-file", "FILE", "File with the names and verifiers of the local passwords").of(&["relay"]).env("EXOIMAP_PASSWORD_FILE").kind(Kind::SecretFile),
    option("add", "NAME", "Add NAME or NAME=MAILBOX with a new password, print it, and exit").of(&["relay"]).with(|arg| arg.conflicts_with("set")),
    option("set", "NAME", "Set the password of NAME or NAME=MAILBOX from stdin, and exit").of(&["relay"]),
    option("allow", "ADDRESS", "Open only this mailbox or @domain, repeatable").of(&["relay"]).with(|arg| arg.action(ArgAction::Append)),
    option("tls-certificate", "FILE", "PEM file with the certificate of the listener, for implicit TLS").of(&["relay"]),
    option("tls-key", "FILE", "PEM file with its private key (PKCS #8)").of(&["relay"]).kind(Kind::SecretFile),
    option("max-connections", "N", "Sessions at a time").of(&["relay"])
        .with(|arg| arg.value_parser(value_parser!(u16).range(1..=10_000)).default_value("100")),
];

#[rustfmt::skip]
const SELECTION: &[Entry] = &[
    option("folder", "FOLDER", "Folder name as people see it, or a special use such as \\Trash").of(SELECTS_ONE).with(|arg| arg.default_value("INBOX"))
        .manual("The inbox is INBOX in every language."),
    option("folder", "PATTERN", "Folder name, or a pattern with * for any characters; repeatable").of(&["fetch"])
        .with(|arg| arg.default_value("INBOX").action(ArgAction::Append))
        .manual("A pattern, or two folders, gives each its own directory: DIR/<folder>/. A name like \\Trash, \\Sent, \\Drafts, \\Junk or \\Archive stands for the folder of that use. In a directory's name %XX stands for a byte that some file systems refuse."),
    option("not-folder", "PATTERN", "Leave these folders out; repeatable").of(&["fetch", "folders"]).with(|arg| arg.action(ArgAction::Append)),
    option("uid", "SET", "UIDs: 1:5,7,100:* (* alone is the newest message)").of(SELECTS),
    flag("unseen", "Messages not seen yet").of(SELECTS_BY_FLAG),
    option("since", "DATE", "Received on this day or later: 2026-11-02, today, yesterday, 7d, 2w").of(SELECTS).with(day)
        .manual("7d is seven days ago, 2w two weeks ago. Days are those of UTC."),
    option("before", "DATE", "Received before this day: 2026-11-02, today, yesterday, 7d, 2w").of(SELECTS).with(day),
    option("from", "TEXT", "Text in From").of(SELECTS),
    option("to-address", "TEXT", "Text in To").of(SELECTS),
    option("subject", "TEXT", "Text in Subject").of(SELECTS)
        .manual("Text beyond ASCII is compared here, with the decoded headers; so it is for --from and --to-address."),
    option("larger", "N", "Larger than N bytes (10K, 10M), by the server's estimate").of(SELECTS)
        .with(|arg| arg.value_parser(ValueParser::new(parse_size))),
    option("query", "KEYS", "RFC 3501 search keys, e.g. 'FLAGGED NOT DELETED'").of(SELECTS),
    option("limit", "N", "The first N of them").of(SELECTS).with(|arg| arg.value_parser(value_parser!(u64).range(1..))),
];

#[rustfmt::skip]
const ACCOUNT: &[Entry] = &[
    option("mailbox", "ADDR", "Primary SMTP address of the mailbox").env("EXOIMAP_MAILBOX").with(|arg| arg.action(ArgAction::Append))
        .manual("check, setup and fetch take it several times."),
    option("tenant", "ID", "Tenant ID or verified domain of the tenant").env("AZURE_TENANT_ID"),
    option("client-id", "ID", "Application (client) ID").env("AZURE_CLIENT_ID"),
    option("auth", "METHOD", "Authentication method; auto picks the credential you configured").env("EXOIMAP_AUTH")
        .with(|arg| arg.value_parser(["auto", "token", "certificate", "secret", "federated", "managed-identity", "device-code"]).default_value("auto"))
        .manual("auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for."),
    option("client-secret-file", "FILE", "File with the client secret (- is stdin)").env("EXOIMAP_CLIENT_SECRET_FILE").kind(Kind::SecretFile).method("secret"),
    option("client-secret-command", "CMD", "Command that prints the client secret").env("EXOIMAP_CLIENT_SECRET_COMMAND").kind(Kind::Private).method("secret"),
    option("certificate", "FILE", "PEM file with the certificate and its private key").env("AZURE_CLIENT_CERTIFICATE_PATH").kind(Kind::SecretFile).method("certificate"),
    option("certificate-key", "FILE", "PEM file with the private key, if it is a separate file").env("EXOIMAP_CERTIFICATE_KEY").kind(Kind::SecretFile),
    option("certificate-signature", "ALG", "Signature algorithm; rs256 for a tenant that requires it").env("EXOIMAP_CERTIFICATE_SIGNATURE")
        .with(|arg| arg.value_parser(["ps256", "rs256"]).default_value("ps256")),
    option("federated-token-file", "FILE", "File with the token of a workload identity").env("AZURE_FEDERATED_TOKEN_FILE").kind(Kind::Private).method("federated")
        .manual("It is read for each token request."),
    option("identity", "ID", "User-assigned identity: client ID, /subscriptions/… or object:ID").env("EXOIMAP_IDENTITY").method("managed-identity")
        .manual("The default is the client ID if there is one, else the system-assigned identity (system)."),
    option("access-token-file", "FILE", "File with an access token from elsewhere (- is stdin)").kind(Kind::SecretFile).method("token"),
    option("cloud", "NAME", "National cloud: sets authority, host and scope").env("EXOIMAP_CLOUD")
        .with(|arg| arg.value_parser(PossibleValuesParser::new(Cloud::ALL.map(Cloud::name))).default_value("global")),
    option("authority-host", "URL", "Authority that issues the tokens, an https:// URL").env("AZURE_AUTHORITY_HOST"),
    option("scope", "SCOPE", "Scope of the token [default: https://<host of the cloud>/.default]").env("EXOIMAP_SCOPE"),
    option("host", "HOST", "IMAP server [default: outlook.office365.com]").env("EXOIMAP_HOST"),
    option("port", "PORT", "Port of the IMAP server (implicit TLS)").env("EXOIMAP_PORT")
        .with(|arg| arg.value_parser(value_parser!(u16).range(1..)).default_value("993")),
    option("ca-file", "FILE", "PEM file of root certificates to trust instead of the system's").env("EXOIMAP_CA_FILE"),
    option("proxy", "URL", "Proxy, http:// or socks5:// (none: no proxy)").env("EXOIMAP_PROXY").kind(Kind::Proxy)
        .manual("For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only."),
    option("env-file", "FILE", "Read NAME=value settings from FILE; the environment overrides them")
        .manual("The form of systemd's EnvironmentFile=."),
];

#[rustfmt::skip]
const RUN: &[Entry] = &[
    option("timeout", "T", "Longest silence on a connection, and time to connect").env("EXOIMAP_TIMEOUT")
        .with(|arg| arg.value_parser(time()).default_value("60s")),
    option("max-wait", "T", "Total time to wait out throttling and outages (0: do not wait)").env("EXOIMAP_MAX_WAIT")
        .with(|arg| arg.value_parser(ValueParser::new(parse_wait)).default_value("10m"))
        .manual("A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run."),
    option("max-time", "T", "Time limit of the whole run").env("EXOIMAP_MAX_TIME").with(|arg| arg.value_parser(time())),
    option("token-cache", "DIR", "Keep tokens between runs in this directory").env("EXOIMAP_TOKEN_CACHE").kind(Kind::Private),
    option("trace", "FILE", "Write the protocol transcript to stderr or FILE; credentials masked")
        .with(|arg| arg.num_args(0..=1).require_equals(true).default_missing_value("-")),
    option("log", "FILE", "Append what is written to stderr, with times, to FILE").env("EXOIMAP_LOG"),
    flag("quiet", "Print only results and errors").with(|arg| arg.short('q')),
    flag("verbose", "Print each step on stderr").with(|arg| arg.short('v').conflicts_with("quiet")),
    flag("json", "Print results as JSON, one object per line"),
];

/// Variables that no option stands for.
#[rustfmt::skip]
const VARIABLES: &[Entry] = &[
    variable("AZURE_CLIENT_SECRET", "The client secret").kind(Kind::Secret).method("secret"),
    variable("EXOIMAP_ACCESS_TOKEN", "An access token from elsewhere").kind(Kind::Secret).method("token"),
    variable("HTTPS_PROXY", "Proxy, if EXOIMAP_PROXY is not set").kind(Kind::Proxy),
    variable("ALL_PROXY", "Proxy, if HTTPS_PROXY is not set either").kind(Kind::Proxy),
    variable("NO_PROXY", "Hosts to be reached without a proxy"),
    variable("IDENTITY_ENDPOINT", "Managed identity: set by App Service, Functions and Arc").kind(Kind::Private),
    variable("IDENTITY_HEADER", "Managed identity: the secret of IDENTITY_ENDPOINT").kind(Kind::Secret),
    variable("MSI_ENDPOINT", "Managed identity: set by older hosts").kind(Kind::Private),
    variable("MSI_SECRET", "Managed identity: the secret of MSI_ENDPOINT").kind(Kind::Secret),
    variable("SSL_CERT_FILE", "Root certificates of OpenSSL, if there is no --ca-file"),
    variable("SSL_CERT_DIR", "Directory of root certificates of OpenSSL"),
    // Read by others only: Microsoft's libraries, curl. A program that we start has no use for them.
    variable("AZURE_CLIENT_CERTIFICATE_PASSWORD", "Not read: a key with a password is not supported").kind(Kind::Secret),
    variable("HTTP_PROXY", "Not read").kind(Kind::Proxy),
];

fn time() -> ValueParser {
    ValueParser::new(parse_time)
}

fn day(arg: Arg) -> Arg {
    arg.value_parser(ValueParser::new(parse_day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_options_help_is_one_line_of_at_most_80_characters() {
        for entry in all() {
            let length = entry.help.chars().count();
            assert!((3..=80).contains(&length), "{length}: {}", entry.help);
            assert!(
                !entry.help.ends_with('.') && entry.help.starts_with(|c: char| !c.is_lowercase()),
                "{}",
                entry.help
            );
        }
    }

    #[test]
    fn a_command_has_each_option_once() {
        let all: Vec<_> = all().filter(|entry| !entry.name.is_empty()).collect();
        for (at, one) in all.iter().enumerate() {
            let same = all[at + 1..].iter().filter(|other| other.name == one.name);
            let both = same.filter(|other| one.commands.iter().any(|command| other.commands.contains(command)));
            assert_eq!(both.count(), 0, "--{} stands twice for one of {:?}", one.name, one.commands);
        }
    }
}
