//! Where seal and text go within the rectangle.

/// Space kept free at every edge, in points.
const EDGE: f64 = 2.0;
/// Between seal and text.
const GAP: f64 = 4.0;
/// From one line to the next, in font sizes.
const LEADING: f64 = 1.25;
/// Type smaller than this can't be read on paper.
pub(crate) const SMALLEST_TYPE: f64 = 4.0;
/// Type larger than this looks like content.
const LARGEST_TYPE: f64 = 12.0;
/// Most of the width that the seal takes beside text.
const SEAL_SHARE: f64 = 0.4;

/// A rectangle: left, bottom, width, height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) bottom: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// What goes where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) seal: Option<Area>,
    pub(crate) type_size: f64,
    /// Left end and base line of every line, the first on top.
    pub(crate) lines: Vec<(f64, f64)>,
}

/// Seal at the left, text at the right; either alone is centred or fills the rectangle. `widths` are the lines'
/// in font sizes; `aspect` is the seal's width by its height.
pub(crate) fn arrange(width: f64, height: f64, aspect: Option<f64>, widths: &[f64]) -> Layout {
    let inner = Area { left: EDGE, bottom: EDGE, width: width - 2.0 * EDGE, height: height - 2.0 * EDGE };
    let share = if widths.is_empty() { inner } else { Area { width: inner.width * SEAL_SHARE, ..inner } };
    let seal = aspect.map(|aspect| fitted(share, aspect));
    let taken = seal.map_or(0.0, |seal| seal.width + GAP);
    let text = Area { left: inner.left + taken, width: inner.width - taken, ..inner };
    let type_size = type_size(text, widths);
    Layout { seal, type_size, lines: lines(text, type_size, widths.len()) }
}

/// The largest rectangle of that aspect within, at the left edge, centred vertically.
fn fitted(area: Area, aspect: f64) -> Area {
    let width = area.width.min(area.height * aspect);
    let height = width / aspect;
    Area { left: area.left, bottom: area.bottom + (area.height - height) / 2.0, width, height }
}

fn type_size(area: Area, widths: &[f64]) -> f64 {
    let widest = widths.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    #[allow(clippy::cast_precision_loss)]
    let by_height = area.height / (LEADING * widths.len().max(1) as f64);
    LARGEST_TYPE.min(by_height).min(area.width / widest)
}

/// The block of lines centred vertically; a base line lies a fifth of the type size above the line's foot.
fn lines(area: Area, type_size: f64, count: usize) -> Vec<(f64, f64)> {
    let step = type_size * LEADING;
    #[allow(clippy::cast_precision_loss)]
    let block = step * count as f64;
    let top = area.bottom + area.height.midpoint(block);
    #[allow(clippy::cast_precision_loss)]
    let base = |index: usize| top - step * (index as f64 + 1.0) + type_size * 0.25;
    (0..count).map(|index| (area.left, base(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_stays_inside_the_rectangle() {
        for (width, height) in [(200.0, 60.0), (60.0, 60.0), (80.0, 20.0), (30.0, 200.0)] {
            for aspect in [None, Some(1.0), Some(0.3), Some(4.0)] {
                let layout = arrange(width, height, aspect, &[6.0, 12.5, 3.0]);
                let seal = layout.seal.unwrap_or(Area { left: 0.0, bottom: 0.0, width: 0.0, height: 0.0 });
                assert!(seal.left + seal.width <= width && seal.bottom + seal.height <= height);
                assert!(seal.bottom >= 0.0);
                for ((left, base), text) in layout.lines.iter().zip([6.0, 12.5, 3.0]) {
                    assert!(left + text * layout.type_size <= width);
                    assert!(*base > 0.0 && base + layout.type_size <= height + 0.001);
                }
            }
        }
    }

    #[test]
    fn type_is_never_larger_than_what_looks_like_a_mark() {
        assert!(arrange(1000.0, 1000.0, None, &[1.0]).type_size <= LARGEST_TYPE);
    }

    #[test]
    fn a_seal_alone_takes_the_whole_height() {
        let layout = arrange(100.0, 54.0, Some(1.0), &[]);
        assert_eq!(layout.seal, Some(Area { left: 2.0, bottom: 2.0, width: 50.0, height: 50.0 }));
    }
}
