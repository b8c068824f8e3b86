//! What a reader sees of a session.

use super::slot::Entry;
use super::slot_hint::SlotHint;
use crate::codec::encoding::Encoding;
use crate::codec::split::CookieForm;
use crate::codec::template::{Template, Templates};

/// A session's cookie, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewCookie<'a> {
    /// A template, and the value for its hole (`None`: `null`).
    Template {
        /// See [`super::MemoryStore::template`].
        number: u16,
        /// Milliseconds since the epoch.
        expires: Option<i64>,
    },
    /// The cookie's JSON.
    Inline(&'a [u8]),
    /// [`View::data`] is the session's whole text, cookie included.
    Whole,
}

/// A session, as long as its shard is locked.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The revision of the session, for [`super::Write::Update`].
    pub revision: u32,
    /// Where the session is at this moment.
    pub hint: SlotHint,
    /// The session has expired from this millisecond on.
    pub deadline: i64,
    /// How `data` is to be read.
    pub encoding: Encoding,
    /// The cookie.
    pub cookie: ViewCookie<'a>,
    /// The data's JSON object without the cookie, or the whole text.
    pub data: &'a [u8],
    templates: &'a Templates,
}

impl<'a> View<'a> {
    pub(super) fn of(entry: &'a Entry, hint: SlotHint, templates: &'a Templates) -> Self {
        let fields = entry.fields();
        let cookie = match fields.cookie {
            Some(CookieForm::Template(number, expires)) => ViewCookie::Template { number, expires },
            Some(CookieForm::Inline(text)) => ViewCookie::Inline(text),
            None => ViewCookie::Whole,
        };
        View {
            revision: entry.revision,
            hint,
            deadline: entry.deadline,
            encoding: entry.form.encoding(),
            cookie,
            data: fields.data,
            templates,
        }
    }

    /// The length of the session's whole text, or a little more.
    #[must_use]
    pub fn text_len(&self) -> usize {
        let cookie = match self.cookie {
            ViewCookie::Template { number, .. } => self.templates.get(number).map_or(0, Template::text_len),
            ViewCookie::Inline(text) => text.len(),
            ViewCookie::Whole => 0,
        };
        self.data.len() + cookie + r#"{"cookie":,"#.len()
    }

    /// Appends the session's whole text, as it was written. Returns how it is to be read.
    pub fn write_text(&self, out: &mut Vec<u8>) -> Encoding {
        if self.cookie == ViewCookie::Whole {
            out.extend_from_slice(self.data);
            return self.encoding;
        }
        out.extend_from_slice(br#"{"cookie":"#);
        let cookie = out.len();
        match self.cookie {
            ViewCookie::Template { number, expires } => {
                // Writes have checked the number.
                if let Some(template) = self.templates.get(number) {
                    template.write(expires, out);
                }
            }
            ViewCookie::Inline(text) => out.extend_from_slice(text),
            ViewCookie::Whole => {}
        }
        let ascii = self.encoding == Encoding::Ascii && out[cookie..].is_ascii();
        match self.data {
            b"{}" => out.push(b'}'),
            data => {
                out.push(b',');
                out.extend_from_slice(data.get(1..).unwrap_or_default());
            }
        }
        if ascii { Encoding::Ascii } else { Encoding::Utf8 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Cookie, Limits, MemoryStore, Rank, Write};
    use super::*;
    use crate::codec::iso_date;

    const NOW: i64 = 1_763_754_720_000;

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            any::<i32>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| serde_json::to_string(&number).unwrap()),
            any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
            (0..9_000_000_000_000_i64).prop_map(|ms| {
                let date = iso_date::format(ms).unwrap();
                format!("{:?}", std::str::from_utf8(&date).unwrap())
            }),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            let key = prop_oneof![
                Just("\"cookie\"".to_owned()),
                Just("\"expires\"".to_owned()),
                any::<String>().prop_map(|key| serde_json::to_string(&key).unwrap()),
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(","))),
                prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                    let members: Vec<_> =
                        members.iter().map(|(key, value)| format!("{key}:{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    /// Texts that look more or less like sessions.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            4 => (json(), json()).prop_map(|(cookie, data)| {
                let data = data.strip_prefix('{').map_or("}".to_owned(), |data| match data {
                    "}" => "}".to_owned(),
                    data => format!(",{data}"),
                });
                format!(r#"{{"cookie":{cookie}{data}"#).into_bytes()
            }),
            1 => json().prop_map(String::into_bytes),
            1 => any::<String>().prop_map(|rest| format!(r#"{{"cookie":{{{rest}"#).into_bytes()),
            1 => any::<String>().prop_map(|rest| format!(r#"{{"cookie":{{}}{rest}"#).into_bytes()),
            1 => prop::collection::vec(any::<u8>(), 0..100),
        ]
    }

    fn written(store: &MemoryStore) -> (Vec<u8>, Encoding) {
        let mut text = Vec::new();
        let read = |view: View<'_>| (view.text_len(), view.write_text(&mut text));
        let (len, encoding) = store.peek(b"id", NOW, read).unwrap();
        assert!(text.len() <= len && len < text.len() + 64);
        (text, encoding)
    }

    #[test]
    fn distinguishes_ascii_from_utf8() {
        let store = MemoryStore::new(Limits::default());
        for (cookie, data, encoding) in [
            ("{}", "{}", Encoding::Ascii),
            (r#"{"path":"/é"}"#, r#"{"a":1}"#, Encoding::Utf8),
            (r#"{"expires":"é"}"#, r#"{"a":1}"#, Encoding::Utf8),
            ("{}", r#"{"a":"é"}"#, Encoding::Utf8),
        ] {
            let of_data = if data.is_ascii() { Encoding::Ascii } else { Encoding::Utf8 };
            let (form, data) = (Cookie::Text(cookie.as_bytes()), data.as_bytes());
            store.write(b"id", form, data, of_data, NOW + 1, Write::Any, Rank::New, NOW).unwrap();
            assert_eq!(written(&store).1, encoding, "{cookie}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2000, failure_persistence: None, ..ProptestConfig::default()
        })]

        /// One store for several texts: templates are used again.
        #[test]
        fn texts_are_restored(texts in prop::collection::vec(text(), 1..6)) {
            let store = MemoryStore::new(Limits { max_sessions: Some(10), max_bytes: None });
            for text in texts.iter().chain(&texts) {
                let encoding = match std::str::from_utf8(text) {
                    Ok(text) if text.is_ascii() => Encoding::Ascii,
                    Ok(_) => Encoding::Utf8,
                    Err(_) => Encoding::Wide,
                };
                store.write_text(b"id", text, encoding, NOW + 1, Rank::New, NOW).unwrap();
                prop_assert_eq!(written(&store), (text.clone(), encoding));
                // The data alone has what JavaScript would have read from the whole.
                let data = store.peek(b"id", NOW, |view| match view.cookie {
                    ViewCookie::Whole => None,
                    _ => Some(view.data.to_vec()),
                });
                let whole = serde_json::from_slice::<serde_json::Value>(text);
                if let (Some(Some(data)), Ok(mut whole)) = (data, whole) {
                    whole.as_object_mut().unwrap().remove("cookie");
                    prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&data).unwrap(), whole);
                }
            }
        }
    }
}
