//! Connections that fail are tried again, unless a person looks on.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::program::World;
use crate::support::listen;

/// A port where everybody is hung up on, and how many came.
fn rude() -> (String, Arc<AtomicUsize>) {
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    let port = listen::serve_plain(move |stream: TcpStream| {
        count.fetch_add(1, Ordering::SeqCst);
        drop(stream);
    });
    (format!("https://localhost:{port}"), came)
}

#[test]
fn a_connection_that_breaks_is_tried_again_within_max_wait() {
    let world = World::new();
    let (url, came) = rude();
    let call = |arguments: &[&str]| world.call(arguments).env("AZURE_AUTHORITY_HOST", &url).run();
    call(&["token", "--max-wait", "6s"]).expect(5).saying(&["waiting ", "before the next try: tls: "]);
    assert!(came.swap(0, Ordering::SeqCst) >= 2);
    call(&["token", "--max-wait", "0"]).expect(5).promptly().one_error();
    assert_eq!(came.swap(0, Ordering::SeqCst), 1);
    // `check` is for a person, who tries again by hand.
    call(&["check"]).expect(5).promptly();
    assert_eq!(came.load(Ordering::SeqCst), 1);
}
