//! Any `Cookie` header gives the values that a plain reading of it gives, and a signed id is found in it
//! whatever stands around it.
#![no_main]

use arbitrary::Arbitrary;
use express_session_native_fuzz::http::cookie_header::{self, is_unreserved};
use express_session_native_fuzz::http::signature::Keys;
use libfuzzer_sys::fuzz_target;

const NAME: &str = "sid";

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    keys: [&'a [u8]; 2],
    by_second_key: bool,
    id: &'a str,
    before: &'a [u8],
    after: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    any_header(input.before, &input.keys);
    signed_id(&input);
});

fn any_header(header: &[u8], keys: &[&[u8]; 2]) {
    let name = NAME.as_bytes();
    let found: Vec<_> = cookie_header::values(header, name).collect();
    let expected: Vec<_> =
        header.split(|&byte| byte == b';').filter_map(|pair| value_of(pair, name)).collect();
    assert_eq!(found.iter().map(|value| value.raw).collect::<Vec<_>>(), expected);
    for value in &found {
        assert_eq!(*value.text, decode(value.raw).unwrap_or_else(|| value.raw.to_vec()));
        unsign(&value.text, keys);
    }
}

/// A text passes as signed exactly when one of the keys writes it.
fn unsign(text: &[u8], keys: &[&[u8]; 2]) {
    let value = text.iter().rposition(|&byte| byte == b'.').map(|dot| &text[..dot]);
    let expected = value.and_then(|value| {
        let by = keys.iter().position(|key| sign(value, key) == text)?;
        Some((value, by == 0))
    });
    assert_eq!(Keys::new(keys).unwrap().unsign(text), expected);
}

fn signed_id(input: &Input<'_>) {
    let key = input.keys[usize::from(input.by_second_key)];
    let signed = [b"s:", &sign(input.id.as_bytes(), key)[..]].concat();
    let mut header = [input.before, b"; ", NAME.as_bytes(), b"="].concat();
    let at = header.len();
    cookie_header::encode_into(&signed, &mut header);
    assert!(header[at..].iter().all(|&byte| byte == b'%' || is_unreserved(byte)));
    header.extend_from_slice(b";");
    header.extend_from_slice(input.after);

    let mut values = cookie_header::values(&header, NAME.as_bytes());
    let value =
        values.find(|value| value.raw.as_ptr() == header[at..].as_ptr()).expect("the signed id is found");
    assert_eq!(*value.text, signed);
    let by_first = sign(input.id.as_bytes(), input.keys[0]) == signed[2..];
    let unsigned = Keys::new(input.keys).unwrap();
    assert_eq!(unsigned.unsign(&value.text[2..]), Some((input.id.as_bytes(), by_first)));
}

fn sign(value: &[u8], key: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Keys::new([key]).unwrap().sign_into(value, &mut out);
    out
}

fn value_of<'h>(pair: &'h [u8], name: &[u8]) -> Option<&'h [u8]> {
    let mut sides = pair.splitn(2, |&byte| byte == b'=');
    let (key, value) = (trim(sides.next()?), trim(sides.next()?));
    let is_quoted = value.first() == Some(&b'"') && value.last() == Some(&b'"');
    let unquoted = if is_quoted { value.get(1..value.len().max(2) - 1).unwrap_or_default() } else { value };
    (key == name).then_some(unquoted)
}

fn trim(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let Some(start) = text.iter().position(is_text) else { return b"" };
    &text[start..=text.iter().rposition(is_text).unwrap_or(start)]
}

/// `decodeURIComponent`, step by step as in ECMA-262; `None` where that throws.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let escape = |at: usize| {
        let digits = text.get(at..at + 3)?.strip_prefix(b"%")?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.contains('+'))?;
        u8::from_str_radix(digits, 16).ok()
    };
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte != b'%' {
            out.push(byte);
            at += 1;
            continue;
        }
        let first = escape(at)?;
        let len = match first.leading_ones() {
            0 => 1,
            ones @ 2..=4 => ones as usize,
            _ => return None,
        };
        let char: Option<Vec<u8>> = (0..len).map(|nth| escape(at + 3 * nth)).collect();
        out.extend_from_slice(std::str::from_utf8(&char?).ok()?.as_bytes());
        at += 3 * len;
    }
    Some(out)
}
