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

/// What a byte of the input above 127 stands for.
const WORDS: [&str; 24] = [
    r#""cookie":"#,
    r#""\u0063ookie":"#,
    r#""expires":"#,
    r#""\u0065xpires":"#,
    r#""2025-11-21T19:52:00.000Z""#,
    r#""1970-01-01T00:00:00.001Z""#,
    r#""+275760-09-13T00:00:00.000Z""#,
    r#""originalMaxAge":60000"#,
    r#""originalMaxAge":1234"#,
    r#""path":"/""#,
    r#""path":"/x""#,
    r#""httpOnly":true"#,
    r#""a":"#,
    r#""b":[1,{"c":"\"}"}]"#,
    "{}",
    "null",
    "1.5e3",
    "\\",
    "},",
    "}}",
    "{",
    ",",
    " ",
    "é",
];

// Texts with a byte 0xff between each two of them. They share a store: templates are used again.
fuzz_target!(|input: &[u8]| {
    let store = MemoryStore::new(Limits { max_sessions: Some(1), max_bytes: None });
    let texts: Vec<_> = input.split(|&byte| byte == 0xff).map(spelled).collect();
    for text in &texts {
        whole(&store, text);
        whole(&store, &[br#"{"cookie":"#, &text[..]].concat());
        whole(&store, &[br#"{"cookie":{"originalMaxAge":null,"#, &text[..]].concat());
    }
    for pair in texts.windows(2) {
        in_parts(&store, &pair[0], &pair[1]);
    }
});

fn spelled(input: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in input {
        match byte {
            0..128 => text.push(byte),
            // No UTF-8.
            254 => text.push(254),
            _ => text.extend_from_slice(WORDS[usize::from(byte) % WORDS.len()].as_bytes()),
        }
    }
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

/// Writes a cookie and data that JSON.stringify could have written.
fn in_parts(store: &MemoryStore, cookie: &[u8], data: &[u8]) {
    let Some([cookie, data]) = stringified(cookie).zip(stringified(data)).map(<[String; 2]>::from) else {
        return;
    };
    let form = Cookie::Text(cookie.as_bytes());
    let of_data = encoding(data.as_bytes());
    store
        .write(ID, form, data.as_bytes(), of_data, DEADLINE, Write::Any, false, NOW)
        .expect("there is no bound on bytes");
    let joined = join(cookie.as_bytes(), data.as_bytes());
    assert_eq!(read(store), (joined.clone(), encoding(&joined)));
}

fn stringified(text: &[u8]) -> Option<String> {
    let object: serde_json::Map<String, Value> = serde_json::from_slice(text).ok()?;
    serde_json::to_string(&object).ok()
}

fn join(cookie: &[u8], data: &[u8]) -> Vec<u8> {
    let comma: &[u8] = if data == b"{}" { b"" } else { b"," };
    [br#"{"cookie":"#, cookie, comma, &data[1..]].concat()
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
