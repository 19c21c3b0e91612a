//! From the files people already have to the documents `policy` understands, positions kept.
//!
//! A [`Source`](source::Source) is the text of a file and its name. Every reader takes one and gives
//! values, requests and policies that know their line and column:
//!
//! ```
//! use wardbook_inventory::{case::CaseFile, source::Source};
//! use wardbook_policy::quirk::Quirks;
//!
//! let text = "
//! cases:
//!   - name: nobody named
//!     request:
//!       principal: arn:aws:iam::111122223333:user/ana
//!       action: kms:Decrypt
//!       resource: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
//!     expect: implicit-deny
//! ";
//! let source = Source::new("example.yaml", text);
//! let file = CaseFile::read(source, Quirks::default(), &mut |path| Err(format!("no file `{path}`"))).unwrap();
//! let body = file.cases[0].body.as_ref().unwrap();
//! assert!(body.expect.is_met_by(body.layers.decide(&body.request, Quirks::default()).verdict()));
//! ```
//!
//! A [`World`](world::World) is what a whole folder holds; it takes questions by name and lends the
//! layers that bear on them, together with what is missing. A [`Question`](question::Question) comes
//! from a CloudTrail event or an AccessDenied text.
//!
//! Only [`World::read_folder`](world::World::read_folder) touches the disk; nothing touches the network or the clock.

pub mod limits;
pub mod source;
pub mod yaml;

pub mod circumstances;
pub mod layer;

pub mod case;

pub mod carrier;
pub mod carriers;
pub mod cloudformation;
pub mod coverage;
pub mod edit;
pub mod organization;
pub mod world;

pub mod access;

pub mod access_denied;
pub mod cloudtrail;
pub mod question;

mod authorization_details;
mod cdk;
mod collect;
mod embedded;
mod kms_dump;
mod nearest;
mod page;
mod parameters;
mod terraform;
mod traced;
