//! `exoimap fetch`: what is new in a folder, delivered to a directory, for one mailbox or many.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use crate::delivery::{
    self, Action, Destination, FileOptions, Format, Job, Preview, Program, Source, folder_path, locate,
};
use crate::error::TIME_LIMIT;
use crate::exchange::{Choice, choose, resolve, try_sessions};
use crate::files::{Mode, others_may_write};
use crate::imap::{Listed, Session};
use crate::{Error, MailboxName, Phase, Result, Retry, Stream};
use serde_json::json;

use super::folders::unreadable;
use super::progress::{Progress, Whose};
use super::{Arguments, Call, Exit, Output, Setting, SignIn, options, parallel, selection, worst};

/// Files that all threads together keep open; 1,024 is a usual limit of a process.
const OPEN_FILES: usize = 750;

/// A line that fails so often in a row, and at least once a session, fails for all.
const LEAST_IN_A_ROW: usize = 3;

/// How the run ended is recorded beside the state of a folder.
static IS_RECORDED: AtomicBool = AtomicBool::new(false);

pub(crate) fn run(call: &Call) -> Result<Exit> {
    let ended = Fetch::new(call).and_then(|fetch| fetch.all());
    if call.output.is_closed() {
        let said = "stdout was closed by the program that reads it: the run ended early, and not all is reported";
        call.output.warn(said);
    }
    // A run that came to no folder, because it failed before the sign-in, is one that `status` shows too.
    let to = call.arguments.raw("to").filter(|to| !to.is_empty() && *to != "-");
    if let Some(to) = to.filter(|_| !call.arguments.has("dry-run") && !IS_RECORDED.load(Ordering::Relaxed)) {
        let _ = delivery::record(Path::new(to), code(&ended));
    }
    ended
}

fn code(ended: &Result<Exit>) -> u8 {
    ended.as_ref().map_or_else(Exit::from, |exit| *exit) as u8
}

/// What the options say.
struct Fetch<'a> {
    setting: Arc<Setting>,
    output: &'a Output,
    to: PathBuf,
    format: Format,
    files: FileOptions,
    job: Job,
    dry_run: bool,
    jobs: usize,
    /// Each mailbox has a directory of its own: they came as a list, or there are several.
    nested: bool,
    /// The folders' names and patterns.
    folders: Vec<String>,
    /// Patterns of folders that are left out.
    without: Vec<String>,
    /// Each folder has a directory of its own: there is a pattern, or several are named.
    by_folder: bool,
}

