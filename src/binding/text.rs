//! JavaScript strings, and the bytes that the engines store for them.

use std::borrow::Cow;

use napi::bindgen_prelude::*;

use crate::codec::encoding::Encoding;

/// Bytes of a character in UTF-8, at most. With less room left, Node-API may have cut a text off.
const LONGEST_CHARACTER: usize = 4;
/// What Node-API puts behind a text.
const NUL: usize = 1;
/// U+FFFD in UTF-8. Half a surrogate pair turns into it.
const REPLACEMENT: &[u8] = &[0xEF, 0xBF, 0xBD];
/// The first byte of an id that has no UTF-8. No UTF-8 text contains it.
const WIDE_ID: u8 = 0xFF;

/// A JavaScript string. Text that UTF-8 cannot hold stays UTF-16: different strings stay different.
pub struct Text {
    pub bytes: Vec<u8>,
    pub encoding: Encoding,
}

impl Text {
    /// The bytes of an id, for the store.
    pub fn into_id(mut self) -> Vec<u8> {
        if self.encoding == Encoding::Wide {
            self.bytes.insert(0, WIDE_ID);
        }
        self.bytes
    }

    /// The text in UTF-8. As in `Buffer.from`, half a surrogate pair becomes U+FFFD.
    pub fn utf8(&self) -> Cow<'_, [u8]> {
        match self.encoding {
            Encoding::Wide => Cow::Owned(String::from_utf16_lossy(&self.units()).into_bytes()),
            _ => Cow::Borrowed(&self.bytes),
        }
    }

    /// The UTF-16 units of a wide text.
    fn units(&self) -> Vec<u16> {
        self.bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect()
    }

    /// The text of an id of the store.
    pub fn from_id(mut bytes: Vec<u8>) -> Self {
        if bytes.first() == Some(&WIDE_ID) {
            bytes.remove(0);
            return Text { bytes, encoding: Encoding::Wide };
        }
        Text::from_utf8(bytes)
    }

    pub fn from_utf8(bytes: Vec<u8>) -> Self {
        let encoding = if bytes.is_ascii() { Encoding::Ascii } else { Encoding::Utf8 };
        Text { bytes, encoding }
    }
}

impl FromNapiValue for Text {
    #[expect(unsafe_code, reason = "napi-rs reads a string in two calls and two passes, this in one")]
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut bytes: Vec<u8> = Vec::with_capacity(1024);
        let mut length = 0;
        let read = |bytes: &mut Vec<u8>, length: &mut usize| {
            // SAFETY: the buffer has the capacity that is passed, and `length` bytes of it are written.
            let status = unsafe {
                sys::napi_get_value_string_utf8(
                    env,
                    value,
                    bytes.as_mut_ptr().cast(),
                    bytes.capacity(),
                    length,
                )
            };
            if status != sys::Status::napi_ok {
                return Err(Error::new(Status::StringExpected, "a string is expected"));
            }
            // SAFETY: as above.
            unsafe { bytes.set_len(*length) };
            Ok(())
        };
        read(&mut bytes, &mut length)?;
        // The number of characters is known to V8. That of bytes it has to count, which only texts beyond ASCII need.
        for length_of in [sys::napi_get_value_string_latin1, sys::napi_get_value_string_utf8] {
            if length + LONGEST_CHARACTER + NUL <= bytes.capacity() {
                break;
            }
            let mut whole = 0;
            // SAFETY: without a buffer, Node-API writes only the length.
            unsafe { length_of(env, value, std::ptr::null_mut(), 0, &raw mut whole) };
            bytes.clear();
            make_room(&mut bytes, whole + LONGEST_CHARACTER + NUL)?;
            read(&mut bytes, &mut length)?;
        }
        let text = Text::from_utf8(bytes);
        if text.encoding == Encoding::Utf8 && text.bytes.windows(3).any(|three| three == REPLACEMENT) {
            // SAFETY: `value` is a string in this `env`.
            let wide = unsafe { Utf16String::from_napi_value(env, value) }?;
            if char::decode_utf16(wide.iter().copied()).any(|unit| unit.is_err()) {
                let bytes = wide.iter().flat_map(|unit| unit.to_le_bytes()).collect();
                return Ok(Text { bytes, encoding: Encoding::Wide });
            }
        }
        Ok(text)
    }
}

impl ToNapiValue for Text {
    #[expect(unsafe_code, reason = "Latin-1 strings need no decoding")]
    unsafe fn to_napi_value(env: sys::napi_env, text: Self) -> Result<sys::napi_value> {
        let Text { bytes, encoding } = &text;
        let length = isize::try_from(bytes.len()).map_err(|_| Error::from_reason("the text is too long"))?;
        let mut value = std::ptr::null_mut();
        // SAFETY: pointer and length belong to a living buffer.
        let status = unsafe {
            match encoding {
                Encoding::Ascii => {
                    sys::napi_create_string_latin1(env, bytes.as_ptr().cast(), length, &raw mut value)
                }
                Encoding::Utf8 => {
                    sys::napi_create_string_utf8(env, bytes.as_ptr().cast(), length, &raw mut value)
                }
                Encoding::Wide => {
                    let units = text.units();
                    sys::napi_create_string_utf16(env, units.as_ptr(), length / 2, &raw mut value)
                }
            }
        };
        if status == sys::Status::napi_ok {
            Ok(value)
        } else {
            Err(Error::new(status.into(), "the text is too long"))
        }
    }
}

/// Reserves memory for a text.
///
/// # Errors
/// If the system has none. Otherwise the process would end.
pub fn make_room(bytes: &mut Vec<u8>, len: usize) -> Result<()> {
    bytes.try_reserve_exact(len).map_err(|_| Error::from_reason("the system has no memory for the text"))
}

pub fn with_room(len: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    make_room(&mut bytes, len)?;
    Ok(bytes)
}

/// `undefined` for `None`. An `Option` would become `null`.
pub fn or_undefined(text: Option<Text>) -> Either<Text, ()> {
    text.map_or(Either::B(()), Either::A)
}
