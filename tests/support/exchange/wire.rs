//! Lines and bytes over TLS.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use native_tls::TlsStream;

/// The bytes of a connection. What is sent waits until the server reads, or a lot has gathered.
pub(super) struct Wire {
    stream: BufReader<TlsStream<TcpStream>>,
    out: Vec<u8>,
    slice: usize,
    /// A line whose end has not come yet.
    partial: Vec<u8>,
}

impl Wire {
    /// `slice`: the most bytes that are sent at a time.
    pub(super) fn new(stream: TlsStream<TcpStream>, slice: usize) -> Wire {
        Wire { stream: BufReader::new(stream), out: Vec::new(), slice, partial: Vec::new() }
    }

    /// Sends a line.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\r\n")
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.extend_from_slice(bytes);
        if self.out.len() > 32 * 1024 {
            self.flush()?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        let stream = self.stream.get_mut();
        self.out.chunks(self.slice).try_for_each(|part| stream.write_all(part))?;
        self.out.clear();
        stream.flush()
    }

    /// Where something else is sent in place of what is waiting.
    pub(super) fn instead(&mut self) -> &mut dyn Write {
        self.out.clear();
        self.stream.get_mut()
    }

    /// The next line, without its CRLF.
    pub(super) fn read_line(&mut self) -> io::Result<Vec<u8>> {
        self.flush()?;
        loop {
            if let Some(line) = self.try_read_line()? {
                return Ok(line);
            }
        }
    }

    /// The next line, or `None` when none came in that time.
    pub(super) fn read_line_within(&mut self, time: Duration) -> io::Result<Option<Vec<u8>>> {
        self.flush()?;
        self.set_read_timeout(Some(time))?;
        let line = self.try_read_line();
        self.set_read_timeout(None)?;
        line
    }

    pub(super) fn read_bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        self.flush()?;
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Hangs up as a broken network does: no LOGOUT, no TLS close.
    pub(super) fn cut(&mut self) -> io::Error {
        let _ = self.flush();
        let _ = self.stream.get_ref().get_ref().shutdown(Shutdown::Both);
        ErrorKind::ConnectionAborted.into()
    }

    /// Closes as a server does that has said BYE.
    pub(super) fn close(&mut self) -> io::Error {
        let _ = self.flush();
        let _ = self.stream.get_mut().shutdown();
        ErrorKind::ConnectionAborted.into()
    }

    fn try_read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.stream.read_until(b'\n', &mut self.partial) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
            Err(error) => Err(error),
            Ok(_) if !self.partial.ends_with(b"\n") => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => {
                let mut line = std::mem::take(&mut self.partial);
                line.pop();
                line.pop_if(|last| *last == b'\r');
                Ok(Some(line))
            }
        }
    }

    fn set_read_timeout(&self, time: Option<Duration>) -> io::Result<()> {
        self.stream.get_ref().get_ref().set_read_timeout(time)
    }
}
