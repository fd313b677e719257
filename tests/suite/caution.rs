//! A word before anything is tried: secrets that others can read, settings that do not belong together.

#[cfg(unix)]
use std::fs::{Permissions, set_permissions};
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt, chown};

use crate::program::World;
use crate::support::entra::SECRET;

/// A line a file, and it works all the same.
#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_draws_a_line() {
    let world = World::new();
    let secret = world.folder.file("secret", SECRET);
    let token = world.folder.file("token", world.entra.token());
    let settings = world.folder.file("orders.env", format!("AZURE_CLIENT_SECRET='{SECRET}'\n"));
    let harmless = world.folder.file("harmless.env", "EXOIMAP_TIMEOUT=30s\n");
    let call =
        |arguments: &[&str]| world.call(&[&["token", "--claims"], arguments].concat()).without("AZURE_CLIENT_SECRET");
    for (file, option) in
        [(&secret, "--client-secret-file"), (&token, "--access-token-file"), (&settings, "--env-file")]
    {
        for (mode, readers) in [(0o644, "everybody"), (0o604, "everybody"), (0o600, ""), (0o400, "")] {
            set_permissions(file, Permissions::from_mode(mode)).unwrap();
            let ended = call(&[option, file]).run();
            let line =
                format!("exoimap: the secret in {file} can be read by {readers} (mode {mode:04o}): chmod 600 {file}\n");
            assert_eq!(ended.expect(0).stderr, if readers.is_empty() { "" } else { &line }, "{mode:o}");
        }
    }
    // What root hands to a group is meant so; what another account does is not.
    set_permissions(&secret, Permissions::from_mode(0o640)).unwrap();
    if chown(&secret, Some(0), None).is_ok() {
        assert_eq!(call(&["--client-secret-file", &secret]).run().expect(0).stderr, "");
        chown(&secret, Some(65_534), None).unwrap();
    }
    call(&["--client-secret-file", &secret]).run().expect(0).saying(&["can be read by its group (mode 0640)"]);
    // Settings without a secret, and pipes, are nobody's business.
    set_permissions(&harmless, Permissions::from_mode(0o644)).unwrap();
    let quiet = [
        world.call(&["token", "--claims", "--env-file", &harmless]),
        call(&["--client-secret-file", "-"]).stdin(SECRET),
        call(&["--client-secret-file", "/dev/stdin"]).stdin(SECRET),
        call(&["--client-secret-file"]).through(&format!("exec \"$@\" <(printf %s '{SECRET}')")),
    ];
    for call in quiet {
        assert_eq!(call.run().expect(0).stderr, "");
    }
}

/// A certificate alone is for everybody; its key is not, wherever it is.
#[cfg(unix)]
#[test]
fn a_certificate_is_no_secret_and_its_key_is() {
    let world = World::new();
    let (certificate, key) = (world.folder.file("certificate.pem", "public"), world.folder.file("key.pem", "private"));
    let call = |key: Option<&str>| {
        let call = world.call_with_token(&["token", "--claims"]).env("AZURE_CLIENT_CERTIFICATE_PATH", &certificate);
        call.env("EXOIMAP_CERTIFICATE_KEY", key.unwrap_or_default()).run()
    };
    set_permissions(&certificate, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(call(Some(&key)).expect(0).stderr, "");
    call(None).expect(0).saying(&["the secret in ", "certificate.pem can be read by everybody"]);
    set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(call(Some(&key)).expect(0).stderr.lines().count(), 1);
}

#[test]
fn settings_of_different_clouds_draw_a_line() {
    let world = World::new();
    let scope = "https://partner.outlook.cn/.default";
    world.entra.configure().resources.push("https://partner.outlook.cn".into());
    let odd = world
        .call(&["token", "--claims"])
        .env("EXOIMAP_HOST", "outlook.office365.us")
        .env("EXOIMAP_SCOPE", scope)
        .run();
    odd.expect(0).saying(&[
        "exoimap: settings of different clouds: the scope partner.outlook.cn is china, the host outlook.office365.us is usgov; name one (--cloud)\n",
    ]);
    let one =
        world.call(&["token", "--claims", "--cloud", "china"]).without("EXOIMAP_HOST").without("EXOIMAP_SCOPE").run();
    assert_eq!(one.expect(0).stderr, "");
    // With a token at hand no authority is asked, and which one does not matter.
    let at_hand = world.call_with_token(&["token", "--claims"]).env("EXOIMAP_HOST", "partner.outlook.cn").run();
    assert_eq!(at_hand.expect(0).stderr, "");
}
