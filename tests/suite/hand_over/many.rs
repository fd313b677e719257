//! Several mailboxes in one run: one token, a folder each, and one's failure never stops the others.

use std::fs;

use super::{ALL, Post};
use crate::support::exchange::Fault;
use crate::support::listen::CLOSED;
use crate::support::sample::{self, DISABLED, NO_ACCESS, ORDERS, SALES};

impl Post {
    fn many(&self, more: &[&str]) -> crate::program::Ended {
        let call = self.world.call(&[&["fetch", "--to", "mail", "--max-wait", "0"], more].concat());
        call.without("EXOIMAP_MAILBOX").run()
    }

    fn files_of(&self, mailbox: &str) -> usize {
        super::files(&self.dir().join(mailbox)).len()
    }
}

#[test]
fn each_has_a_folder_of_its_own_and_they_share_a_token() {
    for jobs in ["1", "3"] {
        let post = Post::new("eml");
        post.world.exchange.deliver(SALES, "INBOX", sample::note("for sales"));
        post.world.folder.file("list", format!("\u{feff}# a list\r\n{SALES}\r\n\r\n  Orders@Contoso.com # twice\r\n"));
        let ended = post.many(&["--mailbox", ORDERS, "--mailboxes", "list", "--jobs", jobs]);
        assert_eq!(ended.expect(0).stdout.lines().count(), ALL.len() + 1, "{ended}");
        ended.saying(&[&format!("{ORDERS}: 6 delivered"), &format!("{SALES}: 1 delivered")]);
        assert_eq!((post.files_of(ORDERS), post.files_of(SALES)), (6, 1));
        assert_eq!(post.world.entra.requests().len(), 1, "one token for all");
        assert_eq!(post.world.exchange.connections(), 2, "one connection each");
        let again = post.many(&["--mailboxes", "list", "--jobs", jobs]);
        again
            .expect(0)
            .saying(&[&format!("{SALES}: nothing new in INBOX"), "Orders@Contoso.com: nothing new in INBOX"]);
    }
}

/// Whoever shares a directory is one mailbox, beyond ASCII too.
#[test]
fn names_that_differ_in_case_are_one() {
    let post = Post::new("eml");
    post.world.folder.file("list", "Ö@contoso.com\nö@CONTOSO.com\n");
    let ended = post.many(&["--mailboxes", "list"]);
    assert_eq!(ended.expect(4).stderr.matches("exoimap: Ö@contoso.com: authenticate: ").count(), 1, "{ended}");
    assert!(!ended.stderr.contains("ö@"), "{ended}");
}

#[test]
fn one_that_fails_is_named_and_stops_no_other() {
    let post = Post::new("eml");
    let list = [DISABLED, ORDERS, NO_ACCESS, "nobody@contoso.com", SALES].join("\n");
    post.world.folder.file("list", list);
    let ended = post.many(&["--mailboxes", "list", "--jobs", "2"]);
    ended.expect(4).saying(&[
        &format!(
            "exoimap: {DISABLED}: select: EXAMINE: the server refused (its OK to AUTHENTICATE carried [Error=\"UserDisabled\""
        ),
        "Service=Imap4]): BAD User is authenticated but not connected.\nhint: Exchange says that IMAP is off",
        &format!("Set-CASMailbox {DISABLED} -ImapEnabled $true"),
        &format!("exoimap: {NO_ACCESS}: select: "),
        &format!("-Identity {NO_ACCESS} "),
        "exoimap: nobody@contoso.com: authenticate: ",
        &format!("{ORDERS}: 6 delivered"),
        &format!("{SALES}: nothing new"),
    ]);
    assert_eq!(post.files_of(ORDERS), 6);
}

/// The codes in the order in which somebody must act: 2, 1, 7, 4, 6, 5.
#[test]
fn the_exit_code_is_the_worst() {
    let post = Post::new("eml");
    // A file in the place of a directory is a local failure, which is worse than a refusal.
    fs::create_dir_all(post.dir()).unwrap();
    fs::write(post.dir().join(SALES), "in the way").unwrap();
    post.world.folder.file("list", [DISABLED, SALES, ORDERS].join("\n"));
    post.many(&["--mailboxes", "list"])
        .expect(1)
        .saying(&[&format!("{SALES}: disk: "), &format!("{DISABLED}: select: ")]);
    assert_eq!(post.files_of(ORDERS), 6);
}

#[test]
fn a_list_with_one_name_nests_too_and_an_empty_one_names_nothing() {
    let post = Post::new("eml");
    post.world.folder.file("list", ORDERS);
    post.many(&["--mailboxes", "list"]).expect(0);
    assert_eq!(post.files_of(ORDERS), 6);
    post.world.folder.file("list", "# nobody\n");
    post.many(&["--mailboxes", "list"]).expect(2).one_error().saying(&["missing: the mailbox"]);
    post.world.folder.file("list", "not an address\n");
    post.many(&["--mailboxes", "list"]).expect(2).one_error().saying(&["not an address"]);
    post.many(&["--mailboxes", "no-such-list"]).expect(2).one_error().saying(&["no-such-list"]);
}

