//! `exoimap fetch`: what is new in a folder, delivered to a directory, for one mailbox or many.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::advice::hints;
use crate::delivery::{
    self, Action, Destination, FileOptions, Format, Job, Outcome, Program, Source, Spool, folder_path, locate,
};
use crate::exchange::{Choice, choose, resolve, try_sessions};
use crate::files::{Mode, others_may_write};
use crate::imap::{Listed, Session};
use crate::{Error, MailboxName, Phase, Result, Retry, Stream};
use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::json;

use super::exit::{Exit, TIME_LIMIT, worst};
use super::folders::unreadable;
use super::options;
use super::output::Output;
use super::parallel;
use super::progress::{Progress, Whose};
use super::selection;
use super::session::Setting;
use super::sign_in::SignIn;

/// Files that all threads together keep open; 1,024 is a usual limit of a process.
const OPEN_FILES: usize = 750;

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let fetch = Fetch::new(arguments, setting, output)?;
    let ended = match setting.mailboxes.as_slice() {
        [] => setting.mailbox().map(|_| Exit::Done),
        [mailbox] if !fetch.nested => fetch.mailbox(mailbox, &fetch.to, &mut setting.retry(output)),
        mailboxes => {
            mailboxes.iter().try_for_each(|mailbox| fits_a_folder(mailbox))?;
            fetch.mailboxes(mailboxes)
        }
    };
    if output.is_closed() {
        output.warn("stdout was closed by the program that reads it: the run ended early, and not all is reported");
    }
    ended
}

/// How the run ended is recorded beside the state of a folder.
static IS_RECORDED: AtomicBool = AtomicBool::new(false);

/// Records how a run ended that came to no folder, for `status`: a failure before the sign-in is a run too.
pub(crate) fn record(arguments: &ArgMatches, exit: Exit) {
    let to = arguments.get_one::<String>("to").filter(|to| !to.is_empty() && *to != "-");
    if let Some(to) = to
        && !arguments.get_flag("dry-run")
        && !IS_RECORDED.load(Ordering::Relaxed)
    {
        let _ = delivery::record(Path::new(to), exit as u8);
    }
}

