//! Small files: read with a limit, created for their owner alone, replaced as a whole, locked.
//!
//! A file that the user names is the user's affair: links are followed, and a FIFO or a device is waited for until the
//! deadline. A file of our own is a regular file, and no link leads to it: what is new is created exclusively, what
//! exists is looked at before it is opened, and after. Somebody who may write in a directory while we work in it could still
//! exchange a directory above; such a directory is not one to deliver to.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Write};
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
#[cfg(windows)]
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::secret::Secret;
use crate::threads;

/// Names that are tried for a temporary file.
const MOST_NAMES: u32 = 100;

#[cfg(windows)]
const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;

/// Who may read and write what we create; Windows has no such modes, the rights of the directory decide there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(u32);

impl Mode {
    /// The owner alone.
    pub const PRIVATE: Mode = Mode(0o600);

    /// An octal number such as `0640`, which lets the owner read and write and others never write.
    pub fn parse(text: &str) -> Option<Mode> {
        let mode = u32::from_str_radix(text, 8).ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        (mode & !0o666 == 0 && mode & 0o602 == 0o600).then_some(Mode(mode))
    }

    /// The directory's mode: those who may read may enter it.
    #[cfg(unix)]
    fn of_directory(self) -> u32 {
        self.0 | (self.0 & 0o444) >> 2
    }
}

/// Reads a file that the user named, `limit` bytes at most.
pub(crate) fn read(path: &Path, limit: u64, deadline: Option<Instant>) -> io::Result<Secret> {
    let name = path.to_owned();
    named(path, deadline, move || read_from(File::open(name)?, limit))
}

/// Reads all of `source`, `limit` bytes at most.
pub(crate) fn read_from(source: impl Read, limit: u64) -> io::Result<Secret> {
    let mut bytes = Vec::new();
    let read = source.take(limit + 1).read_to_end(&mut bytes);
    let bytes = Secret::new(bytes);
    match read? {
        _ if bytes.len() as u64 > limit => Err(io::Error::other(format!("it has more than {limit} bytes"))),
        _ => Ok(bytes),
    }
}

/// Opens a file that the user named to write a text about people and folders to it: a new one is its owner's alone. One
/// that exists is appended to (`append`), or emptied and made its owner's alone.
pub(crate) fn open_private(path: &Path, append: bool, deadline: Option<Instant>) -> io::Result<File> {
    let name = path.to_owned();
    named(path, deadline, move || {
        let mut options = File::options();
        options.create(true).write(true).append(append).truncate(!append);
        let file = with_mode(&mut options, Mode::PRIVATE).open(name)?;
        // A device keeps its mode.
        if !append && file.metadata()?.is_file() {
            set_mode(&file, Mode::PRIVATE)?;
        }
        Ok(file)
    })
}

/// A regular file answers at once; anything else may keep us waiting.
fn named<T: Send + 'static>(
    path: &Path,
    deadline: Option<Instant>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    threads::until(deadline.filter(|_| !path.metadata().is_ok_and(|data| data.is_file())), work)
}

/// Copies `source`, `limit` bytes at most, to a [temporary] file.
pub(crate) fn spool(source: impl Read, limit: u64) -> io::Result<File> {
    let mut file = temporary(&std::env::temp_dir())?;
    io::copy(&mut source.take(limit), &mut file)?;
    Ok(file)
}

/// A temporary file without a name: it is gone with the process, however that ends.
pub(crate) fn temporary(dir: &Path) -> io::Result<File> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(windows)]
    options.custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
    with_mode(&mut options, Mode::PRIVATE);
    let mut tries = 0..MOST_NAMES;
    loop {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.subsec_nanos());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!(".exoimap-{}-{nanos}-{count}", std::process::id()));
        match options.open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && tries.next().is_some() => {}
            Err(e) => return Err(io::Error::new(e.kind(), format!("creating {}: {e}", path.display()))),
            Ok(file) if cfg!(windows) => return Ok(file),
            Ok(file) => return fs::remove_file(&path).map(|()| file),
        }
    }
}

/// Creates a file that does not exist, to be written and read, with this mode whatever the umask is.
pub(crate) fn create(path: &Path, mode: Mode) -> io::Result<File> {
    let file = with_mode(File::options().read(true).write(true).create_new(true), mode).open(path)?;
    set_mode(&file, mode)?;
    Ok(file)
}

/// The same, in place of what a run that was killed has left there.
pub(crate) fn create_over(path: &Path, mode: Mode) -> io::Result<File> {
    match create(path, mode) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            create(path, mode)
        }
        created => created,
    }
}

/// Opens a file of our own.
pub(crate) fn open_own(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let seen = path.symlink_metadata()?;
    if !seen.is_file() {
        return Err(io::Error::other(format!("it is {}, not a regular file", kind_of(&seen))));
    }
    let file = options.open(path)?;
    match is_same(&seen, &file.metadata()?) {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::ResourceBusy, "it was replaced meanwhile")),
    }
}

/// Reads a file of our own, `limit` bytes at most; none if it does not exist.
pub(crate) fn read_own(path: &Path, limit: u64) -> io::Result<Option<Secret>> {
    if_there(open_own(path, File::options().read(true)))?.map(|file| read_from(file, limit)).transpose()
}

/// What was done with a file or directory; none if there is none.
pub(crate) fn if_there<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        done => done.map(Some),
    }
}

