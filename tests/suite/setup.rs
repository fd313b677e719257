//! `setup`: the steps of an administrator, without a credential and with one that works.

use serde_json::Value;

use crate::program::{Call, Ended, Folder, World};
use crate::support::entra::CLIENT_ID;
use crate::support::exchange::Fault;
use crate::support::jwt::TokenShape;
use crate::support::sample::{self, NO_ACCESS, SALES};

/// The titles, by number, of the steps that are not done.
fn left(ended: &Ended) -> Vec<&str> {
    let numbered = ended.stdout.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    numbered.filter(|line| !line.ends_with(": done")).filter_map(|line| line.split('.').next()).collect()
}

#[test]
fn without_anything_it_is_the_whole_list() {
    let folder = Folder::new();
    let ended = Call::new(folder.path(), &["setup"]).run();
    assert_eq!(left(ended.expect(0)), ["1", "2", "3", "4", "5", "6", "7", "8"], "{ended}");
    ended.saying(&["what is done already cannot be seen", "missing: the tenant"]);
    for words in [
        "Office 365 Exchange Online > Application permissions (not Delegated) > IMAP.AccessAsApp",
        "az ad app permission admin-consent --id <client id>",
        "New-ServicePrincipal -AppId <client id> -ObjectId <object id of the enterprise application>",
        "Add-MailboxPermission -Identity <mailbox> -User <object id",
        "Set-CASMailbox -Identity <mailbox> -ImapEnabled $true",
        "exoimap check",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    let quiet = Call::new(folder.path(), &["setup", "-q", "--tenant", "contoso.com", "--client-id", CLIENT_ID]).run();
    assert_eq!(quiet.expect(0).stderr, "");
    assert!(quiet.stdout.contains(&format!("az ad app permission admin-consent --id {CLIENT_ID}")), "{quiet}");
}

#[test]
fn what_a_token_and_a_sign_in_prove_is_said_to_be_done() {
    let world = World::new();
    assert_eq!(left(world.run(&["setup"]).expect(0)), Vec::<&str>::new());
    assert_eq!(world.exchange.commands().last().map(String::as_str), Some("LOGOUT"));

    // The token is good, and Exchange does not know it.
    world.exchange.fault_always(Fault::Refuse { command: "AUTHENTICATE", answer: "NO AUTHENTICATE failed." });
    let ended = world.run(&["setup"]);
    assert_eq!(left(ended.expect(0)), ["5", "6", "7", "8"], "{ended}");
    let oid = TokenShape::default().oid;
    assert!(ended.stdout.contains(&format!("New-ServicePrincipal -AppId {CLIENT_ID} -ObjectId {oid}")), "{ended}");

    // Exchange knows it, and one mailbox of two is closed.
    world.exchange.clear_faults();
    let two = ["setup", "--max-wait", "0", "--mailbox", SALES, "--mailbox", NO_ACCESS];
    let ended = world.run(&two);
    assert_eq!(left(ended.expect(0)), ["6", "7", "8"], "{ended}");
    assert!(ended.stdout.contains(&format!("Add-MailboxPermission -Identity {NO_ACCESS} -User {oid}")), "{ended}");
    ended.saying(&[&format!("{NO_ACCESS}: mailbox: NAMESPACE: the server refused")]);

    // Consent is missing: the token proves the first two.
    world.entra.configure().token.roles.clear();
    assert_eq!(left(world.run(&["setup"]).expect(0)), ["3", "4", "5", "6", "7", "8"]);
    // No token: nothing is proven, and that is no failure of a list.
    world.entra.configure().secret_expired = true;
    let ended = world.run(&["setup"]);
    assert_eq!(left(ended.expect(0)).len(), 8);
    ended.saying(&["AADSTS7000222"]);
}

/// The last step is a call that works as it stands; the credential is in the environment.
#[test]
fn the_steps_end_in_a_check_that_works() {
    let world = World::new();
    let last = |arguments: &[&str]| -> String {
        let ended = world.run(&[&["setup", "--json"], arguments].concat());
        let step: Value = serde_json::from_str(ended.expect(0).stdout.lines().last().unwrap()).unwrap();
        step["commands"][0].as_str().unwrap().to_owned()
    };
    let check = last(&["--mailbox", sample::ORDERS]);
    let words: Vec<_> = check.strip_prefix("exoimap ").unwrap().split(' ').collect();
    world.call(&words).without("EXOIMAP_MAILBOX").without("AZURE_TENANT_ID").run().expect(0);
    let folder = Folder::new();
    for (arguments, words) in [
        (&["--managed-identity"][..], "exoimap check --auth managed-identity --mailbox o"),
        (&["--cloud", "usgov"], "exoimap check --cloud usgov --mailbox o"),
        (
            &["--cloud", "china", "--tenant", "contoso.com"],
            "exoimap check --cloud china --tenant contoso.com --mailbox o",
        ),
    ] {
        let ended = Call::new(folder.path(), &[&["setup", "--mailbox", sample::ORDERS], arguments].concat()).run();
        assert!(ended.expect(0).stdout.contains(words), "{words}: {ended}");
    }
}

#[test]
fn done_steps_show_their_commands_and_every_step_its_role_if_asked() {
    let world = World::new();
    assert!(!world.run(&["setup"]).expect(0).stdout.contains("Set-CASMailbox"));
    let all = world.run(&["setup", "--all"]);
    for words in ["1. Register an application: done", "role:       Exchange Administrator", "Set-CASMailbox -Identity"]
    {
        assert!(all.expect(0).stdout.contains(words), "{words}: {all}");
    }
    let script = world.run(&["setup", "--script", "-q"]);
    assert!(script.expect(0).stdout.contains("Install-Module $Module -Scope CurrentUser"), "{script}");
}

#[test]
fn json_has_an_object_a_step() {
    let world = World::new();
    let ended = world.run(&["setup", "--json", "--mailbox", sample::ORDERS]);
    let steps: Vec<Value> = ended.expect(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(steps.iter().map(|step| step["step"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(
        steps.iter().all(|step| step["done"] == true && step["commands"].as_array().is_some_and(|all| !all.is_empty()))
    );
}

#[test]
fn a_list_of_mailboxes_may_come_from_stdin() {
    let world = World::new();
    let ended = world.call(&["setup", "--mailboxes", "-"]).without("EXOIMAP_MAILBOX").stdin("a@contoso.com\n").run();
    assert!(ended.expect(0).stdout.contains("a@contoso.com"), "{ended}");
}
