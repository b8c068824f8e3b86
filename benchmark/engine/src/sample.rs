//! Sessions of the shape that the goals are set for.

/// A time to begin at.
pub const NOW: i64 = 1_763_754_720_000;
/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The id of a number: 32 characters that look random and are the same every time.
#[must_use]
pub fn id(number: usize) -> String {
    characters(number as u64)
}

fn characters(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let mut text = String::with_capacity(32);
    for _ in 0..32 {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        text.push(char::from(ALPHABET[((mixed ^ mixed >> 31) % 64) as usize]));
    }
    text
}

/// A cookie that expires at a time in November 2025.
#[must_use]
pub fn cookie(expires: i64) -> String {
    let ms = expires - 1_761_955_200_000;
    let (day, of_day) = (ms / DAY + 1, ms % DAY);
    format!(
        r#"{{"originalMaxAge":86400000,"expires":"2025-11-{day:02}T{:02}:{:02}:{:02}.{:03}Z","secure":false,"httpOnly":true,"path":"/"}}"#,
        of_day / 3_600_000,
        of_day / 60_000 % 60,
        of_day / 1000 % 60,
        of_day % 1000,
    )
}

/// The data without the cookie.
#[must_use]
pub fn data(number: usize) -> String {
    format!(
        r#"{{"user":{{"id":{},"name":"user{:07}","roles":["member","beta"]}},"views":{},"csrf":"{}"}}"#,
        number,
        number % 10_000_000,
        10 + number % 90,
        characters(!(number as u64)),
    )
}

/// The whole text.
#[must_use]
pub fn text(number: usize, expires: i64) -> String {
    format!(r#"{{"cookie":{},{}"#, cookie(expires), &data(number)[1..])
}
