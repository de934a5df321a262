//! Numbers as PDF writes them.

use hsign_pdf::Object;

pub(crate) fn array(values: &[f64]) -> Object {
    Object::Array(values.iter().copied().map(Object::real).collect())
}
