//! A new administrator: one step of the set-up is missing, and whoever follows only what the program prints
//! must get there.
//!
//! The follower here does what a hint says, one at a time, and calls `check` again; whatever is no
//! instruction to him he cannot do. The table of what was printed and done is left in `target/tmp`.

use std::collections::BTreeMap;
use std::fs;

use crate::program::World;
use crate::support::entra::{Behaviour, CLIENT_ID, SECRET, TENANT};
use crate::support::jwt::TokenShape;
use crate::support::mailboxes::MailboxState;
use crate::support::sample::ORDERS;

/// Calls of `check` that may be needed: each of three hints in vain but the last, and two rounds of it.
const MOST_CALLS: usize = 7;

/// How the tenant stands, as far as the sandbox's servers do not know it themselves.
struct Tenant {
    world: World,
    /// The follower's environment, over that of the sandbox; none takes a variable away.
    environment: BTreeMap<&'static str, Option<String>>,
    /// Which permission was added.
    permission: Permission,
    consented: bool,
    /// Something on the network that an administrator of it must change.
    proxy: bool,
}

#[derive(PartialEq)]
enum Permission {
    Application,
    Delegated,
}

impl Tenant {
    fn new() -> Tenant {
        let environment = BTreeMap::new();
        let world = World::new();
        let oid = TokenShape::default().oid;
        world.exchange.know_only(&[(CLIENT_ID, &oid)]);
        Tenant { world, environment, permission: Permission::Application, consented: true, proxy: false }
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.environment.insert(name, Some(value.into()));
    }

    fn mailbox(&self, state: MailboxState) {
        self.world.exchange.mailboxes().mailbox(ORDERS).unwrap().state = state;
    }

    /// Entra's answers follow from what the tenant is like.
    fn settle(&self) {
        let has_role = self.consented && self.permission == Permission::Application;
        let roles = if has_role { vec!["IMAP.AccessAsApp".into()] } else { Vec::new() };
        self.world.entra.configure().token.roles = roles;
        self.world.entra.behave(match () {
            () if self.proxy => Behaviour::ProxyHtml { status: 403 },
            // An authority of another cloud.
            () if self.environment.contains_key("EXOIMAP_CLOUD") => Behaviour::Refuses(900_382),
            () => Behaviour::Normal,
        });
    }

    fn run(&self, arguments: &[&str]) -> crate::program::Ended {
        self.settle();
        let mut call = self.world.call(arguments).without("EXOIMAP_SCOPE");
        for (name, value) in &self.environment {
            call = match value {
                Some(value) => call.env(name, value),
                None => call.without(name),
            };
        }
        call.run()
    }

    /// Does what a hint says; says what that was. A hint that is no instruction is a failed test.
    fn follow(&mut self, hint: &str) -> String {
        let after = |words: &str| {
            let rest = hint.split_once(words)?.1;
            Some(rest.split([' ', ')', ';', ',']).next().unwrap_or_default().to_owned())
        };
        let exchange = &self.world.exchange;
        if let (Some(app), Some(object)) = (after("New-ServicePrincipal -AppId "), after("-ObjectId ")) {
            return match exchange.register(&app, &object) {
                true => "New-ServicePrincipal".to_owned(),
                false => "New-ServicePrincipal (it exists already)".to_owned(),
            };
        }
        if let (Some(app), Some(object)) = (after("Get-ServicePrincipal -Identity "), after("must show ObjectId ")) {
            if exchange.object_id_of(&app).as_deref() == Some(object.as_str()) {
                return "Get-ServicePrincipal (it shows that ObjectId)".to_owned();
            }
            exchange.forget(&app);
            exchange.register(&app, &object);
            return "Get-ServicePrincipal (another ObjectId), Remove-ServicePrincipal, New-ServicePrincipal".to_owned();
        }
        if let Some(mailbox) = after("Set-CASMailbox ") {
            let mut mailboxes = exchange.mailboxes();
            let mailbox = mailboxes.mailbox(&mailbox).expect("the mailbox exists");
            if mailbox.state == MailboxState::UserDisabled {
                mailbox.state = MailboxState::Open;
            }
            return "Set-CASMailbox -ImapEnabled $true".to_owned();
        }
        if let (Some(mailbox), Some(user)) = (after("Add-MailboxPermission -Identity "), after("-User ")) {
            assert_eq!(exchange.object_id_of(CLIENT_ID), Some(user));
            let mut mailboxes = exchange.mailboxes();
            let mailbox = mailboxes.mailbox(&mailbox).expect("the mailbox exists");
            if mailbox.state == MailboxState::NoFullAccess {
                mailbox.state = MailboxState::Open;
            }
            return "Add-MailboxPermission -AccessRights FullAccess".to_owned();
        }
        if let Some(mailbox) = after("(Get-Mailbox ") {
            return match exchange.mailboxes().mailbox(&mailbox) {
                Some(_) => "Get-Mailbox (it is there)".to_owned(),
                None => {
                    self.environment.remove("EXOIMAP_MAILBOX");
                    "Get-Mailbox (there is none), corrects the address".to_owned()
                }
            };
        }
        if let Some(app) = after("az ad app permission admin-consent --id ") {
            assert_eq!(app, CLIENT_ID);
            self.consented = true;
            return "az ad app permission admin-consent".to_owned();
        }
        if hint.contains("exoimap setup prints the commands") {
            let printed = self.run(&["setup", "-q"]).expect(0).stdout.clone();
            let add = printed.lines().find(|line| line.contains("az ad app permission add ")).expect("it is printed");
            assert!(
                add.contains(CLIENT_ID)
                    && add.contains("appRoles[?value=='IMAP.AccessAsApp'].id")
                    && add.contains("=Role")
            );
            self.permission = Permission::Application;
            self.consented = printed.contains(&format!("az ad app permission admin-consent --id {CLIENT_ID}"));
            return "exoimap setup; az ad app permission add …=Role, az ad app permission admin-consent".to_owned();
        }
        if let Some(app) = after("az ad app credential reset --id ") {
            assert_eq!(app, CLIENT_ID);
            {
                let mut entra = self.world.entra.configure();
                entra.secret = "a-new-secret~/=".into();
                entra.secret_expired = false;
            }
            self.set("AZURE_CLIENT_SECRET", "a-new-secret~/=");
            return "az ad app credential reset, the new secret into AZURE_CLIENT_SECRET".to_owned();
        }
        if hint.contains("copy the secret's Value") {
            self.environment.remove("AZURE_CLIENT_SECRET");
            return "copies the Value".to_owned();
        }
        if hint.contains("leave --scope (EXOIMAP_SCOPE) out") {
            self.environment.remove("EXOIMAP_SCOPE");
            return "leaves EXOIMAP_SCOPE out".to_owned();
        }
        if hint.contains("check the tenant ") && hint.contains("AZURE_TENANT_ID") {
            self.environment.remove("AZURE_TENANT_ID");
            return "corrects AZURE_TENANT_ID".to_owned();
        }
        if hint.contains("check AZURE_TENANT_ID and AZURE_CLIENT_ID") {
            self.environment.remove("AZURE_CLIENT_ID");
            return "looks both up, corrects AZURE_CLIENT_ID".to_owned();
        }
        if hint.contains("name it by --cloud") {
            self.environment.remove("EXOIMAP_CLOUD");
            return "corrects EXOIMAP_CLOUD".to_owned();
        }
        if hint.contains("a proxy or a sign-in page") && hint.contains("must let this host reach the authority") {
            self.proxy = false;
            return "has the proxy let this host reach the authority".to_owned();
        }
        if hint.contains("openssl s_client -connect ") {
            return "openssl s_client … (it shows who signed)".to_owned();
        }
        if hint.contains("name that CA's PEM file with --ca-file (EXOIMAP_CA_FILE)") {
            self.environment.remove("EXOIMAP_CA_FILE");
            return "sets EXOIMAP_CA_FILE to that CA's file".to_owned();
        }
        panic!("nobody can follow this: {hint}");
    }
}

