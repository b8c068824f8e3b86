//! A session in one allocation: the id, what the template does not have of the cookie, and the data.
//!
//! ```text
//! id       24 bytes, or a length (u32) and that many bytes
//! expires  8 bytes, if it is a date other than the deadline
//! cookie   a length (u32) and that many bytes, if it is inline
//! data     the rest
//! ```

use std::collections::TryReserveError;

use crate::codec::encoding::Encoding;
use crate::codec::id::{Id, PACKED};
use crate::codec::split::CookieForm;

/// Where a record has the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CookieIn {
    Template,
    Inline,
    /// In the data, which is the whole text.
    Whole,
}

/// Where a record has the value of the cookie's `expires`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expires {
    /// The cookie has none.
    None,
    /// It equals the deadline.
    Deadline,
    Stored,
}

/// The layout of a record, in a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form(u8);

impl Form {
    const TEXT_ID: u8 = 1 << 6;

    pub(super) fn new(id: &Id<'_>, encoding: Encoding, cookie: CookieIn, expires: Expires) -> Self {
        let id = if matches!(id, Id::Text(_)) { Self::TEXT_ID } else { 0 };
        Form(id | encoding as u8 | (cookie as u8) << 2 | (expires as u8) << 4)
    }

    pub(super) fn encoding(self) -> Encoding {
        match self.0 & 3 {
            0 => Encoding::Ascii,
            1 => Encoding::Utf8,
            _ => Encoding::Wide,
        }
    }

    pub(super) fn cookie(self) -> CookieIn {
        match self.0 >> 2 & 3 {
            0 => CookieIn::Template,
            1 => CookieIn::Inline,
            _ => CookieIn::Whole,
        }
    }

    pub(super) fn expires(self) -> Expires {
        match self.0 >> 4 & 3 {
            0 => Expires::None,
            1 => Expires::Deadline,
            _ => Expires::Stored,
        }
    }

    fn has_text_id(self) -> bool {
        self.0 & Self::TEXT_ID != 0
    }
}

/// The parts of a record.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) encoding: Encoding,
    /// `None`: `data` is the whole text.
    pub(super) cookie: Option<CookieForm<'a>>,
    /// The data in two pieces: the opening brace of a split text is not next to the rest.
    pub(super) data: [&'a [u8]; 2],
}

impl<'a> Parts<'a> {
    pub(super) fn whole(encoding: Encoding, text: &'a [u8]) -> Self {
        Parts { encoding, cookie: None, data: [b"", text] }
    }

    pub(super) fn template(&self) -> u16 {
        match self.cookie {
            Some(CookieForm::Template(number, _)) => number,
            _ => 0,
        }
    }

    pub(super) fn form(&self, id: &Id<'_>, deadline: i64) -> Form {
        let (cookie, expires) = match self.cookie {
            None => (CookieIn::Whole, Expires::None),
            Some(CookieForm::Inline(_)) => (CookieIn::Inline, Expires::None),
            Some(CookieForm::Template(_, None)) => (CookieIn::Template, Expires::None),
            Some(CookieForm::Template(_, Some(date))) if date == deadline => {
                (CookieIn::Template, Expires::Deadline)
            }
            Some(CookieForm::Template(_, Some(_))) => (CookieIn::Template, Expires::Stored),
        };
        Form::new(id, self.encoding, cookie, expires)
    }

    /// The length of the record.
    pub(super) fn len(&self, id: &Id<'_>, form: Form) -> usize {
        let cookie = match self.cookie {
            Some(CookieForm::Inline(text)) => 4 + text.len(),
            _ if form.expires() == Expires::Stored => 8,
            _ => 0,
        };
        id_len(id) + cookie + self.data[0].len() + self.data[1].len()
    }

    /// # Errors
    /// If there is no memory for it.
    pub(super) fn build(&self, id: &Id<'_>, form: Form) -> Result<Box<[u8]>, TryReserveError> {
        let mut record = Vec::new();
        record.try_reserve_exact(self.len(id, form))?;
        push_id(id, &mut record);
        self.pieces(form, |piece| record.extend_from_slice(piece));
        Ok(record.into_boxed_slice())
    }

    /// Writes over a record of the same id and length.
    pub(super) fn overwrite(&self, id: &Id<'_>, form: Form, record: &mut [u8]) {
        let mut at = id_len(id);
        self.pieces(form, |piece| {
            record[at..at + piece.len()].copy_from_slice(piece);
            at += piece.len();
        });
    }

