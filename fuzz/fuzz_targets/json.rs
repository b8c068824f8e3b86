//! Any text comes back from the store as it was written: whole, in two parts, and with another cookie after a
//! touch.
#![no_main]

use express_session_native_fuzz::codec::encoding::Encoding;
use express_session_native_fuzz::engines::memory::{Cookie, Limits, MemoryStore, Touched, ViewCookie, Write};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const ID: &[u8] = b"id";
const NOW: u64 = 1000;
/// A cookie that expires at this moment, as `expires` says, takes no bytes for its date.
const DEADLINE: u64 = 1_763_754_720_000;

const START: &[u8] = br#"{"cookie":"#;
const KEYS: [&str; 8] =
    ["expires", "path", "originalMaxAge", "a", "cookie", r"\u0063ookie", r"\u0065xpires", r#"\"}"#];
const VALUES: [&str; 14] = [
    r#""2025-11-21T19:52:00.000Z""#,
    "null",
    r#""1970-01-01T00:00:00.001Z""#,
    r#""+275760-09-13T00:00:00.000Z""#,
    r#""soon""#,
    r#""/""#,
    r#""/x""#,
    "60000",
    "1234",
    "1.5e3",
    "true",
    r#""é}\",{""#,
    "{}",
    r#"[{},[1, 2]]"#,
];

// The texts share a store: templates are used again.
fuzz_target!(|input: &[u8]| {
    let store = MemoryStore::new(Limits { max_sessions: Some(1), max_bytes: None });
    whole(&store, input);
    let mut bytes = input.iter().copied();
    while bytes.len() > 0 {
        let (cookie, data) = (object(&mut bytes, 0), object(&mut bytes, 0));
        in_parts(&store, &cookie, &data);
        let mut text = join(&cookie, &data);
        whole(&store, &text);
        // Broken somewhere, or where it is cut.
        let (at, byte) = (bytes.next().unwrap_or_default(), bytes.next().unwrap_or_default());
        let cut = START.len() + cookie.len();
        let at =
            if at < 128 { usize::from(at).min(cut) } else { (cut - 4 + usize::from(at % 8)).min(text.len()) };
        text.splice(at..at + usize::from(byte >= 128 && at < text.len()), [byte % 128]);
        whole(&store, &text);
    }
});

/// An object as JSON.stringify writes it, save for keys that repeat or are escaped without need.
fn object(bytes: &mut impl Iterator<Item = u8>, depth: u8) -> Vec<u8> {
    let mut text = b"{".to_vec();
    while let Some(byte @ 64..) = bytes.next() {
        if text.len() > 1 {
            text.push(b',');
        }
        text.extend_from_slice(format!("\"{}\":", KEYS[usize::from(byte) % KEYS.len()]).as_bytes());
        match VALUES.get(usize::from(bytes.next().unwrap_or_default()) % (VALUES.len() + 2)) {
            Some(value) => text.extend_from_slice(value.as_bytes()),
            None if depth < 3 => text.append(&mut object(bytes, depth + 1)),
            None => text.extend_from_slice(b"1"),
        }
    }
    text.push(b'}');
    text
}

/// Writes a session's whole text.
fn whole(store: &MemoryStore, text: &[u8]) {
    store.write_text(ID, text, encoding(text), DEADLINE, false, NOW).expect("there is no bound on bytes");
    assert_eq!(read(store), (text.to_vec(), encoding(text)));

    let data =
        store.peek(ID, NOW, |view| (view.cookie != ViewCookie::Whole).then(|| view.data.to_vec())).flatten();
    if let Some(data) = &data
        && let Ok(Value::Object(mut members)) = serde_json::from_slice(text)
    {
        let cookie = members.remove("cookie").expect("it was split off");
        let parsed: Value = serde_json::from_slice(data).expect("the data is JSON if the whole is");
        assert_eq!(parsed, Value::Object(members));
        let hole = store.peek(ID, NOW, |view| match view.cookie {
            ViewCookie::Template { number, expires } => Some((number, expires)),
            _ => None,
        });
        if let Some((number, expires)) = hole.flatten() {
            let has_hole = store.template(number).expect("it is in use").has_hole();
            assert_eq!(cookie.get("expires").is_some(), has_hole);
            assert_eq!(cookie.get("expires").is_some_and(Value::is_string), expires.is_some());
        }
    }

    // Another deadline changes nothing of the text, another cookie nothing of the data.
    assert_eq!(store.touch(ID, None, DEADLINE + 1, NOW), Touched::Renewed);
    assert_eq!(read(store).0, text);
    for cookie in [r#"{"expires":"2025-11-21T19:52:00.000Z","path":"/"}"#, r#"{"path":"/é"}"#] {
        let touched = store.touch(ID, Some(Cookie::Text(cookie.as_bytes())), DEADLINE, NOW);
        match &data {
            Some(data) => {
                assert_eq!(touched, Touched::Renewed);
                assert_eq!(read(store).0, join(cookie.as_bytes(), data));
            }
            None => {
                assert_eq!(touched, Touched::Whole);
                assert_eq!(read(store).0, text);
            }
        }
    }
}

/// Writes a cookie and the data.
fn in_parts(store: &MemoryStore, cookie: &[u8], data: &[u8]) {
    let form = Cookie::Text(cookie);
    store
        .write(ID, form, data, encoding(data), DEADLINE, Write::Any, false, NOW)
        .expect("there is no bound on bytes");
    let text = join(cookie, data);
    assert_eq!(read(store), (text.clone(), encoding(&text)));
}

fn join(cookie: &[u8], data: &[u8]) -> Vec<u8> {
    let comma: &[u8] = if data == b"{}" { b"" } else { b"," };
    [START, cookie, comma, &data[1..]].concat()
}

fn encoding(text: &[u8]) -> Encoding {
    match std::str::from_utf8(text) {
        Ok(text) if text.is_ascii() => Encoding::Ascii,
        Ok(_) => Encoding::Utf8,
        Err(_) => Encoding::Wide,
    }
}

fn read(store: &MemoryStore) -> (Vec<u8>, Encoding) {
    let mut text = Vec::new();
    let encoding = store.peek(ID, NOW, |view| view.write_text(&mut text)).expect("the session is live");
    (text, encoding)
}
