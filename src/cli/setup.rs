//! `exoimap setup`: what an administrator does once, filled in as far as known. With a credential that works it
//! says which steps are done already; without one it is the whole list.

use crate::advice::{Proven, Setup, SetupStep, Template};
use crate::exchange::PERMISSION;
use crate::{Error, Phase, Result};
use serde_json::json;

use super::credential::Endpoints;
use super::output::said;
use super::parallel::is_the_way;
use super::session::mailboxes;
use super::{Call, Exit, Output, Setting, SignIn};

pub(crate) fn run(call: &Call) -> Result<Exit> {
    let (arguments, output, setting) = (&call.arguments, &call.output, call.setting());
    let text = |name: &str| arguments.text(name);
    let mut setup = Setup::new(Endpoints::new(arguments).cloud);
    let mailboxes = match &setting {
        Ok(setting) => setting.mailboxes.clone(),
        Err(_) => mailboxes(arguments)?,
    };
    for mailbox in &mailboxes {
        setup = setup.and_mailbox(mailbox).map_err(|e| e.about("mailbox"))?;
    }
    if let Some(tenant) = text("tenant") {
        setup = setup.in_tenant(tenant).map_err(|e| e.about("tenant"))?;
    }
    setup.managed_identity = arguments.has("managed-identity") || text("auth") == Some("managed-identity");
    let (proven, claims) = match &setting {
        Ok(setting) => (look(setting), setting.claims()),
        Err(error) => (unproven(error, output), None),
    };
    let claimed = claims.as_ref().and_then(|claims| claims.application.as_deref());
    setup = match (text("client-id"), claimed) {
        (Some(id), _) => setup.with_client_id(id).map_err(|e| e.about("client-id"))?,
        // A token may say what it likes.
        (None, Some(id)) => setup.clone().with_client_id(id).unwrap_or(setup),
        (None, None) => setup,
    };
    let object_id = claims.as_ref().and_then(|claims| claims.object_id.as_deref());
    let mut setup = setup.with_object_id(object_id);
    setup.proven = proven;
    if arguments.has("script") {
        setup.script().lines().try_for_each(|line| output.line(&[line]))?;
        return Ok(Exit::Done);
    }
    for (number, step) in (1..).zip(setup.steps()) {
        print(output, number, &step, arguments.has("all"))?;
    }
    Ok(Exit::Done)
}

/// What a token and a sign-in to each mailbox show to be done.
fn look(setting: &Setting) -> Proven {
    let (output, mut retry) = (&setting.output, setting.retry().answers_only());
    if let Err(error) = setting.fresh_token(&mut retry) {
        return unproven(&error, output);
    }
    let role = setting.claims().is_some_and(|claims| claims.has_role(PERMISSION));
    let mut proven = Proven { token: true, role, ..Proven::default() };
    for mailbox in &setting.mailboxes {
        output.note(&format!("signing in to {mailbox}, to see what is done already"));
        match SignIn::new(setting, mailbox).persist(&mut retry, &mut |_, _| Ok(Some(()))) {
            Ok(()) => {
                proven.role = true;
                proven.principal = true;
                proven.mailboxes.push(mailbox.clone());
            }
            Err(error) => {
                proven.principal |= error.phase() == Phase::Mailbox;
                output.note(&format!("{mailbox}: {error}"));
                if is_the_way(&error) {
                    break;
                }
            }
        }
    }
    proven
}

/// Nothing is known to be done; a command that says what to do does not fail for that.
fn unproven(error: &Error, output: &Output) -> Proven {
    output.note(&format!("what is done already cannot be seen ({})", said(error)));
    Proven::default()
}

fn print(output: &Output, number: usize, step: &SetupStep, all: bool) -> Result<()> {
    let SetupStep { of: Template { title, role, shell, .. }, portal, commands, proven } = step;
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
