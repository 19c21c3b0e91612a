//! One file for each form that findings take.

pub(super) mod concise;
pub(super) mod github;
pub(super) mod gitlab;
pub(super) mod json;
pub(super) mod junit;
pub(super) mod sarif;
pub(super) mod text;