/// What the options say.
struct Fetch<'a> {
    setting: &'a Setting,
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
    fn new<'a>(arguments: &ArgMatches, setting: &'a Setting, output: &'a Output) -> Result<Fetch<'a>> {
        let text = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
        let to = text("to").unwrap_or_default();
        if to.is_empty() {
            return Err(Error::usage("--to names no directory"));
        }
        let (folder, selection) = selection::read(arguments)?;
        let jobs = usize::from(arguments.get_one::<u16>("jobs").copied().unwrap_or(1));
        let nested = setting.mailboxes.len() > 1 || text("mailboxes").is_some();
        let all = |name: &str| arguments.get_many::<String>(name).into_iter().flatten().cloned().collect::<Vec<_>>();
        let (folders, without) = (all("folder"), all("not-folder"));
        let by_folder = folders.len() > 1 || folders.iter().any(|folder| folder.contains('*'));
        if !without.is_empty() && !by_folder {
            return Err(Error::usage("--not-folder leaves folders out of several: name a pattern (--folder '*')"));
        }
        let job = Job {
            selection,
            attachments: arguments.get_flag("attachments"),
            skip_inline: arguments.get_flag("skip-inline"),
            headers: output.json,
            refetch: arguments.get_flag("refetch"),
            from_now: arguments.get_flag("from-now"),
            accept_uidvalidity: arguments.get_flag("accept-uidvalidity"),
            action: action(arguments)?,
            older_than: arguments.get_one::<Duration>("older-than").copied(),
            program: program(arguments)?,
            failed_to: arguments.get_one::<String>("failed-to").map(|to| MailboxName::new(to)).transpose()?,
            give_up_after: arguments.get_one::<u32>("give-up-after").copied().unwrap_or(10),
            group: (OPEN_FILES / jobs.max(1)).clamp(10, 250),
            deadline: setting.deadline,
            ..Job::new("", folder)
        };
        let format = text("format").and_then(Format::named).unwrap_or_default();
        let files = FileOptions {
            mode: arguments.get_one::<Mode>("file-mode").copied().unwrap_or(Mode::PRIVATE),
            lock_wait: setting.network.timeout(),
            deadline: setting.deadline,
        };
        let fetch = Fetch {
            setting,
            output,
            to: to.into(),
            format,
            files,
            job,
            dry_run: arguments.get_flag("dry-run"),
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
    fn check_stream(&self, arguments: &ArgMatches) -> Result<()> {
        let job = &self.job;
        let named = |name: &str| arguments.value_source(name) == Some(ValueSource::CommandLine);
        let cannot = [
            (job.attachments, "--attachments"),
            (job.action.is_some(), "--mark-seen, --move-to and --delete"),
            (job.program.is_some(), "a program"),
            (job.refetch || job.from_now || job.accept_uidvalidity, "--refetch, --from-now and --accept-uidvalidity"),
            (self.dry_run, "--dry-run"),
            (self.output.json, "--json"),
            (self.nested || self.by_folder, "several mailboxes or folders"),
            (named("format") && self.format != Format::Mbox, "a format that is not mbox"),
        ];
        match cannot.iter().find(|(is_asked, _)| *is_asked) {
            Some((_, what)) => Err(Error::usage(format!("--to - writes mbox to stdout and goes without {what}"))),
            None => Ok(()),
        }
    }

    /// Several mailboxes. Whose turn is longest ago comes first: where the time of a run (`--max-time`) is
    /// too short for all, it is not always the last of the list who get nothing.
    fn mailboxes(&self, mailboxes: &[String]) -> Result<Exit> {
        let dir = |mailbox: &str| self.to.join(mailbox.to_lowercase());
        let mut turns: Vec<&str> = mailboxes.iter().map(String::as_str).collect();
        turns.sort_by_cached_key(|mailbox| last_run(&dir(mailbox)));
        parallel::run(self.setting, self.output, &turns, self.jobs, &|mailbox, retry| {
            self.mailbox(mailbox, &dir(mailbox), retry)
        })
    }

    /// The folders of one mailbox, in or below `dir`, in one session if it lasts.
    fn mailbox(&self, mailbox: &str, dir: &Path, retry: &mut Retry) -> Result<Exit> {
        let mut held = None;
        let ended = self.folders_of(mailbox, dir, &mut held, retry);
        // Everything is done and kept: a server that hangs up first takes nothing away.
        let _ = held.map(Session::logout);
        ended
    }

    fn folders_of(
        &self,
        mailbox: &str,
        dir: &Path,
        held: &mut Option<Session<Stream>>,
        retry: &mut Retry,
    ) -> Result<Exit> {
        let mut sign_in = SignIn::shortly(self.setting, self.output, mailbox);
        let whose = Whose { mailbox: self.nested.then_some(mailbox), folder: None };
        let mut job = Job { mailbox: mailbox.to_owned(), ..self.job.clone() };
        let is_special = |name: &MailboxName| name.as_str().starts_with('\\');
        let moves_to_special = job.targets().any(is_special);
        if !self.by_folder && !is_special(&job.folder) && !moves_to_special {
            return self.folder(&job, dir.to_owned(), whose, &mut sign_in, held, retry);
        }
        let list = self.list(&mut job, &mut sign_in, held, retry).inspect_err(|error| {
            let _ = delivery::record(dir, Exit::from(error) as u8);
        })?;
        let Choice { folders, unmatched } = choose(&list.items, &self.folders, &self.without);
        if !self.by_folder {
            return self.folder(&job, dir.to_owned(), whose, &mut sign_in, held, retry);
        }
        let folders: Vec<_> = folders.into_iter().filter(|folder| !is_target(&job, folder)).collect();
        let is_partial = unreadable(self.output, &whose.prefix(), &list);
        let mut ended: Vec<_> = is_partial.then_some(Exit::Partly).into_iter().collect();
        let prefix = whose.prefix();
        if folders.is_empty() && unmatched.is_empty() {
            self.output
                .warn(&format!("{prefix}no folder is left to fetch: see --not-folder, --move-to and --failed-to"));
            ended.push(Exit::Refused);
        }
        for pattern in unmatched {
            self.output.warn(&format!("{prefix}folder not found: {pattern:?} (see: exoimap folders)"));
            ended.push(Exit::Refused);
        }
        let (places, refused) = places(&folders, dir);
        for error in &refused {
            self.output.failed_for(&whose.prefix(), error, &[]);
            ended.push(Exit::from(error));
        }
        for (folder, place) in places {
            let whose = Whose { folder: Some(folder.as_str()), ..whose };
            if self.setting.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.output
                    .warn(&format!("{}{TIME_LIMIT}: this and the folders after it were not fetched", whose.prefix()));
                ended.push(Exit::Temporary);
                break;
            }
            let job = Job { folder: folder.clone(), ..job.clone() };
            match self.folder(&job, place, whose, &mut sign_in, held, retry) {
                Ok(exit) => ended.push(exit),
                Err(error) => {
                    let hints = hints(&error, &self.setting.facts(Some(mailbox)));
                    self.output.failed_for(&whose.prefix(), &error, &hints);
                    ended.push(Exit::from(&error));
                    // Without a session no other folder can be fetched either.
                    if !matches!(
                        error.phase(),
                        Phase::Select | Phase::Command | Phase::Fetch | Phase::Disk | Phase::Options
                    ) {
                        break;
                    }
                }
            }
        }
        // Those of the run before it that the server does not list any more: said once.
        let before =
            if self.dry_run { Vec::new() } else { delivery::record_folders(dir, &folders).unwrap_or_default() };
        let is_listed =
            |name: &String| list.items.iter().any(|item| MailboxName::from_wire(&item.name).to_string() == *name);
        for gone in before.iter().filter(|name| !is_partial && !is_listed(name)) {
            self.output.warn(&format!("{}{gone}: the folder is gone; what was delivered stays", whose.prefix()));
        }
        Ok(worst(&ended))
    }

    /// The mailbox's folders; a folder to move to gets its name.
    fn list(
        &self,
        job: &mut Job,
        sign_in: &mut SignIn,
        held: &mut Option<Session<Stream>>,
        retry: &mut Retry,
    ) -> Result<Listed> {
        try_sessions(&mut |why, retry| sign_in.session(why, retry), retry, &mut |mut session, _| {
            if !self.by_folder {
                job.folder = resolve(&mut session, &job.folder)?;
            }
            let targets = job.action.iter_mut().filter_map(|action| match action {
                Action::MoveTo(to) => Some(to),
                _ => None,
            });
            for to in targets.chain(&mut job.failed_to) {
                *to = resolve(&mut session, to)?;
            }
            let list = session.list()?;
            *held = Some(session);
            Ok(Some(list))
        })
    }

    fn folder(
        &self,
        job: &Job,
        expected: PathBuf,
        whose: Whose,
        sign_in: &mut SignIn,
        held: &mut Option<Session<Stream>>,
        retry: &mut Retry,
    ) -> Result<Exit> {
        let Job { mailbox, folder, .. } = job;
        if is_target(job, folder) {
            return Err(Error::usage(format!(
                "{folder} is the folder that is fetched from: --move-to and --failed-to need another"
            )));
        }
        let mut progress = Progress::new(self.output, whose);
        let mut connect = |why: Option<&Error>, retry: &mut Retry| sign_in.session(why, retry);
        if self.to == Path::new("-") {
            let mut out = self.output.stream();
            let outcome = delivery::write_all(job, &mut Spool::new()?, &mut out, &mut connect, retry, &mut progress)?;
            return Ok(self.summary(&outcome, folder, whose, "stdout"));
        }
        let host = &self.setting.server.host;
        let source = Source { host, mailbox, folder, format: self.format, files: self.files };
        let dir = locate(&self.to, &source, expected.clone())?;
        if dir != expected {
            self.output.note(&format!("{folder} of {mailbox} goes on in {}, where it was before", dir.display()));
        }
        if self.dry_run {
            let mut destination = Destination::look(&dir, &source)?;
            let would = delivery::dry_run(job, &mut destination, &mut connect, retry, &mut progress)?;
            for (uid, path) in &would.fetch {
                match self.output.json {
                    true => self.output.object(&json!({"uid": uid.get(), "path": path, "dry_run": true}))?,
                    false => self.output.line(&[&uid.to_string(), &path.to_string_lossy()])?,
                }
            }
            for (uids, action) in &would.change {
                self.output.note(&format!("would be {action}: {} ({uids})", in_words(uids.len(), "message")));
                for uid in uids.iter().filter(|_| self.output.json) {
                    self.output.object(&json!({"uid": uid.get(), "would_be": action.to_string(), "dry_run": true}))?;
                }
            }
            return Ok(Exit::Done);
        }
        let mut deliver = || -> Result<Exit> {
            let mut destination = Destination::open_below(&self.to, &dir, &source)?;
            if let Some(open) = [&self.to, &dir].into_iter().find(|dir| others_may_write(dir)) {
                let open = open.display();
                self.output.warn(&format!("others may write in {open}, and plant files and links there: chmod o-w it"));
            }
            let outcome = delivery::run_in(job, &mut destination, held, &mut connect, retry, &mut progress)?;
            Ok(self.summary(&outcome, folder, whose, &dir.to_string_lossy()))
        };
        let ended = deliver();
        let exit = ended.as_ref().map_or_else(Exit::from, |exit| *exit);
        let _ = delivery::record(&dir, exit as u8);
        IS_RECORDED.store(true, Ordering::Relaxed);
        ended
    }

    fn summary(&self, outcome: &Outcome, folder: &MailboxName, whose: Whose, to: &str) -> Exit {
        let counted = [
            (outcome.taken_as_done, "there already and taken as done"),
            (outcome.delivered, "delivered"),
            (outcome.acted, "marked, moved or deleted"),
            (outcome.failed.len() as u64, "failed"),
            (outcome.gave_up.len() as u64, "given up"),
            (outcome.not_asked, "not asked for"),
            (outcome.handed_over, "of earlier runs handed over"),
            (outcome.not_taken, "not taken by the program"),
            (outcome.set_aside, "moved because the program refused them"),
            (outcome.broken, "parts not decoded"),
            (outcome.unlisted, "not listed by the server"),
        ];
        let said: Vec<_> = counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let text = match said.as_slice() {
            [] => format!("nothing new in {folder}"),
            said => format!("{} ({folder} to {to})", said.join(", ")),
        };
        match whose.prefix() {
            prefix if !prefix.is_empty() => self.output.note(&format!("{prefix}{text}")),
            _ if said.is_empty() || outcome.taken_as_done > 0 => self.output.note(&text),
            _ => self.output.step(&text),
        }
        if outcome.is_partial() { Exit::Partly } else { Exit::Done }
    }
}

