//! What takes the answer to a command: one command in flight, one handler.

use super::command::Piece;
use super::types::Untagged;
use super::wire::Literals;
use crate::error::{Error, Kind, Phase, Result};
use crate::text::{escape_bytes, shorten};

/// Takes what a command's answer brings.
pub(super) trait Handler: Literals {
    /// An untagged response.
    fn untagged(&mut self, data: Untagged) -> Result<()> {
        let _ = data;
        Ok(())
    }

    /// A continuation request that no literal of ours waits for; the answer is a line, without its end, or
    /// nothing where the server is to go on.
    fn challenge(&mut self, text: &[u8]) -> Result<Option<Piece>> {
        let shown = shorten(&escape_bytes(text), 200);
        Err(Error::new(
            Kind::Protocol,
            Phase::Command,
            format!("the server asked for more where nothing is: + {shown}"),
        ))
    }

    /// The next bytes of the literal that the command announced; none where there are no more.
    fn upload(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let _ = buffer;
        Ok(0)
    }

    /// True where an IDLE has waited long enough.
    fn is_enough(&self) -> bool {
        false
    }
}

/// Takes no notice of anything.
pub(super) struct Ignore;

impl Literals for Ignore {}
impl Handler for Ignore {}

/// A closure as a handler.
pub(super) struct Taking<F>(pub(super) F);

impl<F> Literals for Taking<F> {}

impl<F: FnMut(Untagged) -> Result<()>> Handler for Taking<F> {
    fn untagged(&mut self, data: Untagged) -> Result<()> {
        (self.0)(data)
    }
}
