//! Sources that are addresses, which only a build with the feature `object-store` reads.

use wardbook_audit::import::Source;

use crate::cli::Global;

/// Whether a text is an address, and not a path of this machine.
pub(super) fn is_address(text: &str) -> bool {
    text.contains("://")
}

/// The objects below an address, and how many others there are that are not read.
#[cfg(feature = "object-store")]
pub(super) fn below(address: &str, global: &Global) -> anyhow::Result<(Vec<Box<dyn Source>>, u64)> {
    use wardbook_audit::import::object::{Access, objects};

    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let access = Access::new(std::env::vars_os().filter_map(text));
    let mut progress = crate::progress::Progress::new(global);
    let mut listed = |count: u64| progress.count(|| format!("{count} objects listed below {address}"));
    let found = objects(address, &access, &mut listed)?;
    Ok((found.sources, found.others))
}

/// Without it nothing here can speak to a network.
#[cfg(not(feature = "object-store"))]
pub(super) fn below(address: &str, _: &Global) -> anyhow::Result<(Vec<Box<dyn Source>>, u64)> {
    anyhow::bail!(
        "`{address}`: this build reads files, folders and `-` only; build it with `--features object-store`, or copy \
         the objects here first"
    )
}
