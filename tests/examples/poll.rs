//! Looks for new mail every minute and renews the token before it expires: `poll ROUNDS`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod site;

use std::time::Duration;

use exoimap::AccessToken;
use exoimap::{Kind, MailboxName, Result, Retry};

const BEFORE: Duration = Duration::from_secs(300);

fn main() -> Result<()> {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(u32::MAX);
    let site = site::Site::from_environment()?;
    let mut token: Option<AccessToken> = None;
    for round in 0..rounds {
        if round > 0 {
            std::thread::sleep(Duration::from_secs(60));
        }
        match look(&site, &mut token) {
            Ok(unseen) => println!("{unseen} unseen"),
            // A network, a service that is busy: the next round tries again. All else needs a person.
            Err(error) if error.kind() == Kind::Temporary => eprintln!("{error}"),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn look(site: &site::Site, token: &mut Option<AccessToken>) -> Result<u64> {
    let fresh = token.take().filter(|token| token.lasts().is_none_or(|lasts| lasts > BEFORE));
    let fresh = match fresh {
        Some(token) => token,
        None => site.application.request_token(&site.network, &mut Retry::none())?,
    };
    let mut session = exoimap::sign_in(&site.network, &site.server, &site.mailbox, fresh.secret())?;
    *token = Some(fresh);
    let mut inbox = session.examine(&MailboxName::inbox())?;
    let unseen = inbox.search("UNSEEN")?.len();
    inbox.unselect()?;
    session.logout()?;
    Ok(unseen)
}
