//! Small documents, written by hand and apart from the crate's own writer.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::cast_possible_truncation, clippy::panic)]
#![allow(clippy::ptr_arg)] // a slice can't be borrowed as a source

use hsign_pdf::{
    Document, Extended, SignatureFields, SignatureRequest, SubFilter, prepare_signature, signature_fields,
};

/// How the cross-reference section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Table,
    Stream,
}

/// Appends revisions of objects given as text.
pub struct Builder {
    pub bytes: Vec<u8>,
    previous: Option<usize>,
    size: u32,
    pub kind: Kind,
    pub trailer: String,
    /// Entries of the next revision for which nothing is written: number and position.
    pub elsewhere: Vec<(u32, usize)>,
}

pub const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R>>";
pub const PAGES: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
pub const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>";
pub const CONTENT: &str = "<</Length 24>>\nstream\n0 0 m 100 100 l S 1 w   \nendstream";

impl Builder {
    pub fn new(kind: Kind) -> Self {
        Self {
            bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            previous: None,
            size: 1,
            kind,
            trailer: "/Root 1 0 R".to_owned(),
            elsewhere: Vec::new(),
        }
    }

    /// One page with a line on it.
    pub fn one_page(kind: Kind) -> Self {
        let mut builder = Self::new(kind);
        builder.revision(&[(1, CATALOG), (2, PAGES), (3, PAGE), (4, CONTENT)]);
        builder
    }

    /// A revision with these objects; an empty body frees the number.
    pub fn revision(&mut self, objects: &[(u32, &str)]) -> &mut Self {
        let mut entries: Vec<(u32, usize)> = Vec::new();
        if self.previous.is_none() {
            entries.push((0, 0));
        }
        for (number, body) in objects {
            self.size = self.size.max(number + 1);
            entries.push((*number, if body.is_empty() { 0 } else { self.bytes.len() }));
            if !body.is_empty() {
                self.bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
            }
        }
        for (number, offset) in std::mem::take(&mut self.elsewhere) {
            self.size = self.size.max(number + 1);
            entries.push((number, offset));
        }
        let start = self.bytes.len();
        let previous = self.previous.map_or(String::new(), |at| format!("/Prev {at}"));
        match self.kind {
            Kind::Table => {
                let mut table = "xref\n".to_owned();
                for (number, offset) in &entries {
                    let line = if *offset == 0 {
                        "0000000000 65535 f \n".to_owned()
                    } else {
                        format!("{offset:010} 00000 n \n")
                    };
                    table.push_str(&format!("{number} 1\n{line}"));
                }
                let trailer = format!("trailer\n<</Size {}{previous}{}>>\n", self.size, self.trailer);
                self.bytes.extend(format!("{table}{trailer}startxref\n{start}\n%%EOF\n").bytes());
            }
            Kind::Stream => {
                let own = self.size;
                self.size += 1;
                entries.push((own, start));
                let rows: Vec<u8> = entries
                    .iter()
                    .flat_map(|(_, offset)| {
                        [u8::from(*offset != 0), 0, (offset >> 16) as u8, (offset >> 8) as u8, *offset as u8]
                    })
                    .collect();
                let index: String = entries.iter().map(|(number, _)| format!("{number} 1 ")).collect();
                let dictionary = format!(
                    "{own} 0 obj\n<</Type/XRef/Size {}/W[1 4 0]/Index[{index}]/Length {}{previous}{}>>\nstream\n",
                    self.size,
                    rows.len(),
                    self.trailer
                );
                self.bytes.extend(dictionary.bytes());
                self.bytes.extend(rows);
                self.bytes.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
            }
        }
        self.previous = Some(start);
        self
    }

    /// Signs with the crate's writer; the next revision follows its section.
    pub fn sign(&mut self, name: &str) -> &mut Self {
        self.bytes = signed(&self.bytes, name);
        self.resume()
    }

    /// Takes up where the bytes end.
    pub fn resume(&mut self) -> &mut Self {
        let document = Document::open(&self.bytes).unwrap();
        let newest = document.revisions().last().unwrap();
        self.previous = Some(usize::try_from(newest.offset()).unwrap());
        let size = newest.trailer().get("Size").unwrap().as_integer().unwrap();
        self.size = u32::try_from(size).unwrap();
        self
    }
}

pub fn request(name: &str) -> SignatureRequest<'static> {
    let mut request = SignatureRequest::new(SubFilter::EtsiCadesDetached, 32);
    request.field_name = Some(name.to_owned());
    request
}

pub fn signed(bytes: &Vec<u8>, name: &str) -> Vec<u8> {
    let document = Document::open(bytes).unwrap();
    let prepared = prepare_signature(&document, &request(name)).unwrap();
    let appended = prepared.with_contents(&[0x30, 3, 2, 1, 1]).unwrap();
    assert!(signature_fields(&Document::open(&Extended::new(bytes, &appended)).unwrap()).is_ok());
    [bytes.as_slice(), &appended].concat()
}

pub fn fields(bytes: &Vec<u8>) -> SignatureFields {
    signature_fields(&Document::open(bytes).unwrap()).unwrap()
}

/// Codes of the findings about the only signature.
pub fn codes(bytes: &Vec<u8>) -> Vec<String> {
    let found = fields(bytes);
    let [field] = found.fields.as_slice() else { panic!("{:?}", found.fields) };
    let own = field.findings.iter();
    own.chain(field.value.iter().flat_map(|value| &value.findings))
        .map(|finding| finding.code.clone())
        .collect()
}

/// The bytes with one part replaced by another of the same length.
pub fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).rposition(|window| window == from.as_bytes()).expect(from);
    let mut bytes = bytes.to_vec();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    bytes
}
