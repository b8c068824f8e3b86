//! How the bytes of a text are to be read.

/// How the bytes of a text are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Every byte is below 128.
    Ascii,
    /// UTF-8.
    Utf8,
    /// UTF-16, little-endian, lone surrogates included. Such a text is never split.
    Wide,
}
