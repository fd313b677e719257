//! What people type in the first five minutes, and what they are told.

use crate::program::World;
use crate::support::sample::ORDERS;

#[test]
fn every_common_option_is_taken_in_front_of_the_command() {
    let world = World::new();
    let after = world.run(&["search", "--json", "--limit", "1"]);
    let before = world.run(&["--json", "search", "--limit", "1"]);
    assert_eq!(before.expect(0).stdout, after.expect(0).stdout);
    let call =
        world.call(&["-q", "--mailbox", ORDERS, "--port", &world.exchange.port().to_string(), "fetch", "--to", "m"]);
    let quiet = call.without("EXOIMAP_MAILBOX").without("EXOIMAP_PORT").run();
    assert_eq!(quiet.expect(0).stderr, "");
    world.run(&["-v", "folders", "create", "New"]).expect(0).saying(&["mailbox: NAMESPACE answered"]);
    // Where it stands twice, the one after the command counts.
    world.run(&["--mailbox", "nobody@contoso.com", "check", "--mailbox", ORDERS]).expect(0);
    world.run(&["--json", "search", "--headers"]).expect(2).one_error().saying(&["--headers and --json"]);
    world.run(&["--mailbox", ORDERS, "--mailbox", "sales@contoso.com", "search"]).expect(2).one_error();
}
