//! Files that several processes of one person share, and that are nobody else's business.

mod lock;
mod private;
mod replace;

pub use lock::Lock;
pub use private::{create_folder, for_the_owner_only, tighten};
pub use replace::{replace, sync_folder};
