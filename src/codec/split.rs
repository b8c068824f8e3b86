//! Splits a session's text into its cookie, which is nearly the same in all sessions, and its data.

use memchr::memmem;

use super::iso_date;
use super::json;
use super::template::Templates;

const START: &[u8] = br#"{"cookie":"#;

/// How a cookie is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieForm<'a> {
    /// As a template's number and the value of `expires`.
    Template(u16, Option<i64>),
    /// As its text.
    Inline(&'a [u8]),
}

/// A session's text in two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split<'a> {
    /// `data` follows the comma after the cookie: the data's JSON object without its opening brace.
    Parts { cookie: CookieForm<'a>, data: &'a [u8] },
    /// The text cannot be split and joined again without loss.
    Whole,
}

/// Splits a session's text.
pub(crate) fn split<'a>(text: &'a [u8], templates: &Templates) -> Split<'a> {
    let Some(rest) = text.strip_prefix(START) else { return Split::Whole };
    let (cookie, len) = if let Some((number, expires, len)) = templates.match_recent(rest) {
        (CookieForm::Template(number, expires), len)
    } else {
        let Some(object) = json::leading_object(rest) else { return Split::Whole };
        (form(object, templates), object.len())
    };
    match &rest[len..] {
        b"}" => Split::Parts { cookie, data: b"}" },
        // Empty data after a comma would come back without the comma. A second cookie in the data would be
        // the one that counts.
        [b',', data @ ..] if data != b"}" && !may_have_cookie(data) => Split::Parts { cookie, data },
        _ => Split::Whole,
    }
}

/// The form of a cookie given as JSON.
pub(crate) fn cookie_form<'a>(text: &'a [u8], templates: &Templates) -> CookieForm<'a> {
    match templates.match_recent(text) {
        Some((number, expires, len)) if len == text.len() => CookieForm::Template(number, expires),
        _ => match json::leading_object(text) {
            Some(object) if object.len() == text.len() => form(object, templates),
            _ => CookieForm::Inline(text),
        },
    }
}

fn form<'a>(object: &'a str, templates: &Templates) -> CookieForm<'a> {
    let inline = CookieForm::Inline(object.as_bytes());
    // An escaped key could be `expires`. Such cookies are rare, so they stay inline.
    if object.contains('\\') || has_remainder(object) {
        return inline;
    }
    let mut expires = json::members(object).filter(|(key, _)| &object[key.clone()] == "expires");
    let interned = match (expires.next(), expires.next()) {
        (None, _) => templates.intern(object, None).map(|number| (number, None)),
        (Some((_, value)), None) => {
            let date = match &object[value.clone()] {
                "null" => None,
                date => match date.strip_prefix('"').and_then(|date| date.strip_suffix('"')) {
                    Some(date) => match iso_date::parse(date.as_bytes()) {
                        Some(ms) => Some(ms),
                        // Each such cookie would be a template of its own.
                        None => return inline,
                    },
                    None => return inline,
                },
            };
            let number = templates.intern(&object[..value.start], Some(&object[value.end..]));
            number.map(|number| (number, date))
        }
        // Of repeated keys the last one counts. Too rare to support.
        (Some(_), Some(_)) => return inline,
    };
    interned.map_or(inline, |(number, date)| CookieForm::Template(number, date))
}

/// Whether the cookie's `originalMaxAge` is not in whole seconds. Then it is the remainder of a fixed expiry
/// and differs from session to session: such templates would take the place of others.
fn has_remainder(object: &str) -> bool {
    json::members(object)
        .filter(|(key, _)| &object[key.clone()] == "originalMaxAge")
        .any(|(_, value)| object[value].parse::<f64>().is_ok_and(|ms| ms % 1000.0 != 0.0))
}

/// Whether two cookies differ in their expiry at most.
pub(crate) fn differ_in_expiry(one: &[u8], other: &[u8]) -> bool {
    let (Some(one), Some(other)) = (json::leading_object(one), json::leading_object(other)) else {
        return one == other;
    };
    let attributes = |object| {
        let members = json::members(object).map(move |(key, value)| (&object[key], &object[value]));
        members.filter(|(key, _)| *key != "expires")
    };
    attributes(one).eq(attributes(other))
}

