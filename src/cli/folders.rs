//! `exoimap folders`: the mailboxes with their counts.

use exoimap::exchange::explain;
use exoimap::imap::mailbox_name::MailboxName;
use exoimap::imap::types::{Flag, ListItem, MailboxStatus};
use exoimap::{Kind, Result};
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use super::session::Setting;

pub(crate) fn run(setting: &Setting, output: &Output) -> Result<Exit> {
    let mailbox = setting.mailbox()?;
    let token = setting.token(output, None)?;
    let mut session = setting
        .sign_in(mailbox, &token, &mut |step| output.step(&format!("{}: {}", step.phase.name(), step.detail)))?;
    for item in session.list().map_err(explain)? {
        // `LIST` may name the root, which is no mailbox.
        if item.name.is_empty() {
            continue;
        }
        let name = MailboxName::from_wire(&item.name);
        let status = if item.is_noselect() {
            None
        } else {
            match session.status(&name).map_err(explain) {
                Ok(status) => Some(status),
                // One folder that cannot be counted keeps nobody from seeing the others, nor does one that
                // the server gave a name that cannot be sent back.
                Err(error) if matches!(error.kind(), Kind::Refused | Kind::Usage) => {
                    output.warn(&format!("{name}: {error}"));
                    None
                }
                Err(error) => return Err(error),
            }
        };
        print(output, &item, &name, status.as_ref())?;
    }
    session.alerts().iter().for_each(|alert| output.warn(&format!("the server says: {alert}")));
    session.logout().map_err(explain)?;
    Ok(Exit::Done)
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
        }));
    }
    let shown = |count: Option<u32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    output.line(&[&format!("{:>8} {:>8}  {}", shown(messages), shown(unseen), name.as_str())])
}
