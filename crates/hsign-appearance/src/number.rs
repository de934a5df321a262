//! Numbers as PDF writes them.

use hsign_pdf::Object;

/// A number with three decimals at most: a thousandth of a point is below what any device shows.
pub(crate) fn text(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

pub(crate) fn real(value: f64) -> Object {
    Object::Real(text(value).into_bytes())
}

pub(crate) fn array(values: &[f64]) -> Object {
    Object::Array(values.iter().copied().map(real).collect())
}
