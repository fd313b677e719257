//! Every way to prove oneself, against an endpoint that verifies what Entra verifies.

pub(crate) mod certificate;
mod device_code;
pub(crate) mod federated;
mod managed_identity;
mod retry;
mod token_cache;

use crate::program::{Call, World};

/// A call that no credential is named for yet.
fn bare(world: &World, arguments: &[&str]) -> Call {
    world.call(arguments).without("AZURE_CLIENT_SECRET")
}

/// What an option names counts, then what the environment names, in one order.
#[test]
fn who_is_named_first_is_taken() {
    let world = World::new();
    let missing = world.folder.path().join("missing").display().to_string();
    // A file that is missing says who looked for it.
    let certificate = "reading the certificate file";
    let federated = "reading the federated token";
    let named = |call: Call, words: &str| {
        call.run().expect(2).one_error().saying(&[words]);
    };
    named(world.call(&["token"]).env("AZURE_CLIENT_CERTIFICATE_PATH", &missing), certificate);
    named(bare(&world, &["token"]).env("AZURE_FEDERATED_TOKEN_FILE", &missing), federated);
    let both =
        |call: Call| call.env("AZURE_CLIENT_CERTIFICATE_PATH", &missing).env("AZURE_FEDERATED_TOKEN_FILE", &missing);
    named(both(bare(&world, &["token"])), certificate);
    named(both(bare(&world, &["token", "--auth", "federated"])), federated);
    named(both(bare(&world, &["token", "--federated-token-file", &missing])), federated);
    both(world.call(&["check", "--auth", "secret"])).run().expect(0);
    world.call(&["check"]).env("AZURE_FEDERATED_TOKEN_FILE", &missing).run().expect(0);
    // EXOIMAP_AUTH is the environment's, an option counts more.
    named(bare(&world, &["token", "--certificate", &missing]).env("EXOIMAP_AUTH", "federated"), certificate);
    for arguments in [
        &["--certificate", &missing, "--federated-token-file", &missing][..],
        &["--certificate", &missing, "--client-secret-file", &missing],
        &["--access-token-file", &missing, "--identity", "system"],
        &["--auth", "secret", "--certificate", &missing],
        &["--auth", "managed-identity", "--federated-token-file", &missing],
    ] {
        named(world.call(&[&["token"], arguments].concat()), "name one");
    }
    let nothing = bare(&world, &["token"]).run();
    nothing.expect(2).one_error().saying(&[
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE",
    ]);
    assert!(world.entra.requests().len() == 2, "a call that is refused asks nobody");
}
