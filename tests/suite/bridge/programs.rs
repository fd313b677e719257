//! Mail programs and libraries that people have, each with the settings of docs/bridge.md. They are installed by
//! `tests/bridge`, which runs these tests; they pull what is in the inbox, once and whole.

use std::process::Command;

use super::relay::{Relay, add};
use super::*;

const MESSAGES: usize = 40;

/// A Dovecot with mail, a relay before it, and what a program must have found, by Message-ID.
struct Place {
    rig: Rig,
    relay: Relay,
    password: String,
    ids: Vec<String>,
}

impl Place {
    fn new() -> Place {
        let rig = Rig::new();
        let wanted = fill(&rig, MESSAGES);
        let id = |message: &Vec<u8>| {
            let text = String::from_utf8(message.clone()).unwrap();
            text.lines().find(|line| line.starts_with("Message-ID: ")).unwrap().to_owned()
        };
        let password = add(rig.command(&["relay"]), USER);
        let relay = Relay::start(rig.command(&["relay", "--token-cache", "cache"]));
        Place { ids: wanted.iter().map(id).collect(), rig, relay, password }
    }

    /// Writes a file of settings, in which `@PLACE@`, `@PORT@`, `@USER@`, `@PASSWORD@` and `@TUNNEL@` are filled in.
    fn file(&self, name: &str, text: &str) {
        let place = self.rig.place.display().to_string();
        let text = text
            .replace("@PLACE@", &place)
            .replace("@PORT@", &self.relay.port.to_string())
            .replace("@USER@", USER)
            .replace("@PASSWORD@", &self.password)
            .replace("@TUNNEL@", &format!("{} tunnel --token-cache {place}/cache", env!("CARGO_BIN_EXE_exoimap")));
        let file = self.rig.place.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }

    fn dir(&self, name: &str) {
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(self.rig.place.join(name).join(part)).unwrap();
        }
    }

    /// Runs a program in the place, with what `exoimap tunnel` needs in its environment.
    fn run(&self, line: &[&str]) -> Output {
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).current_dir(&self.rig.place).env("HOME", &self.rig.place).env("TERM", "xterm");
        command.envs(self.rig.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
        run(command, LONG)
    }

    /// A program that writes what it finds to its output.
    fn prints(&self, line: &[&str]) {
        let ended = self.run(line);
        assert!(ended.status.success(), "{}", shown(&ended));
        self.all_in(&String::from_utf8_lossy(&on_the_wire(&ended.stdout)), &shown(&ended));
    }

    /// A program that delivers: what is in the files below `name`.
    fn delivers(&self, line: &[&str], name: &str) {
        let ended = self.run(line);
        assert!(ended.status.success(), "{}", shown(&ended));
        let mut found = String::new();
        collect(&self.rig.place.join(name), &mut found);
        self.all_in(&found, &shown(&ended));
    }

    fn all_in(&self, text: &str, said: &str) {
        let found = self.ids.iter().filter(|id| text.matches(id.as_str()).count() == 1).count();
        assert_eq!(found, MESSAGES, "{}", said.chars().take(3_000).collect::<String>());
    }
}

fn collect(path: &Path, found: &mut String) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| collect(&entry.unwrap().path(), found));
    } else {
        found.push_str(&String::from_utf8_lossy(&on_the_wire(&fs::read(path).unwrap())));
    }
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn getmail() {
    let place = Place::new();
    place.dir("got");
    place.file(
        "getmailrc",
        "[retriever]\ntype = SimpleIMAPRetriever\nserver = 127.0.0.1\nport = @PORT@\nusername = @USER@\npassword = @PASSWORD@\n\
         mailboxes = (\"INBOX\",)\n\n[destination]\ntype = Maildir\npath = @PLACE@/got/\nuser = root\n\n[options]\ndelete = false\nread_all = true\n",
    );
    place.delivers(&["getmail", "--getmaildir", ".", "--rcfile", "getmailrc"], "got");
}

