//! One real Dovecot for one test or benchmark: started, filled, asked, stopped.
//!
//! What goes into its configuration, and why, is in `dovecot/dovecot.conf`. Certificates and
//! tokens are made by others and handed in; messages in numbers come from `corpus.rs`.

mod account;
mod folder_name;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use account::Account;
use folder_name::maildir_name;

const CONFIGURATION: &str = include_str!("dovecot/dovecot.conf");

/// What Exchange Online announces, without the `AUTH=` items that Dovecot adds.
pub const CAPABILITIES: &str = "IMAP4 IMAP4rev1 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+";

/// Starts Dovecot in the background and stops it when its own standard input ends: by
/// `Drop`, or by the death of the test, however that died. Then it clears the folder.
/// It has a process group of its own: the master alone would wait a second for the rest.
const KEEPER: &str = r#"folder=$1; shift
"$@" </dev/null & server=$!
cat >/dev/null
trap '' TERM
kill -TERM 0
wait "$server"
rm -rf "$folder""#;

/// What a test decides about its server.
pub struct Setup<'a> {
    /// The server's certificate, and its chain where there is one.
    pub certificate_pem: &'a str,
    pub key_pem: &'a str,
    /// The HS256 key by which tokens are verified. They carry no `azp` and no `kid`.
    pub token_key: &'a [u8],
    pub capabilities: &'a str,
}

impl<'a> Setup<'a> {
    /// As Exchange Online with an application's token. Audience and roles are not looked
    /// at: Dovecot 2.3 can ask for a `scope` claim only, which such a token has not.
    pub fn new(certificate_pem: &'a str, key_pem: &'a str, token_key: &'a [u8]) -> Self {
        Setup { certificate_pem, key_pem, token_key, capabilities: CAPABILITIES }
    }
}

/// A running server. Dropping it stops it and removes its folder.
pub struct Dovecot {
    folder: PathBuf,
    port: u16,
    account: Account,
    keeper: Child,
    /// Open as long as the server is to run.
    lifeline: Option<ChildStdin>,
}

impl Dovecot {
    /// Starts a server on a port of its own on 127.0.0.1 (implicit TLS only).
    pub fn start(setup: &Setup<'_>) -> Self {
        let program = find("dovecot");
        let mut last_log = String::new();
        // Between the choice of a port and its use another process may take it.
        for _ in 0..5 {
            match Self::try_start(&program, setup) {
                Ok(server) => return server,
                Err(log) => last_log = log,
            }
        }
        panic!("Dovecot does not start; its last log:\n{last_log}");
    }

