//! A grey page that can be drawn on.

use super::font;

const INK: u8 = 40;

/// 8-bit grey samples, row by row from the top.
pub(crate) struct Raster {
    width: usize,
    height: usize,
    samples: Vec<u8>,
    random: Random,
}

/// Xorshift: enough for paper grain, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from((self.next() >> 32).to_le_bytes()[0]) * limit / 256
    }
}

impl Raster {
    /// An empty sheet with grain.
    pub(crate) fn paper(width: usize, height: usize) -> Self {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut grain = || match random.below(16) {
            0 => 240,
            1 => 246,
            2 => 242,
            _ => 244,
        };
        let samples = (0..width * height).map(|_| grain()).collect();
        Self { width, height, samples, random }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    pub(crate) fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// Ink on one point; off the page nothing happens.
    fn dot(&mut self, x: usize, y: usize) {
        if x < self.width {
            let grain = self.random.next().to_le_bytes()[0] & 0x1F;
            if let Some(sample) = self.samples.get_mut(y * self.width + x) {
                *sample = INK + grain;
            }
        }
    }

    fn fill(&mut self, x: usize, y: usize, width: usize, height: usize) {
        for row in y..y + height {
            for column in x..x + width {
                self.dot(column, row);
            }
        }
    }

    /// A box with lines of two points.
    pub(crate) fn frame(&mut self, x: usize, y: usize, width: usize, height: usize) {
        self.fill(x, y, width, 2);
        self.fill(x, y + height, width, 2);
        self.fill(x, y, 2, height);
        self.fill(x + width, y, 2, height);
    }

    /// A circle line, three points wide.
    pub(crate) fn ring(&mut self, x: usize, y: usize, radius: usize) {
        let inner = (radius - 3) * (radius - 3);
        for row in y - radius..=y + radius {
            for column in x - radius..=x + radius {
                let distance = row.abs_diff(y).pow(2) + column.abs_diff(x).pow(2);
                if (inner..=radius * radius).contains(&distance) {
                    self.dot(column, row);
                }
            }
        }
    }

    /// Printed capitals, digits and a few signs; each point of the letters is a square of `scale`.
    pub(crate) fn text(&mut self, x: usize, y: usize, scale: usize, text: &str) {
        for (position, letter) in text.chars().enumerate() {
            for (column, bits) in font::columns(letter).into_iter().enumerate() {
                for row in (0..7).filter(|row| bits >> row & 1 == 1) {
                    self.fill(x + (position * 6 + column) * scale, y + row * scale, scale, scale);
                }
            }
        }
    }

    /// Signs that look like handwriting from afar and mean nothing: bars and stems in cells of `size`.
    pub(crate) fn script(&mut self, x: usize, y: usize, size: usize, count: usize) {
        for cell in 0..count {
            let left = x + cell * (size + 4);
            for _ in 0..3 {
                let (offset, shift) = (self.random.below(size), self.random.below(size / 3));
                self.fill(left + shift, y + offset, size - 2 * shift, 2);
            }
            for _ in 0..2 {
                let (offset, shift) = (self.random.below(size), self.random.below(size / 2));
                self.fill(left + offset, y + shift, 2, size - shift);
            }
        }
    }
}
