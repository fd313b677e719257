//! What is in a message (RFC 5322, RFC 2045 to 2047, RFC 2231): its header, decoded, and what is attached.
//!
//! One decoder serves selections, `--json` and attachments: what one of them shows, the others find. A sender's
//! bytes go in; nothing here knows a server or a disk.

#[cfg(feature = "attachments")]
mod attachments;
mod ending;
mod header;
#[cfg(feature = "attachments")]
mod headers;
#[cfg(feature = "attachments")]
mod parts;
#[cfg(feature = "attachments")]
mod transfer;
#[cfg(feature = "attachments")]
mod words;

#[cfg(feature = "attachments")]
pub use attachments::Attachment;
#[cfg(feature = "attachments")]
pub(crate) use attachments::{Extracted, Shelf, is_attachment, unpack};
pub(crate) use ending::{Ending, Missing};
pub(crate) use header::has_empty_line;
#[cfg(feature = "attachments")]
pub(crate) use headers::has;
#[cfg(feature = "attachments")]
pub use headers::{Headers, headers};

#[cfg(test)]
#[cfg(feature = "attachments")]
#[path = "cases_tests.rs"]
mod tests;
