//! One HTTP/1.1 answer out of the bytes that have come so far.
//!
//! Pure, so that it can be fuzzed; everything is bounded before it is believed. What could be read in two ways
//! (two lengths, a length beside chunks, bytes beyond the end) is refused: it would put the next answer on this
//! connection out of step.

use httparse::Status;

use crate::limits::{BODY_BYTES_MAX, HEAD_BYTES_MAX, HEADERS_MAX};

/// One whole answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether the connection can carry another exchange.
    pub(crate) reusable: bool,
}

/// Not an answer that this client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// How the end of the body is known.
enum Framing {
    Bytes(usize),
    Chunks,
    Close,
}

/// The answer that `bytes` are, or `None` if more has to come. `closed` says that no more will.
pub(crate) fn parse(bytes: &[u8], closed: bool) -> Result<Option<Reply>, Malformed> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let Status::Complete(start) = head.parse(bytes).map_err(|_| Malformed)? else {
        return if bytes.len() > HEAD_BYTES_MAX { Err(Malformed) } else { Ok(None) };
    };
    let (Some(status @ 200..), Some(version), true) = (head.code, head.version, start <= HEAD_BYTES_MAX) else {
        return Err(Malformed);
    };
    let framing = framing(head.headers)?;
    let keep_alive = version == 1 && !says(head.headers, "connection", "close");
    let rest = bytes.get(start..).ok_or(Malformed)?;
    let (body, reusable) = match framing {
        Framing::Bytes(length) if length > BODY_BYTES_MAX || rest.len() > length => return Err(Malformed),
        Framing::Bytes(length) if rest.len() < length => return Ok(None),
        Framing::Bytes(_) => (rest.to_vec(), keep_alive),
        Framing::Chunks => match joined(rest)? {
            Some(body) => (body, keep_alive),
            None => return Ok(None),
        },
        Framing::Close if rest.len() > BODY_BYTES_MAX => return Err(Malformed),
        Framing::Close if !closed => return Ok(None),
        Framing::Close => (rest.to_vec(), false),
    };
    Ok(Some(Reply { status, body, reusable }))
}

fn framing(headers: &[httparse::Header<'_>]) -> Result<Framing, Malformed> {
    let mut length = None;
    let mut chunks = false;
    for header in headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            let digits = std::str::from_utf8(header.value).map_err(|_| Malformed)?;
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let value: usize = digits.parse().ok().filter(|_| plain).ok_or(Malformed)?;
            if length.replace(value).is_some_and(|before| before != value) {
                return Err(Malformed);
            }
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            if chunks || !header.value.eq_ignore_ascii_case(b"chunked") {
                return Err(Malformed);
            }
            chunks = true;
        }
    }
    match (length, chunks) {
        (Some(_), true) => Err(Malformed),
        (Some(length), false) => Ok(Framing::Bytes(length)),
        (None, true) => Ok(Framing::Chunks),
        (None, false) => Ok(Framing::Close),
    }
}

fn says(headers: &[httparse::Header<'_>], name: &str, word: &str) -> bool {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name))
        .flat_map(|header| header.value.split(|byte| *byte == b','))
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

/// The chunks without their lengths. Trailers are refused: no proxy has a use for them.
fn joined(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    if rest.len() > 2 * BODY_BYTES_MAX {
        return Err(Malformed);
    }
    let mut body = Vec::new();
    loop {
        let Status::Complete((used, size)) = httparse::parse_chunk_size(rest).map_err(|_| Malformed)? else {
            return Ok(None);
        };
        rest = rest.get(used..).ok_or(Malformed)?;
        let size = usize::try_from(size).ok().filter(|size| *size <= BODY_BYTES_MAX - body.len()).ok_or(Malformed)?;
        let Some((chunk, after)) = rest.split_at_checked(size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        rest = match after {
            [] | [b'\r'] => return Ok(None),
            [b'\r', b'\n', after @ ..] => after,
            _ => return Err(Malformed),
        };
        match (size, rest.is_empty()) {
            (0, true) => return Ok(Some(body)),
            (0, false) => return Err(Malformed),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Result<Option<Reply>, Malformed> {
        parse(text.as_bytes(), false)
    }

    fn reply(body: &str, reusable: bool) -> Result<Option<Reply>, Malformed> {
        Ok(Some(Reply { status: 200, body: body.as_bytes().to_vec(), reusable }))
    }

    #[test]
    fn an_answer_ends_where_its_length_its_chunks_or_the_connection_end() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(whole(text), reply("{}", true));
        assert_eq!(whole("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"), reply("{}", false));
        assert_eq!(whole("HTTP/1.1 200 OK\r\nConnection: x, Close\r\ncontent-length: 2\r\n\r\n{}"), reply("{}", false));
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
        assert_eq!(whole(chunks), reply("{}", true));
        for text in [text, chunks] {
            for cut in 0..text.len() {
                assert_eq!(parse(&text.as_bytes()[..cut], false), Ok(None), "{cut}");
            }
        }
        let unframed = b"HTTP/1.1 200 OK\r\n\r\n{}";
        assert_eq!(parse(unframed, false), Ok(None));
        assert_eq!(parse(unframed, true), reply("{}", false));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nHTTP/1.1",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/3 200 OK\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n",
        ] {
            assert_eq!(whole(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn the_longest_body_and_head_are_accepted_and_one_byte_more_is_not() {
        let sized = |bytes: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n{}", " ".repeat(bytes));
        assert!(whole(&sized(BODY_BYTES_MAX)).expect("accepted").is_some());
        assert_eq!(whole(&sized(BODY_BYTES_MAX + 1)), Err(Malformed));
        let closed = |bytes: usize| parse(format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(bytes)).as_bytes(), true);
        assert!(closed(BODY_BYTES_MAX).expect("accepted").is_some());
        assert_eq!(closed(BODY_BYTES_MAX + 1), Err(Malformed));
        let chunked = |bytes: usize| {
            let half = BODY_BYTES_MAX / 2;
            let (first, second) = (" ".repeat(half), " ".repeat(bytes - half));
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            whole(&format!("{head}{half:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", bytes - half))
        };
        assert!(chunked(BODY_BYTES_MAX).expect("accepted").is_some());
        assert_eq!(chunked(BODY_BYTES_MAX + 1), Err(Malformed));
        let head = |bytes: usize| {
            let (start, end) = ("HTTP/1.1 200 OK\r\nX: ", "\r\nContent-Length: 0\r\n\r\n");
            whole(&format!("{start}{}{end}", "x".repeat(bytes - start.len() - end.len())))
        };
        assert_eq!(head(HEAD_BYTES_MAX), reply("", true));
        assert_eq!(head(HEAD_BYTES_MAX + 1), Err(Malformed));
        let headers = |count: usize| {
            whole(&format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X: y\r\n".repeat(count - 1)))
        };
        assert_eq!(headers(HEADERS_MAX), reply("", true));
        assert_eq!(headers(HEADERS_MAX + 1), Err(Malformed));
    }
}