/// Whether the data may have a member `cookie` of its own. Nested members count too, which costs their
/// sessions some bytes and nothing else.
fn may_have_cookie(data: &[u8]) -> bool {
    memmem::find(data, br#""cookie""#).is_some() || memmem::find(data, br"\u00").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: &str =
        r#"{"originalMaxAge":1000,"expires":"1970-01-01T00:00:01.000Z","httpOnly":true,"path":"/"}"#;

    fn parts_of<'a>(text: &'a str, templates: &Templates) -> Option<(CookieForm<'a>, &'a str)> {
        match split(text.as_bytes(), templates) {
            Split::Parts { cookie, data } => Some((cookie, std::str::from_utf8(data).unwrap())),
            Split::Whole => None,
        }
    }

    #[test]
    fn the_remainder_of_a_fixed_expiry_makes_no_templates() {
        let templates = Templates::new();
        for ms in 999_000..1_001_000 {
            let cookie = COOKIE.replace(":1000,", &format!(":{ms},"));
            let form = cookie_form(cookie.as_bytes(), &templates);
            assert_eq!(matches!(form, CookieForm::Template(..)), ms % 1000 == 0, "{cookie}");
        }
        assert_eq!(templates.intern("{}", None), Some(2));
    }

    #[test]
    fn splits_at_the_cookie_and_at_expires() {
        let templates = Templates::new();
        // The second round matches the most recent template.
        for _ in 0..2 {
            let text = format!(r#"{{"cookie":{COOKIE},"a":1}}"#);
            assert_eq!(parts_of(&text, &templates), Some((CookieForm::Template(0, Some(1000)), r#""a":1}"#)));
        }
        assert_eq!(templates.get(0).unwrap().prefix(), r#"{"originalMaxAge":1000,"expires":"#);
        assert_eq!(templates.get(0).unwrap().suffix(), r#","httpOnly":true,"path":"/"}"#);
        let text = format!(r#"{{"cookie":{COOKIE}}}"#);
        assert_eq!(parts_of(&text, &templates), Some((CookieForm::Template(0, Some(1000)), "}")));
    }

    #[test]
    fn null_fills_the_hole_and_a_missing_expires_has_no_hole() {
        let templates = Templates::new();
        let null = r#"{"cookie":{"expires":null,"path":"/"},"a":1}"#;
        assert_eq!(parts_of(null, &templates), Some((CookieForm::Template(0, None), r#""a":1}"#)));
        assert!(templates.get(0).unwrap().has_hole());
        let absent = r#"{"cookie":{"path":"/","data":{"expires":null}},"a":1}"#;
        assert_eq!(parts_of(absent, &templates), Some((CookieForm::Template(1, None), r#""a":1}"#)));
        assert!(!templates.get(1).unwrap().has_hole());
    }

    #[test]
    fn unusual_cookies_stay_inline() {
        let templates = Templates::new();
        for cookie in [
            r#"{"expires":"+275760-09-13T00:00:00.000Z"}"#,
            r#"{"expires":5}"#,
            r#"{"expires":"x"}"#,
            r#"{"expires":null,"expires":null}"#,
            r#"{"\u0065xpires":null}"#,
        ] {
            let text = format!(r#"{{"cookie":{cookie},"a":1}}"#);
            assert_eq!(
                parts_of(&text, &templates),
                Some((CookieForm::Inline(cookie.as_bytes()), r#""a":1}"#))
            );
            assert_eq!(cookie_form(cookie.as_bytes(), &templates), CookieForm::Inline(cookie.as_bytes()));
        }
        assert_eq!(templates.get(0), None);
    }

    #[test]
    fn text_that_cannot_be_split_stays_whole() {
        let templates = Templates::new();
        for text in [
            "",
            "{}",
            r#"{"a":1,"cookie":{}}"#,
            r#"{ "cookie":{}}"#,
            r#"{"cookie":null}"#,
            r#"{"cookie":"x"}"#,
            r#"{"cookie":{}"#,
            r#"{"cookie":{},}"#,
            r#"{"cookie":{}} "#,
            r#"{"cookie":{} ,"a":1}"#,
            r#"{"cookie":{},"cookie":1}"#,
            r#"{"cookie":{},"a":1,"\u0063ookie":1}"#,
            r#"{"cookie":{"a"},"a":1}"#,
        ] {
            assert_eq!(parts_of(text, &templates), None, "{text}");
        }
    }

    #[test]
    fn a_cookie_without_data() {
        let templates = Templates::new();
        for _ in 0..2 {
            assert_eq!(cookie_form(COOKIE.as_bytes(), &templates), CookieForm::Template(0, Some(1000)));
        }
        let more = format!("{COOKIE} ");
        assert_eq!(cookie_form(more.as_bytes(), &templates), CookieForm::Inline(more.as_bytes()));
    }
}
