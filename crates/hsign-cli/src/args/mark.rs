use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use hsign::pdf::{Corner, PageArea, PageNumber, Place};

/// Points in a millimetre.
const POINTS: f64 = 72.0 / 25.4;
/// From a mark in a corner to both edges: what office printers leave white, and a little more.
const MARGIN: f64 = 10.0 * POINTS;

/// What is seen of a signature on the page.
#[derive(Args, Debug)]
pub(crate) struct MarkOptions {
    /// Show a mark: PAGE:CORNER (last:bottom-right), PAGE:LEFT,BOTTOM,WIDTH,HEIGHT in mm, or "field" for the place of the field that is signed
    #[arg(long, value_name = "PLACE")]
    pub(crate) mark: Option<MarkPlace>,
    /// Size of a mark in a corner, in mm
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "65x18", requires = "mark")]
    pub(crate) mark_size: MarkSize,
    /// What the mark says; every line comes from the certificate and the signature
    #[arg(long, value_enum, value_name = "LINES", value_delimiter = ',', requires = "mark",
          default_values_t = [MarkLine::Name, MarkLine::Profession, MarkLine::Time])]
    pub(crate) mark_text: Vec<MarkLine>,
    /// Image of a seal, PNG or JPEG
    #[arg(long, value_name = "FILE", requires = "mark")]
    pub(crate) mark_seal: Option<PathBuf>,
    /// Font of the mark's text (TTF, OTF; FILE#N for font N of a collection)
    #[arg(long, value_name = "FILE", requires = "mark")]
    pub(crate) mark_font: Option<String>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkLine {
    /// The signer's name
    Name,
    /// The profession in the certificate
    Profession,
    /// The signing time
    Time,
    /// What --reason says
    Reason,
    /// What --location says
    Location,
    /// No text, only the seal
    None,
}

/// Width and height in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MarkSize([f64; 2]);

/// A place as it was typed: a corner gets its size later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MarkPlace {
    Field,
    Corner(PageNumber, Corner),
    Rectangle(PageNumber, [f64; 4]),
}

impl MarkPlace {
    pub(crate) fn with_size(self, size: MarkSize) -> Place {
        match self {
            Self::Field => Place::Field,
            Self::Corner(page, corner) => {
                let area = PageArea::Corner { corner, size: size.0, margin: MARGIN };
                Place::Page { page, area }
            }
            Self::Rectangle(page, rectangle) => Place::Page { page, area: PageArea::At(rectangle) },
        }
    }
}

impl FromStr for MarkSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sides: Vec<f64> = text.split('x').filter_map(millimetres).collect();
        match sides.as_slice() {
            [width, height] if *width > 0.0 && *height > 0.0 => Ok(Self([*width, *height])),
            _ => Err("WIDTHxHEIGHT in millimetres, for example 65x18".to_owned()),
        }
    }
}

impl FromStr for MarkPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "field" {
            return Ok(Self::Field);
        }
        let wrong = || "last:bottom-right, 1:20,30,65,18 or field".to_owned();
        let (page, area) = text.split_once(':').ok_or_else(wrong)?;
        let page = match page {
            "last" => PageNumber::Last,
            number => PageNumber::Number(number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?),
        };
        let corner = match area {
            "top-left" => Corner::TopLeft,
            "top-right" => Corner::TopRight,
            "bottom-left" => Corner::BottomLeft,
            "bottom-right" => Corner::BottomRight,
            _ => {
                let numbers: Option<Vec<f64>> = area.split(',').map(millimetres).collect();
                let rectangle: [f64; 4] = numbers.and_then(|all| all.try_into().ok()).ok_or_else(wrong)?;
                return Ok(Self::Rectangle(page, rectangle));
            }
        };
        Ok(Self::Corner(page, corner))
    }
}

/// Points from a number of millimetres.
fn millimetres(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * POINTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_the_help_says() {
        assert_eq!("field".parse(), Ok(MarkPlace::Field));
        assert_eq!("last:top-left".parse(), Ok(MarkPlace::Corner(PageNumber::Last, Corner::TopLeft)));
        let Ok(MarkPlace::Rectangle(PageNumber::Number(2), [left, ..])) = "2:25.4, 0,10,10".parse() else {
            panic!("a rectangle");
        };
        assert!((left - 72.0).abs() < 1e-9);
        for wrong in ["", "last", "0:top-left", "1:middle", "1:1,2,3", "1:1,2,3,NaN", "-1:top-left"] {
            assert!(wrong.parse::<MarkPlace>().is_err(), "{wrong}");
        }
        assert!("65x18".parse::<MarkSize>().is_ok());
        assert!("65".parse::<MarkSize>().is_err() && "0x4".parse::<MarkSize>().is_err());
    }
}