impl Fetch<'_> {
    fn new(call: &Call) -> Result<Fetch<'_>> {
        let (arguments, output, setting) = (&call.arguments, &*call.output, call.setting()?);
        let to = arguments.raw("to").filter(|to| !to.is_empty());
        let to = to.ok_or_else(|| Error::usage("--to names no directory"))?;
        let jobs = usize::from(arguments.value::<u16>("jobs"));
        let nested = setting.mailboxes.len() > 1 || arguments.raw("mailboxes").is_some();
        let (folders, without) = (arguments.all("folder"), arguments.all("not-folder"));
        let by_folder = folders.len() > 1 || folders.iter().any(|folder| folder.contains('*'));
        if !without.is_empty() && !by_folder {
            return Err(Error::usage("--not-folder leaves folders out of several: name a pattern (--folder '*')"));
        }
        let files = FileOptions {
            mode: arguments.get("file-mode").unwrap_or(Mode::PRIVATE),
            lock_wait: setting.network.timeout(),
            deadline: setting.deadline,
        };
        let fetch = Fetch {
            to: to.into(),
            format: arguments.text("format").and_then(Format::named).unwrap_or_default(),
            files,
            job: Job { group: (OPEN_FILES / jobs.max(1)).clamp(10, 250), ..job(arguments, &setting)? },
            setting,
            output,
            dry_run: arguments.has("dry-run"),
            jobs,
            nested,
            folders,
            without,
            by_folder,
        };
        if to == "-" {
            fetch.check_stream(arguments)?;
        }
        Ok(fetch)
    }

    /// stdout remembers nothing, so nothing can depend on what was delivered.
    fn check_stream(&self, arguments: &Arguments) -> Result<()> {
        let job = &self.job;
        let cannot = [
            (job.attachments, "--attachments"),
            (job.action.is_some(), "--mark-seen, --move-to and --delete"),
            (job.program.is_some(), "a program"),
            (job.refetch || job.from_now || job.accept_uidvalidity, "--refetch, --from-now and --accept-uidvalidity"),
            (self.dry_run, "--dry-run"),
            (self.output.json, "--json"),
            (self.nested || self.by_folder, "several mailboxes or folders"),
            (arguments.is_typed("format") && self.format != Format::Mbox, "a format that is not mbox"),
        ];
        match cannot.iter().find(|(is_asked, _)| *is_asked) {
            Some((_, what)) => Err(Error::usage(format!("--to - writes mbox to stdout and goes without {what}"))),
            None => Ok(()),
        }
    }

    fn all(&self) -> Result<Exit> {
        let mailboxes = self.setting.mailboxes.as_slice();
        if !self.nested || mailboxes.is_empty() {
            return self.mailbox(self.setting.mailbox()?, &self.to, &mut self.setting.retry());
        }
        mailboxes.iter().try_for_each(|mailbox| fits_a_folder(mailbox))?;
        let dir = |mailbox: &str| self.to.join(mailbox.to_lowercase());
        // Whose turn is longest ago comes first: if the time of a run (`--max-time`) is too short for all, it is not
        // always the last of the list who get nothing.
        let mut turns: Vec<&str> = mailboxes.iter().map(String::as_str).collect();
        turns.sort_by_cached_key(|mailbox| last_run(&dir(mailbox)));
        let each = |mailbox: &str, retry: &mut Retry| self.mailbox(mailbox, &dir(mailbox), retry);
        parallel::run(&self.setting, &turns, self.jobs, self.jobs.max(LEAST_IN_A_ROW), &each)
    }

    /// The folders of one mailbox, in or below `dir`, in one session if it lasts.
    fn mailbox(&self, mailbox: &str, dir: &Path, retry: &mut Retry) -> Result<Exit> {
        let job = Job { mailbox: mailbox.to_owned(), ..self.job.clone() };
        let sign_in = SignIn::shortly(&self.setting, mailbox);
        let whose = Whose { mailbox: self.nested.then_some(mailbox), folder: None };
        let mut visit = Visit { fetch: self, mailbox, job, sign_in, held: None, whose };
        let ended = visit.folders(dir, retry);
        // Everything is done and kept: a server that hangs up first takes nothing away.
        let _ = visit.held.map(Session::logout);
        ended
    }
}

/// What is fetched of each folder.
fn job(arguments: &Arguments, setting: &Setting) -> Result<Job> {
    let (folder, selection) = selection::read(arguments)?;
    let name = |option: &str| arguments.raw(option).map(MailboxName::new).transpose();
    let action = match name("move-to")? {
        Some(to) => Some(Action::MoveTo(to)),
        None if arguments.has("mark-seen") => Some(Action::MarkSeen),
        None => arguments.has("delete").then_some(Action::Delete),
    };
    Ok(Job {
        selection,
        attachments: arguments.has("attachments"),
        skip_inline: arguments.has("skip-inline"),
        headers: setting.output.json,
        refetch: arguments.has("refetch"),
        from_now: arguments.has("from-now"),
        accept_uidvalidity: arguments.has("accept-uidvalidity"),
        action,
        older_than: arguments.get("older-than"),
        program: program(arguments)?,
        failed_to: name("failed-to")?,
        give_up_after: arguments.value("give-up-after"),
        deadline: setting.deadline,
        ..Job::new("", folder)
    })
}

fn program(arguments: &Arguments) -> Result<Option<Program>> {
    let words = arguments.all("program");
    let Some((name, words)) = words.split_first() else { return Ok(None) };
    let private = std::env::vars_os()
        .filter(|(name, value)| options::is_private(&name.to_string_lossy(), &value.to_string_lossy()));
    let program = Program::new(name, words.to_vec(), arguments.get("program-timeout"))?;
    Ok(Some(program.without(private.map(|(name, _)| name))))
}

/// The run for one mailbox.
struct Visit<'a> {
    fetch: &'a Fetch<'a>,
    mailbox: &'a str,
    job: Job,
    sign_in: SignIn<'a>,
    /// A session that is open and in no folder.
    held: Option<Session<Stream>>,
    whose: Whose<'a>,
}

