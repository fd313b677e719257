//! `exoimap folders`: the mailboxes with their counts; `exoimap folders create`: a new one.

use crate::exchange::{choose, special_use};
use crate::imap::Listed;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::{Flag, ListItem, MailboxStatus, Unreadable};
use crate::{Error, Kind, Result};
use serde_json::json;

use super::{Call, Exit, Output, SignIn};

/// `folders create NAME`
pub(crate) fn create(call: &Call) -> Result<Exit> {
    let setting = call.setting()?;
    let mailbox = setting.mailbox()?;
    let name = MailboxName::new(call.arguments.raw("name").unwrap_or_default())?;
    SignIn::new(&setting, mailbox).persist(&mut setting.retry(), &mut |session, _| session.create(&name).map(Some))?;
    let object = || json!({"name": name.as_str(), "wire": String::from_utf8_lossy(name.wire()), "created": true});
    call.output.result(object, &[name.as_str()]).map(|()| Exit::Done)
}

/// `folders PATTERN`: what fetch would take of a mailbox.
pub(crate) fn run(call: &Call) -> Result<Exit> {
    let (arguments, output, setting) = (&call.arguments, &call.output, call.setting()?);
    let mailbox = setting.mailbox()?;
    let (patterns, without) = (arguments.all("pattern"), arguments.all("not-folder"));
    let is_all = patterns.is_empty() && without.is_empty();
    let patterns = if patterns.is_empty() { vec!["*".to_owned()] } else { patterns };
    let counts = !arguments.has("no-counts");
    // Each folder is said once, in however many sessions it takes.
    let (mut items, mut said, mut unmatched): (Option<Vec<ListItem>>, usize, Vec<String>) = (None, 0, Vec::new());
    let (mut ended_at, mut is_partial) = (None, false);
    SignIn::new(&setting, mailbox).persist(&mut setting.retry(), &mut |session, retry| {
        if items.is_none() {
            let mut list = session.list()?;
            is_partial = unreadable(output, "", &list);
            let chosen = choose(&list.items, &patterns, &without);
            list.items.retain(|item| is_all || chosen.folders.contains(&MailboxName::from_wire(&item.name)));
            (items, unmatched) = (Some(list.items), if is_all { Vec::new() } else { chosen.unmatched });
        }
        // `LIST` may name the root, which is not a mailbox.
        for item in items.iter().flatten().filter(|item| !item.name.is_empty()).skip(said) {
            let name = MailboxName::from_wire(&item.name);
            let status = (counts && !item.is_noselect()).then(|| session.status(&name)).transpose();
            // One folder that cannot be counted keeps nobody from seeing the others, nor does one that
            // the server gave a name that cannot be sent back. (Exchange lists a folder Files that does not exist.)
            let ends = status.as_ref().is_err_and(|e| !matches!(e.kind(), Kind::Refused | Kind::Usage));
            if let Err(error) = &status {
                let is_about_it = error.retry_after().is_none() && ended_at.replace(said) == Some(said);
                if ends && !is_about_it {
                    let is_unreadable = Unreadable::of(error).is_some();
                    let again = |e: Error| if is_unreadable { e.with_kind(Kind::Temporary) } else { e };
                    return status.map(|_| None).map_err(again);
                }
                is_partial |= ends;
                output.warn(&format!("{name}: {error}"));
            } else {
                retry.progressed();
            }
            print(output, item, &name, status.ok().flatten().as_ref())?;
            said += 1;
            if ends {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })?;
    for pattern in &unmatched {
        output.warn(&format!("folder not found: {pattern:?}"));
    }
    Ok(match is_partial {
        _ if !unmatched.is_empty() => Exit::Refused,
        true => Exit::Partly,
        false => Exit::Done,
    })
}

/// Warns of folders that the server lists and that cannot be read; true if there are any.
pub(crate) fn unreadable(output: &Output, prefix: &str, list: &Listed) -> bool {
    for refused in &list.unreadable {
        output.warn(&format!("{prefix}a folder that the server lists cannot be read: {refused}"));
    }
    !list.unreadable.is_empty()
}

fn print(output: &Output, item: &ListItem, name: &MailboxName, status: Option<&MailboxStatus>) -> Result<()> {
    let (messages, unseen) = (status.and_then(|status| status.messages), status.and_then(|status| status.unseen));
    if output.json {
        let attributes: Vec<_> = item.attributes.iter().map(Flag::as_str).collect();
        return output.object(&json!({
            "name": name.as_str(),
            "wire": String::from_utf8_lossy(name.wire()),
            "messages": messages,
            "unseen": unseen,
            "uidvalidity": status.and_then(|status| status.uid_validity).map(|validity| validity.get()),
            "uidnext": status.and_then(|status| status.uid_next),
            "attributes": attributes,
            "special_use": special_use(item),
        }));
    }
    let shown = |count: Option<u32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let line = format!("{:>8} {:>8}  {}", shown(messages), shown(unseen), name);
    match special_use(item) {
        Some(special) => output.line(&[&line, special]),
        None => output.line(&[&line]),
    }
}
