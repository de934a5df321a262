//! A small PDF writer with two layouts (ISO 32000-1 §7.5): cross-reference table, or object and cross-reference streams.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::Error;

/// How objects and their positions are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Every object on its own, a cross-reference table, PDF 1.4.
    Classic,
    /// Dictionaries in one object stream, a cross-reference stream, PDF 1.5.
    ObjectStreams,
}

/// An indirect object; its number is its place in the list, from 1. The first is the catalogue, the last the information.
pub(crate) struct Object {
    dictionary: String,
    stream: Option<Vec<u8>>,
}

impl Object {
    /// A dictionary, given without its brackets.
    pub(crate) fn dictionary(entries: &str) -> Self {
        Self { dictionary: entries.to_owned(), stream: None }
    }

    /// A stream as it is.
    pub(crate) fn stream(entries: &str, contents: &[u8]) -> Self {
        let dictionary = format!("{entries} /Length {}", contents.len());
        Self { dictionary: dictionary.trim_start().to_owned(), stream: Some(contents.to_owned()) }
    }

    /// A stream under FlateDecode.
    pub(crate) fn compressed(entries: &str, contents: &[u8]) -> Result<Self, Error> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(contents)?;
        Ok(Self::stream(&format!("{entries} /Filter /FlateDecode"), &encoder.finish()?))
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = format!("<< {} >>", self.dictionary).into_bytes();
        if let Some(contents) = &self.stream {
            out.extend_from_slice(b"\nstream\n");
            out.extend_from_slice(contents);
            out.extend_from_slice(b"\nendstream");
        }
        out
    }
}

/// Where an object is.
#[derive(Clone, Copy)]
enum Place {
    Free,
    At(usize),
    /// Index in the object stream.
    Inside(usize),
}

pub(crate) fn write(layout: Layout, objects: &[Object]) -> Result<Vec<u8>, Error> {
    match layout {
        Layout::Classic => Ok(classic(objects)),
        Layout::ObjectStreams => with_object_streams(objects),
    }
}

fn classic(objects: &[Object]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        append(&mut out, number, object);
    }
    let start = out.len();
    let trailer = trailer(objects.len(), objects.len() + 1, &out);
    out.extend(format!("{table}trailer\n<< {trailer} >>\nstartxref\n{start}\n%%EOF\n").into_bytes());
    out
}

fn with_object_streams(objects: &[Object]) -> Result<Vec<u8>, Error> {
    let mut out = b"%PDF-1.5\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut places = vec![Place::Free];
    let (mut index, mut inside) = (String::new(), Vec::new());
    let mut count = 0;
    for (number, object) in (1..).zip(objects) {
        if object.stream.is_some() {
            places.push(Place::At(out.len()));
            append(&mut out, number, object);
        } else {
            places.push(Place::Inside(count));
            index.push_str(&format!("{number} {} ", inside.len()));
            inside.extend(object.bytes());
            inside.push(b'\n');
            count += 1;
        }
    }
    let container = objects.len() + 1;
    let entries = format!("/Type /ObjStm /N {count} /First {}", index.len());
    places.push(Place::At(out.len()));
    append(&mut out, container, &Object::compressed(&entries, &[index.as_bytes(), &inside].concat())?);

    let start = out.len();
    places.push(Place::At(start));
    let table: Vec<u8> = places.iter().flat_map(|place| entry(*place, container)).collect();
    let trailer = trailer(objects.len(), places.len(), &out);
    let section = Object::compressed(&format!("/Type /XRef /W [1 4 2] {trailer}"), &table)?;
    append(&mut out, container + 1, &section);
    out.extend(format!("startxref\n{start}\n%%EOF\n").into_bytes());
    Ok(out)
}

/// One entry of the cross-reference stream, fields of 1, 4 and 2 octets.
fn entry(place: Place, container: usize) -> Vec<u8> {
    let (kind, second, third) = match place {
        Place::Free => (0, 0, 0xFFFF),
        Place::At(position) => (1, position, 0),
        Place::Inside(index) => (2, container, index),
    };
    let second = u32::try_from(second).unwrap_or(u32::MAX).to_be_bytes();
    let third = u16::try_from(third).unwrap_or(u16::MAX).to_be_bytes();
    [&[kind], second.as_slice(), third.as_slice()].concat()
}

fn append(out: &mut Vec<u8>, number: usize, object: &Object) {
    out.extend(format!("{number} 0 obj\n").into_bytes());
    out.extend(object.bytes());
    out.extend_from_slice(b"\nendobj\n");
}

/// The identifier is taken from the contents, so that it stays the same.
fn trailer(information: usize, size: usize, contents: &[u8]) -> String {
    let digest = openssl::sha::sha256(contents);
    let identifier: String = digest.iter().take(16).map(|octet| format!("{octet:02X}")).collect();
    format!("/Size {size} /Root 1 0 R /Info {information} 0 R /ID [<{identifier}> <{identifier}>]")
}
