//! The one form in which equal values have equal bytes; `FORMAT.md` words it and holds its test vectors.

use super::{Kind, Value};

impl Value<'_> {
    /// Writes the canonical form of the value.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        match self.kind() {
            _ if self.is_canonical() => out.extend_from_slice(self.span_bytes()),
            Kind::Null => out.extend_from_slice(b"null"),
            Kind::False => out.extend_from_slice(b"false"),
            Kind::True => out.extend_from_slice(b"true"),
            Kind::Number => write_number(self.written(), out),
            Kind::Text => write_text(self, out),
            Kind::List => {
                let mut separator = b'[';
                for element in self.elements() {
                    out.push(std::mem::replace(&mut separator, b','));
                    element.write_canonical(out);
                }
                out.extend_from_slice(if separator == b'[' { b"[]" } else { b"]" });
            }
            Kind::Object => {
                let mut separator = b'{';
                for (name, value) in self.sorted_names() {
                    out.push(std::mem::replace(&mut separator, b','));
                    let as_written = name.is_plain() && value.is_canonical();
                    if let Some(pair) = name.pair(&value).filter(|_| as_written) {
                        out.extend_from_slice(pair);
                        continue;
                    }
                    write_text(&name, out);
                    out.push(b':');
                    value.write_canonical(out);
                }
                out.extend_from_slice(if separator == b'{' { b"{}" } else { b"}" });
            }
        }
    }

    /// The canonical form of the value.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.written().len());
        self.write_canonical(&mut out);
        out
    }
}

fn write_text(value: &Value<'_>, out: &mut Vec<u8>) {
    match value.is_plain() {
        true => out.extend_from_slice(value.span_bytes()),
        false => write_string(&value.text_value(), out),
    }
}

/// A text in quotes. Escapes are those of RFC 8785 section 3.2.2.2 and no others.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0A => out.extend_from_slice(b"\\n"),
            0x0C => out.extend_from_slice(b"\\f"),
            0x0D => out.extend_from_slice(b"\\r"),
            0..=0x1F => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            other => out.push(other),
        }
    }
    out.push(b'"');
}

/// A number as its digits, without zeros at either end, times a power of ten. The power is written out as zeros where
/// it is 0 to 20, and else follows an `e`.
fn write_number(written: &str, out: &mut Vec<u8>) {
    let (negative, unsigned) = match written.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, written),
    };
    let (significand, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((significand, exponent)) => (significand, exponent.parse::<i64>().unwrap_or_default()),
        None => (unsigned, 0),
    };
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0').collect();
    let trailing = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(..digits.len() - trailing).unwrap_or_default();
    if digits.is_empty() {
        return out.push(b'0');
    }
    if negative {
        out.push(b'-');
    }
    out.extend_from_slice(digits);
    match exponent + trailing as i64 - fraction.len() as i64 {
        zeros @ 0..=20 => out.extend(std::iter::repeat_n(b'0', zeros as usize)),
        power => out.extend_from_slice(format!("e{power}").as_bytes()),
    }
}
