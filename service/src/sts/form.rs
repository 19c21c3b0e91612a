//! Forms in, XML texts out.

/// The pairs of a form, in order.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body; what is no pair is left out.
    pub(super) fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    /// Every name, in order, as often as it comes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The first value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn decoded(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let (mut out, mut place) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(place) {
        match (byte, digit(bytes.get(place + 1)), digit(bytes.get(place + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                place += 3;
            }
            (b'+', ..) => {
                out.push(b' ');
                place += 1;
            }
            (byte, ..) => {
                out.push(*byte);
                place += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A text inside XML. Letters that XML cannot hold become a question mark.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(letter),
            letter if u32::from(letter) < 0x20 || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_texts_are_read_and_written() {
        let form = Form::read(b"Action=A%2Bb&x=1+2&broken&y=%zz");
        assert_eq!((form.get("Action"), form.get("x"), form.get("y")), (Some("A+b"), Some("1 2"), Some("%zz")));
        assert_eq!(escaped("<a & 'b'\u{1}>"), "&lt;a &amp; &apos;b&apos;?&gt;");
    }
}
