//! `exoimap folders`: the mailboxes with their counts; `exoimap folders create`: a new one.

use crate::exchange::{Next, choose, explain, special_use};
use crate::imap::Session;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::{Flag, ListItem, MailboxStatus};
use crate::{Kind, Result, Stream};
use clap::ArgMatches;
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use super::session::Setting;
use super::sign_in::SignIn;

/// `folders create NAME`
pub(crate) fn create(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let mailbox = setting.mailbox()?;
    let name = MailboxName::new(arguments.get_one::<String>("name").map(String::as_str).unwrap_or_default())?;
    SignIn::new(setting, output, mailbox).persist(&mut setting.retry(output), &mut |session, _| {
        session.create(&name).map_err(explain)?;
        Ok(Next::Done)
    })?;
    if output.json {
        output
            .object(&json!({"name": name.as_str(), "wire": String::from_utf8_lossy(name.wire()), "created": true}))?;
    } else {
        output.line(&[name.as_str()])?;
    }
    Ok(Exit::Done)
}

/// `folders PATTERN`: what fetch would take of a mailbox.
pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let mailbox = setting.mailbox()?;
    let all = |name: &str| arguments.get_many::<String>(name).into_iter().flatten().cloned().collect::<Vec<_>>();
    let (patterns, without) = (all("pattern"), all("not-folder"));
    let is_all = patterns.is_empty() && without.is_empty();
    let patterns = if patterns.is_empty() { vec!["*".to_owned()] } else { patterns };
    // Each folder is said once, in however many sessions it takes.
    let (mut items, mut said, mut unmatched): (Option<Vec<ListItem>>, usize, Vec<String>) = (None, 0, Vec::new());
    SignIn::new(setting, output, mailbox).persist(&mut setting.retry(output), &mut |session, retry| {
        if items.is_none() {
            let mut list = session.list().map_err(explain)?;
            let chosen = choose(&list, &patterns, &without);
            list.retain(|item| is_all || chosen.folders.contains(&MailboxName::from_wire(&item.name)));
            (items, unmatched) = (Some(list), chosen.unmatched);
        }
        for item in items.iter().flatten().skip(said) {
            tell(session, item, output)?;
            said += 1;
            retry.progressed();
        }
        Ok(Next::Done)
    })?;
    for pattern in &unmatched {
        output.warn(&format!("folder not found: {pattern:?}"));
    }
    Ok(if is_all || unmatched.is_empty() { Exit::Done } else { Exit::Refused })
}

fn tell(session: &mut Session<Stream>, item: &ListItem, output: &Output) -> Result<()> {
    // `LIST` may name the root, which is not a mailbox.
    if item.name.is_empty() {
        return Ok(());
    }
    let name = MailboxName::from_wire(&item.name);
    let status = match (!item.is_noselect()).then(|| session.status(&name).map_err(explain)).transpose() {
        Ok(status) => status,
        // One folder that cannot be counted keeps nobody from seeing the others, nor does one that
        // the server gave a name that cannot be sent back.
        Err(error) if matches!(error.kind(), Kind::Refused | Kind::Usage) => {
            output.warn(&format!("{name}: {error}"));
            None
        }
        Err(error) => return Err(error),
    };
    print(output, item, &name, status.as_ref())
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
    let line = format!("{:>8} {:>8}  {}", shown(messages), shown(unseen), name.as_str());
    match special_use(item) {
        Some(special) => output.line(&[&line, special]),
        None => output.line(&[&line]),
    }
}
