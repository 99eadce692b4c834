//! The exit codes, which are a part of the contract.

/// Nothing more special can be said.
pub(super) const FAILED: u8 = 1;
/// The command line or the configuration makes no sense.
pub(super) const USAGE: u8 = 2;
/// A person has to sign in.
pub(super) const SIGN_IN: u8 = 3;
/// A permission or consent is missing.
pub(super) const PERMISSION: u8 = 4;
/// There is no such thing.
pub(super) const NOT_FOUND: u8 = 5;
/// The service wants more patience than the person has.
pub(super) const THROTTLED: u8 = 6;
/// The network failed.
pub(super) const NETWORK: u8 = 7;
/// The service failed.
pub(super) const SERVICE: u8 = 8;
/// What was given is a part of what was asked for.
pub(super) const PARTIAL: u8 = 9;
/// Ctrl-C, as shells report it.
#[cfg(windows)]
pub(super) const INTERRUPTED: u8 = 130;
