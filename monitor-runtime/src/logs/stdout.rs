//! Standard output, written to without waiting for its reader.

use std::io;
use std::time::Duration;

use super::queue::Sink;

/// The descriptor of standard output, looked up at each write.
///
/// It bypasses the buffer and the lock of [`std::io::Stdout`]: a `println!` that waits for a reader
/// holds that lock, and a line of the log must not wait with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stdout;

#[cfg(unix)]
mod unix {
    use std::os::fd::AsFd;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{FileType, fstat};
    use rustix::io::{Errno, write};
    use rustix::net::{SendFlags, send};

    use super::{Duration, Sink, Stdout, io};

    /// A write of so many bytes to a pipe that has room does not block: `PIPE_BUF` of pipe(7).
    const PIECE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

    impl Sink for Stdout {
        const NEVER_WAITS: bool = true;

        fn write(&self, bytes: &[u8]) -> io::Result<usize> {
            let stdout = io::stdout();
            let stdout = stdout.as_fd();
            let kind = FileType::from_raw_mode(fstat(stdout)?.st_mode);
            if kind == FileType::Socket {
                let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                return Ok(send(stdout, bytes, flags)?);
            }
            // A regular file accepts every write.
            if kind == FileType::RegularFile {
                return Ok(write(stdout, bytes)?);
            }
            if !has_room(stdout, Duration::ZERO) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let written = match without_waiting(stdout, bytes) {
                // Not supported for this kind of file, or by this system.
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::SPIPE) => {
                    write(stdout, &bytes[..bytes.len().min(PIECE)])
                }
                result => result,
            };
            Ok(written?)
        }

        fn wait(&self, limit: Duration) {
            has_room(io::stdout().as_fd(), limit);
        }
    }

    fn has_room(stdout: impl AsFd, limit: Duration) -> bool {
        let mut stdout = [PollFd::new(&stdout, PollFlags::OUT)];
        let limit = Timespec::try_from(limit).ok();
        // The write that follows reports the error.
        !matches!(poll(&mut stdout, limit.as_ref()), Ok(0))
    }

    /// Writes without blocking: another process that writes to the same pipe may take the room
    /// after it was checked.
    #[cfg(target_os = "linux")]
    fn without_waiting(stdout: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
        use rustix::io::{ReadWriteFlags, pwritev2};
        // The offset that stands for "where the file is", see pwritev2(2).
        const HERE: u64 = u64::MAX;
        let bytes = [io::IoSlice::new(bytes)];
        pwritev2(stdout, &bytes, HERE, ReadWriteFlags::NOWAIT)
    }

    #[cfg(not(target_os = "linux"))]
    fn without_waiting(_: impl AsFd, _: &[u8]) -> Result<usize, Errno> {
        Err(Errno::OPNOTSUPP)
    }
}

#[cfg(not(unix))]
impl Sink for Stdout {
    const NEVER_WAITS: bool = false;

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        use io::Write;
        let mut stdout = io::stdout().lock();
        let written = stdout.write(bytes)?;
        stdout.flush()?;
        Ok(written)
    }

    fn wait(&self, limit: Duration) {
        std::thread::sleep(limit.min(Duration::from_millis(10)));
    }
}
