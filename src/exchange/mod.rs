//! What Exchange Online does differently, and what it means when it refuses.

#[cfg(feature = "attachments")]
mod header_text;
mod hint;
mod placeholder;
mod search_text;
mod selection;
mod sign_in;
mod throttle;

pub use hint::{Facts, hints};
pub use placeholder::{PLACEHOLDER_HEADER, is_placeholder};
pub use selection::{Found, Selection};
pub use sign_in::{Server, Step, front_end, sign_in, sign_in_shortly, sign_in_step_by_step};
pub use throttle::{CROWD, explain, is_not_connected};
