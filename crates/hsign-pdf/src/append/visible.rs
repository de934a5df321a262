//! Where a signature field is seen, and the form XObject it shows (ISO 32000-2, 12.5.5).

use std::fmt;

use super::writer::Update;
use crate::document::Snapshot;
use crate::error::{Error, Result};
use crate::object::{Dictionary, Object, ObjectId};
use crate::page::{PageGeometry, PageNumber, Rectangle};

/// Draws what a signature field shows.
pub trait Appearance {
    /// The drawing for a rectangle of that size in points, its origin at the lower left corner. Objects it needs
    /// are put into the update.
    ///
    /// # Errors
    /// When it doesn't fit, or an object can't be added.
    fn draw(&self, width: f64, height: f64, update: &mut Update<'_, '_>) -> Result<Drawing>;
}

/// A content stream and the resources it names.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Its /Resources.
    pub resources: Dictionary,
    /// The content stream.
    pub content: Vec<u8>,
}

/// A field that is seen.
#[derive(Clone, Copy)]
pub struct Visible<'a> {
    /// Where.
    pub place: Place,
    /// What it shows.
    pub appearance: &'a dyn Appearance,
}

impl fmt::Debug for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visible").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Where a mark stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// In the rectangle of the existing field that is signed.
    Field,
    /// On a page.
    Page {
        /// Which.
        page: PageNumber,
        /// Where on it.
        area: PageArea,
    },
}

/// A rectangle on a page as it is shown, in points from its lower left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PageArea {
    /// Left, bottom, width and height.
    At([f64; 4]),
    /// In a corner.
    Corner {
        /// Which.
        corner: Corner,
        /// Width and height.
        size: [f64; 2],
        /// Distance from both edges.
        margin: f64,
    },
}

/// A corner of a page as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

/// A page with a rectangle on it in its own user space.
pub(crate) struct Spot {
    pub(crate) page_id: ObjectId,
    pub(crate) page: Dictionary,
    pub(crate) rectangle: Rectangle,
    geometry: PageGeometry,
}

/// Finds the page and turns the area into user space.
pub(crate) fn spot(snapshot: Snapshot<'_, '_>, page: PageNumber, area: PageArea) -> Result<Spot> {
    let (page_id, page) = snapshot.page(page)?.ok_or(Error::NoSuchPage)?;
    let geometry = snapshot.page_geometry(&page)?;
    let [left, bottom, width, height] = on_shown_page(area, &geometry);
    let (page_width, page_height) = geometry.shown_size();
    let fits = width > 0.0 && height > 0.0 && left >= 0.0 && bottom >= 0.0;
    // A hundredth of a point for what the sums of fractions lose.
    if !fits || left + width > page_width + 0.01 || bottom + height > page_height + 0.01 {
        return Err(Error::OutsidePage { width: page_width, height: page_height });
    }
    let a = geometry.user_space(left, bottom);
    let b = geometry.user_space(left + width, bottom + height);
    let rectangle = [a[0].min(b[0]), a[1].min(b[1]), a[0].max(b[0]), a[1].max(b[1])];
    Ok(Spot { page_id, page, rectangle, geometry })
}

fn on_shown_page(area: PageArea, geometry: &PageGeometry) -> [f64; 4] {
    match area {
        PageArea::At(rectangle) => rectangle,
        PageArea::Corner { corner, size: [width, height], margin } => {
            let (page_width, page_height) = geometry.shown_size();
            let right = page_width - margin - width;
            let top = page_height - margin - height;
            let (left, bottom) = match corner {
                Corner::TopLeft => (margin, top),
                Corner::TopRight => (right, top),
                Corner::BottomLeft => (margin, margin),
                Corner::BottomRight => (right, margin),
            };
            [left, bottom, width, height]
        }
    }
}

impl PageGeometry {
    /// Width and height in points as shown, rotation applied.
    #[must_use]
    pub fn shown_size(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.shown;
        let (width, height) = ((right - left) * self.user_unit, (top - bottom) * self.user_unit);
        if self.rotation % 180 == 90 { (height, width) } else { (width, height) }
    }

    /// The point of user space that is shown at (`x`, `y`) points from the lower left corner.
    pub(crate) fn user_space(&self, x: f64, y: f64) -> [f64; 2] {
        let [left, bottom, right, top] = self.shown;
        let (x, y) = (x / self.user_unit, y / self.user_unit);
        match self.rotation {
            90 => [right - y, bottom + x],
            180 => [right - x, top - y],
            270 => [left + y, top - x],
            _ => [left + x, bottom + y],
        }
    }

