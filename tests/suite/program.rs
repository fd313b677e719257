//! The built program as somebody runs it: arguments, an environment that holds nothing else, a time
//! limit. What no run may ever do, whatever it is about, is checked here for all of them.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::certificate::Authority;
use crate::support::entra::{self, Entra};
use crate::support::exchange::Exchange;
pub(crate) use crate::support::folder::Folder;
use crate::support::sample;

/// A run that is not over by then hangs.
const LIMIT: Duration = Duration::from_secs(180);

/// What a machine may add to a time limit of a few seconds: it may be busy, and stand still for a while.
const SLACK: Duration = Duration::from_secs(15);

/// Entra, Exchange, and a folder in which the program runs.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) entra: Entra,
    pub(crate) exchange: Exchange,
    pub(crate) folder: Folder,
}

impl World {
    pub(crate) fn new() -> World {
        let authority = Authority::new();
        let entra = Entra::start(&authority);
        let exchange = Exchange::start(&authority, &entra);
        let folder = Folder::new();
        folder.file("ca.pem", authority.pem());
        World { authority, entra, exchange, folder }
    }

    /// A call of the program with all that it needs to read orders@contoso.com.
    pub(crate) fn call(&self, arguments: &[&str]) -> Call {
        Call::new(self.folder.path(), arguments)
            .env("AZURE_TENANT_ID", entra::TENANT)
            .env("AZURE_CLIENT_ID", entra::CLIENT_ID)
            .env("AZURE_CLIENT_SECRET", entra::SECRET)
            .env("AZURE_AUTHORITY_HOST", self.entra.url())
            .env("EXOIMAP_HOST", "localhost")
            .env("EXOIMAP_PORT", self.exchange.port())
            .env("EXOIMAP_CA_FILE", self.folder.path().join("ca.pem").display())
            .env("EXOIMAP_SCOPE", entra::SCOPE)
            .env("EXOIMAP_MAILBOX", sample::ORDERS)
    }

    /// The same with a token in place of the secret, so that no token endpoint is asked.
    pub(crate) fn call_with_token(&self, arguments: &[&str]) -> Call {
        self.call(arguments)
            .without("AZURE_CLIENT_SECRET")
            .without("AZURE_AUTHORITY_HOST")
            .env("EXOIMAP_ACCESS_TOKEN", self.entra.token())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.call(arguments).run()
    }
}

/// A call that is being put together.
pub(crate) struct Call {
    folder: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    stdin: Vec<u8>,
    shell: Option<String>,
    deaf: bool,
    shows_secrets: bool,
}

