//! Each kind of file, as scanners and modalities write it, and as nobody should.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use hsign_core::facts::{ScanFacts, ScanImage};
use hsign_scan::scan_facts;
use hsign_testkit::documents;

fn facts(bytes: &[u8]) -> ScanFacts {
    scan_facts(&bytes.to_vec()).unwrap().unwrap()
}

fn only(bytes: &[u8]) -> ScanImage {
    let facts = facts(bytes);
    assert_eq!(facts.findings, []);
    let [image] = facts.images.try_into().unwrap();
    image
}

fn image(dpi: Option<u32>, bits: u32, compression: &str, lossy: Option<bool>) -> ScanImage {
    let compression = compression.to_owned();
    ScanImage { page: 1, pixels: (1_654, 2_339), dpi, bits_per_pixel: Some(bits), compression, lossy }
}

fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, kind, data, &[0; 4]].concat()
}

fn png(depth: u8, colour: u8) -> Vec<u8> {
    let header = [&1_654_u32.to_be_bytes()[..], &2_339_u32.to_be_bytes(), &[depth, colour, 0, 0, 0]].concat();
    let density = [&7_874_u32.to_be_bytes()[..], &7_874_u32.to_be_bytes(), &[1]].concat();
    let chunks = [chunk(b"IHDR", &header), chunk(b"pHYs", &density), chunk(b"IDAT", b"x")].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunks].concat()
}

#[test]
fn a_png_file_says_its_depth_and_pixels_for_a_metre() {
    assert_eq!(only(&png(8, 2)), image(Some(200), 24, "deflate", Some(false)));
    assert_eq!(only(&png(1, 0)).bits_per_pixel, Some(1));
    assert_eq!(only(&png(8, 3)).bits_per_pixel, Some(8), "a palette has no more colours than its index");
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, data].concat()
}

fn jpeg(frame: u8, unit: u8, density: u16) -> Vec<u8> {
    let density = density.to_be_bytes();
    let jfif = [&b"JFIF\0\x01\x01"[..], &[unit], &density, &density, &[0, 0]].concat();
    let size = [&[8][..], &2_339_u16.to_be_bytes(), &1_654_u16.to_be_bytes(), &[3], &[0; 9]].concat();
    let tables = segment(0xc4, &[0; 20]);
    [vec![0xff, 0xd8], segment(0xe0, &jfif), tables, segment(frame, &size), segment(0xda, &[0; 4])].concat()
}

#[test]
fn a_jpeg_file_loses_unless_its_frame_is_lossless() {
    assert_eq!(only(&jpeg(0xc0, 1, 200)), image(Some(200), 24, "jpeg", Some(true)));
    assert_eq!(only(&jpeg(0xc2, 2, 79)).dpi, Some(201), "dots for a centimetre");
    assert_eq!(only(&jpeg(0xc3, 0, 1)), image(None, 24, "jpeg-lossless", Some(false)));
    assert_eq!(only(&jpeg(0xf7, 0, 1)).lossy, None);
}

struct Tiff {
    big_endian: bool,
    bytes: Vec<u8>,
}

impl Tiff {
    fn new(big_endian: bool) -> Self {
        let mut file = Self { big_endian, bytes: if big_endian { b"MM" } else { b"II" }.to_vec() };
        file.short(42);
        file
    }

