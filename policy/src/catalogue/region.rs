//! The Regions there are.

pub(crate) const REGIONS: &str = include_str!("../../data/region.tsv");

/// Whether there is a Region of that name.
///
/// ```
/// use wardbook_policy::catalogue::is_region;
/// assert!(is_region("eu-west-1") && !is_region("eu-west-99"));
/// ```
pub fn is_region(name: &str) -> bool {
    REGIONS.lines().any(|region| region == name)
}
