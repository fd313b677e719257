//! Refusals by name, for trying any client against them: `--serve --refuse NAME`.

use super::Sandbox;
use super::support::exchange::Fault;
use super::support::mailboxes::MailboxState;
use super::support::sample::ORDERS;

/// The message that something happens to: the second of six.
const UID: u32 = 16102;

type Arm = fn(&Sandbox);

/// Each with what the server then says.
pub(crate) const REFUSALS: [(&str, &str, Arm); 8] = [
    ("nothing", "all goes well", |_| {}),
    ("sign-in", "NO AUTHENTICATE failed.", |sandbox| {
        for command in ["AUTHENTICATE", "LOGIN"] {
            sandbox.exchange.fault_always(Fault::Refuse { command, answer: "NO AUTHENTICATE failed." });
        }
    }),
    ("mailbox", "OK [Error=\"UserDisabled\" …], then BAD User is authenticated but not connected.", |sandbox| {
        sandbox.exchange.mailboxes().mailbox(ORDERS).unwrap().state = MailboxState::UserDisabled;
    }),
    (
        "throttled",
        "BAD Request is throttled. Suggested Backoff Time: 3000 milliseconds, at each FETCH of a body",
        |sandbox| {
            let answer = "BAD Request is throttled. Suggested Backoff Time: 3000 milliseconds";
            sandbox.exchange.fault_always(Fault::Refuse { command: "FETCH", answer });
        },
    ),
    ("expired", "* BYE Session invalidated - AccessTokenExpired, once, after two messages", |sandbox| {
        sandbox.exchange.fault(Fault::ByeTokenExpired { after_messages: 2 });
    }),
    ("unavailable", "Server Unavailable. 15 without tag or star, at each FETCH", |sandbox| {
        sandbox.exchange.fault_always(Fault::ServerUnavailableBare);
    }),
    ("no-message", "OK FETCH completed. without the second of six messages", |sandbox| {
        sandbox.exchange.fault_always(Fault::OkWithoutData { uid: UID });
    }),
    ("placeholder", "Exchange's placeholder in place of the second of six messages", |sandbox| {
        sandbox.exchange.fault_always(Fault::Placeholder { uid: UID });
    }),
];

/// Arms a refusal; false where there is none of that name.
pub(crate) fn arm(sandbox: &Sandbox, name: &str) -> bool {
    // Clients without XOAUTH2 are let in by LOGIN here, which Exchange Online never does: what is tried is
    // what comes after it.
    sandbox.exchange.fault_always(Fault::TakesLogin);
    let found = REFUSALS.iter().find(|(known, ..)| *known == name);
    found.map(|(_, _, arm)| arm(sandbox)).is_some()
}