impl Call {
    /// A call in a folder, which is HOME too; besides, the environment has PATH and no system roots.
    pub(crate) fn new(folder: &Path, arguments: &[&str]) -> Call {
        Call {
            folder: folder.to_owned(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            environment: Vec::new(),
            stdin: Vec::new(),
            shell: None,
            deaf: false,
            shows_secrets: false,
        }
    }

    pub(crate) fn env(self, name: &str, value: impl ToString) -> Call {
        let mut call = self.without(name);
        call.environment.push((name.to_owned(), value.to_string()));
        call
    }

    pub(crate) fn without(mut self, name: &str) -> Call {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// Names and values of the environment, in order.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.environment
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Call {
        self.stdin = bytes.into();
        self
    }

    /// Runs a line of bash in which `"$@"` is the call; end it with `exec "$@"`.
    pub(crate) fn through(mut self, line: &str) -> Call {
        self.shell = Some(line.to_owned());
        self
    }

    /// Nobody reads stdout: the pipe's other end is closed.
    pub(crate) fn with_stdout_closed(mut self) -> Call {
        self.deaf = true;
        self
    }

    /// The output may hold a credential, because it was asked for.
    pub(crate) fn showing_secrets(mut self) -> Call {
        self.shows_secrets = true;
        self
    }

    pub(crate) fn run(self) -> Ended {
        let mut command = match &self.shell {
            None => Command::new(env!("CARGO_BIN_EXE_exoimap")),
            Some(line) => {
                let mut bash = Command::new("bash");
                bash.args(["-c", line, "bash", env!("CARGO_BIN_EXE_exoimap")]);
                bash
            }
        };
        command.args(&self.arguments).current_dir(&self.folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", &self.folder);
        // OpenSSL parses the system's roots before it puts a CA file in their place: 40 ms a run.
        command.env("SSL_CERT_FILE", "/dev/null");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = Instant::now();
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().filter(|_| !self.deaf).map(reading);
        let stderr = child.stderr.take().map(reading);
        // A program that reads no stdin has made its point.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(&self.stdin));
        let mut peak = 0;
        let status = loop {
            peak = peak.max(peak_memory(child.id()));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > LIMIT {
                let _ = child.kill();
                let _ = child.wait();
                panic!("exoimap {:?} still ran after {LIMIT:?}", self.arguments);
            }
            thread::sleep(Duration::from_millis(2));
        };
        let took = start.elapsed();
        let text = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
            let bytes = reader.map_or_else(Vec::new, |reader| reader.join().unwrap());
            String::from_utf8(bytes).expect("the output is not UTF-8")
        };
        let ended =
            Ended { call: self.arguments, code: status.code(), stdout: text(stdout), stderr: text(stderr), took, peak };
        ended.check_what_always_holds(self.shows_secrets);
        ended
    }
}

/// Does it with all of them at the same time: for what mostly waits.
pub(crate) fn side_by_side<T: Send>(items: impl IntoIterator<Item = T>, each: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for item in items {
            let each = &each;
            scope.spawn(move || each(item));
        }
    });
}

fn reading(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// The high-water mark of a running process's memory in KB; 0 where it has ended or is unknown.
///
/// Polled: what it takes in the last two milliseconds of its life is not seen. Until `exec` is done the
/// child still has the memory of this process, which is not what is measured: the program's own begins
/// where `exe` is the program.
fn peak_memory(process: u32) -> u64 {
    let program = Path::new(env!("CARGO_BIN_EXE_exoimap")).canonicalize().unwrap();
    if fs::read_link(format!("/proc/{process}/exe")).is_ok_and(|exe| exe != program) {
        return 0;
    }
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Ended {
    call: Vec<String>,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
    /// In KB.
    pub(crate) peak: u64,
}

impl Ended {
    /// Expects an exit code; a failure shows all that was said.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32) -> &Ended {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Expects words on stderr.
    #[track_caller]
    pub(crate) fn saying(&self, words: &[&str]) -> &Ended {
        for words in words {
            assert!(self.stderr.contains(words), "{words:?} is not said by {self}");
        }
        self
    }

    /// Expects the end at once, or within a limit of a second or a few, and some slack.
    #[track_caller]
    pub(crate) fn promptly(&self) -> &Ended {
        assert!(self.took < SLACK, "{self}");
        self
    }

    /// Expects one line of error, then at most three hints; what a first run says of a new directory aside.
    #[track_caller]
    pub(crate) fn one_error(&self) -> &Ended {
        let mut lines = self.stderr.lines().filter(|line| !line.contains(" is new: about to fetch "));
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with("exoimap: "), "{self}");
        let hints: Vec<_> = lines.collect();
        assert!(hints.len() <= 3 && hints.iter().all(|line| line.starts_with("hint: ")), "{self}");
        self
    }

    /// The first words of the lines of stdout.
    pub(crate) fn first_words(&self) -> Vec<&str> {
        self.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect()
    }

    /// No raw control byte, no panic, no secret.
    fn check_what_always_holds(&self, shows_secrets: bool) {
        for text in [&self.stdout, &self.stderr] {
            let raw = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
            assert_eq!(raw, None, "a control character in {self}");
            assert!(!text.contains("panicked at"), "{self}");
            assert!(shows_secrets || !text.contains(entra::SECRET), "a secret in {self}");
        }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ended { call, code, stdout, stderr, took, peak } = self;
        write!(f, "exoimap {call:?}, exit {code:?}, {took:?}, {peak} KB\n{stdout}---\n{stderr}")
    }
}
