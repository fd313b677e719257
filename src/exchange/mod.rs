//! What Exchange Online does differently, and what it means when it refuses.

mod address;
mod change;
mod claims;
mod folders;
mod halves;
mod isolation;
mod outgoing;
mod placeholder;
mod resume;
mod search_text;
mod selection;
mod sign_in;
mod throttle;
mod wait;

pub use address::Server;
pub(crate) use address::check_mailbox;
pub(crate) use change::{Change, require_folder};
pub(crate) use claims::{EXCHANGE, PERMISSION, has_delegated, is_for_exchange, is_of_another_tenant, judge};
pub(crate) use folders::{Choice, choose, resolve, special_use};
pub(crate) use halves::{Halves, MOST_REFUSALS};
pub(crate) use isolation::Isolation;
pub(crate) use outgoing::LARGEST_MESSAGE;
pub use outgoing::Outgoing;
pub use resume::Connect;
pub(crate) use resume::{Next, persist, try_sessions};
pub use selection::{Found, Selection};
pub use sign_in::sign_in;
pub(crate) use sign_in::{Step, open, sign_in_shortly, sign_in_step_by_step};
pub(crate) use throttle::{is_not_connected, is_refusal, is_throttled};
pub(crate) use wait::{Waiting, wait};
