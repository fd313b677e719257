//! What Exchange Online does differently, and what it means when it refuses.

mod claims;
#[cfg(feature = "attachments")]
mod header_text;
mod hint;
mod placeholder;
mod powershell;
mod search_text;
mod selection;
mod setup;
mod sign_in;
mod throttle;

pub use claims::{PERMISSION, judge};
pub use hint::{Facts, heading, hints};
pub use placeholder::{PLACEHOLDER_HEADER, is_placeholder};
pub use selection::{Found, Selection};
pub use setup::{Proven, Setup, SetupStep};
pub use sign_in::{Server, Step, front_end, open, sign_in, sign_in_shortly, sign_in_step_by_step};
pub use throttle::{explain, is_not_connected};
