//! A certificate: the assertion that it signs, and every file that an administrator may hold.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::bare;
use crate::house::root;
use crate::program::{Call, Folder, World};
use crate::support::entra::assertion::Uploaded;
use crate::support::entra::{CLIENT_ID, TENANT};
use crate::support::jwt;

/// Keys and certificates as OpenSSL makes them, once for all tests. Nothing drops them at the end of a run, so they are
/// in the target folder, not in /tmp; the next run removes those of runs that have ended.
pub(crate) struct Keys(PathBuf);

impl Keys {
    pub(crate) fn get() -> &'static Keys {
        static KEYS: OnceLock<Keys> = OnceLock::new();
        KEYS.get_or_init(|| {
            let folder = |process: &str| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("keys-{process}"));
            for entry in std::fs::read_dir(env!("CARGO_TARGET_TMPDIR")).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let process = name.strip_prefix("keys-").filter(|process| !Path::new("/proc").join(process).exists());
                if let Some(process) = process {
                    std::fs::remove_dir_all(folder(process)).unwrap();
                }
            }
            let keys = Keys(folder(&std::process::id().to_string()));
            std::fs::create_dir(&keys.0).unwrap();
            let make = "openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj";
            keys.shell(&format!("{make} '/CN=exoimap/O=Contoso' -keyout key.pem -out cert.pem"));
            keys.shell(&format!("{make} /CN=other -keyout other.key.pem -out other.cert.pem"));
            keys.shell("cat key.pem cert.pem >both.pem && cat other.cert.pem cert.pem key.pem >chain.pem");
            keys.shell("openssl rsa -in key.pem -traditional -out pkcs1.pem && cat cert.pem >>pkcs1.pem");
            keys
        })
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs a line in the keys' folder; what it prints.
    #[track_caller]
    pub(crate) fn shell(&self, line: &str) -> String {
        let output = Command::new("sh")
            .args(["-c", &format!("umask 077; {line}")])
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// As OpenSSL computes it, without colons.
    fn thumbprint(&self, algorithm: &str) -> String {
        let said = self.shell(&format!("openssl x509 -in cert.pem -noout -fingerprint -{algorithm}"));
        said.rsplit('=').next().unwrap().replace(':', "")
    }
}

/// A world whose application has the certificate.
pub(crate) fn world_with_certificate() -> World {
    let world = World::new();
    world.entra.configure().certificates.push(Uploaded::from_pem(&Keys::get().text("cert.pem")));
    world
}

fn with_certificate(world: &World, arguments: &[&str]) -> Call {
    bare(world, arguments).env("AZURE_CLIENT_CERTIFICATE_PATH", Keys::get().path("both.pem"))
}

#[test]
fn every_form_of_the_file_signs_in() {
    let world = world_with_certificate();
    let keys = Keys::get();
    let text = keys.text("both.pem");
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = world.folder.file("utf16.pem", wide);
    let crlf = world.folder.file("crlf.pem", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    let bags = format!("Bag Attributes\n    friendlyName: Auftr\u{e4}ge\nsubject=CN = exoimap\n{text}");
    let bags = world.folder.file("bags.pem", bags);
    for file in [keys.path("both.pem"), keys.path("pkcs1.pem"), keys.path("chain.pem"), utf16, crlf, bags] {
        bare(&world, &["check", "--certificate", &file]).run().expect(0);
        bare(&world, &["check"]).env("AZURE_CLIENT_CERTIFICATE_PATH", &file).run().expect(0);
    }
    let two = ["check", "--certificate", &keys.path("cert.pem"), "--certificate-key", &keys.path("key.pem")];
    bare(&world, &two).run().expect(0);

    let form = world.entra.requests()[0].form();
    let names: Vec<_> = form.keys().map(String::as_str).collect();
    assert_eq!(names, ["client_assertion", "client_assertion_type", "client_id", "grant_type", "scope"]);
    let sent: Vec<_> = world.entra.requests().iter().map(|sent| sent.form()["client_assertion"].clone()).collect();
    assert!(sent.iter().all(|assertion| jwt::header(assertion).unwrap()["alg"] == "PS256"));
    assert_eq!(sent.iter().collect::<std::collections::BTreeSet<_>>().len(), sent.len(), "each is a new one");
}

/// PyJWT and `cryptography` know nothing of us, and of Microsoft's rules what the script says.
#[test]
fn an_independent_library_takes_the_assertion() {
    let world = world_with_certificate();
    let keys = Keys::get();
    let audience = format!("{}/{TENANT}/oauth2/v2.0/token", world.entra.url());
    for algorithm in ["ps256", "rs256"] {
        with_certificate(&world, &["check", "--certificate-signature", algorithm]).run().expect(0);
        let assertion = world.entra.requests().last().unwrap().form()["client_assertion"].clone();
        let said = witness(&keys.path("cert.pem"), &audience, &assertion).unwrap();
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["header"]["alg"], algorithm.to_uppercase());
        assert_eq!(Some(said["claims"].clone()), jwt::claims(&assertion));
        // A witness that takes everything would prove nothing.
        let (signed, signature) = assertion.rsplit_once('.').unwrap();
        let turned: String = signature.chars().rev().collect();
        assert!(witness(&keys.path("cert.pem"), &audience, &format!("{signed}.{turned}")).is_err());
        assert!(witness(&keys.path("other.cert.pem"), &audience, &assertion).is_err());
        assert!(witness(&keys.path("cert.pem"), "https://login.example.com/", &assertion).is_err());
    }
}

