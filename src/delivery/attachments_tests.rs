//! What is written to a disk, and what is left alone there.

use std::path::PathBuf;

use super::*;
use crate::folder::Folder;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mime")
}

fn listing(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn nothing_is_written_but_the_attachments() {
    for entry in fs::read_dir(corpus()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let scratch = Folder::new();
        let into = scratch.join("into");
        let extracted = extract(&path, &into, false, Mode::PRIVATE).unwrap();
        if extracted.attachments.is_empty() {
            assert_eq!(listing(&scratch), [""; 0], "{name}");
            continue;
        }
        assert_eq!(listing(&scratch), ["into"], "{name}");
        let mut names: Vec<_> = extracted.attachments.iter().map(|part| part.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(listing(&into), names, "{name}");
        for part in extracted.attachments {
            let written = fs::symlink_metadata(into.join(&part.name)).unwrap();
            assert!(written.is_file() && written.len() == part.size, "{name}: {}", part.name);
        }
    }
}

#[test]
fn what_is_already_there_is_neither_followed_nor_replaced() {
    let scratch = Folder::new();
    let (file, into, elsewhere) = (scratch.join("message"), scratch.join("into"), scratch.join("elsewhere"));
    fs::write(&file, fs::read(corpus().join("001-mixed.eml")).unwrap()).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&elsewhere, &into).unwrap();
        assert!(
            extract(&file, &into, false, Mode::PRIVATE).unwrap_err().to_string().contains("creating the directory")
        );
        fs::remove_file(&into).unwrap();
    }
    fs::create_dir(&into).unwrap();
    assert!(extract(&file, &into, false, Mode::PRIVATE).is_err());
    assert!(listing(&into).is_empty() && listing(&elsewhere).is_empty());
}
