//! Delegated access to Microsoft 365 Defender, as a library of rooms behind one program.
//!
//! ```text
//! main ─► cli ─► settings ─► token
//!          ├───► session ─► auth ─► http
//!          │        └─────► token
//!          ├───► api ─────► token, http
//!          └───► output
//! ```
//!
//! [`settings`], [`session`] and [`api`] (the ledgers of its quotas) keep their files by means of [`files`].
//!
//! The arrows are the only directions in which modules use each other. Nothing below [`cli`] knows
//! clap or anyhow or prints; [`auth`] never opens a session file; [`api`] never asks for a token but is
//! handed something that gives one; [`output`] knows rows, not incidents.

pub mod api;
pub mod auth;
pub mod cli;
pub mod files;
pub mod http;
pub mod output;
pub mod session;
pub mod settings;
pub mod token;
