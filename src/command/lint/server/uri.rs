//! `file:` URIs and paths.

use crate::command::lint::format::sarif::encoded;

const SCHEME: &str = "file://";

/// The path of a document; what is in no file keeps its URI as its name.
pub(super) fn path(uri: &str) -> String {
    let Some(rest) = uri.strip_prefix(SCHEME) else { return uri.to_owned() };
    let path = rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or(rest);
    let decoded = decoded(path).unwrap_or_else(|| path.to_owned());
    // `/C:/a` is `C:/a`.
    match decoded.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => decoded.get(1..).unwrap_or_default().to_owned(),
        _ => decoded,
    }
}

/// The URI of a file.
pub(super) fn of(path: &str) -> String {
    if path.contains(':') && !path.contains(":/") {
        return path.to_owned();
    }
    let absolute = std::path::absolute(path).map(|path| path.display().to_string().replace('\\', "/"));
    let absolute = absolute.unwrap_or_else(|_| path.to_owned());
    let slash = if absolute.starts_with('/') { "" } else { "/" };
    format!("{SCHEME}{slash}{}", encoded(&absolute))
}

fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                rest = after;
            }
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_from_uris() {
        for name in ["/w/a.json", "/w/ä b/100%.yaml"] {
            assert_eq!(path(&of(name)), name);
        }
        assert_eq!(path("file://host/w/a.json"), "/w/a.json");
        assert_eq!(path("file:///c%3A/w/a.json"), "c:/w/a.json");
        assert_eq!(path("untitled:Untitled-1"), "untitled:Untitled-1");
        assert_eq!(path("file:///w/%zz"), "/w/%zz");
    }
}
