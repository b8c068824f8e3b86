//! The only date format that is stored as a number: `YYYY-MM-DDTHH:mm:ss.sssZ`, which
//! `Date.prototype.toISOString` writes for the years 0 to 9999.

/// Length of the format.
pub(crate) const LEN: usize = 24;

const DAY_MS: i64 = 86_400_000;

/// Milliseconds since the epoch, if [`format`] writes exactly `text` for them.
pub(crate) fn parse(text: &[u8]) -> Option<i64> {
    let text: &[u8; LEN] = text.try_into().ok()?;
    let days = days_from_civil(number(&text[0..4])?, number(&text[5..7])?, number(&text[8..10])?);
    let seconds = (number(&text[11..13])? * 60 + number(&text[14..16])?) * 60 + number(&text[17..19])?;
    let ms = days * DAY_MS + seconds * 1000 + number(&text[20..23])?;
    // Formatting the result again checks separators, month lengths and ranges at once.
    (format(ms)? == *text).then_some(ms)
}

/// The milliseconds that have this format: years of four digits.
pub(crate) const RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// Formats `ms`, if its year has four digits.
pub(crate) fn format(ms: i64) -> Option<[u8; LEN]> {
    if !RANGE.contains(&ms) {
        return None;
    }
    let (year, month, day) = civil_from_days(ms.div_euclid(DAY_MS));
    let of_day = ms.rem_euclid(DAY_MS);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    digits(&mut text[0..4], year);
    digits(&mut text[5..7], month);
    digits(&mut text[8..10], day);
    digits(&mut text[11..13], of_day / 3_600_000);
    digits(&mut text[14..16], of_day / 60_000 % 60);
    digits(&mut text[17..19], of_day / 1000 % 60);
    digits(&mut text[20..23], of_day % 1000);
    Some(text)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

#[expect(clippy::cast_sign_loss, reason = "value % 10 is one digit")]
fn digits(out: &mut [u8], mut value: i64) {
    for byte in out.iter_mut().rev() {
        *byte = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

// Both use a calendar whose year starts in March, which makes the leap day the last day of its year.
// They count in eras of 400 years, each of which has 146,097 days.

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn vectors() {
        for (text, ms) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789),
            ("2025-11-21T19:52:00.001Z", 1_763_754_720_001),
            ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(ms), "{text}");
            assert_eq!(format(ms).as_ref().map(<[u8; LEN]>::as_slice), Some(text.as_bytes()));
        }
    }

    #[test]
    fn rejects_other_formats() {
        for text in [
            "",
            "2025-11-21T19:52:00.000",
            "2025-11-21 19:52:00.000Z",
            "2025-02-29T00:00:00.000Z",
            "2025-13-01T00:00:00.000Z",
            "2025-00-01T00:00:00.000Z",
            "2025-01-00T00:00:00.000Z",
            "2025-01-01T24:00:00.000Z",
            "2025-01-01T00:60:00.000Z",
            "2025-01-01T00:00:60.000Z",
            "2025-01-01T00:00:00.00+Z",
            "+10000-01-01T00:00:00.0Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(format(253_402_300_800_000), None);
        assert_eq!(format(-62_167_219_200_001), None);
        assert_eq!(format(8_640_000_000_000_000), None);
    }

    proptest! {
        #[test]
        fn round_trip(ms in -62_167_219_200_000_i64..253_402_300_800_000) {
            prop_assert_eq!(parse(&format(ms).unwrap()), Some(ms));
        }

        #[test]
        fn parses_only_what_it_writes(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9].[0-9]{3}Z") {
            if let Some(ms) = parse(text.as_bytes()) {
                prop_assert_eq!(&format(ms).unwrap()[..], text.as_bytes());
            }
        }
    }
}