    /// Passes on everything after the id.
    fn pieces(&self, form: Form, mut piece: impl FnMut(&[u8])) {
        match self.cookie {
            Some(CookieForm::Inline(text)) => {
                piece(&length(text));
                piece(text);
            }
            Some(CookieForm::Template(_, Some(date))) if form.expires() == Expires::Stored => {
                piece(&date.to_le_bytes());
            }
            _ => {}
        }
        piece(self.data[0]);
        piece(self.data[1]);
    }
}

fn id_len(id: &Id<'_>) -> usize {
    match id {
        Id::Packed(_) => PACKED,
        Id::Text(text) => 4 + text.len(),
    }
}

fn push_id(id: &Id<'_>, record: &mut Vec<u8>) {
    match id {
        Id::Packed(bytes) => record.extend_from_slice(bytes),
        Id::Text(text) => {
            record.extend_from_slice(&length(text));
            record.extend_from_slice(text);
        }
    }
}

/// V8's strings are far shorter than 4 GiB.
fn length(text: &[u8]) -> [u8; 4] {
    u32::try_from(text.len()).expect("a text of 4 GiB").to_le_bytes()
}

/// Whether the record belongs to `id`.
pub(super) fn is_of(record: &[u8], form: Form, id: &Id<'_>) -> bool {
    match id {
        Id::Packed(bytes) => !form.has_text_id() && record[..PACKED] == bytes[..],
        Id::Text(text) => form.has_text_id() && counted(record).0 == *text,
    }
}

/// The fields of a record.
pub(super) struct Fields<'a> {
    pub(super) id: Id<'a>,
    pub(super) cookie: Option<CookieForm<'a>>,
    pub(super) data: &'a [u8],
}

pub(super) fn read(record: &[u8], form: Form, template: u16, deadline: i64) -> Fields<'_> {
    let (id, rest) = if form.has_text_id() {
        let (text, rest) = counted(record);
        (Id::Text(text), rest)
    } else {
        let (bytes, rest) = record.split_first_chunk().expect("a packed id");
        (Id::Packed(*bytes), rest)
    };
    let (cookie, data) = match form.cookie() {
        CookieIn::Whole => (None, rest),
        CookieIn::Inline => {
            let (text, data) = counted(rest);
            (Some(CookieForm::Inline(text)), data)
        }
        CookieIn::Template => {
            let (expires, data) = match form.expires() {
                Expires::None => (None, rest),
                Expires::Deadline => (Some(deadline), rest),
                Expires::Stored => {
                    let (bytes, data) = rest.split_first_chunk().expect("a stored date");
                    (Some(i64::from_le_bytes(*bytes)), data)
                }
            };
            (Some(CookieForm::Template(template, expires)), data)
        }
    };
    Fields { id, cookie, data }
}

fn counted(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (len, rest) = bytes.split_first_chunk().expect("a length");
    rest.split_at(u32::from_le_bytes(*len) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_restored() {
        let ids = [Id::new(b"AAAABBBBCCCCDDDDabcdefgh0123-_xy"), Id::new(b"foreign"), Id::new(b"")];
        let cookies = [
            None,
            Some(CookieForm::Inline(br#"{"a":1}"#)),
            Some(CookieForm::Inline(b"")),
            Some(CookieForm::Template(3, None)),
            Some(CookieForm::Template(3, Some(7000))),
            Some(CookieForm::Template(3, Some(-7000))),
        ];
        for id in ids {
            for cookie in cookies {
                for encoding in [Encoding::Ascii, Encoding::Utf8, Encoding::Wide] {
                    for deadline in [7000, 8000] {
                        let parts = Parts { encoding, cookie, data: [b"{", br#""b":2}"#] };
                        let form = parts.form(&id, deadline);
                        let record = parts.build(&id, form).unwrap();
                        assert_eq!(record.len(), parts.len(&id, form));
                        assert!(is_of(&record, form, &id));
                        assert!(!is_of(&record, form, &Id::new(b"other")));
                        let fields = read(&record, form, parts.template(), deadline);
                        assert!(fields.id == id);
                        assert_eq!((fields.cookie, fields.data), (cookie, &br#"{"b":2}"#[..]));
                        assert_eq!(form.encoding(), encoding);

                        let again = Parts { data: [b"{", br#""c":3}"#], ..parts };
                        let mut over = record.clone();
                        again.overwrite(&id, form, &mut over);
                        assert_eq!(over, again.build(&id, form).unwrap());
                    }
                }
            }
        }
    }
}
