//! What a linter looks at: documents, keys, aliases, grants, uses of keys and changes, as plain data with their places.
//!
//! Whoever reads a carrier (a template, a plan, a module) fills these; worlds are put together from
//! the same data. A [`Word`] is a text and its place in the carrier, and may hold
//! [symbols](crate::symbol) where the carrier leaves something open. What a carrier does not set
//! is `None`: defaults are for whoever decides.

use std::sync::Arc;

use crate::document::{Document, Word};
use crate::json::{Member, Value};
use crate::policy::PolicyKind;
use crate::span::Span;

/// Something that a carrier declares: a resource of a template, a module or a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// How the carrier calls it: a logical id, a Terraform address.
    pub address: Box<str>,
    /// The path of the construct (CDK) or module that made it, where that is told.
    pub construct: Option<Box<str>>,
    /// Its type: `AWS::KMS::Key`, `aws_kms_key`.
    pub kind: Box<str>,
    /// The file in which it stands.
    pub path: Arc<str>,
    /// Where its name stands in the file.
    pub name_span: Span,
    /// Where it stands in the file.
    pub span: Span,
    /// Its properties, with whatever could be resolved resolved.
    pub properties: Value,
    /// What else the carrier says about it: `DeletionPolicy`, `Metadata`, `lifecycle`.
    pub settings: Vec<Member>,
    /// The conditions (as symbols) under which alone it exists.
    pub doubts: Vec<Box<str>>,
}

/// A policy document in a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSubject {
    /// What it belongs to.
    pub owner: Arc<Declaration>,
    /// What reports call it: `arn:...:role/app inline kms`.
    pub name: Box<str>,
    /// What kind of policy it is.
    pub kind: PolicyKind,
    /// The document as a value, with places in the carrier.
    pub value: Value,
    /// The document, symbols taken as symbols.
    pub document: Document,
    /// Whether it stands in the carrier as a text that holds JSON.
    pub in_text: bool,
}

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySubject {
    /// What declares it.
    pub declaration: Arc<Declaration>,
    /// Its ARN; parts not known before it exists are symbols.
    pub arn: Box<str>,
    /// `SYMMETRIC_DEFAULT`, ...
    pub spec: Option<Word>,
    /// `ENCRYPT_DECRYPT`, ...
    pub usage: Option<Word>,
    /// `AWS_KMS`, `EXTERNAL`, ...
    pub origin: Option<Word>,
    /// `true` or `false`.
    pub enabled: Option<Word>,
    /// `true` or `false`.
    pub multi_region: Option<Word>,
    /// The ARN of the primary key, of a replica.
    pub primary: Option<Word>,
    /// `true` or `false`.
    pub rotation: Option<Word>,
    /// Days.
    pub rotation_period: Option<Word>,
    /// Days.
    pub deletion_window: Option<Word>,
    /// Whether the check against locking oneself out is switched off: `true` or `false`.
    pub bypasses_lockout_check: Option<Word>,
    /// Its tags, if all of them are told.
    pub tags: Option<Vec<(Word, Word)>>,
    /// Its key policy: a position among the documents of the same [`Subjects`].
    pub policy: Option<usize>,
}

/// An alias of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasSubject {
    /// What declares it.
    pub declaration: Arc<Declaration>,
    /// Its ARN.
    pub arn: Box<str>,
    /// `alias/...`
    pub name: Option<Word>,
    /// The key: its id or ARN.
    pub target: Option<Word>,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantSubject {
    /// What declares it.
    pub declaration: Arc<Declaration>,
    /// The key: its id or ARN.
    pub key: Option<Word>,
    /// The grant in the members that list-grants prints, with places in the carrier.
    pub value: Value,
}

/// A resource that names a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseSubject {
    /// What declares the resource.
    pub declaration: Arc<Declaration>,
    /// The property that names the key: `BucketEncryption.ServerSideEncryptionConfiguration.KMSMasterKeyID`.
    pub property: Box<str>,
    /// The key: an id, an ARN or an alias.
    pub key: Word,
}

/// A resource before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSubject {
    /// What declares it.
    pub declaration: Arc<Declaration>,
    /// Its properties before; `None` if it is created.
    pub before: Option<Value>,
    /// Its properties after; `None` if it is deleted.
    pub after: Option<Value>,
    /// Whether the change replaces the resource by another.
    pub replaces: bool,
}

/// A user or role, and the policies of its own that the carrier tells: inline ones, and those that are attached to it or
/// to its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderSubject {
    /// Its ARN.
    pub arn: Box<str>,
    /// The policies: positions among the documents of the same [`Subjects`].
    pub documents: Vec<usize>,
    /// Whether these are all that it has.
    pub is_whole: bool,
}

/// Everything of that kind in one carrier, in the order of the carrier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subjects {
    /// Policy documents.
    pub documents: Vec<DocumentSubject>,
    /// Keys.
    pub keys: Vec<KeySubject>,
    /// Aliases.
    pub aliases: Vec<AliasSubject>,
    /// Grants.
    pub grants: Vec<GrantSubject>,
    /// Uses of keys.
    pub uses: Vec<UseSubject>,
    /// Changes.
    pub changes: Vec<ChangeSubject>,
    /// Users and roles that have policies of their own.
    pub holders: Vec<HolderSubject>,
    /// Every resource that the carrier declares, of whatever type.
    pub resources: Vec<Arc<Declaration>>,
}
