//! Mail programs and libraries that people have, each with the settings of docs/bridge.md. They are installed by
//! `tests/bridge`, which runs these tests; they pull what is in the inbox, once and whole.

use std::process::Command;

use super::documented::{at_relay, in_tunnel};
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

    /// The settings of a program at the relay, or in a tunnel.
    fn settings(&self, heading: &str) -> String {
        if heading.ends_with("at the relay") { self.at_relay(heading) } else { self.in_tunnel(heading) }
    }

    fn at_relay(&self, heading: &str) -> String {
        at_relay(heading, self.relay.port, &self.password)
    }

    fn in_tunnel(&self, heading: &str) -> String {
        let command = self.rig.command(&[]);
        in_tunnel(heading, &self.rig.place, command.get_envs().filter_map(|(name, value)| Some((name, value?))))
    }

    /// Writes a file in which `@PLACE@` and `@PASSWORD@` are filled in.
    fn file(&self, name: &str, text: &str) {
        let text = text.replace("@PLACE@", &self.rig.place.display().to_string()).replace("@PASSWORD@", &self.password);
        let file = self.rig.place.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }

    fn run(&self, line: &[&str]) -> Output {
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).current_dir(&self.rig.place).env("HOME", self.rig.place.path()).env("TERM", "xterm");
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
    // As root it delivers by a program only.
    let rest = "\n[destination]\ntype = MDA_external\npath = /bin/sh\narguments = (\"-c\", \"cat >> @PLACE@/got\")\n\
                allow_root_commands = true\n\n[options]\ndelete = false\nread_all = true\n";
    place.file("getmailrc", &(place.at_relay("getmail") + rest));
    place.delivers(&["getmail", "--getmaildir", ".", "--rcfile", "getmailrc"], "got");
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn offlineimap_through_the_tunnel_and_the_relay() {
    for heading in ["offlineimap 8", "offlineimap at the relay"] {
        let place = Place::new();
        let account = "[general]\naccounts = a\nmetadata = @PLACE@/off\nui = basic\n\n[Account a]\nlocalrepository = near\n\
             remoterepository = exchange\n\n[Repository near]\ntype = Maildir\nlocalfolders = @PLACE@/got\n\n";
        let more = "readonly = True\nfolderfilter = lambda folder: folder == 'INBOX'\n";
        place.file("offlineimaprc", &format!("{account}{}{more}", place.settings(heading)));
        place.delivers(&["offlineimap", "-c", "offlineimaprc", "-o"], "got/INBOX");
    }
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn mutt_and_neomutt_through_the_tunnel_and_the_relay() {
    let common = "set confirmappend=no\nset confirmcreate=no\nset mail_check=3600\nset header_cache=\"\"\nset copy=no\n\
        set mbox_type=mbox\nset wait_key=no\nset quit=yes\nset sleep_time=0\n";
    for program in ["mutt", "neomutt"] {
        for heading in ["mutt 2", "mutt and neomutt at the relay"] {
            let place = Place::new();
            place.file("muttrc", &format!("{common}{}", place.settings(heading)));
            let keys = "<tag-pattern>~A<enter><tag-prefix><copy-message>@PLACE@/got<enter><exit>";
            place.file("mutt.sh", &format!("{program} -n -R -F muttrc -e 'push {keys}'"));
            place.delivers(&["script", "-qec", "sh ./mutt.sh", "/dev/null"], "got");
        }
    }
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn fetchmail_by_its_plugin() {
    let place = Place::new();
    let settings = place.in_tunnel("fetchmail 6");
    place.file("fetchmailrc", &format!("{settings}  fetchall\n  mda \"cat >> @PLACE@/got\"\n"));
    place.delivers(&["fetchmail", "-f", "fetchmailrc", "--nosyslog", "-i", "ids", "--pidfile", "pid"], "got");
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn fdm() {
    let place = Place::new();
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(place.rig.place.join("got").join(part)).unwrap();
    }
    let settings = place.at_relay("fdm").trim_end().to_owned();
    place.file(
        "fdm.conf",
        &format!(
            "set default-user \"root\"\nset file-umask 077\naction \"keep\" maildir \"@PLACE@/got\"\n\
             {settings} folder \"INBOX\" keep\nmatch all action \"keep\"\n"
        ),
    );
    place.delivers(&["fdm", "-f", "fdm.conf", "-l", "fetch"], "got");
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn php_perl_ruby_and_curl() {
    let place = Place::new();
    let php = place.at_relay("PHP");
    place.file(
        "pull.php",
        &format!(
            "<?php $password = '@PASSWORD@';\n{php}for ($n = 1; $n <= imap_num_msg($imap); $n++) \
             echo imap_fetchbody($imap, $n, '', FT_PEEK), \"\\n\";\nimap_errors(); imap_close($imap);\n"
        ),
    );
    place.prints(&["php", "pull.php"]);
    let perl = place.at_relay("Perl");
    place.file(
        "pull.pl",
        &format!(
            "use Mail::IMAPClient; my $password = '@PASSWORD@';\n{perl}$imap->Uid(1); $imap->Peek(1);\n\
             $imap->examine('INBOX') or die $imap->LastError;\n\
             print $imap->message_string($_), \"\\n\" for $imap->messages; $imap->logout;\n"
        ),
    );
    place.prints(&["perl", "pull.pl"]);
    let ruby = place.at_relay("Ruby");
    place.file(
        "pull.rb",
        &format!(
            "require 'net/imap'\npassword = '@PASSWORD@'\n{ruby}imap.examine('INBOX')\n\
             imap.uid_search(['ALL']).each {{ |uid| puts imap.uid_fetch(uid, 'BODY.PEEK[]')[0].attr['BODY[]'] }}\nimap.logout\n"
        ),
    );
    place.prints(&["ruby", "pull.rb"]);
    let curl = place.at_relay("curl");
    place.file(
        "pull.sh",
        &(1..=MESSAGES).map(|uid| curl.replace("UID=1\"", &format!("UID={uid}\" -sS || exit"))).collect::<String>(),
    );
    place.prints(&["sh", "./pull.sh"]);
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn java() {
    let place = Place::new();
    let java = place.at_relay("Java");
    place.file(
        "Pull.java",
        &format!(
            "import java.util.*; import javax.mail.*;\nclass Pull {{ public static void main(String[] none) throws Exception {{\n\
             String password = \"@PASSWORD@\";\n{java}Folder folder = store.getFolder(\"INBOX\"); folder.open(Folder.READ_ONLY);\n\
             for (Message message : folder.getMessages()) message.writeTo(System.out);\nstore.close(); }} }}\n"
        ),
    );
    let jars = "/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar";
    place.prints(&["java", "-cp", jars, "Pull.java"]);
}

#[test]
#[ignore = "tests/bridge installs what it needs"]
fn imapflow() {
    let place = Place::new();
    let modules = std::env::var("NODE_PATH").expect("NODE_PATH leads to imapflow");
    let js = place.at_relay("Node.js").replace(", auth }", ", auth, logger: false }");
    place.file(
        "pull.js",
        &format!(
            "const {{ ImapFlow }} = require('imapflow');\n(async () => {{\nconst password = '@PASSWORD@';\n{js}await imap.connect();\n\
             const lock = await imap.getMailboxLock('INBOX');\n\
             for await (const message of imap.fetch('1:*', {{ source: true }})) process.stdout.write(message.source);\n\
             lock.release();\nawait imap.logout();\n}})();\n"
        ),
    );
    place.prints(&["env", &format!("NODE_PATH={modules}"), "node", "pull.js"]);
}

/// What is too much for every run of the tests: 500,000 commands, 100 clients at once, half a minute of silence.
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
    assert!(since.elapsed() < Duration::from_secs(120), "{:?}", since.elapsed());
    assert_eq!(place.rig.entra.requests().len(), 1, "one token for all");
}

#[test]
#[ignore = "tests/bridge runs it"]
fn a_client_that_never_signs_in_is_hung_up_on_after_half_a_minute() {
    let place = Place::new();
    let mut client = place.relay.connect();
    let since = Instant::now();
    assert!(client.is_closed());
    assert!((29..90).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
}