/// Where the folders of a mailbox go, the one first whose turn is longest ago; and those that cannot, because a disk that
/// ignores case would take their names for one.
fn places<'a>(folders: &'a [MailboxName], dir: &Path) -> (Vec<(&'a MailboxName, PathBuf)>, Vec<Error>) {
    let (mut places, mut refused) = (Vec::new(), Vec::new());
    let lower = |folder: &MailboxName| folder_path(folder).map(|path| path.to_string_lossy().to_lowercase());
    for folder in folders {
        let same = |other: &&MailboxName| *other != folder && lower(other).ok() == lower(folder).ok();
        match (folder_path(folder), folders.iter().find(same)) {
            (Err(error), _) => refused.push(error),
            (Ok(_), Some(other)) => refused.push(Error::usage(format!(
                "{folder} and {other} would have one directory on a disk that ignores case: leave one out (--not-folder) and fetch it alone, with a --to of its own"
            ))),
            (Ok(path), None) => places.push((folder, dir.join(path))),
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

fn action(arguments: &ArgMatches) -> Result<Option<Action>> {
    if arguments.get_flag("mark-seen") {
        return Ok(Some(Action::MarkSeen));
    }
    if arguments.get_flag("delete") {
        return Ok(Some(Action::Delete));
    }
    let Some(to) = arguments.get_one::<String>("move-to") else { return Ok(None) };
    Ok(Some(Action::MoveTo(MailboxName::new(to)?)))
}

/// Exchange does not tell names apart by their case, and a move to the same folder gives its messages new UIDs.
fn is_target(job: &Job, folder: &MailboxName) -> bool {
    job.targets().any(|to| to.as_str().to_lowercase() == folder.as_str().to_lowercase())
}

fn in_words(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn program(arguments: &ArgMatches) -> Result<Option<Program>> {
    let mut words = arguments.get_many::<String>("program").into_iter().flatten();
    let Some(name) = words.next() else { return Ok(None) };
    let timeout = arguments.get_one::<Duration>("program-timeout").copied();
    let private = std::env::vars_os()
        .filter(|(name, value)| options::is_private(&name.to_string_lossy(), &value.to_string_lossy()));
    let program = Program::new(name, words.cloned().collect(), timeout)?;
    Ok(Some(program.without(private.map(|(name, _)| name))))
}
