//! Several mailboxes in one run: one token, a folder each, and one's failure never stops the others.

use std::fs;

use super::{ALL, Post};
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
    post.many(&["--mailboxes", "list"]).expect(2).one_error().saying(&["no mailbox"]);
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