    fn try_start(program: &Path, setup: &Setup<'_>) -> Result<Self, String> {
        let account = Account::to_run_as();
        let folder = new_folder();
        let port = free_port();
        write_configuration(&folder, port, &account, setup);
        let log = fs::File::create(folder.join("dovecot.log")).unwrap();
        account.own(&folder);

        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(&folder);
        command.args(account.prefix()).arg(program);
        command.arg("-F").arg("-c").arg(folder.join("dovecot.conf"));
        command.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut keeper = command.spawn().expect("a shell for Dovecot");
        let lifeline = keeper.stdin.take();
        let server = Dovecot { folder, port, account, keeper, lifeline };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The log tells, not a connection: that could reach somebody else's server.
    fn wait_until_ready(&self) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let log = self.log();
            if log.contains("starting up for imap") {
                return Ok(());
            }
            if log.contains("Fatal:") || Instant::now() > deadline {
                return Err(log);
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// The port for implicit TLS on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// All that the server has logged; a refused token's reason is only here.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder.join("dovecot.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The Maildir of a mailbox, which is also its inbox.
    pub fn mailbox_dir(&self, user: &str) -> PathBuf {
        self.home(user).join("Maildir")
    }

    /// The folder's Maildir, made where it is missing. `folder` is as people see it: `INBOX/注文`.
    pub fn folder_dir(&self, user: &str, folder: &str) -> PathBuf {
        let mailbox = self.mailbox_dir(user);
        let dir = mailbox.join(maildir_name(folder));
        for place in [&mailbox, &dir] {
            for part in ["cur", "new", "tmp"] {
                fs::create_dir_all(place.join(part)).unwrap();
            }
        }
        self.account.own(&self.home(user));
        dir
    }

    /// Puts a message into a folder, whole at once, and gives its file. `flags` are
    /// Maildir's, in the order of the alphabet: `S` seen, `F` flagged, `T` deleted.
    /// Unless `fix_uids` says otherwise, UIDs are given in the order of the names.
    pub fn deliver(&self, user: &str, folder: &str, name: &str, bytes: &[u8], flags: &str) -> PathBuf {
        self.deliver_all(user, folder, [(name.to_owned(), bytes.to_vec(), flags.to_owned())]);
        self.folder_dir(user, folder).join("cur").join(format!("{name}:2,{flags}"))
    }

    /// As `deliver`, for many: name, bytes, flags.
    pub fn deliver_all(&self, user: &str, folder: &str, messages: impl IntoIterator<Item = (String, Vec<u8>, String)>) {
        let dir = self.folder_dir(user, folder);
        for (name, bytes, flags) in messages {
            let unfinished = dir.join("tmp").join(&name);
            fs::write(&unfinished, bytes).unwrap();
            self.account.own_one(&unfinished);
            fs::rename(unfinished, dir.join("cur").join(format!("{name}:2,{flags}"))).unwrap();
        }
    }

    /// Settles UIDVALIDITY and UIDs (ascending, each with the name given to `deliver`).
    /// Nobody may have the folder open; what the server knew about it is forgotten.
    pub fn fix_uids(&self, user: &str, folder: &str, uidvalidity: u32, uids: &[(u32, &str)]) {
        let dir = self.folder_dir(user, folder);
        let next = uids.last().map_or(1, |(uid, _)| uid + 1);
        let mut list = format!("3 V{uidvalidity} N{next} G{:032x}\n", u128::from(uidvalidity));
        for (uid, name) in uids {
            list.push_str(&format!("{uid} :{name}\n"));
        }
        for entry in fs::read_dir(&dir).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_string_lossy().starts_with("dovecot.index") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        let path = dir.join("dovecot-uidlist");
        fs::write(&path, list).unwrap();
        self.account.own_one(&path);
    }

    /// Runs doveadm against this server and gives what it prints:
    /// `["index", "-u", "a@contoso.com", "*"]`.
    pub fn doveadm(&self, arguments: &[&str]) -> String {
        let program = find("doveadm");
        let mut line: Vec<_> = self.account.prefix();
        line.push(program.to_string_lossy().into_owned());
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]).arg("-c").arg(self.folder.join("dovecot.conf")).args(arguments);
        let output = command.stdin(Stdio::null()).output().expect("doveadm runs");
        assert!(
            output.status.success(),
            "doveadm {arguments:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// From now on keeps what clients of this mailbox send after their login.
    pub fn rawlog(&self, user: &str) {
        fs::create_dir_all(self.home(user).join("rawlog")).unwrap();
        self.account.own(&self.home(user));
    }

    /// The lines that came in since `rawlog`, session after session (literals included).
    /// A session that has not ended may lack its last lines.
    pub fn rawlog_lines(&self, user: &str) -> Vec<String> {
        let entries = fs::read_dir(self.home(user).join("rawlog")).expect("rawlog was called");
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "in"))
            .collect();
        files.sort();
        let text: String =
            files.iter().map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()).collect();
        // Each line has the time in front: "1669.123456 A1 NOOP".
        let after_time = |line: &str| line.split_once(' ').map_or("", |(_, rest)| rest).to_owned();
        text.lines().map(after_time).collect()
    }

    /// Ends what `rawlog` began and forgets what it kept.
    pub fn end_rawlog(&self, user: &str) {
        fs::remove_dir_all(self.home(user).join("rawlog")).unwrap();
    }

    fn home(&self, user: &str) -> PathBuf {
        self.folder.join("mail").join(user.to_lowercase())
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.keeper.wait();
    }
}

fn find(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // An unprivileged account often has no sbin in its path.
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = places.map(|place| place.join(program)).find(|file| file.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "`{program}` is not on this machine, and this test needs a real Dovecot 2.3: \
             apt-get install dovecot-core dovecot-imapd (or run tests/all as root, which does)"
        )
    })
}

/// In /tmp, not in $TMPDIR: the sockets in it allow no long path, and the account
/// that the server runs as must be able to come here.
fn new_folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = PathBuf::from(format!("/tmp/exoimap-dovecot.{}.{number}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    for part in ["run", "state", "mail", "keys/default/HS256"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

/// Dovecot can't choose one by itself.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn write_configuration(folder: &Path, port: u16, account: &Account, setup: &Setup<'_>) {
    let place = folder.to_str().expect("a folder name in ASCII");
    let configuration = CONFIGURATION
        .replace("@FOLDER@", place)
        .replace("@PORT@", &port.to_string())
        .replace("@USER@", &account.user)
        .replace("@GROUP@", &account.group)
        .replace("@CAPABILITIES@", setup.capabilities);
    write_private(&folder.join("dovecot.conf"), &configuration);
    write_private(&folder.join("oauth2.conf"), &token_rules(place));
    write_private(&folder.join("server.pem"), setup.certificate_pem);
    write_private(&folder.join("server.key"), setup.key_pem);
    write_private(&folder.join("keys/default/HS256/default"), &BASE64.encode(setup.token_key));
}

/// A token opens every mailbox; it needs an `oid` claim and no more.
fn token_rules(place: &str) -> String {
    format!(
        "introspection_mode = local\n\
         local_validation_key_dict = fs:posix:prefix={place}/keys/\n\
         active_attribute =\nactive_value =\nissuers =\n\
         username_attribute = oid\nusername_format = anyone\n"
    )
}

fn write_private(path: &Path, text: &str) {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