/// Replaces a file of our own, or creates it: whole and durable, or as it was. One process at a time may do so.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_soon(path, bytes)?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// The same, but for a power cut, which may bring back the file that was there before.
pub(crate) fn replace_soon(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = create_over(&new, Mode::PRIVATE)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&new)))
}

/// A lock that lasts until it is dropped, or until the process has ended and what it gave the file to.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes it; none if another has it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Lock>> {
        let file = match create(path, Mode::PRIVATE) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                open_own(path, File::options().read(true).append(true))?
            }
            created => created?,
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// The file that is locked.
    pub(crate) fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for Lock {
    /// At once, also if a program that was left running still has the file open.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Creates a directory that does not exist, with this mode whatever the umask is.
pub(crate) fn create_dir(dir: &Path, mode: Mode) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    builder.mode(mode.of_directory());
    builder.create(dir)?;
    set_dir_mode(dir, mode)
}

/// Gives a directory of our own this mode, whatever it has.
#[cfg_attr(not(unix), expect(unused_variables))]
pub(crate) fn set_dir_mode(dir: &Path, mode: Mode) -> io::Result<()> {
    #[cfg(unix)]
    if permissions(&dir.symlink_metadata()?) & 0o777 != mode.of_directory() {
        fs::set_permissions(dir, PermissionsExt::from_mode(mode.of_directory()))?;
    }
    Ok(())
}

/// Creates a directory and those above it that are missing, their names durable: a message is not safe in a directory
/// that a power cut takes away. One that exists keeps its mode, and may be a link.
pub(crate) fn make_dir(dir: &Path, mode: Mode) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_dir(above, mode)?;
    match create_dir(dir, mode) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => return Ok(()),
        created => created.map_err(|e| io::Error::new(e.kind(), format!("creating {}: {e}", dir.display())))?,
    }
    // Who may write in a directory may not always read it, and only what can be read can be synced.
    match File::open(above) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        _ => sync_dir(above),
    }
}

/// True if others than the owner and its group may write in a directory, and so plant files and links there.
pub(crate) fn others_may_write(dir: &Path) -> bool {
    dir.metadata().is_ok_and(|data| permissions(&data) & 0o002 != 0)
}

/// True if the files at both paths are regular ones with the same bytes, or directories of which the second has all
/// that the first has.
pub(crate) fn has_all_of(first: &Path, second: &Path) -> io::Result<bool> {
    let ours = first.symlink_metadata()?;
    let Some(theirs) = if_there(second.symlink_metadata())? else { return Ok(false) };
    if ours.is_dir() && theirs.is_dir() {
        for entry in fs::read_dir(first)? {
            let name = entry?.file_name();
            if !has_all_of(&first.join(&name), &second.join(&name))? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if !ours.is_file() || !theirs.is_file() || ours.len() != theirs.len() {
        return Ok(false);
    }
    let bytes = |path| Ok::<_, io::Error>(BufReader::new(open_own(path, File::options().read(true))?).bytes());
    for (left, right) in bytes(first)?.zip(bytes(second)?) {
        if left? != right? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Creates a directory of our own, or takes the one that exists; never a link to one.
pub(crate) fn make_own_dir(dir: &Path, mode: Mode) -> io::Result<()> {
    match dir.symlink_metadata() {
        Ok(seen) if seen.is_dir() => Ok(()),
        Ok(seen) => Err(io::Error::other(format!("{} is {}, not a directory", dir.display(), kind_of(&seen)))),
        Err(_) => make_dir(dir, mode),
    }
}

/// True if a directory belongs to the account that a new file in it gets, which is ours but on some network disks.
/// Others could have put there whatever they like.
pub(crate) fn is_ours(dir: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    return Ok(temporary(dir)?.metadata()?.uid() == dir.metadata()?.uid());
    #[cfg(not(unix))]
    dir.metadata().map(|_| true)
}

/// Makes a directory's names durable; Windows has no such call, its file system keeps names by itself.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { File::open(dir)?.sync_all() }
}

/// The permission bits; none on Windows.
#[cfg_attr(not(unix), expect(unused_variables))]
pub(crate) fn permissions(data: &Metadata) -> u32 {
    #[cfg(unix)]
    return data.mode() & 0o7777;
    #[cfg(not(unix))]
    0
}

#[cfg_attr(not(unix), expect(unused_variables))]
fn with_mode(options: &mut OpenOptions, mode: Mode) -> &mut OpenOptions {
    #[cfg(unix)]
    options.mode(mode.0);
    options
}

#[cfg_attr(not(unix), expect(unused_variables))]
fn set_mode(file: &File, mode: Mode) -> io::Result<()> {
    #[cfg(unix)]
    if permissions(&file.metadata()?) != mode.0 {
        file.set_permissions(PermissionsExt::from_mode(mode.0))?;
    }
    Ok(())
}

fn kind_of(data: &Metadata) -> &'static str {
    match data.file_type() {
        kind if kind.is_symlink() => "a link",
        kind if kind.is_dir() => "a directory",
        kind if kind.is_file() => "a file",
        _ => "a FIFO or a device",
    }
}

#[cfg_attr(not(unix), expect(unused_variables))]
pub(crate) fn is_same(seen: &Metadata, opened: &Metadata) -> bool {
    #[cfg(unix)]
    return (seen.dev(), seen.ino()) == (opened.dev(), opened.ino());
    #[cfg(not(unix))]
    true
}
