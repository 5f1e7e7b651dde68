//! A socket in the file system: taking its path, and giving it back.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use super::BACKLOG;

/// Only the user that the service runs as may connect; whoever wants others to can change it.
const MODE: u32 = 0o600;

/// Removes the socket from the file system when dropped, unless another took its place.
#[derive(Debug)]
pub(in crate::server) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

/// Takes the path, from a process that has ended if need be.
pub(super) fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
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
    // Before it listens, so that there is no moment in which anybody else could connect.
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    socket.listen(BACKLOG)?;
    let listener = UnixListener::from(OwnedFd::from(socket));
    listener.set_nonblocking(true)?;
    Ok((listener, file))
}

/// Removes a socket on which nobody answers; whatever else is there stays.
fn remove_stale(path: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if !found.file_type().is_socket() {
        let kind = io::ErrorKind::AlreadyExists;
        return Err(io::Error::new(kind, "what is there is not a socket"));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            // Not one that came meanwhile.
            if identity(path)? == (found.dev(), found.ino()) {
                fs::remove_file(path)?;
            }
            Ok(())
        }
        // Somebody answers, or may: a full queue, or a socket of another user.
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // Not worth a word: the next start takes it away.
            let _ = fs::remove_file(&self.path);
        }
    }
}
