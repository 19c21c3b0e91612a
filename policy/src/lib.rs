//! Given a question and the documents, say yes, no or unknown, and why.
//!
//! A [`Document`](document::Document) is what somebody wrote; a [`Policy`](policy::Policy) is what
//! decides; one checked door leads from one to the other. A [`Request`](request::Request) and the
//! [`Layers`](layers::Layers) that bear on it go to [`decide`](decide::decide), which always answers,
//! or to [`explain`](explain::explain), which is the same walk with somebody listening. Questions about
//! many requests at once (in which contexts, who at all, what would change) go to [`boxes`].
//!
//! This crate has no clock, files, network, environment, threads or async.

pub mod json;
pub mod limits;
pub mod span;

pub mod document;
pub mod policy;
pub mod statement;

pub mod condition;
pub mod key;
pub mod pattern;
pub mod principal;
pub mod symbol;
pub mod variable;

pub mod arn;
pub mod caller;
pub mod context;
pub mod grant;
mod layer;
pub mod layers;
pub mod request;

pub mod boxes;
pub mod decide;
pub mod explain;
pub mod question;
pub mod quirk;
pub mod remedy;
pub mod slice;

pub mod lint;
pub mod subject;

pub mod canonical;
pub mod catalogue;

mod action_set;
mod derive;
mod digest;
mod index;
mod scene;
mod term;
pub mod tri;