impl Visit<'_> {
    fn folders(&mut self, dir: &Path, retry: &mut Retry) -> Result<Exit> {
        let Fetch { setting, output, by_folder, .. } = self.fetch;
        let is_special = |name: &MailboxName| name.as_str().starts_with('\\');
        let has_special = is_special(&self.job.folder) || self.job.targets().any(is_special);
        if !by_folder && !has_special {
            return self.folder(self.job.clone(), dir.to_owned(), self.whose, retry);
        }
        let list = self.list(retry).inspect_err(|error| {
            let _ = delivery::record(dir, Exit::from(error) as u8);
        })?;
        if !by_folder {
            return self.folder(self.job.clone(), dir.to_owned(), self.whose, retry);
        }
        let Choice { mut folders, unmatched } = choose(&list.items, &self.fetch.folders, &self.fetch.without);
        folders.retain(|folder| !is_target(&self.job, folder));
        let prefix = self.whose.prefix();
        let is_partial = unreadable(output, &prefix, &list);
        let mut ended: Vec<_> = is_partial.then_some(Exit::Partly).into_iter().collect();
        if folders.is_empty() && unmatched.is_empty() {
            output.warn(&format!("{prefix}no folder is left to fetch: see --not-folder, --move-to and --failed-to"));
            ended.push(Exit::Refused);
        }
        for pattern in unmatched {
            output.warn(&format!("{prefix}folder not found: {pattern:?} (see: exoimap folders)"));
            ended.push(Exit::Refused);
        }
        let (places, refused) = places(&folders, dir);
        for error in refused {
            output.failed(&prefix, &error, &[]);
            ended.push(Exit::Partly);
        }
        let mut left = places.len();
        for (folder, place) in places {
            left -= 1;
            let whose = Whose { folder: Some(folder.as_str()), ..self.whose };
            let prefix = whose.prefix();
            if setting.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                output.warn(&format!(
                    "{prefix}{TIME_LIMIT} (--max-time): this and the folders after it were not fetched"
                ));
                ended.push(Exit::Temporary);
                break;
            }
            let job = Job { folder: folder.clone(), ..self.job.clone() };
            match self.folder(job, place, whose, retry) {
                Ok(exit) => ended.push(exit),
                Err(error) => {
                    ended.push(setting.failed(&prefix, self.mailbox, &error));
                    // Without a session no other folder can be fetched either.
                    if !matches!(
                        error.phase(),
                        Phase::Select | Phase::Command | Phase::Fetch | Phase::Disk | Phase::Options
                    ) {
                        if left > 0 {
                            output.warn(&format!("{prefix}{left} folders after it were not looked at"));
                        }
                        break;
                    }
                }
            }
        }
        // Those of the run before it that the server does not list any more: said once.
        let recorded = (!self.fetch.dry_run).then(|| delivery::record_folders(dir, &folders).ok()).flatten();
        let is_listed =
            |name: &String| list.items.iter().any(|item| MailboxName::from_wire(&item.name).to_string() == *name);
        for gone in recorded.iter().flatten().filter(|name| !is_partial && !is_listed(name)) {
            output.warn(&format!("{prefix}{gone}: the folder is gone; what was delivered stays"));
        }
        Ok(worst(&ended))
    }

    /// The mailbox's folders; a folder to move to gets its name.
    fn list(&mut self, retry: &mut Retry) -> Result<Listed> {
        let Visit { fetch, job, sign_in, held, .. } = self;
        try_sessions(&mut |why, retry| sign_in.session(why, retry), retry, &mut |mut session, _| {
            if !fetch.by_folder {
                job.folder = resolve(&mut session, &job.folder)?;
            }
            if let Some(Action::MoveTo(to)) = &mut job.action {
                *to = resolve(&mut session, to)?;
            }
            if let Some(to) = &mut job.failed_to {
                *to = resolve(&mut session, to)?;
            }
            let list = session.list()?;
            *held = Some(session);
            Ok(Some(list))
        })
    }

    /// One folder, into the directory `expected` unless it went to another one before.
    fn folder(&mut self, job: Job, expected: PathBuf, whose: Whose, retry: &mut Retry) -> Result<Exit> {
        let Visit { fetch, sign_in, held, .. } = self;
        let Fetch { setting, output, to, .. } = fetch;
        let Job { mailbox, folder, .. } = &job;
        if is_target(&job, folder) {
            return Err(Error::usage(format!(
                "{folder} is the folder that is fetched from: --move-to and --failed-to need another"
            )));
        }
        let mut progress = Progress::new(output, whose);
        let mut connect = |why: Option<&Error>, retry: &mut Retry| sign_in.session(why, retry);
        if to == Path::new("-") {
            let mut out = output.stream();
            let outcome = delivery::write_all(&job, &mut out, &mut connect, retry, &mut progress)?;
            return Ok(progress.summary(&outcome, folder, "stdout"));
        }
        let source = Source { host: &setting.server.host, mailbox, folder, format: fetch.format, files: fetch.files };
        let dir = locate(to, &source, expected.clone())?;
        if dir != expected {
            output.note(&format!("{folder} of {mailbox} goes on in {}, where it was before", dir.display()));
        }
        if fetch.dry_run {
            let mut destination = Destination::look(&dir, &source)?;
            let preview = delivery::dry_run(&job, &mut destination, &mut connect, retry, &mut progress)?;
            return print_preview(&preview, output);
        }
        let mut deliver = || -> Result<Exit> {
            let mut destination = Destination::open_below(to, &dir, &source)?;
            if let Some(open) = [to, &dir].into_iter().find(|dir| others_may_write(dir)) {
                let open = open.display();
                output.warn(&format!("others may write in {open}, and plant files and links there: chmod o-w it"));
            }
            let outcome = delivery::run_in(&job, &mut destination, held, &mut connect, retry, &mut progress)?;
            Ok(progress.summary(&outcome, folder, &dir.to_string_lossy()))
        };
        let ended = deliver();
        let _ = delivery::record(&dir, code(&ended));
        IS_RECORDED.store(true, Ordering::Relaxed);
        ended
    }
}

