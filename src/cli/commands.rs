//! The one table of commands. A new command is one file and one entry.

use crate::Result;

use super::{Call, Exit, append, bridge, change, check, fetch, folders, search, setup, status, token, wait};

/// A command, and all that is known of it but its options.
pub(crate) struct Verb {
    /// Its words: `fetch`, `folders create`.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// What it prints, at the end of its help.
    pub(crate) output: &'static str,
    /// What only the manual says: the program does not carry it.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) manual: &'static str,
    /// Command lines and what they do, for the manual.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) examples: &'static [(&'static str, &'static str)],
    pub(crate) run: Run,
}

type Run = fn(&Call) -> Result<Exit>;

impl Verb {
    const fn new(name: &'static str, about: &'static str, run: Run) -> Verb {
        Verb { name, about, output: "", manual: "", examples: &[], run }
    }

    const fn output(self, output: &'static str) -> Verb {
        Verb { output, ..self }
    }

    const fn manual(self, manual: &'static str, examples: &'static [(&'static str, &'static str)]) -> Verb {
        if cfg!(test) { Verb { manual, examples, ..self } } else { self }
    }
}

/// Every command, in the order of the help.
#[rustfmt::skip]
pub(crate) const COMMANDS: &[Verb] = &[
    Verb::new("check", "Test every step from configuration to logout and name what is missing", check::run)
        .output("Output: one line per step with its time; with several mailboxes one line per mailbox.")
        .manual("A mailbox that fails does not stop the others.", &[
            ("exoimap check", "Test the mailbox and the credential that the environment names."),
            ("exoimap check --mailboxes list.txt --expect-days 30", "Test every mailbox of a list, and fail if the certificate expires within 30 days."),
            ("exoimap check --report report.txt", "Write a report for an administrator; it has no credential in it."),
        ]),
    Verb::new("setup", "Print what an administrator must do once, with your ids filled in", setup::run)
        .output("It works without a credential; with one it marks the steps that are done.")
        .manual("", &[
            ("exoimap setup --mailbox orders@contoso.com", "Print the steps for one mailbox."),
            ("exoimap setup --script --mailboxes list.txt", "Print one block of PowerShell for many mailboxes."),
        ]),
    Verb::new("folders", "List the folders and how many messages are in them, or create one", folders::run)
        .output("Output: messages, unseen, name; - if a folder holds no messages; then, after a tab, the special use if the server reports one (\\Sent, \\Trash).")
        .manual("Exchange also lists folders that hold no mail (Calendar, Contacts, Notes, Tasks, Outbox, Journal, Sync Issues and those below it, Files), in the language of the mailbox: a script that goes through all folders leaves them out by name.", &[
            ("exoimap folders --json", "List the folders as JSON, one object per line."),
        ]),
    Verb::new("folders create", "Create a folder and its missing parents", folders::create)
        .output("Output: the folder's name.")
        .manual("", &[("exoimap folders create INBOX/2026", "Create 2026 in the inbox.")]),
    Verb::new("search", "List the selected messages", search::run)
        .output("Output: one UID per line. With --json one object per message: uid, date, internal_date, from, to, cc, subject, message_id, size_estimate, flags, has_attachments; null if unknown.\n\nFlags in the table: D draft, F flagged, R answered, S seen, T deleted. Sizes are Exchange's estimates in bytes.")
        .manual("", &[
            ("exoimap search --unseen --headers", "Print a table of the messages that are not seen yet."),
            ("exoimap search --json --from billing@example.com --since 2026-11-01", "Print one JSON object per message from a sender."),
        ]),
    Verb::new("token", "Print an access token for another program", token::run)
        .manual("", &[
            ("exoimap token --claims", "Print what the token says about application, tenant and permissions."),
            ("exoimap token --xoauth2 --mailbox orders@contoso.com", "Print the SASL XOAUTH2 string for a mailbox."),
        ]),
    Verb::new("fetch", "Download new messages, each exactly once", fetch::run)
        .output("Output: one line per message, UID and path with a tab between. The next run fetches what is new.")
        .manual("", &[
            ("exoimap fetch --to mail", "Deliver the new messages of the inbox to the directory mail."),
            ("exoimap fetch --to mail --attachments --json", "Also write the attachments; print one JSON object per message."),
            ("exoimap fetch --to mail --move-to Done -- ./import.sh {}", "Run import.sh for each message and move the messages that it accepts to the folder Done."),
            ("exoimap fetch --to mail --mailboxes list.txt --jobs 8", "Fetch eight mailboxes in parallel, each to mail/<mailbox>/."),
        ]),
    Verb::new("mark", "Set or clear flags of the selected messages", change::mark)
        .output("Output: one line per message, UID and what was done with a tab between.")
        .manual("", &[("exoimap mark --uid 1:100 --seen", "Mark messages as seen.")]),
    Verb::new("move", "Move the selected messages to another folder", change::move_to)
        .output(COPIED)
        .manual("If the server has no MOVE (Exchange has), the messages are copied and the originals deleted: a crash between the two leaves them in both folders. If the connection breaks at that point, the run stops with exit code 5 and says so.", &[
            ("exoimap move --to Archive --before 2026-01-01", "Move old messages to the folder Archive."),
        ]),
    Verb::new("copy", "Copy the selected messages to another folder", change::copy_to)
        .output(COPIED)
        .manual("A copy that is repeated is made twice: if the connection breaks during a copy, the run stops with exit code 5 and names the messages that may be there already.", &[
            ("exoimap copy --to Archive --uid 4711", "Copy one message to the folder Archive."),
        ]),
    Verb::new("delete", "Delete the selected messages", change::delete)
        .output("Output: one line per message, UID and what was done with a tab between. Only the selected messages are expunged.")
        .manual("", &[("exoimap delete --permanently --before 2026-01-01 --dry-run", "Print which old messages would be deleted.")]),
    Verb::new("append", "Upload messages to a folder", append::run)
        .output("Output: one line per message, UID (- if the server does not report it) and file with a tab between.")
        .manual("All files are checked before anything is sent. Refused with the number of the line (exit code 2): a line of more than 9,000 bytes, after which Exchange would take the message for commands; a CR or a NUL alone; CRLF and LF mixed; more than 150 MB. A file whose lines all end in LF is sent with CRLF.\n\nIf the connection breaks after a message and before its answer, it is unknown whether it was stored: the run stops with exit code 5 and names it.", &[
            ("exoimap append --folder Archive --seen a.eml b.eml", "Upload two messages and mark them as seen."),
        ]),
    Verb::new("status", "Report what fetch has delivered, and what is left, without a connection", status::run)
        .output("Output: for each directory that fetch delivered to, the last run and its exit code, the last complete one, what was delivered, and what is pending, failing or given up. Exit code 6 if something is pending, failing or given up, 5 if the last complete run is older than --max-age, 2 if there is none.")
        .manual("A run is complete if it went through the whole folder: exit code 0 or 6. It works while a run is using the directory.", &[
            ("exoimap status --to mail --max-age 2h", "Check that the job still works, for a monitoring system."),
            ("exoimap status --to mail --json", "Print one JSON object per directory."),
        ]),
    Verb::new("wait", "Wait until there is mail to fetch", wait::run)
        .output("Output: the UIDs of the mail to fetch, one per line; at once if there is some already.\n\nA loop that misses nothing and does not spin:\n\n    exoimap wait --to DIR && exoimap fetch --to DIR")
        .manual("Without --to, everything that matches the selection counts. That goes with a fetch that takes away what it selects: wait && fetch --move-to F, or wait --unseen && fetch --unseen --mark-seen.\n\nWith --to, a message that failed before, or that a program did not accept, does not end the wait: the next fetch, for other mail or after --for, tries it too.", &[
            ("exoimap wait --to mail --for 1h", "Wait at most an hour for mail that fetch --to mail would fetch."),
        ]),
    Verb::new("tunnel", "Sign in for a mail program and connect it to the session", bridge::tunnel)
        .output("Output: * PREAUTH, then the bytes of the server as they are; input goes to the server. If there will be no session, the output is one * BYE line, which mail programs show.")
        .manual("For programs that can run a command in place of a connection: mbsync (Tunnel), mutt and neomutt (tunnel), offlineimap (preauthtunnel), fetchmail (plugin). With --token-cache, a program that opens several sessions needs one token per hour.\n\nExit code 0 if the client ended the session, 5 if the server did.", &[
            ("exoimap tunnel --mailbox orders@contoso.com --token-cache cache", "What mbsync runs as its Tunnel."),
        ]),
    Verb::new("relay", "Let programs that know only a name and a password sign in locally", bridge::relay)
        .output("It listens on 127.0.0.1:1143 and [::1]:1143 until it is ended. One line on stderr when a session is signed in, when it ends, and when a client is refused.")
        .manual("A client signs in with a name and a password of --password-file (LOGIN or AUTHENTICATE PLAIN); the relay signs in to the mailbox of that name as the application, and from then on passes the bytes on as they are, both ways. One line of the file is NAME[=MAILBOX] and a verifier; --add writes it and prints the password. A name may be an alias of a mailbox; @contoso.com is every mailbox of a domain. The file is read again when it changes.\n\nAnother address than this machine's own is served only with --tls-certificate and --tls-key (implicit TLS).", &[
            ("exoimap relay --password-file relay.passwords --add orders@contoso.com", "Make a password for a mailbox and print it, once."),
            ("exoimap relay --password-file relay.passwords --add tickets=orders@contoso.com", "The same with a name of its own."),
            ("exoimap relay --password-file relay.passwords --token-cache cache", "Serve the programs on this machine."),
        ]),
];

const COPIED: &str = "Output: one line per message, with tabs between: UID, what was done, the new UID (- if the server does not report it).";