const OFFLINEIMAP: &str = "[general]\naccounts = a\nmetadata = @PLACE@/off\nui = basic\n\n[Account a]\nlocalrepository = near\n\
    remoterepository = far\n\n[Repository near]\ntype = Maildir\nlocalfolders = @PLACE@/got\n\n[Repository far]\ntype = IMAP\n\
    readonly = True\nfolderfilter = lambda folder: folder == 'INBOX'\n";

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn offlineimap_through_the_tunnel_and_the_relay() {
    for more in [
        "preauthtunnel = @TUNNEL@\n",
        "remotehost = 127.0.0.1\nremoteport = @PORT@\nremoteuser = @USER@\nremotepass = @PASSWORD@\nssl = no\nstarttls = no\n",
    ] {
        let place = Place::new();
        place.file("offlineimaprc", &format!("{OFFLINEIMAP}{more}"));
        place.delivers(&["offlineimap", "-c", "offlineimaprc", "-o"], "got/INBOX");
    }
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn mutt_and_neomutt_through_the_tunnel_and_the_relay() {
    let common = "set confirmappend=no\nset confirmcreate=no\nset mail_check=3600\nset header_cache=\"\"\nset copy=no\nset ssl_starttls=no\n\
        set mbox_type=mbox\nset wait_key=no\nset quit=yes\n";
    for (program, more, folder) in [
        ("mutt", "set tunnel=\"@TUNNEL@\"\n", "imap://exchange/INBOX"),
        ("neomutt", "set tunnel=\"@TUNNEL@\"\n", "imap://exchange/INBOX"),
        ("mutt", "set imap_user=\"@USER@\"\nset imap_pass=\"@PASSWORD@\"\n", "imap://127.0.0.1:@PORT@/INBOX"),
        ("neomutt", "set imap_user=\"@USER@\"\nset imap_pass=\"@PASSWORD@\"\n", "imap://127.0.0.1:@PORT@/INBOX"),
    ] {
        let place = Place::new();
        place.file("muttrc", &format!("{common}{more}"));
        place.file(
            "mutt.sh",
            &format!("{program} -n -R -F muttrc -f '{folder}' -e 'push <tag-pattern>.<enter><tag-prefix><copy-message>@PLACE@/got<enter><exit>'"),
        );
        place.delivers(&["script", "-qec", "sh ./mutt.sh", "/dev/null"], "got");
    }
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn fetchmail_by_its_plugin() {
    let place = Place::new();
    place.file(
        "fetchmailrc",
        "poll outlook.office365.com protocol IMAP auth ssh plugin \"@TUNNEL@\"\n user \"@USER@\" keep fetchall\n mda \"cat >> @PLACE@/got\"\n",
    );
    place.delivers(&["fetchmail", "-f", "fetchmailrc", "--nosyslog", "-i", "ids", "--pidfile", "pid"], "got");
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn fdm() {
    let place = Place::new();
    place.dir("got");
    place.file(
        "fdm.conf",
        "set default-user \"root\"\nset file-umask 077\naction \"keep\" maildir \"@PLACE@/got\"\n\
         account \"a\" imap server \"127.0.0.1\" port @PORT@ user \"@USER@\" pass \"@PASSWORD@\" folder \"INBOX\" keep\nmatch all action \"keep\"\n",
    );
    place.delivers(&["fdm", "-f", "fdm.conf", "-l", "fetch"], "got");
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn php_perl_ruby_and_curl() {
    let place = Place::new();
    place.file(
        "pull.php",
        "<?php $imap = imap_open('{127.0.0.1:@PORT@/imap/notls}INBOX', '@USER@', '@PASSWORD@', OP_READONLY) or die(imap_last_error());\n\
         for ($n = 1; $n <= imap_num_msg($imap); $n++) echo imap_fetchbody($imap, $n, '', FT_PEEK), \"\\n\";\nimap_errors(); imap_close($imap);\n",
    );
    place.prints(&["php", "pull.php"]);
    place.file(
        "pull.pl",
        "use Mail::IMAPClient; my $imap = Mail::IMAPClient->new(Server => '127.0.0.1', Port => @PORT@, User => '@USER@', Password => '@PASSWORD@',\n\
         Uid => 1, Peek => 1) or die $@; $imap->examine('INBOX') or die $imap->LastError;\n\
         print $imap->message_string($_), \"\\n\" for $imap->messages; $imap->logout;\n",
    );
    place.prints(&["perl", "pull.pl"]);
    place.file(
        "pull.rb",
        "require 'net/imap'\nimap = Net::IMAP.new('127.0.0.1', port: @PORT@)\nimap.login('@USER@', '@PASSWORD@')\nimap.examine('INBOX')\n\
         imap.uid_search(['ALL']).each { |uid| puts imap.uid_fetch(uid, 'BODY.PEEK[]')[0].attr['BODY[]'] }\nimap.logout\n",
    );
    place.prints(&["ruby", "pull.rb"]);
    let port = place.relay.port;
    let each: Vec<_> = (1..=MESSAGES).map(|uid| format!("imap://127.0.0.1:{port}/INBOX;UID={uid}")).collect();
    let user = format!("{USER}:{}", place.password);
    let mut line = vec!["curl", "-sS", "--user", &user];
    line.extend(each.iter().map(String::as_str));
    place.prints(&line);
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn imapflow() {
    let place = Place::new();
    let modules = std::env::var("NODE_PATH").expect("NODE_PATH leads to imapflow");
    place.file(
        "pull.js",
        "const { ImapFlow } = require('imapflow');\n(async () => {\n const imap = new ImapFlow({ host: '127.0.0.1', port: @PORT@, secure: false, doSTARTTLS: false,\n\
         logger: false, auth: { user: '@USER@', pass: '@PASSWORD@' } });\n await imap.connect();\n const lock = await imap.getMailboxLock('INBOX');\n\
         for await (const message of imap.fetch('1:*', { source: true })) process.stdout.write(message.source);\n lock.release();\n await imap.logout();\n})();\n",
    );
    place.prints(&["env", &format!("NODE_PATH={modules}"), "node", "pull.js"]);
}

/// What is too much for every run of the tests: 500,000 commands, a client that never signs in, one that stops reading
/// a large message, 100 at once.
#[test]
#[ignore = "tests/bridge runs it"]
fn half_a_million_commands_at_once_are_answered() {
    super::tunnel::commands_at_once(500_000);
}

#[test]
#[ignore = "tests/bridge runs it"]
fn a_hundred_clients_at_once_are_all_served() {
    let place = Place::new();
    let since = Instant::now();
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let mut client = place.relay.connect();
                let answer = client.ask(&format!("a LOGIN {USER} {}", place.password));
                assert!(answer.starts_with("a OK "), "{answer}");
                client.say("b SELECT INBOX");
                while !client.line().starts_with("b OK") {}
            });
        }
    });
    assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());
    assert_eq!(place.rig.entra.requests().len(), 1, "one token for all");
}

#[test]
#[ignore = "tests/bridge runs it"]
fn a_client_that_never_signs_in_is_hung_up_on_after_half_a_minute() {
    let place = Place::new();
    let mut client = place.relay.connect();
    let since = Instant::now();
    assert!(client.is_closed());
    assert!((29..60).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
}