    /// Turns a drawing back against the page's rotation (ISO 32000-2, 12.5.5: /Matrix of an appearance).
    fn upright(&self) -> [i64; 6] {
        match self.rotation {
            90 => [0, 1, -1, 0, 0, 0],
            180 => [-1, 0, 0, -1, 0, 0],
            270 => [0, -1, 1, 0, 0, 0],
            _ => [1, 0, 0, 1, 0, 0],
        }
    }
}

/// Draws into the spot; gives the /AP dictionary.
pub(crate) fn appearance(
    spot: &Spot,
    appearance: &dyn Appearance,
    update: &mut Update<'_, '_>,
) -> Result<Object> {
    let [left, bottom, right, top] = spot.rectangle;
    let unit = spot.geometry.user_unit;
    let (mut width, mut height) = ((right - left) * unit, (top - bottom) * unit);
    if spot.geometry.rotation % 180 == 90 {
        (width, height) = (height, width);
    }
    let drawing = appearance.draw(width, height, update)?;
    let mut form = Dictionary::new();
    form.set("Type", Object::name("XObject"));
    form.set("Subtype", Object::name("Form"));
    form.set("BBox", numbers(&[0.0, 0.0, width, height]));
    form.set("Matrix", Object::Array(spot.geometry.upright().map(Object::Integer).to_vec()));
    form.set("Resources", Object::Dictionary(drawing.resources));
    let id = update.allocate()?;
    update.set_stream(id, &form, &drawing.content);
    let mut states = Dictionary::new();
    states.set("N", Object::Reference(id));
    Ok(Object::Dictionary(states))
}

/// The /AP dictionary of a field that shows nothing.
pub(crate) fn nothing(update: &mut Update<'_, '_>) -> Result<Object> {
    let mut form = Dictionary::new();
    form.set("Type", Object::name("XObject"));
    form.set("Subtype", Object::name("Form"));
    form.set("BBox", Object::Array(vec![Object::Integer(0); 4]));
    let id = update.allocate()?;
    update.set_stream(id, &form, &[]);
    let mut states = Dictionary::new();
    states.set("N", Object::Reference(id));
    Ok(Object::Dictionary(states))
}

/// The spot of an existing field: its own rectangle, on the page it names.
pub(crate) fn spot_of_field(snapshot: Snapshot<'_, '_>, field: &Dictionary) -> Result<Spot> {
    let rectangle = snapshot.rectangle(&snapshot.value(field, "Rect")?)?.ok_or(Error::InvisibleField)?;
    let named = field.get("P").and_then(Object::as_reference);
    let (page_id, page) = match named.map(|id| Ok::<_, Error>((id, snapshot.get(id)?))).transpose()? {
        Some((id, Object::Dictionary(page))) => (id, page),
        _ => snapshot.first_page()?,
    };
    let geometry = snapshot.page_geometry(&page)?;
    Ok(Spot { page_id, page, rectangle, geometry })
}

pub(crate) fn numbers(values: &[f64]) -> Object {
    Object::Array(values.iter().copied().map(Object::real).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(rotation: u16) -> PageGeometry {
        PageGeometry { shown: [10.0, 20.0, 110.0, 220.0], rotation, user_unit: 1.0 }
    }

    #[test]
    fn the_corners_of_the_shown_page_are_those_of_the_box() {
        // A viewer turns the page clockwise, so that its lower left corner shows another corner of the box.
        let expected = [(0, [10.0, 20.0]), (90, [110.0, 20.0]), (180, [110.0, 220.0]), (270, [10.0, 220.0])];
        for (rotation, corner) in expected {
            assert_eq!(geometry(rotation).user_space(0.0, 0.0), corner, "{rotation}");
        }
        assert_eq!(geometry(90).shown_size(), (200.0, 100.0));
        assert_eq!(geometry(90).user_space(200.0, 100.0), [10.0, 220.0]);
    }

    #[test]
    fn a_user_unit_scales_points() {
        let scaled = PageGeometry { user_unit: 2.0, ..geometry(0) };
        assert_eq!(scaled.shown_size(), (200.0, 400.0));
        assert_eq!(scaled.user_space(20.0, 40.0), [20.0, 40.0]);
    }
}
