use hsign_core::Time;

use crate::{Class, Error, Tag, Tlv};

/// How a time was written, for the rules that RFC 5280 §4.1.2.5 and DER (X.690 §11.7, §11.8) add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TimeForm {
    /// GeneralizedTime rather than UTCTime.
    pub generalized: bool,
    /// Seconds left out.
    pub seconds_missing: bool,
    /// Offset from UTC instead of `Z`.
    pub offset: bool,
    /// Fraction of a second.
    pub fraction: bool,
    /// The fraction ends in zero or uses a comma.
    pub fraction_not_der: bool,
}

impl TimeForm {
    /// Whether DER allows this form.
    #[must_use]
    pub fn is_der(self) -> bool {
        !self.seconds_missing && !self.offset && !self.fraction_not_der
    }

    /// Whether certificates and CRLs may be written so: as DER, without fraction, and with UTCTime through
    /// 2049 (RFC 5280 §4.1.2.5).
    #[must_use]
    pub fn is_rfc5280(self, time: Time) -> bool {
        let needs_generalized = !(1950..2050).contains(&time.utc().0);
        self.is_der() && !self.fraction && self.generalized == needs_generalized
    }
}

/// The instant of a UTCTime or GeneralizedTime in any form BER allows, but a local time without zone.
///
/// # Errors
/// When it is another type or no time.
pub fn time(tlv: &Tlv<'_>) -> Result<Time, Error> {
    time_with_form(tlv).map(|(time, _)| time)
}

/// The instant and how it was written. An instant in the calendar's last 26 hours (RFC 5280 §4.1.2.5 uses
/// 99991231235959Z for "no expiration") is read as the last one [`Time`] can hold.
///
/// # Errors
/// When it is another type or no time.
pub fn time_with_form(tlv: &Tlv<'_>) -> Result<(Time, TimeForm), Error> {
    let generalized = match tlv.tag {
        Tag::UTC_TIME => false,
        Tag::GENERALIZED_TIME => true,
        Tag { class: Class::Context, constructed: false, .. } => true,
        _ => return Err(tlv.bad("neither UTCTime nor GeneralizedTime")),
    };
    parse(tlv.contents, generalized).ok_or_else(|| tlv.bad("not a time"))
}

fn parse(text: &[u8], generalized: bool) -> Option<(Time, TimeForm)> {
    let mut form = TimeForm { generalized, ..TimeForm::default() };
    let mut text = Digits(text);
    let year = if generalized {
        i16::from(text.two()?) * 100 + i16::from(text.two()?)
    } else {
        // RFC 5280 §4.1.2.5.1: 50 to 99 are 19xx, 00 to 49 are 20xx.
        let year = i16::from(text.two()?);
        year + if year >= 50 { 1900 } else { 2000 }
    };
    let (month, day) = (text.two()?, text.two()?);
    let (hour, minute) = (text.two()?, text.two()?);
    let second = text.two();
    form.seconds_missing = second.is_none();
    let mut nanoseconds = 0;
    if generalized
        && second.is_some()
        && text.take(|octet| matches!(octet, b'.' | b',')).is_some_and(|separator| {
            form.fraction_not_der = separator == b',';
            true
        })
    {
        form.fraction = true;
        let (value, ends_in_zero) = text.fraction()?;
        nanoseconds = value;
        form.fraction_not_der |= ends_in_zero;
    }
    let offset_seconds = text.zone(generalized, &mut form)?;
    if !text.0.is_empty() || hour > 23 || minute > 59 {
        return None;
    }
    let clock = (hour, minute, second.unwrap_or(0));
    let last_day = (9999, 12, 30);
    let local = match Time::from_utc((year, month, day), clock, nanoseconds) {
        Ok(time) => time,
        // The calendar stops at 9999-12-30T22:00Z so that every offset stays within year 9999.
        Err(_) if (year, month) == (9999, 12) && (30..=31).contains(&day) && clock.2 <= 60 => {
            Time::from_utc(last_day, (22, 0, 0), 0).ok()?
        }
        Err(_) => return None,
    };
    Some((local.plus_seconds(-offset_seconds), form))
}

struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !wanted(*first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }

    /// Two digits, or nothing taken.
    fn two(&mut self) -> Option<u8> {
        match self.0 {
            [tens, ones, rest @ ..] if tens.is_ascii_digit() && ones.is_ascii_digit() => {
                self.0 = rest;
                Some((tens - b'0') * 10 + (ones - b'0'))
            }
            _ => None,
        }
    }

    /// Digits after the separator: nanoseconds (further digits are cut off) and whether the last is zero.
    fn fraction(&mut self) -> Option<(u32, bool)> {
        let mut nanoseconds = 0;
        let mut scale: u32 = 100_000_000;
        let mut last = None;
        while let Some(digit) = self.take(|octet| octet.is_ascii_digit()) {
            nanoseconds += u32::from(digit - b'0') * scale;
            scale /= 10;
            last = Some(digit);
        }
        last.map(|last| (nanoseconds, last == b'0'))
    }

    /// `Z`, `+hhmm`, `-hhmm`, and for GeneralizedTime `+hh`: seconds east of UTC.
    fn zone(&mut self, generalized: bool, form: &mut TimeForm) -> Option<i64> {
        let sign = match self.take(|octet| matches!(octet, b'Z' | b'+' | b'-'))? {
            b'Z' => return Some(0),
            b'+' => 1,
            _ => -1,
        };
        form.offset = true;
        let hours = self.two()?;
        let minutes = match self.two() {
            None if generalized => 0,
            minutes => minutes?,
        };
        if hours > 23 || minutes > 59 {
            return None;
        }
        Some(sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<(String, TimeForm)> {
        parse(text.as_bytes(), false).map(|(time, form)| (time.to_string(), form))
    }

    fn generalized(text: &str) -> Option<(String, TimeForm)> {
        parse(text.as_bytes(), true).map(|(time, form)| (time.to_string(), form))
    }

    #[test]
    fn rfc5280_4_1_2_5_1_two_digit_years() {
        assert_eq!(utc("500101000000Z").unwrap().0, "1950-01-01T00:00:00Z");
        assert_eq!(utc("491231235959Z").unwrap().0, "2049-12-31T23:59:59Z");
        assert!(utc("491231235959Z").unwrap().1.is_der());
    }

    #[test]
    fn forms_outside_der_are_read_and_told() {
        let (time, form) = utc("2601010900+0900").unwrap();
        assert_eq!(time, "2026-01-01T00:00:00Z");
        assert!(form.seconds_missing && form.offset && !form.is_der());
        let (time, form) = generalized("20260101000000.1350Z").unwrap();
        assert_eq!(time, "2026-01-01T00:00:00.135Z");
        assert!(form.fraction && form.fraction_not_der);
        let (time, form) = generalized("20260101000000.135-0130").unwrap();
        assert_eq!(time, "2026-01-01T01:30:00.135Z");
        assert!(form.offset && !form.fraction_not_der);
        assert!(generalized("20260101000000.135Z").unwrap().1.is_der());
        assert_eq!(generalized("202601010900+09").unwrap().0, "2026-01-01T00:00:00Z");
    }

    #[test]
    fn rfc5280_4_1_2_5_generalized_time_is_for_2050_and_later() {
        for (text, is_generalized, conforms) in [
            ("20491231235959Z", true, false),
            ("20500101000000Z", true, true),
            ("491231235959Z", false, true),
            ("20500101000000.5Z", true, false),
        ] {
            let (time, form) = parse(text.as_bytes(), is_generalized).unwrap();
            assert_eq!(form.is_rfc5280(time), conforms, "{text}");
        }
    }

    #[test]
    fn rfc5280_4_1_2_5_no_expiration_date_is_the_calendars_end() {
        let (time, form) = generalized("99991231235959Z").unwrap();
        assert!(time.starts_with("9999-12-30T22:00:00"), "{time}");
        assert!(form.is_der());
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "260101000000",
            "261301000000Z",
            "260230000000Z",
            "260101240000Z",
            "260101000061Z",
            "260101000000Zx",
            "26010100000Z",
            "260101000000+2400",
            "260101000000.5Z",
            "2601010000 0Z",
            "260101000000+09",
        ] {
            assert!(utc(text).is_none(), "{text}");
        }
        for text in
            ["20260101000000", "20260101000000.Z", "20260101000000.5", "2026010100Z", "99991232000000Z"]
        {
            assert!(generalized(text).is_none(), "{text}");
        }
    }
}
