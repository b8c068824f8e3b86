//! Cutting a session's text into the cookie, of which most is the same everywhere, and the data.

use memchr::memmem;

use super::iso_date;
use super::json;
use super::template::Templates;

const START: &[u8] = br#"{"cookie":"#;

/// How a cookie is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CookieForm<'a> {
    /// As a template's number and the value of `expires`.
    Template(u16, Option<i64>),
    /// As its text.
    Inline(&'a [u8]),
}

/// A session's text in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split<'a> {
    /// `data` is what follows the cookie, from the first byte after the comma: the data's JSON
    /// object without its opening brace.
    Cut { cookie: CookieForm<'a>, data: &'a [u8] },
    /// Not a text that can be cut and put together again without loss.
    Whole,
}

/// Cuts a session's text.
pub(super) fn split<'a>(text: &'a [u8], templates: &Templates) -> Split<'a> {
    let Some(rest) = text.strip_prefix(START) else { return Split::Whole };
    let (cookie, len) = if let Some((number, expires, len)) = templates.match_recent(rest) {
        (CookieForm::Template(number, expires), len)
    } else {
        let Some(object) = json::leading_object(rest) else { return Split::Whole };
        (form(object, templates), object.len())
    };
    match &rest[len..] {
        b"}" => Split::Cut { cookie, data: b"}" },
        // The first would come back as `}`; in the second a later cookie may be the one that counts.
        [b',', data @ ..] if data != b"}" && !may_have_cookie(data) => Split::Cut { cookie, data },
        _ => Split::Whole,
    }
}

/// The form of a cookie given as JSON.
pub(super) fn cookie_form<'a>(text: &'a [u8], templates: &Templates) -> CookieForm<'a> {
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
    // A key may be written in escapes; such a cookie is nobody's common case.
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
                        // Every such cookie would be a template of its own.
                        None => return inline,
                    },
                    None => return inline,
                },
            };
            let number = templates.intern(&object[..value.start], Some(&object[value.end..]));
            number.map(|number| (number, date))
        }
        // Of doubled keys the last counts; not worth a rule.
        (Some(_), Some(_)) => return inline,
    };
    interned.map_or(inline, |(number, date)| CookieForm::Template(number, date))
}

/// Whether the cookie's `originalMaxAge` is no number of whole seconds. It is what was left of a fixed expiry
/// then, which differs from session to session: templates of it would use up the room for others.
fn has_remainder(object: &str) -> bool {
    json::members(object)
        .filter(|(key, _)| &object[key.clone()] == "originalMaxAge")
        .any(|(_, value)| object[value].parse::<f64>().is_ok_and(|ms| ms % 1000.0 != 0.0))
}

/// Whether the data may have a member `cookie` of its own. Nested ones are suspected too: that
/// costs them some bytes and nothing else.
fn may_have_cookie(data: &[u8]) -> bool {
    memmem::find(data, br#""cookie""#).is_some() || memmem::find(data, br"\u00").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: &str =
        r#"{"originalMaxAge":1000,"expires":"1970-01-01T00:00:01.000Z","httpOnly":true,"path":"/"}"#;

    fn cut<'a>(text: &'a str, templates: &Templates) -> Option<(CookieForm<'a>, &'a str)> {
        match split(text.as_bytes(), templates) {
            Split::Cut { cookie, data } => Some((cookie, std::str::from_utf8(data).unwrap())),
            Split::Whole => None,
        }
    }

    #[test]
    fn what_is_left_of_a_fixed_expiry_makes_no_templates() {
        let templates = Templates::new();
        for ms in 999_000..1_001_000 {
            let cookie = COOKIE.replace(":1000,", &format!(":{ms},"));
            let form = cookie_form(cookie.as_bytes(), &templates);
            assert_eq!(matches!(form, CookieForm::Template(..)), ms % 1000 == 0, "{cookie}");
        }
        assert_eq!(templates.intern("{}", None), Some(2));
    }

    #[test]
    fn cuts_at_the_cookie_and_at_expires() {
        let templates = Templates::new();
        // The second time goes by the template matched last.
        for _ in 0..2 {
            let text = format!(r#"{{"cookie":{COOKIE},"a":1}}"#);
            assert_eq!(cut(&text, &templates), Some((CookieForm::Template(0, Some(1000)), r#""a":1}"#)));
        }
        assert_eq!(templates.get(0).unwrap().prefix(), r#"{"originalMaxAge":1000,"expires":"#);
        assert_eq!(templates.get(0).unwrap().suffix(), r#","httpOnly":true,"path":"/"}"#);
        let text = format!(r#"{{"cookie":{COOKIE}}}"#);
        assert_eq!(cut(&text, &templates), Some((CookieForm::Template(0, Some(1000)), "}")));
    }

    #[test]
    fn null_fills_the_hole_and_absence_has_none() {
        let templates = Templates::new();
        let null = r#"{"cookie":{"expires":null,"path":"/"},"a":1}"#;
        assert_eq!(cut(null, &templates), Some((CookieForm::Template(0, None), r#""a":1}"#)));
        assert!(templates.get(0).unwrap().has_hole());
        let absent = r#"{"cookie":{"path":"/","data":{"expires":null}},"a":1}"#;
        assert_eq!(cut(absent, &templates), Some((CookieForm::Template(1, None), r#""a":1}"#)));
        assert!(!templates.get(1).unwrap().has_hole());
    }

    #[test]
    fn odd_cookies_stay_inline() {
        let templates = Templates::new();
        for cookie in [
            r#"{"expires":"+275760-09-13T00:00:00.000Z"}"#,
            r#"{"expires":5}"#,
            r#"{"expires":"x"}"#,
            r#"{"expires":null,"expires":null}"#,
            r#"{"\u0065xpires":null}"#,
        ] {
            let text = format!(r#"{{"cookie":{cookie},"a":1}}"#);
            assert_eq!(cut(&text, &templates), Some((CookieForm::Inline(cookie.as_bytes()), r#""a":1}"#)));
            assert_eq!(cookie_form(cookie.as_bytes(), &templates), CookieForm::Inline(cookie.as_bytes()));
        }
        assert_eq!(templates.get(0), None);
    }

    #[test]
    fn what_cannot_be_cut_stays_whole() {
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
            assert_eq!(cut(text, &templates), None, "{text}");
        }
    }

    #[test]
    fn a_cookie_by_itself() {
        let templates = Templates::new();
        for _ in 0..2 {
            assert_eq!(cookie_form(COOKIE.as_bytes(), &templates), CookieForm::Template(0, Some(1000)));
        }
        let more = format!("{COOKIE} ");
        assert_eq!(cookie_form(more.as_bytes(), &templates), CookieForm::Inline(more.as_bytes()));
    }
}