/// What a dry run found.
fn print_preview(preview: &Preview, output: &Output) -> Result<Exit> {
    for (uid, path) in &preview.fetch {
        let path = path.to_string_lossy();
        output.result(|| json!({"uid": uid.get(), "path": path, "dry_run": true}), &[&uid.to_string(), &path])?;
    }
    for (uids, action) in &preview.change {
        let messages = if uids.len() == 1 { "message" } else { "messages" };
        output.note(&format!("would be {action}: {} {messages} ({uids})", uids.len()));
        for uid in uids.iter().filter(|_| output.json) {
            output.object(&json!({"uid": uid.get(), "would_be": action.to_string(), "dry_run": true}))?;
        }
    }
    Ok(Exit::Done)
}

/// Where the folders of a mailbox go, the one first whose turn is longest ago; and why others have no place: no directory can
/// have their names, or a disk that ignores case would take them for one.
fn places<'a>(folders: &'a [MailboxName], dir: &Path) -> (Vec<(&'a MailboxName, PathBuf)>, Vec<Error>) {
    let (mut places, mut refused) = (Vec::new(), Vec::new());
    let lower = |folder: &MailboxName| Some(folder_path(folder).ok()??.to_string_lossy().to_lowercase());
    let alone = "leave it out (--not-folder) and fetch it alone, with a --to of its own";
    let mut same = HashMap::<_, Vec<_>>::new();
    folders.iter().for_each(|folder| same.entry(lower(folder)).or_default().push(folder));
    for folder in folders {
        let other = same.get(&lower(folder)).and_then(|same| same.iter().find(|other| **other != folder));
        match (folder_path(folder), other) {
            (Err(error), _) => refused.push(error),
            (Ok(None), _) => refused
                .push(Error::usage(format!("the name of the folder {folder} is too long for a directory: {alone}"))),
            (Ok(_), Some(other)) => refused.push(Error::usage(format!(
                "{folder} and {other} would have one directory on a disk that ignores case: {alone}"
            ))),
            (Ok(Some(path)), None) => places.push((folder, dir.join(path))),
        }
    }
    places.sort_by_cached_key(|(_, place)| Destination::last_run(place));
    (places, refused)
}

/// When the last run was at work in a directory, or in one of the directories of its folders.
fn last_run(dir: &Path) -> Option<SystemTime> {
    let below =
        std::fs::read_dir(dir).into_iter().flatten().filter_map(|entry| Destination::last_run(&entry.ok()?.path()));
    Destination::last_run(dir).into_iter().chain(below).max()
}

/// Each of several mailboxes has a folder of its name, and no address leads out of the directory.
fn fits_a_folder(mailbox: &str) -> Result<()> {
    let odd = |c: char| c.is_control() || "/\\:<>\"|?*".contains(c);
    if mailbox.contains(odd) || mailbox.starts_with('.') || mailbox.ends_with('.') {
        return Err(Error::usage(format!(
            "the mailbox {mailbox:?} cannot be a folder name: fetch it alone, with a --to of its own"
        )));
    }
    Ok(())
}

/// A move to the same folder gives its messages new UIDs.
fn is_target(job: &Job, folder: &MailboxName) -> bool {
    job.targets().any(|to| to.is_called(folder.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each with each would take minutes, before the first is fetched.
    #[test]
    fn thousands_of_folders_get_their_places_at_once() {
        let folders: Vec<_> = (0..3000).map(|number| MailboxName::new(&format!("Orders/{number}")).unwrap()).collect();
        let (places, refused) = places(&folders, Path::new("mail"));
        assert_eq!((places.len(), refused.len()), (3000, 0));
    }
}
