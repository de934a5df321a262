//! Rectangles and transformations of user space (ISO 32000-2, 8.3).

use crate::object::Object;

/// Left, bottom, right, top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area(pub(super) [f64; 4]);

/// An overlap below this, in points, is a touch: a frame drawn along a line of text.
const TOUCH: f64 = 1.0;

impl Area {
    /// The smallest area that holds these points.
    pub(super) fn around(points: &[(f64, f64)]) -> Self {
        let mut area = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let [left, bottom, right, top] = &mut area;
        for (x, y) in points {
            *left = left.min(*x);
            *bottom = bottom.min(*y);
            *right = right.max(*x);
            *top = top.max(*y);
        }
        Self(area)
    }

    /// Whether it has no width or no height.
    pub(super) fn is_empty(&self) -> bool {
        let [left, bottom, right, top] = self.0;
        let positive = right - left > f64::EPSILON && top - bottom > f64::EPSILON;
        !positive
    }

    /// Whether the two share more than an edge.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let [left, bottom, right, top] = self.0;
        let [other_left, other_bottom, other_right, other_top] = other.0;
        let apart = right - other_left <= TOUCH
            || other_right - left <= TOUCH
            || top - other_bottom <= TOUCH
            || other_top - bottom <= TOUCH;
        !apart
    }

    /// In whole units, as reports show it.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn rounded(&self) -> [i32; 4] {
        self.0.map(|number| number.round() as i32)
    }
}

/// a b c d e f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix([f64; 6]);

impl Matrix {
    pub(crate) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub(super) fn new(numbers: [f64; 6]) -> Self {
        Self(numbers)
    }

    pub(super) fn translation(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// Six numbers.
    pub(crate) fn of(operands: &[Object]) -> Option<Self> {
        let numbers: Vec<f64> = operands.iter().filter_map(Object::as_number).collect();
        numbers.try_into().ok().map(Self)
    }

    /// Lengths of the two sides of the unit square once transformed: what an image fills.
    pub(crate) fn sides(&self) -> (f64, f64) {
        let [a, b, c, d, _, _] = self.0;
        (a.hypot(b), c.hypot(d))
    }

    /// This one first, then `next`.
    pub(crate) fn then(&self, next: &Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [na, nb, nc, nd, ne, nf] = next.0;
        Self([
            a * na + b * nc,
            a * nb + b * nd,
            c * na + d * nc,
            c * nb + d * nd,
            e * na + f * nc + ne,
            e * nb + f * nd + nf,
        ])
    }

    pub(super) fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (x * a + y * c + e, x * b + y * d + f)
    }

    /// The area around a rectangle once transformed.
    pub(super) fn area(&self, left: f64, bottom: f64, right: f64, top: f64) -> Area {
        let corners = [(left, bottom), (right, bottom), (left, top), (right, top)];
        Area::around(&corners.map(|(x, y)| self.apply(x, y)))
    }
}