type Missing = fn(&mut Tenant);

const STEPS: [(&str, Missing); 15] = [
    ("wrong secret (its Secret ID)", |tenant| {
        tenant.set("AZURE_CLIENT_SECRET", "00000000-1111-2222-3333-444444444444")
    }),
    ("expired secret", |tenant| tenant.world.entra.configure().secret_expired = true),
    ("no consent", |tenant| tenant.consented = false),
    ("delegated instead of application permission", |tenant| tenant.permission = Permission::Delegated),
    ("Graph scope", |tenant| tenant.set("EXOIMAP_SCOPE", "https://graph.microsoft.com/.default")),
    ("no service principal", |tenant| tenant.world.exchange.know_only(&[])),
    ("wrong object id (the app registration's)", |tenant| {
        tenant.world.exchange.know_only(&[(CLIENT_ID, "cccccccc-0000-1111-2222-dddddddddddd")]);
    }),
    ("no FullAccess", |tenant| tenant.mailbox(MailboxState::NoFullAccess)),
    ("IMAP disabled", |tenant| tenant.mailbox(MailboxState::UserDisabled)),
    ("wrong mailbox", |tenant| tenant.set("EXOIMAP_MAILBOX", "order@contoso.com")),
    ("wrong tenant", |tenant| tenant.set("AZURE_TENANT_ID", "fabrikam.example.com")),
    ("wrong client id", |tenant| tenant.set("AZURE_CLIENT_ID", TENANT)),
    ("wrong cloud", |tenant| tenant.set("EXOIMAP_CLOUD", "usgov")),
    ("proxy in the way", |tenant| tenant.proxy = true),
    ("CA missing", |tenant| drop(tenant.environment.insert("EXOIMAP_CA_FILE", None))),
];

#[test]
fn whoever_follows_what_is_printed_gets_there() {
    let mut table = "| missing step | words printed | what the follower did |\n|---|---|---|\n".to_owned();
    for (name, take_away) in STEPS {
        let mut tenant = Tenant::new();
        tenant.run(&["check"]).expect(0);
        take_away(&mut tenant);
        let (mut words, mut done) = (String::new(), Vec::new());
        let mut calls = 0;
        // What was followed once in vain is not followed again.
        let mut followed: Vec<String> = Vec::new();
        loop {
            let ended = tenant.run(&["check", "--max-wait", "0"]);
            calls += 1;
            if ended.code == Some(0) {
                break;
            }
            assert!(calls < MOST_CALLS, "{name}: {done:?} did not help: {ended}");
            assert!(!ended.stderr.contains(SECRET));
            if words.is_empty() {
                words = ended.stderr.trim_end().replace('|', "\\|").replace('\n', "<br>");
            }
            let hints = ended.stderr.lines().filter_map(|line| line.strip_prefix("hint: "));
            let next = hints.into_iter().find(|hint| !followed.iter().any(|known| known == hint));
            let next = next.unwrap_or_else(|| panic!("{name}: nothing is left to try: {ended}")).to_owned();
            done.push(tenant.follow(&next));
            followed.push(next);
        }
        assert!(calls > 1, "{name}: nothing was missing");
        table.push_str(&format!("| {name} | {words} | {}; green |\n", done.join("; then ")));
    }
    fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/administrator.md"), table).unwrap();
}