/// Debian's Python has the packages; another one may stand before it in the path.
fn witness(certificate: &str, audience: &str, assertion: &str) -> Result<String, String> {
    let has = |python: &&&str| {
        let import = Command::new(python).args(["-c", "import jwt, cryptography"]).output();
        import.is_ok_and(|output| output.status.success())
    };
    let python = ["python3", "/usr/bin/python3"];
    let python = python.iter().find(has).expect("apt-get install python3-jwt python3-cryptography");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness_jwt.py");
    let mut command = Command::new(python);
    command.args([script, certificate, audience, CLIENT_ID]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), assertion.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn a_certificate_that_is_not_uploaded_is_named_by_its_thumbprints() {
    let world = World::new();
    let keys = Keys::get();
    let ended = with_certificate(&world, &["check"]).run();
    ended.expect(4).one_error().saying(&[
        "AADSTS700027",
        &format!("SHA-1 {}", keys.thumbprint("sha1")),
        &format!("SHA-256 {}", keys.thumbprint("sha256")),
    ]);
    assert_eq!(world.entra.requests().len(), 1, "a refusal is not repeated");
}

/// The endpoint names itself by the tenant's GUID.
#[test]
fn an_audience_that_is_not_the_endpoint_is_explained() {
    let world = world_with_certificate();
    let ended = with_certificate(&world, &["check"]).env("AZURE_TENANT_ID", "contoso.com").run();
    ended.expect(4).one_error().saying(&["AADSTS700023", "hint: the assertion is for the token endpoint of", "GUID"]);
}

#[test]
fn a_wrong_clock_is_named() {
    let world = world_with_certificate();
    world.entra.configure().ahead = 3600;
    let ended = with_certificate(&world, &["check"]).run();
    ended.expect(4).one_error().saying(&["AADSTS700024", "this machine's clock is 3600 s behind the endpoint's"]);
    world.entra.configure().ahead = -86_400;
    with_certificate(&world, &["check"]).run().expect(4).saying(&["86400 s ahead of the endpoint's"]);
    // A minute is nobody's fault.
    world.entra.configure().ahead = -55;
    with_certificate(&world, &["check"]).run().expect(0);
    assert_eq!(world.entra.requests().len(), 3);
}

/// Before it stops, `check` says so.
#[test]
fn a_certificate_that_ends_soon_is_told() {
    let world = World::new();
    let keys = Keys::get();
    let ends_in = |days: u32| {
        let file = format!("ends-{days}.pem");
        keys.shell(&format!(
            "openssl req -x509 -key key.pem -days {days} -subj /CN=soon -out {file}; cat key.pem >>{file}"
        ));
        world.entra.configure().certificates.push(Uploaded::from_pem(&keys.text(&file)));
        bare(&world, &["check", "--certificate", &keys.path(&file)]).run()
    };
    let ended = ends_in(20);
    ended.expect(0).saying(&["the certificate CN=soon of ", "SHA-1 ", "SHA-256 ", "ends in 19 days: upload a new one"]);
    let step = ended.stdout.lines().find(|line| line.starts_with("credential ")).unwrap();
    assert!(
        ["CN=soon", "SHA-1 ", "SHA-256 ", "ends in 19 days, on 20"].iter().all(|words| step.contains(words)),
        "{ended}"
    );
    assert_eq!(ends_in(40).expect(0).stderr, "");
}

/// Each says what it is and how it becomes what we read; the commands are run as they are printed.
#[test]
fn files_of_other_forms_name_the_command_that_converts_them() {
    let world = world_with_certificate();
    let folder = Folder::new();
    let keys = Keys(folder.path().to_owned());
    keys.shell(&format!("cp {} .", Keys::get().path("both.pem")));
    keys.shell("openssl pkcs12 -export -in both.pem -passout pass:pw -out app.pfx");
    keys.shell("openssl pkcs8 -topk8 -in both.pem -passout pass:pw -out 'my key.pem'; openssl x509 -in both.pem >>'my key.pem'");
    keys.shell("openssl rsa -in both.pem -traditional -aes256 -passout pass:pw -out old.pem; openssl x509 -in both.pem >>old.pem");
    keys.shell("openssl x509 -in both.pem -outform der -out app.cer; openssl pkey -in both.pem -out app.key.pem");
    let refused = |name: &str, words: &[&str]| -> String {
        let ended = bare(&world, &["check", "--certificate", &keys.path(name)]).run();
        ended.expect(2).one_error().saying(words);
        let said = ended.stderr.split_once("openssl ").map(|(_, command)| command.to_owned()).unwrap_or_default();
        format!("openssl {}", said.split(['(', ')', '\n']).next().unwrap())
    };
    let good = |arguments: &[&str]| {
        bare(&world, &[&["check"], arguments].concat()).run().expect(0);
    };

    let command = refused("app.pfx", &["PFX"]);
    keys.shell(&format!("{command} -passin pass:pw"));
    good(&["--certificate", &keys.path("app.pem")]);
    let command = refused("my key.pem", &["encrypted", "--certificate-key"]);
    keys.shell(&format!("{command} -passin pass:pw"));
    good(&["--certificate", &keys.path("my key.pem"), "--certificate-key", &keys.path("my key.key.pem")]);
    let command = refused("old.pem", &["encrypted", "--certificate-key"]);
    keys.shell(&format!("{command} -passin pass:pw"));
    good(&["--certificate", &keys.path("old.pem"), "--certificate-key", &keys.path("old.key.pem")]);
    let command = refused("app.cer", &["DER", "--certificate-key"]);
    keys.shell(&command);
    good(&["--certificate", &keys.path("app.pem"), "--certificate-key", &keys.path("app.key.pem")]);

    keys.shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ec -keyout ec.pem -out ec.cert; cat ec.cert >>ec.pem");
    let command = refused("ec.pem", &["not an RSA key"]);
    keys.shell(&command);
    let pair = keys.shell("cat ec.cert.pem");
    world.entra.configure().certificates.push(Uploaded::from_pem(&pair));
    good(&["--certificate", &keys.path("ec.cert.pem"), "--certificate-key", &keys.path("ec.key.pem")]);
}

#[test]
fn files_that_are_no_certificate_with_its_key_are_refused() {
    let world = world_with_certificate();
    let keys = Keys::get();
    keys.shell("openssl genrsa -out small.pem 1024 && openssl req -x509 -key small.pem -subj /CN=small >>small.pem");
    let both = keys.text("both.pem");
    let half = &both[..both.len() / 2];
    for (name, bytes, words) in [
        ("key", keys.text("key.pem").as_str(), "no certificate"),
        ("cert", &keys.text("cert.pem"), "no private key"),
        (
            "mixed",
            &format!("{}{}", keys.text("other.cert.pem"), keys.text("key.pem")),
            "not that of the certificate CN=other",
        ),
        ("cut", half, "has no end"),
        ("nothing", "hello\n", "no PEM block"),
        ("empty", "", "no PEM block"),
        ("base64", &both.replace("MII", "M!I"), "is not base64"),
        ("turned", "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n", "an end and no beginning"),
        ("hollow", &both.replace("MII", "MIA"), ""),
        ("small", &keys.text("small.pem"), "2048 to 4096 bits"),
        ("huge", &"x".repeat(300_000), "more than"),
    ] {
        let file = world.folder.file(name, bytes);
        let ended = bare(&world, &["check", "--certificate", &file]).run();
        ended.expect(2).one_error().saying(&["credential: reading the certificate file", name, words]);
    }
    assert_eq!(world.entra.requests().len(), 0);
}

/// The line of docs/credentials.md on a PFX as Windows exports one: attributes before each block, the key first or last.
#[test]
fn a_pfx_turned_by_the_documented_line_signs_in() {
    let (world, keys) = (world_with_certificate(), Keys::get());
    let text = std::fs::read_to_string(root().join("docs/credentials.md")).unwrap();
    let line = text.lines().find(|line| line.starts_with("openssl pkcs12 ")).unwrap();
    for (export, read) in [("", ""), ("-legacy -CSP 'Microsoft Software Key Storage Provider'", "-legacy")] {
        keys.shell(&format!(
            "openssl pkcs12 -export {export} -in cert.pem -inkey key.pem -certfile other.cert.pem -name exoimap \
             -passout pass:x -out app.pfx && {line} {read} -passin pass:x"
        ));
        let pem = keys.path("app.pem");
        assert!(keys.text("app.pem").contains("Bag Attributes"));
        bare(&world, &["check", "--certificate", &pem]).run().expect(0);
    }
    // As the PowerShell lines write it.
    let windows = format!("{}\n{}\r\n", keys.text("key.pem").trim_end(), keys.text("cert.pem").trim_end());
    let pem = world.folder.file("windows.pem", windows);
    bare(&world, &["check", "--certificate", &pem]).run().expect(0);
    // The file itself is refused with the line.
    let refused = bare(&world, &["check", "--certificate", &keys.path("app.pfx")]).run();
    refused.expect(2).saying(&["openssl pkcs12 -in ", "app.pfx -nodes -out ", "app.pem"]);
}
