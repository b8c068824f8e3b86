//! Cookie templates. The cookies of an app's sessions differ in little but `expires`: the rest of their
//! JSON is stored once per distinct text.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use dashmap::DashMap;

use super::iso_date;

/// Maximum number of templates. Further cookies are stored with their sessions.
const MAX: u16 = 1024;
/// Maximum length of a template. Longer cookies are stored with their sessions.
const MAX_LEN: usize = 512;
const CHUNK: u16 = 32;

/// The JSON text of a cookie, with a hole where the value of `expires` was.
#[derive(Debug, PartialEq, Eq)]
pub struct Template {
    prefix: Box<str>,
    suffix: Option<Box<str>>,
}

impl Template {
    /// The text up to and including `"expires":`, or the whole text without a hole.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The text after the value of `expires`; empty without a hole.
    #[must_use]
    pub fn suffix(&self) -> &str {
        self.suffix.as_deref().unwrap_or_default()
    }

    /// The length of the cookie's JSON, or a little more.
    pub(crate) fn text_len(&self) -> usize {
        self.prefix.len() + self.suffix().len() + iso_date::LEN + 2
    }

    /// Whether there is an `expires` to fill in, with a date or `null`.
    #[must_use]
    pub fn has_hole(&self) -> bool {
        self.suffix.is_some()
    }

