//! What a member may hold, as data: the tables that `generated.rs` is made of.

/// What a value may be.
#[derive(Debug)]
pub struct Shape {
    /// Its type.
    pub kind: Kind,
    /// The least length, count or number.
    pub min: Option<i64>,
    /// The greatest length, count or number.
    pub max: Option<i64>,
    /// The regular expression that a text satisfies, as the model spells it.
    pub pattern: Option<&'static str>,
}

/// The type of a value.
#[derive(Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// A text that no message repeats.
    SecretText,
    /// One of these texts, in the order in which messages list them.
    Enum(&'static [&'static str]),
    /// Bytes, in base64 on the wire.
    Blob,
    /// Bytes that no message describes.
    SecretBlob,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A moment, as seconds since 1970.
    Time,
    /// A list.
    List(&'static Shape),
    /// Texts by their names.
    Map(&'static Shape, &'static Shape),
    /// Named members.
    Structure(&'static [Member]),
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it may hold.
    pub shape: &'static Shape,
    /// Whether it must be there.
    pub required: bool,
}