#[test]
fn json_says_whose_message_it_is() {
    let post = Post::new("eml");
    let ended = post.many(&["--mailbox", ORDERS, "--mailbox", SALES, "--json"]);
    let objects: Vec<serde_json::Value> =
        ended.expect(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(objects.len() == 6 && objects.iter().all(|object| object["mailbox"] == ORDERS), "{ended}");
}

#[test]
fn no_address_leads_out_of_the_directory_and_stdin_is_read_once() {
    let post = Post::new("eml");
    for bad in
        ["../../evil@contoso.com", "/abs@contoso.com", ".hidden@contoso.com", "a\\b@contoso.com", "a:b@contoso.com"]
    {
        post.many(&["--mailbox", bad, "--mailbox", ORDERS]).expect(2).one_error().saying(&["@contoso.com"]);
    }
    assert_eq!(post.world.exchange.connections(), 0);
    let call = post.world.call(&["fetch", "--to", "mail", "--mailboxes", "-", "--client-secret-file", "-"]);
    let ended = call.without("AZURE_CLIENT_SECRET").stdin(crate::support::entra::SECRET).run();
    ended.expect(2).one_error().saying(&["another option has read stdin already"]);
}

/// A secret that has expired is not tried once for each mailbox.
#[test]
fn a_token_that_is_refused_is_asked_for_once() {
    let post = Post::new("eml");
    post.world.folder.file("list", [ORDERS, SALES, DISABLED, NO_ACCESS].join("\n"));
    let call = post.world.call(&["fetch", "--to", "mail", "--mailboxes", "list", "--jobs", "3"]);
    let ended = call.without("EXOIMAP_MAILBOX").env("AZURE_CLIENT_SECRET", "wrong").run();
    ended.expect(4).one_error().saying(&["AADSTS7000215"]);
    assert_eq!((post.world.entra.requests().len(), post.world.exchange.connections()), (1, 0));
}

/// Nor is a line that is down: after some in a row the rest is left alone, and said so.
#[test]
fn a_line_that_is_down_is_not_tried_for_each() {
    let post = Post::new("eml");
    post.world.folder.file("list", (1..=40).map(|n| format!("box-{n}@contoso.com\n")).collect::<String>());
    let call = post.world.call(&["fetch", "--to", "mail", "--mailboxes", "list", "--jobs", "2", "--max-wait", "0"]);
    let ended = call.without("EXOIMAP_MAILBOX").env("EXOIMAP_PORT", CLOSED).run();
    // Three in a row; the other job may have begun a fourth by then, or not yet its first.
    let failed = ended.stderr.matches(": tcp: ").count();
    let left = format!("the way there is the same for all; {} of 40 mailboxes were not looked at", 40 - failed);
    ended.expect(5).saying(&["box-1@contoso.com: tcp: ", &left]);
    assert!((3..=4).contains(&failed), "{ended}");
}

/// Whose turn did not come is told in one line, and comes first the next time.
#[test]
fn the_end_of_the_time_leaves_the_rest_to_the_next_run_which_begins_with_it() {
    let post = Post::new("eml");
    post.world.exchange.deliver(SALES, "INBOX", sample::note("for sales"));
    post.world.folder.file("list", [ORDERS, SALES].join("\n"));
    let script = "test \"$EXOIMAP_MAILBOX\" != orders@contoso.com || exec sleep 600";
    let slow = ["--mailboxes", "list", "--max-time", "4s", "--", "sh", "-c", script];
    let ended = post.many(&slow);
    ended.expect(5).saying(&["time limit reached (--max-time); 1 of 2 mailboxes was not looked at"]);
    assert_eq!((ended.stderr.matches(SALES).count(), post.files_of(SALES)), (0, 0), "{ended}");
    // The messages of orders@ still wait for the program; it is not its turn.
    let ended = post.many(&slow);
    ended.expect(5).saying(&[&format!("{SALES}: 1 delivered")]);
    assert_eq!(post.files_of(SALES), 1);
}

/// Throttling costs a run `--max-wait` once, not once a mailbox.
#[test]
fn mailboxes_wait_no_longer_together_than_one_may() {
    let post = Post::new("eml");
    post.world.folder.file("list", [ORDERS, SALES].join("\n"));
    post.world.exchange.deliver(SALES, "INBOX", sample::note("for sales"));
    post.world.exchange.fault_always(Fault::ThrottleNo { ms: 1000 });
    let call = post.world.call(&["fetch", "--to", "mail", "--mailboxes", "list", "--max-wait", "3s"]);
    let ended = call.without("EXOIMAP_MAILBOX").run();
    ended.expect(5).saying(&[&format!("exoimap: {ORDERS}: "), &format!("exoimap: {SALES}: ")]);
    let waits = ended.stderr.split("waiting ").skip(1).filter_map(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    let waited = waits.sum::<f64>();
    assert!((1.0..3.5).contains(&waited), "{waited} s, each rounded to a tenth: {ended}");
}
