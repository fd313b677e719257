//! `exoimap setup`: what an administrator does once, filled in as far as known. With a credential that works it
//! says which steps are done already; without one it is the whole list.

use crate::advice::{Proven, Setup, SetupStep};
use crate::entra::Cloud;
use crate::exchange::{Next, PERMISSION};
use crate::{Error, Phase, Result};
use clap::ArgMatches;
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use super::session::{Setting, mailboxes, named_by};
use super::sign_in::SignIn;

pub(crate) fn run(arguments: &ArgMatches, setting: Result<Setting>, output: &Output) -> Result<Exit> {
    let text = |name: &str| arguments.get_one::<String>(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let mut setup = Setup::new(text("cloud").and_then(Cloud::named).unwrap_or_default());
    let mailboxes = match &setting {
        Ok(setting) => setting.mailboxes.clone(),
        Err(_) => mailboxes(arguments, None)?,
    };
    for mailbox in &mailboxes {
        setup = setup.and_mailbox(mailbox).map_err(|e| named_by(&e, "--mailbox"))?;
    }
    if let Some(tenant) = text("tenant") {
        setup = setup.in_tenant(tenant).map_err(|e| named_by(&e, "--tenant, AZURE_TENANT_ID"))?;
    }
    if arguments.get_flag("managed-identity") || text("auth") == Some("managed-identity") {
        setup = setup.of_managed_identity();
    }
    let (proven, claims) = match &setting {
        Ok(setting) => (look(setting, &mailboxes, output), setting.claims()),
        Err(error) => (unproven(error, output), None),
    };
    let claimed = claims.as_ref().and_then(|claims| claims.application.as_deref());
    setup = match (text("client-id"), claimed) {
        (Some(id), _) => setup.with_client_id(id).map_err(|e| named_by(&e, "--client-id, AZURE_CLIENT_ID"))?,
        // A token may say what it likes.
        (None, Some(id)) => setup.clone().with_client_id(id).unwrap_or(setup),
        (None, None) => setup,
    };
    let object_id = claims.as_ref().and_then(|claims| claims.object_id.as_deref());
    let setup = setup.with_object_id(object_id).with_proven(proven);
    if arguments.get_flag("script") {
        setup.script().lines().try_for_each(|line| output.line(&[line]))?;
        return Ok(Exit::Done);
    }
    for (number, step) in (1..).zip(setup.steps()) {
        print(output, number, &step, arguments.get_flag("all"))?;
    }
    Ok(Exit::Done)
}

/// What a token and a sign-in to each mailbox show to be done.
fn look(setting: &Setting, mailboxes: &[String], output: &Output) -> Proven {
    let mut retry = setting.retry(output).answers_only();
    if let Err(error) = setting.fresh_token(output, &mut retry) {
        return unproven(&error, output);
    }
    let role = setting.claims().is_some_and(|claims| claims.has_role(PERMISSION));
    let mut proven = Proven { token: true, role, ..Proven::default() };
    for mailbox in mailboxes {
        output.note(&format!("signing in to {mailbox}, to see what is done already"));
        match SignIn::new(setting, output, mailbox).persist(&mut retry, &mut |_, _| Ok(Next::Done)) {
            Ok(()) => {
                proven.role = true;
                proven.principal = true;
                proven.mailboxes.push(mailbox.clone());
            }
            Err(error) => {
                proven.principal |= error.phase() == Phase::Mailbox;
                output.note(&format!("{mailbox}: {error}"));
                if matches!(error.phase(), Phase::Resolve | Phase::Connect | Phase::Tls) {
                    break;
                }
            }
        }
    }
    proven
}

/// Nothing is known to be done; a command that says what to do does not fail for that.
fn unproven(error: &Error, output: &Output) -> Proven {
    output.note(&format!("what is done already cannot be seen ({error})"));
    Proven::default()
}

fn print(output: &Output, number: usize, step: &SetupStep, all: bool) -> Result<()> {
    let SetupStep { title, role, portal, shell, commands, proven, .. } = step;
    if output.json {
        return output.object(&json!({"step": number, "title": title, "done": proven, "role": role, "portal": portal, "shell": shell, "commands": commands}));
    }
    let done = if *proven { ": done" } else { "" };
    output.line(&[&format!("{number}. {title}{done}")])?;
    if *proven && !all {
        return Ok(());
    }
    if !role.is_empty() {
        output.line(&[&format!("   role:       {role}")])?;
    }
    if let Some(portal) = portal {
        output.line(&[&format!("   portal:     {portal}")])?;
    }
    for (at, command) in commands.iter().enumerate() {
        let shell = if at == 0 { format!("{shell}:") } else { String::new() };
        output.line(&[&format!("   {shell:<11} {command}")])?;
    }
    Ok(())
}