    /// Appends the cookie's JSON.
    pub(crate) fn write(&self, expires: Option<i64>, out: &mut Vec<u8>) {
        out.extend_from_slice(self.prefix.as_bytes());
        let Some(suffix) = &self.suffix else { return };
        // Only dates within `iso_date::RANGE` are stored, so formatting them always succeeds.
        match expires.and_then(iso_date::format) {
            Some(date) => {
                out.push(b'"');
                out.extend_from_slice(&date);
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(suffix.as_bytes());
    }

    /// The expiry and length of this cookie, if `text` begins with it.
    fn match_start(&self, text: &[u8]) -> Option<(Option<i64>, usize)> {
        let rest = text.strip_prefix(self.prefix.as_bytes())?;
        let Some(suffix) = &self.suffix else { return Some((None, self.prefix.len())) };
        let (expires, value) = match rest {
            [b'"', ..] if *rest.get(iso_date::LEN + 1)? == b'"' => {
                (Some(iso_date::parse(&rest[1..=iso_date::LEN])?), iso_date::LEN + 2)
            }
            [b'n', b'u', b'l', b'l', ..] => (None, 4),
            _ => return None,
        };
        rest[value..]
            .starts_with(suffix.as_bytes())
            .then(|| (expires, self.prefix.len() + value + suffix.len()))
    }
}

type Chunk = Box<[OnceLock<Template>]>;

/// All templates of a store. They are never freed, so reading one needs no lock.
#[derive(Debug)]
pub(crate) struct Templates {
    numbers: DashMap<Box<[u8]>, u16>,
    chunks: Box<[OnceLock<Chunk>]>,
    next: AtomicU16,
    /// The most recent match: nearly every session of an app has the same template.
    recent: AtomicU16,
}

impl Templates {
    pub(crate) fn new() -> Self {
        Templates {
            // The minimum of dashmap: this map is written a few times in a process's life.
            numbers: DashMap::with_shard_amount(2),
            chunks: (0..MAX / CHUNK).map(|_| OnceLock::new()).collect(),
            next: AtomicU16::new(0),
            recent: AtomicU16::new(0),
        }
    }

    pub(crate) fn get(&self, number: u16) -> Option<&Template> {
        self.chunks.get(usize::from(number / CHUNK))?.get()?[usize::from(number % CHUNK)].get()
    }

    /// The number of a template, which is added if it is new. `None` if it is too long or there are too many.
    pub(crate) fn intern(&self, prefix: &str, suffix: Option<&str>) -> Option<u16> {
        if prefix.len() + suffix.map_or(0, str::len) > MAX_LEN {
            return None;
        }
        // Valid JSON has no raw NUL, so it marks the hole.
        let mut key = prefix.as_bytes().to_vec();
        if let Some(suffix) = suffix {
            key.push(0);
            key.extend_from_slice(suffix.as_bytes());
        }
        let number =
            self.numbers.get(&key[..]).map(|number| *number).or_else(|| self.add(key, prefix, suffix))?;
        self.recent.store(number, Ordering::Relaxed);
        Some(number)
    }

    fn add(&self, key: Vec<u8>, prefix: &str, suffix: Option<&str>) -> Option<u16> {
        if self.next.load(Ordering::Relaxed) >= MAX {
            return None;
        }
        let vacant = match self.numbers.entry(key.into()) {
            dashmap::Entry::Occupied(number) => return Some(*number.get()),
            dashmap::Entry::Vacant(vacant) => vacant,
        };
        let number = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| (next < MAX).then_some(next + 1))
            .ok()?;
        let chunk = self.chunks[usize::from(number / CHUNK)]
            .get_or_init(|| (0..CHUNK).map(|_| OnceLock::new()).collect());
        // Set before the number becomes visible: a thread that finds the number finds the template.
        let template = Template { prefix: prefix.into(), suffix: suffix.map(Into::into) };
        let _ = chunk[usize::from(number % CHUNK)].set(template);
        vacant.insert(number);
        Some(number)
    }

    /// The number, expiry and length of the most recent template, if `text` begins with it. Equal bytes
    /// around the hole mean that parsing `text` would give the same result.
    pub(crate) fn match_recent(&self, text: &[u8]) -> Option<(u16, Option<i64>, usize)> {
        let number = self.recent.load(Ordering::Relaxed);
        let (expires, len) = self.get(number)?.match_start(text)?;
        Some((number, expires, len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(template: &Template, expires: Option<i64>) -> String {
        let mut out = Vec::new();
        template.write(expires, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn same_text_same_number() {
        let templates = Templates::new();
        let with = templates.intern(r#"{"expires":"#, Some("}")).unwrap();
        let without = templates.intern("{}", None).unwrap();
        assert_ne!(with, without);
        assert_eq!(templates.intern(r#"{"expires":"#, Some("}")), Some(with));
        assert_eq!(templates.intern("{}", None), Some(without));
        assert_eq!(
            written(templates.get(with).unwrap(), Some(0)),
            r#"{"expires":"1970-01-01T00:00:00.000Z"}"#
        );
        assert_eq!(written(templates.get(with).unwrap(), None), r#"{"expires":null}"#);
        assert_eq!(written(templates.get(without).unwrap(), Some(0)), "{}");
        assert_eq!(templates.get(without + 1), None);
        assert_eq!(templates.get(u16::MAX), None);
    }

    #[test]
    fn number_and_length_are_bounded() {
        let templates = Templates::new();
        for number in 0..MAX {
            assert_eq!(templates.intern(&format!(r#"{{"a":{number}}}"#), None), Some(number));
        }
        assert_eq!(templates.intern("{}", None), None);
        assert_eq!(templates.intern(r#"{"a":7}"#, None), Some(7));
        assert_eq!(Templates::new().intern(&"x".repeat(MAX_LEN + 1), None), None);
    }

    #[test]
    fn matches_the_start_of_a_text() {
        let templates = Templates::new();
        assert_eq!(templates.match_recent(b"{}"), None);
        templates.intern(r#"{"expires":"#, Some(r#","a":1}"#)).unwrap();
        let date = br#"{"expires":"1970-01-01T00:00:00.001Z","a":1},"b":2}"#;
        assert_eq!(templates.match_recent(date), Some((0, Some(1), 44)));
        assert_eq!(templates.match_recent(br#"{"expires":null,"a":1}"#), Some((0, None, 22)));
        for other in [
            &br#"{"expires":"1970-01-01T00:00:00.001Z","a":2}"#[..],
            br#"{"expires":"1970-01-01T00:00:00.0010","a":1}"#,
            br#"{"expires":"1970-01-01T00:00:00.001Z"#,
            br#"{"expires":1,"a":1}"#,
            br#"{"expires":""#,
            br#"{"expires":"#,
            b"",
        ] {
            assert_eq!(templates.match_recent(other), None);
        }
    }
}
