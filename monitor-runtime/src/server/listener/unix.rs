//! Binds a socket in the file system, and removes it at the end.
//!
//! Between `bind` and `listen` a socket refuses connections like one whose process has ended. So a
//! path is taken and removed under a lock on its directory, which leaves no file behind.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use super::BACKLOG;

/// Permits connections only from the service's own user; an operator can change it.
const MODE: u32 = 0o600;

/// The longest wait of a start for another one in the same directory, which takes less than a
/// millisecond.
const START_LIMIT: Duration = Duration::from_secs(5);

/// The longest wait when the socket is removed.
const END_LIMIT: Duration = Duration::from_millis(100);

/// Removes the socket from the file system when dropped, unless another one has replaced it.
///
/// It has to be dropped before its listener: until then no other file can have the same inode.
#[derive(Debug)]
pub(in crate::server) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

/// Takes the path, also from a process that has ended.
pub(super) fn bind(path: &Path) -> io::Result<(SocketFile, UnixListener)> {
    let _lock = lock(path, START_LIMIT)?;
    let addr = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    match socket.bind(&addr) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            remove_stale(path)?;
            socket.bind(&addr)?;
        }
        bound => bound?,
    }
    let file = SocketFile {
        path: path.to_owned(),
        identity: identity(path)?,
    };
    // Set before it listens, so that another user can connect at no moment.
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    socket.listen(BACKLOG)?;
    let listener = UnixListener::from(OwnedFd::from(socket));
    listener.set_nonblocking(true)?;
    Ok((file, listener))
}

/// Locks the directory of a path until the file is dropped; `None` if the system has no such locks.
fn lock(path: &Path, limit: Duration) -> io::Result<Option<File>> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let begin = Instant::now();
    // For example, a directory that may be written but not read.
    let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) else {
        return Ok(None);
    };
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(folder)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if begin.elapsed() > limit => {
                let problem = "another process holds a lock on the directory";
                return Err(io::Error::new(io::ErrorKind::WouldBlock, problem));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Removes a socket that no process listens on. Any other file stays.
fn remove_stale(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        let kind = io::ErrorKind::AlreadyExists;
        return Err(io::Error::new(
            kind,
            "the file at this path is not a socket",
        ));
    }
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A blocking `connect` would wait while the listener's queue is full.
    probe.set_nonblocking(true)?;
    match probe.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            // Not if another socket has appeared meanwhile.
            if identity(path)? == (found.dev(), found.ino()) {
                fs::remove_file(path)?;
            }
            Ok(())
        }
        // A process listens there, even if its queue is full now.
        Ok(()) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(io::ErrorKind::AddrInUse.into())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // For example, a socket of another user.
        Err(error) => Err(error),
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Not while another start examines it. If a start holds the lock for longer, it may find a
        // stale socket.
        let Ok(_lock) = lock(&self.path, END_LIMIT) else {
            return;
        };
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // Ignored if it fails: the next start removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}
