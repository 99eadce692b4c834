//! The tenant by itself, without the program: what it is strict about, and what it shows of what was written to it.

mod client;
mod graph;
mod hunting;
mod machines;
mod one_sign_in;
mod pages;
mod troubles;
mod updates;

use client::{Client, Reply};
