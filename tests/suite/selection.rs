//! Each key of a selection, through the public API, against the sandbox's Exchange.

use std::time::Duration;

use exoimap::{Day, Found, MailboxName, Network, Result, Secret, Selection, Server, Trust};

use crate::program::World;
use crate::support::sample;

/// The UIDs of `sample`, by what they are.
const ORDER: u32 = 16101;
const JIS: u32 = 16102;
const UTF_8: u32 = 16105;
const ATTACHMENT: u32 = 16110;
const WEB: u32 = 16111;
const REPORT: u32 = 16123;

impl World {
    /// What `selection` finds from `from` on, in a connection of its own.
    fn find(&self, selection: &Selection, from: u32) -> Result<Found> {
        let network =
            Network::new(Trust::File(self.folder.path().join("ca.pem"))).with_timeout(Duration::from_secs(20));
        let server = Server::new("localhost", self.exchange.port()).unwrap();
        let token = Secret::new(self.entra.token());
        let mut session = exoimap::sign_in(&network, &server, sample::ORDERS, &token).unwrap();
        selection.find(&mut session.examine(&MailboxName::inbox())?, from)
    }

    fn finds(&self, selection: Result<Selection>, from: u32, expected: &[u32]) {
        let found = self.find(selection.as_ref().unwrap(), from).unwrap();
        let uids: Vec<_> = found.uids.iter().map(|uid| uid.get()).collect();
        assert_eq!((&uids[..], found.unreadable.is_empty()), (expected, true), "{selection:?}");
    }

    /// The last commands of the log that search or fetch.
    fn commands(&self) -> Vec<String> {
        let mut commands = self.exchange.commands();
        commands.retain(|command| command.starts_with("UID "));
        commands
    }
}

fn all() -> Selection {
    Selection::default()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

#[test]
fn each_key_finds_its_messages() {
    let site = World::new();
    site.finds(Ok(all()), 1, &[ORDER, JIS, UTF_8, ATTACHMENT, WEB, REPORT]);
    site.finds(Ok(all()), WEB, &[WEB, REPORT]);
    site.finds(Ok(all()), REPORT + 1, &[]);
    site.finds(Ok(all().with_unseen()), 1, &[JIS, UTF_8, ATTACHMENT, WEB, REPORT]);
    site.finds(all().with_since(day("2026-11-06")), 1, &[WEB, REPORT]);
    site.finds(all().with_before(day("2026-11-03")), 1, &[ORDER]);
    site.finds(all().with_since(day("2026-11-04")).unwrap().with_before(day("2026-11-06")), 1, &[UTF_8, ATTACHMENT]);
    site.finds(all().with_from("Purchasing@"), 1, &[ORDER, ATTACHMENT]);
    site.finds(all().with_to("orders@contoso.com"), 1, &[ORDER, JIS, UTF_8, ATTACHMENT, WEB, REPORT]);
    site.finds(all().with_to("archive@example.com"), 1, &[]);
    site.finds(all().with_subject("order 4711"), 1, &[ORDER]);
    site.finds(Ok(all().with_larger(100_000)), 1, &[REPORT]);
    site.finds(all().with_query("FLAGGED CC \"archive@\""), 1, &[ATTACHMENT]);
    site.finds(all().with_query("OR FLAGGED NOT UNSEEN"), 1, &[ORDER, ATTACHMENT]);
    // The limit is for whoever knows what is new.
    site.finds(all().with_limit(1), REPORT, &[REPORT]);
}

#[test]
fn sets_of_uids() {
    let site = World::new();
    site.finds(all().with_uids("16101:16105,16111,9"), 1, &[ORDER, JIS, UTF_8, WEB]);
    site.finds(all().with_uids("16101:16105"), JIS, &[JIS, UTF_8]);
    site.finds(all().with_uids("16111:*"), 1, &[WEB, REPORT]);
    site.finds(all().with_uids("17000:*"), 1, &[]);
    site.finds(all().with_uids("*"), 1, &[REPORT]);
    site.finds(all().with_uids("16101,*"), 1, &[ORDER, REPORT]);
    site.finds(Ok(all().with_uids("16101,*").unwrap().with_unseen()), 1, &[REPORT]);
    let every_other = (8000..8100).chain(10_000..20_000).step_by(2).map(|uid| uid.to_string()).collect::<Vec<_>>();
    let before = site.commands().len();
    site.finds(all().with_uids(&every_other.join(",")), 1, &[JIS, ATTACHMENT]);
    let commands = site.commands().split_off(before);
    assert!(commands.len() > 1 && commands.iter().all(|command| command.len() < 4090), "{}", commands.len());
}

#[test]
fn what_is_not_ascii_is_matched_here() {
    let site = World::new();
    site.finds(all().with_subject("注文書"), 1, &[JIS, ATTACHMENT]);
    site.finds(all().with_subject("FÜR MÄRZ"), 1, &[UTF_8]);
    site.finds(all().with_from("müller"), 1, &[UTF_8]);
    site.finds(all().with_from("山田"), 1, &[JIS]);
    site.finds(all().with_from("\"Example Trading\" <"), 1, &[ORDER, ATTACHMENT]);
    site.finds(all().with_from("purchasing@").unwrap().with_subject("注文"), ORDER + 1, &[ATTACHMENT]);
    site.finds(all().with_subject("請求書"), 1, &[]);
    site.exchange.deliver(sample::ORDERS, "INBOX", sample::note("Größe: raw 8-bit"));
    site.finds(all().with_subject("größe"), 1, &[REPORT + 1]);
    let fetches = "UID FETCH 16123:16124 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT CONTENT-TYPE)])";
    site.finds(all().with_subject("größe"), REPORT, &[REPORT + 1]);
    assert_eq!(site.commands().last().map(String::as_str), Some(fetches));
    assert_eq!(site.exchange.folder(sample::ORDERS, "INBOX").unseen(), 6, "nothing was marked");
}

#[test]
fn an_empty_folder_is_not_searched() {
    let site = World::new();
    let uids = site.exchange.folder(sample::ORDERS, "INBOX").uids();
    site.exchange.mailboxes().folder(sample::ORDERS, "INBOX").unwrap().remove(&uids);
    site.finds(all().with_uids("*"), 1, &[]);
    assert!(site.commands().is_empty());
}
