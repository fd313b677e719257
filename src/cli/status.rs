//! `exoimap status`: what the state of a directory says, without a connection.

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::calendar::rfc3339;
use crate::delivery::state::{State, Tries};
use crate::delivery::{self, Status};
use crate::imap::UidSet;
use crate::{Error, Result};
use serde_json::{Value, json};

use super::{Call, Exit};

pub(crate) fn run(call: &Call) -> Result<Exit> {
    let (arguments, output) = (&call.arguments, &call.output);
    let to = arguments.raw("to").unwrap_or_default();
    if to.is_empty() || to == "-" {
        return Err(Error::usage("--to names no directory that fetch could have filled"));
    }
    let found = match Path::new(to).is_dir() {
        true => delivery::status(Path::new(to)),
        false => Vec::new(),
    };
    if found.is_empty() {
        return Err(Error::usage(format!("no fetch has delivered to {to} or below it")));
    }
    let max_age = arguments.get::<Duration>("max-age");
    let mut exit = Exit::Done;
    for status in found {
        let status = match status {
            Ok(status) => status,
            Err(error) => {
                exit = output.failed("", &error, &[]);
                continue;
            }
        };
        let complete = status.last.and_then(|last| last.complete);
        let is_late = max_age.is_some_and(|age| complete.is_none_or(|complete| is_away(complete, age)));
        exit = match exit {
            Exit::Local | Exit::Usage => exit,
            _ if is_late => Exit::Temporary,
            Exit::Done if !status.is_clean() => Exit::Partly,
            exit => exit,
        };
        match output.json {
            true => output.object(&object(&status))?,
            false => text(&status, is_late).iter().try_for_each(|line| output.line(&[line]))?,
        }
    }
    Ok(exit)
}

/// True if it is longer ago than that, or so far ahead: then the clock was wrong, and it may be any time ago.
fn is_away(time: SystemTime, age: Duration) -> bool {
    SystemTime::now().duration_since(time).unwrap_or_else(|ahead| ahead.duration()) > age
}

fn text(status: &Status, is_late: bool) -> Vec<String> {
    let Status { dir, state, last } = status;
    let State { host, mailbox, folder, format, .. } = state;
    let mut lines = vec![format!("{}: {folder} of {mailbox} ({host}, {})", dir.display(), format.name())];
    let mut say = |name: &str, text: String| lines.push(format!("  {name:<14} {text}"));
    let run = last.map(|last| format!("{}, exit code {}", rfc3339(last.ended), last.exit_code));
    say("last run", run.unwrap_or_else(|| "unknown".to_owned()));
    let complete = last.and_then(|last| last.complete).map_or_else(|| "none".to_owned(), rfc3339);
    say("last complete", format!("{complete}{}", if is_late { ", too long ago" } else { "" }));
    say("delivered", state.delivered.len().to_string());
    for (name, uids) in
        [("for a program", &state.run), ("to change", &status.pending_changes()), ("given up", &state.given_up)]
    {
        if !uids.is_empty() {
            say(name, format!("{} ({uids})", uids.len()));
        }
    }
    for (uid, Tries { count, reason }) in status.failing() {
        say("failing", format!("{uid}, {count} tries: {reason}"));
    }
    lines
}

fn object(status: &Status) -> Value {
    let uids = |set: &UidSet| set.iter().map(|uid| uid.get()).collect::<Vec<_>>();
    let Status { dir, state, last } = status;
    let failing = status
        .failing()
        .map(|(uid, Tries { count, reason })| json!({"uid": uid.get(), "tries": count, "reason": reason}));
    json!({
        "dir": dir.to_string_lossy(),
        "host": state.host,
        "mailbox": state.mailbox,
        "folder": state.folder,
        "format": state.format.name(),
        "last_run": last.map(|last| rfc3339(last.ended)),
        "exit_code": last.map(|last| last.exit_code),
        "last_complete": last.and_then(|last| last.complete).map(rfc3339),
        "delivered": state.delivered.len(),
        "pending_program": uids(&state.run),
        "pending_changes": uids(&status.pending_changes()),
        "failing": failing.collect::<Vec<_>>(),
        "given_up": uids(&state.given_up),
    })
}
