//! The steps are filled in, and nothing that is filled in can be more than a value.

use super::*;
use crate::entra::Cloud;
use crate::error::Result;

const APPLICATION: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
const OBJECT: &str = "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb";

/// Names that would do something in a shell if they were not quoted; all are addresses.
const ODD: [&str; 8] = [
    "o'brien@contoso.com",
    "o\u{2019}brien@contoso.com",
    "\u{201b}$(Stop-Computer)\u{2018}@contoso.com",
    "a;Remove-Mailbox@contoso.com",
    "a`n@contoso.com",
    "\"@contoso.com",
    "#@contoso.com",
    "){}@contoso.com",
];

fn setup() -> Setup {
    Setup::new(Cloud::Global).in_tenant("contoso.com").unwrap().with_client_id(APPLICATION).unwrap()
}

fn commands(setup: &Setup) -> String {
    setup.steps().iter().flat_map(|step| step.commands.clone()).collect::<Vec<_>>().join("\n")
}

/// PowerShell text without its single-quoted strings, which are returned apart, read as about_Quoting_Rules
/// has it: any of five quotes opens and closes, two of them in a row are one.
fn strings(text: &str) -> (String, Vec<String>) {
    let is_quote = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
    let (mut code, mut strings) = (String::new(), Vec::new());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '#' && (code.is_empty() || code.ends_with(['\n', ' '])) {
            chars.by_ref().find(|c| *c == '\n');
            code.push('\n');
        } else if c == '"' {
            // Ours are constant, and expand variables of ours.
            code.extend(std::iter::once('"').chain(chars.by_ref().take_while(|c| *c != '"')));
        } else if is_quote(c) {
            let mut string = String::new();
            while let Some(c) = chars.next() {
                if is_quote(c) && chars.next_if(|next| is_quote(*next)).is_none() {
                    break;
                }
                string.push(c);
            }
            strings.push(string);
        } else {
            code.push(c);
        }
    }
    (code, strings)
}

#[test]
fn the_script_is_the_same_whatever_the_values_are() {
    let plain = setup().with_object_id(Some(OBJECT)).and_mailbox("orders@contoso.com").unwrap();
    let (wanted, found) = strings(&plain.script());
    assert_eq!(found[..5], ["Stop", "contoso.com", APPLICATION, OBJECT, "orders@contoso.com"]);
    for odd in ODD {
        let (code, found) = strings(&setup().with_object_id(Some(OBJECT)).and_mailbox(odd).unwrap().script());
        assert_eq!((code.as_str(), found[4].as_str()), (wanted.as_str(), odd));
    }
    // Without values it says itself which are missing.
    let (_, found) = strings(&Setup::default().script());
    assert_eq!(found[1..4], ["", "", ""]);
    assert!(found[4].starts_with("Put the tenant"), "{found:?}");
}

#[test]
fn the_steps_quote_what_is_odd_and_stay_one_command() {
    for odd in ODD {
        let text = commands(&setup().and_mailbox(odd).unwrap());
        let line = text.lines().find(|line| line.starts_with("Set-CASMailbox")).unwrap();
        let (code, found) = strings(line);
        assert_eq!(
            (code.as_str(), found.as_slice()),
            ("Set-CASMailbox -Identity  -ImapEnabled $true", &[odd.to_owned()][..])
        );
    }
}

#[test]
fn what_is_no_value_is_refused() {
    let usage = |result: Result<Setup>| assert_eq!(result.unwrap_err().kind(), crate::error::Kind::Usage);
    for bad in ["", "a b", "a\nb", "x'; y", "../x", "$(x)"] {
        usage(Setup::default().in_tenant(bad));
        usage(Setup::default().with_client_id(bad));
        usage(Setup::default().and_mailbox(bad));
        assert_eq!(Setup::default().with_object_id(Some(bad)).object_id, None);
    }
    for bad in ["a\u{202e}b@contoso.com", "a\tb@contoso.com", "@contoso.com", "a@"] {
        usage(Setup::default().and_mailbox(bad));
    }
    assert!(!Setup::default().with_client_id("hunter2").unwrap_err().to_string().contains("hunter2"));
}

#[test]
fn every_step_is_filled_in_and_says_whether_it_is_done() {
    let opened = Proven { token: true, role: true, principal: true, mailboxes: vec!["a@contoso.com".into()] };
    let one = setup().with_object_id(Some(OBJECT)).and_mailbox("a@contoso.com").unwrap();
    let one = Setup { proven: opened, ..one };
    assert!(one.steps().iter().all(|step| step.proven));
    // One mailbox of two does not prove both.
    let two = one.and_mailbox("b@contoso.com").unwrap();
    assert_eq!(two.steps().iter().filter(|step| step.proven).count(), 5);
    let text = commands(&two);
    for command in [
        format!("az ad app credential reset --id {APPLICATION} --append"),
        format!("az ad app permission admin-consent --id {APPLICATION}"),
        format!("New-ServicePrincipal -AppId {APPLICATION} -ObjectId {OBJECT}"),
        format!("Add-MailboxPermission -Identity b@contoso.com -User {OBJECT} -AccessRights FullAccess"),
        "Set-CASMailbox -Identity b@contoso.com -ImapEnabled $true".to_owned(),
    ] {
        assert!(text.contains(&command), "{command}: {text}");
    }
    // Nothing is known, and every step is there all the same.
    let nothing = Setup::default();
    assert!(nothing.steps().len() == 8 && nothing.steps().iter().all(|step| !step.proven));
    assert!(commands(&nothing).contains("New-ServicePrincipal -AppId <client id> -ObjectId <object id"));
}

#[test]
fn managed_identities_and_national_clouds_have_commands_of_their_own() {
    let identity = Setup { managed_identity: true, ..setup().with_object_id(Some(OBJECT)) };
    let text = commands(&identity);
    assert!(text.contains(&format!("New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId {OBJECT}")), "{text}");
    assert!(text.contains("az vm identity assign") && !text.contains("credential reset"), "{text}");
    for (cloud, graph, exchange) in [
        (Cloud::UsGov, "-Environment USGov ", "-ExchangeEnvironmentName O365USGovGCCHigh"),
        (Cloud::UsGovDod, "-Environment USGovDoD ", "-ExchangeEnvironmentName O365USGovDoD"),
        (Cloud::China, "-Environment China ", "-ExchangeEnvironmentName O365China"),
    ] {
        let script = Setup::new(cloud).script();
        assert!(script.contains(graph) && script.contains(exchange), "{script}");
        assert!(commands(&Setup::new(cloud)).contains("az cloud set --name Azure"));
    }
}