    fn short(&mut self, value: u16) {
        self.bytes.extend(if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn long(&mut self, value: u32) {
        self.bytes.extend(if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    /// Appends a directory; its position is where the last link pointed.
    fn page(&mut self, compression: u16, bits: u16, samples: u16, resolution: u32, unit: u16, last: bool) {
        let at = u32::try_from(self.bytes.len()).unwrap() + 4;
        self.long(at);
        let entries = 9;
        let values = at + 2 + entries * 12 + 4;
        self.short(u16::try_from(entries).unwrap());
        for (tag, kind, value) in [(254, 4, 0), (256, 4, 1_654), (257, 4, 2_339)] {
            self.short(tag);
            self.short(kind);
            self.long(1);
            self.long(value);
        }
        for (tag, value) in [(258, bits), (259, compression)] {
            self.short(tag);
            self.short(3);
            self.long(1);
            self.short(value);
            self.short(0);
        }
        self.short(277);
        self.short(3);
        self.long(1);
        self.short(samples);
        self.short(0);
        for tag in [282, 283] {
            self.short(tag);
            self.short(5);
            self.long(1);
            self.long(values);
        }
        self.short(296);
        self.short(3);
        self.long(1);
        self.short(unit);
        self.short(0);
        // The link to the next directory stands before the values of this one, which follow it.
        if last {
            self.long(0);
        } else {
            self.long(values + 8);
        }
        self.long(resolution);
        self.long(1);
        if !last {
            // `page` writes its own link first: the next directory begins behind these four bytes.
            let link = self.bytes.len() - 12;
            let next = u32::try_from(self.bytes.len()).unwrap() + 4;
            let next = if self.big_endian { next.to_be_bytes() } else { next.to_le_bytes() };
            self.bytes[link..link + 4].copy_from_slice(&next);
        }
    }
}

#[test]
fn a_tiff_file_has_a_page_for_each_directory_in_either_byte_order() {
    for big_endian in [false, true] {
        let mut file = Tiff::new(big_endian);
        file.page(4, 1, 1, 200, 2, false);
        file.page(5, 8, 3, 118, 3, false);
        file.page(7, 8, 1, 100, 2, true);
        let facts = facts(&file.bytes);
        assert_eq!((facts.format.as_str(), facts.pages), ("tiff", 3));
        assert_eq!(facts.images[0], image(Some(200), 1, "ccitt", Some(false)));
        assert_eq!((facts.images[1].dpi, facts.images[1].compression.as_str()), (Some(300), "lzw"));
        assert_eq!((facts.images[2].page, facts.images[2].lossy), (3, Some(true)));
    }
}

#[test]
fn a_chain_of_tiff_directories_that_comes_back_ends() {
    let mut file = Tiff::new(false);
    file.page(1, 8, 1, 200, 2, true);
    let link = file.bytes.len() - 12;
    file.bytes[link..link + 4].copy_from_slice(&8_u32.to_le_bytes());
    let facts = facts(&file.bytes);
    assert_eq!((facts.images.len(), facts.findings[0].code.as_str()), (1, "scan-image-unreadable"));
}

/// Explicit representation, little endian.
fn element(group: u16, number: u16, kind: &[u8], value: &[u8]) -> Vec<u8> {
    let tag = [group.to_le_bytes(), number.to_le_bytes()].concat();
    let length = u16::try_from(value.len()).unwrap().to_le_bytes();
    [&tag, kind, &length[..], value].concat()
}

fn implicit(group: u16, number: u16, value: &[u8]) -> Vec<u8> {
    let tag = [group.to_le_bytes(), number.to_le_bytes()].concat();
    [&tag, &u32::try_from(value.len()).unwrap().to_le_bytes()[..], value].concat()
}

fn dicom(syntax: &str, rest: &[u8]) -> Vec<u8> {
    let syntax = if syntax.len() % 2 == 1 { format!("{syntax}\0") } else { syntax.to_owned() };
    [&[0; 128][..], b"DICM", &element(2, 0x10, b"UI", syntax.as_bytes()), rest].concat()
}

fn attributes(element: impl Fn(u16, u16, &[u8], &[u8]) -> Vec<u8>) -> Vec<u8> {
    let short = |value: u16| value.to_le_bytes();
    [
        element(0x18, 0x2010, b"DS", b"0.127\\0.127 "),
        element(0x28, 0x2, b"US", &short(1)),
        element(0x28, 0x8, b"IS", b"2 "),
        element(0x28, 0x10, b"US", &short(2_339)),
        element(0x28, 0x11, b"US", &short(1_654)),
        element(0x28, 0x30, b"DS", b"0.5\\0.5 "),
        element(0x28, 0x101, b"US", &short(12)),
    ]
    .concat()
}

/// A sequence of undefined length with an item of undefined length that holds another image's size.
fn preview() -> Vec<u8> {
    let undefined = [0xff; 4];
    let item = [&[0xfe, 0xff, 0x00, 0xe0][..], &undefined].concat();
    let inside = element(0x28, 0x10, b"US", &1_u16.to_le_bytes());
    let ends = [0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];
    [&[0x08, 0, 0x40, 0x11][..], b"SQ\0\0", &undefined, &item, &inside, &ends].concat()
}

#[test]
fn a_dicom_object_says_its_pixels_on_the_film_and_what_its_syntax_loses() {
    let explicit = [preview(), attributes(element)].concat();
    let plain = facts(&dicom("1.2.840.10008.1.2.1", &explicit));
    assert_eq!((plain.pages, plain.images), (2, vec![image(Some(200), 12, "none", Some(false))]));
    assert_eq!(only(&dicom("1.2.840.10008.1.2.4.51", &explicit)).lossy, Some(true));
    assert_eq!(only(&dicom("1.2.840.10008.1.2.4.90", &explicit)).lossy, Some(false));
    let old = attributes(|group, number, _, value| implicit(group, number, value));
    assert_eq!(only(&dicom("1.2.840.10008.1.2", &old)), image(Some(200), 12, "none", Some(false)));
    let lossy = [explicit, element(0x28, 0x2110, b"CS", b"01")].concat();
    assert_eq!(only(&dicom("1.2.840.10008.1.2.1", &lossy)).lossy, Some(true), "lost before it was kept so");
    let deflated = facts(&dicom("1.2.840.10008.1.2.1.99", &[]));
    assert_eq!(deflated.findings[0].code, "scan-image-unreadable");
}

#[test]
fn a_pdf_page_is_a_scan_where_images_fill_it_and_is_measured_as_drawn() {
    let scan = facts(&documents::scanned_prescription().unwrap());
    assert_eq!((scan.format.as_str(), scan.findings.len()), ("pdf", 0));
    assert!(!scan.images.is_empty());
    for image in &scan.images {
        assert!(image.dpi.is_some() && image.bits_per_pixel.is_some() && image.lossy.is_some(), "{image:?}");
    }
    assert_eq!(scan_facts(&documents::referral_letter().unwrap()).unwrap(), None, "text is no scan");
}

/// A page of 8 by 11 inches with one image as wide and as high as told, in points.
fn page_with(width: u32, height: u32, dictionary: &str, data: &[u8]) -> Vec<u8> {
    let content = format!("q {width} 0 0 {height} 0 0 cm /Im0 Do Q");
    let stream = |dictionary: &str, data: &[u8]| {
        let head = format!("<<{dictionary}/Length {}>>\nstream\n", data.len());
        [head.as_bytes(), data, b"\nendstream"].concat()
    };
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 576 792]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</Im0 5 0 R>>>>>>".to_vec(),
        stream("", content.as_bytes()),
        stream(&format!("/Subtype/Image/Width 1600/Height 2200{dictionary}"), data),
    ];
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut rows = String::new();
    for (number, object) in (1..).zip(&objects) {
        rows.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 6\n0000000000 65535 f \n{rows}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
    bytes
}

#[test]
fn guideline_9_1_c1_resolution_depth_and_compression_of_page_images() {
    let grey = "/BitsPerComponent 8/ColorSpace/DeviceGray";
    let of = |filter: &str, colours: &str| only(&page_with(576, 792, &format!("{colours}{filter}"), b"x"));
    assert_eq!(of("/Filter/DCTDecode", grey).lossy, Some(true));
    let fax = of("/Filter/CCITTFaxDecode", "/ImageMask true");
    assert_eq!((fax.dpi, fax.bits_per_pixel, fax.lossy), (Some(200), Some(1), Some(false)));
    let colour = of("/Filter[/FlateDecode]", "/BitsPerComponent 8/ColorSpace/DeviceRGB");
    assert_eq!((colour.bits_per_pixel, colour.compression.as_str()), (Some(24), "FlateDecode"));
    assert_eq!(of("/Filter/JBIG2Decode", grey).lossy, None, "symbols may have been taken for others");
    let half = only(&page_with(576, 500, grey, b"x"));
    assert_eq!(half.dpi, Some(200), "the worse direction counts");
    assert_eq!(scan_facts(&page_with(100, 100, grey, b"x")).unwrap(), None, "a picture in a text is no scan");
}

#[test]
fn cut_files_are_told_or_read_as_far_as_they_go() {
    let explicit = [preview(), attributes(element)].concat();
    let mut tiff = Tiff::new(true);
    tiff.page(4, 1, 1, 200, 2, true);
    let files = [
        png(8, 2),
        jpeg(0xc0, 1, 200),
        tiff.bytes,
        dicom("1.2.840.10008.1.2.1", &explicit),
        page_with(576, 792, "/BitsPerComponent 8/ColorSpace/DeviceGray", b"x"),
    ];
    for file in files {
        for length in 0..file.len() {
            let _ = scan_facts(&file[..length].to_vec()).unwrap();
        }
        for place in 0..file.len() {
            let mut broken = file.clone();
            broken[place] ^= 0xff;
            let _ = scan_facts(&broken).unwrap();
        }
    }
}

#[test]
fn other_files_are_no_scans() {
    assert_eq!(scan_facts(&b"plain text".to_vec()).unwrap(), None);
    assert_eq!(scan_facts(&Vec::new()).unwrap(), None);
}
