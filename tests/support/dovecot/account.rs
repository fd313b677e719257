//! Whom the test server runs as, and what has to belong to it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// The account that Dovecot runs as: its mail processes refuse to be root.
pub(super) struct Account {
    pub(super) user: String,
    pub(super) group: String,
    /// Only where we are root and it is somebody else.
    ids: Option<(u32, u32)>,
}

impl Account {
    pub(super) fn to_run_as() -> Self {
        if id(&["-u"]) != "0" {
            return Account { user: id(&["-un"]), group: id(&["-gn"]), ids: None };
        }
        let number = |flag| id(&[flag, "nobody"]).parse().unwrap();
        Account { user: "nobody".into(), group: id(&["-gn", "nobody"]), ids: Some((number("-u"), number("-g"))) }
    }

    /// What goes before a command for it to run as this account.
    pub(super) fn prefix(&self) -> Vec<String> {
        let Some((uid, gid)) = self.ids else {
            return vec!["env".into()];
        };
        let change = [format!("--reuid={uid}"), format!("--regid={gid}")];
        ["setpriv".into()].into_iter().chain(change).chain(["--clear-groups".into()]).collect()
    }

    pub(super) fn own_one(&self, path: &Path) {
        if let Some((uid, gid)) = self.ids {
            std::os::unix::fs::chown(path, Some(uid), Some(gid)).unwrap();
        }
    }

    /// The folder and what is in it, but not the messages: they are owned one by one,
    /// and the server renames and removes them while we look.
    pub(super) fn own(&self, folder: &Path) {
        self.own_one(folder);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() && !is_message_dir(&path) => self.own(&path),
                Ok(_) => self.own_one(&path),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
    }
}

fn is_message_dir(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "cur" || name == "new" || name == "tmp")
}

fn id(arguments: &[&str]) -> String {
    let output = Command::new("id").args(arguments).output().expect("id runs");
    assert!(output.status.success(), "id {arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
