//! As much JSON as splitting a session's text takes: where an object ends, and where its members are.

use std::ops::Range;

use serde_json::Deserializer;
use serde_json::value::RawValue;

/// The JSON object at the start of `text`. What follows it is not read.
pub(super) fn leading_object(text: &[u8]) -> Option<&str> {
    if text.first() != Some(&b'{') {
        return None;
    }
    Deserializer::from_slice(text).into_iter::<&RawValue>().next()?.ok().map(RawValue::get)
}

/// The members of an object that [`leading_object`] has accepted: the ranges of key and value in it.
/// A key excludes its quotes and keeps its escapes.
pub(super) fn members(object: &str) -> Members<'_> {
    Members { text: object.as_bytes(), at: 1 }
}

pub(super) struct Members<'a> {
    text: &'a [u8],
    at: usize,
}

impl Iterator for Members<'_> {
    type Item = (Range<usize>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b',');
        if *self.text.get(self.at)? != b'"' {
            return None;
        }
        let key = self.at + 1;
        self.string();
        let key = key..self.at - 1;
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b':');
        let value = self.at;
        self.value();
        Some((key, value..self.at))
    }
}

impl Members<'_> {
    fn skip(&mut self, unwanted: impl Fn(u8) -> bool) {
        while self.text.get(self.at).is_some_and(|byte| unwanted(*byte)) {
            self.at += 1;
        }
    }

    /// Moves from an opening quote past the closing one.
    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                return;
            }
        }
    }

    fn value(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'"' => {
                    self.string();
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                // A number, true, false or null ends here.
                b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_object_stops_at_its_closing_brace() {
        assert_eq!(leading_object(br#"{"a":"}"},{"b":1}"#), Some(r#"{"a":"}"}"#));
        assert_eq!(leading_object(br#"{"a":"\"}","b":[{}]} garbage"#), Some(r#"{"a":"\"}","b":[{}]}"#));
        for text in ["", "{", "[]", " {}", "{a:1}", "{\"a\":}", "{\"a\":1"] {
            assert_eq!(leading_object(text.as_bytes()), None, "{text}");
        }
        assert_eq!(leading_object(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn finds_members_of_every_type() {
        let text = r#"{"a":1 , "b\"":"x,}\\","c": [1,{"d":"]"}],"e":{"f":{}},"g":null,"h":true,"i":-1.5e3}"#;
        assert_eq!(leading_object(text.as_bytes()), Some(text));
        let found: Vec<_> = members(text).map(|(key, value)| (&text[key], &text[value])).collect();
        assert_eq!(
            found,
            [
                ("a", "1"),
                ("b\\\"", r#""x,}\\""#),
                ("c", r#"[1,{"d":"]"}]"#),
                ("e", r#"{"f":{}}"#),
                ("g", "null"),
                ("h", "true"),
                ("i", "-1.5e3")
            ]
        );
        assert_eq!(members("{}").count(), 0);
        assert_eq!(members("{ }").count(), 0);
    }
}
