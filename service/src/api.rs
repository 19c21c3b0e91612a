//! The API as its public model has it: operations, requests, responses, and what each member may hold.

mod generated;
mod pattern;
mod shape;

pub use generated::*;
pub use pattern::matches;
pub use shape::{Kind, Member, Shape};
