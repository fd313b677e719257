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

pub use address::{Server, check_mailbox};
pub use change::{Change, require_folder};
pub(crate) use claims::{EXCHANGE, has_delegated, is_for_exchange, is_of_another_tenant};
pub use claims::{PERMISSION, judge};
pub use folders::{Choice, choose, resolve, special_use};
pub(crate) use halves::Halves;
pub use isolation::Isolation;
pub use outgoing::{LARGEST_MESSAGE, LONGEST_LINE, Outgoing};
pub use placeholder::{PLACEHOLDER_HEADER, is_placeholder};
pub use resume::{Connect, Keeping, Next, persist, try_sessions};
pub use selection::{Found, Selection};
pub use sign_in::{Step, front_end, open, sign_in, sign_in_shortly, sign_in_step_by_step};
pub use throttle::{explain, is_not_connected, is_refusal, is_throttled};
pub use wait::{Find, Waiting, wait};
