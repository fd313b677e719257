//! What Exchange Online does differently, and what it means when it refuses.

mod change;
mod claims;
mod folders;
mod isolation;
mod meaning;
mod outgoing;
mod resume;
mod selection;
mod sign_in;
mod wait;

pub(crate) use change::{Change, require_folder};
pub(crate) use claims::{EXCHANGE, PERMISSION, has_delegated, is_for_exchange, is_of_another_tenant, judge};
pub(crate) use folders::{Choice, choose, resolve, special_use};
pub(crate) use isolation::{Halves, Isolation, MOST_REFUSALS};
pub(crate) use meaning::{is_not_connected, is_refusal, is_throttled};
pub(crate) use outgoing::LARGEST_MESSAGE;
pub use outgoing::Outgoing;
pub use resume::Connect;
pub(crate) use resume::{Next, persist, try_sessions};
pub use selection::{Found, Selection};
pub use sign_in::{Server, sign_in};
pub(crate) use sign_in::{Step, check_mailbox, open, sign_in_by_steps};
pub(crate) use wait::{Waiting, wait};
