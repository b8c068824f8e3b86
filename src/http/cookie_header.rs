//! The values that a `Cookie` header (RFC 6265 §5.4) holds for one name. They are read as the npm
//! package `cookie` 0.7 reads them, except that a repeated name gives all of its values.

use std::borrow::Cow;

use memchr::memchr;

/// The value of a cookie.
pub struct Value<'h> {
    /// As written in the header, without quotes.
    pub raw: &'h [u8],
    /// Percent-decoded.
    pub text: Cow<'h, [u8]>,
}

/// The values of the cookies named `name`, in header order.
pub fn values<'h>(header: &'h [u8], name: &'h [u8]) -> impl Iterator<Item = Value<'h>> {
    pairs(header).filter_map(move |pair| {
        let equals = memchr(b'=', pair)?;
        (trim(&pair[..equals]) == name).then(|| {
            let raw = unquote(trim(&pair[equals + 1..]));
            Value { raw, text: decode(raw) }
        })
    })
}

fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(header);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr(b';', text);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// Removes the spaces and tabs around a text. RFC 6265 allows no other white space here.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn unquote(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] => inner,
        [b'"'] => b"",
        _ => text,
    }
}

/// Percent-decodes as `decodeURIComponent` does. Text at which that would throw stays as it is.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'%', text).is_some() {
        decode_uri_component(text).map_or(Cow::Borrowed(text), Cow::Owned)
    } else {
        Cow::Borrowed(text)
    }
}

fn decode_uri_component(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(plain) = memchr(b'%', rest) {
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        // Each run of escapes must be well-formed UTF-8 by itself.
        let run = out.len();
        while let [b'%', after @ ..] = rest {
            let (digits, after) = after.split_at_checked(2)?;
            out.push(hex(digits[0])? << 4 | hex(digits[1])?);
            rest = after;
        }
        std::str::from_utf8(&out[run..]).ok()?;
    }
    out.extend_from_slice(rest);
    Some(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| u8::try_from(value).expect("a digit is below 16"))
}

/// Appends `text` as `encodeURIComponent` writes it.
pub fn encode_into(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| !is_unreserved(byte)) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let byte = rest[at];
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Whether `encodeURIComponent` leaves a byte unchanged.
#[must_use]
pub fn is_unreserved(byte: u8) -> bool {
    const TABLE: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte: u8 = 0;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')');
            byte += 1;
        }
        table
    };
    TABLE[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(header: &str, name: &str) -> Vec<String> {
        values(header.as_bytes(), name.as_bytes())
            .map(|value| String::from_utf8_lossy(&value.text).into_owned())
            .collect()
    }

    #[test]
    fn finds_the_named_cookie() {
        assert_eq!(all("a=1; sid=x; b=2", "sid"), ["x"]);
        assert_eq!(all("sid=x", "sid"), ["x"]);
        assert_eq!(all("sid", "sid"), [""; 0]);
        assert_eq!(all("", "sid"), [""; 0]);
        assert_eq!(all("xsid=1;sidx=2", "sid"), [""; 0]);
    }

    #[test]
    fn keeps_every_value_of_one_name() {
        assert_eq!(all("sid=1;sid=2; sid = 3", "sid"), ["1", "2", "3"]);
    }

    #[test]
    fn trims_only_spaces_and_tabs() {
        assert_eq!(all(" \tsid \t=\t x\u{a0} ; b", "sid"), ["x\u{a0}"]);
    }

    #[test]
    fn removes_quotes() {
        assert_eq!(all(r#"sid="x=1""#, "sid"), ["x=1"]);
        assert_eq!(all(r#"sid=""#, "sid"), [""]);
        assert_eq!(all(r#"sid="a"#, "sid"), [r#""a"#]);
    }

    #[test]
    fn decodes_all_escapes_of_a_value_or_none() {
        assert_eq!(all("sid=s%3Aa%2Bb", "sid"), ["s:a+b"]);
        assert_eq!(all("sid=%E2%82%AC", "sid"), ["€"]);
        for broken in ["%", "%2", "%zz", "%E2%82", "%ED%A0%80", "%C0%80", "%3A%FF", "%E2\u{82}%AC", "%+1"] {
            assert_eq!(all(&format!("sid={broken}"), "sid"), [broken]);
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(header: Vec<u8>, name in "[a-z]{1,3}") {
            values(&header, name.as_bytes()).for_each(drop);
        }

        #[test]
        fn decodes_what_it_encodes(text: String) {
            let mut encoded = b"n=".to_vec();
            encode_into(text.as_bytes(), &mut encoded);
            let value = values(&encoded, b"n").next().unwrap();
            prop_assert_eq!(value.raw, &encoded[2..]);
            prop_assert_eq!(value.text, text.as_bytes());
        }
    }
}
