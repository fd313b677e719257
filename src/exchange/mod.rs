//! What Exchange Online does differently, and what it means when it refuses.

mod change;
mod folders;
mod isolation;
mod meaning;
mod outgoing;
mod selection;
mod sessions;
mod sign_in;

pub(crate) use change::{Change, require_folder};
pub(crate) use folders::{Choice, choose, resolve, special_use};
pub(crate) use isolation::{Halves, Isolation, MOST_REFUSALS};
pub(crate) use meaning::{is_answer, is_not_connected, is_refusal, is_throttled};
pub(crate) use outgoing::LARGEST_MESSAGE;
pub use outgoing::Outgoing;
pub use selection::{Found, Selection};
pub use sessions::Connect;
pub(crate) use sessions::{Waiting, Work, persist, try_sessions, wait};
pub(crate) use sign_in::{
    EXCHANGE, PERMISSION, Step, check_mailbox, has_delegated, is_for_exchange, is_of_another_tenant, judge, open,
    sign_in_by_steps,
};
pub use sign_in::{Server, sign_in};
