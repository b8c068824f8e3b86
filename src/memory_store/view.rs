//! What a reader sees of a session.

use super::record::{self, Encoding};
use super::shard::Remains;
use super::slot::Slot;
use super::split::CookieForm;
use super::template::Templates;

/// A session's cookie, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewCookie<'a> {
    /// A template and what goes into its hole (`None`: `null`).
    Template {
        /// For [`super::MemoryStore::template`].
        number: u16,
        /// Milliseconds since the epoch.
        expires: Option<i64>,
    },
    /// The cookie's JSON.
    Inline(&'a [u8]),
    /// [`View::data`] is the whole text of the session, cookie and all.
    Whole,
}

/// A session, as long as its shard is locked.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Which creation of this id it is, for [`super::Write::Update`].
    pub born: u32,
    /// The session is gone from this millisecond on.
    pub deadline: u64,
    /// How `data` is to be read.
    pub encoding: Encoding,
    /// The cookie.
    pub cookie: ViewCookie<'a>,
    /// The data's JSON object, without the cookie; or the whole text.
    pub data: &'a [u8],
    templates: &'a Templates,
}

impl<'a> View<'a> {
    pub(super) fn of(slot: &'a Slot, templates: &'a Templates) -> Self {
        let fields = record::read(&slot.record, slot.form, slot.template, slot.deadline);
        Self::new(&fields, slot.form.encoding(), slot.born, slot.deadline, templates)
    }

    pub(super) fn of_remains(remains: &'a Remains, templates: &'a Templates) -> Self {
        let fields = record::read(&remains.record, remains.form, remains.template, remains.deadline);
        Self::new(&fields, remains.form.encoding(), remains.born, remains.deadline, templates)
    }

    fn new(
        fields: &record::Fields<'a>,
        encoding: Encoding,
        born: u32,
        deadline: u64,
        templates: &'a Templates,
    ) -> Self {
        let cookie = match fields.cookie {
            Some(CookieForm::Template(number, expires)) => ViewCookie::Template { number, expires },
            Some(CookieForm::Inline(text)) => ViewCookie::Inline(text),
            None => ViewCookie::Whole,
        };
        View { born, deadline, encoding, cookie, data: fields.data, templates }
    }

    /// Appends the session's whole text, as it was written, and says how it is to be read.
    pub fn write_text(&self, out: &mut Vec<u8>) -> Encoding {
        if self.cookie == ViewCookie::Whole {
            out.extend_from_slice(self.data);
            return self.encoding;
        }
        out.extend_from_slice(br#"{"cookie":"#);
        let cookie = out.len();
        match self.cookie {
            ViewCookie::Template { number, expires } => {
                // Numbers are checked when they come in.
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
