//! Incremental updates, written by hand.

/// Numbers of the object stream and the cross-reference stream of an update.
const STREAM: u32 = 800;
const SECTION: u32 = 801;

/// Number, type, second and third column of a cross-reference stream.
type Row = (u32, u8, usize, u8);

/// An update of a signed document whose structure is a cross-reference table.
pub struct Update {
    bytes: Vec<u8>,
    root: u32,
    previous: usize,
    trailer: String,
    /// What an honest update repeats: file identifier and document information.
    identifier: String,
    information: String,
}

fn last(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).rposition(|window| window == needle)
}

fn number_after(bytes: &[u8], keyword: &[u8]) -> usize {
    let at = last(bytes, keyword).map_or(bytes.len(), |at| at + keyword.len());
    let rest = bytes.get(at..).unwrap_or_default();
    let digits = rest.iter().skip_while(|byte| byte.is_ascii_whitespace()).take_while(|b| b.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// An entry of the last trailer, up to where its value ends.
fn entry(bytes: &[u8], key: &str, end: u8) -> String {
    let trailer = last(bytes, b"trailer").and_then(|at| bytes.get(at..)).unwrap_or_default();
    let entry = last(trailer, key.as_bytes()).and_then(|at| trailer.get(at..)).unwrap_or_default();
    let length = entry.iter().position(|byte| *byte == end).map_or(0, |at| at + 1);
    String::from_utf8_lossy(entry.get(..length).unwrap_or_default()).into_owned()
}

impl Update {
    /// An update of these bytes.
    #[must_use]
    pub fn of(document: &[u8]) -> Self {
        let mut bytes = document.to_vec();
        let previous = number_after(&bytes, b"startxref");
        let root = u32::try_from(number_after(&bytes, b"/Root")).unwrap_or(0);
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        let (identifier, information) = (entry(&bytes, "/ID", b']'), entry(&bytes, "/Info", b'R'));
        Self { bytes, root, previous, trailer: String::new(), identifier, information }
    }

    /// Further entries of the trailer; a /Root among them takes the place of the old one.
    #[must_use]
    pub fn trailer(mut self, entries: &str) -> Self {
        self.trailer = entries.to_owned();
        self
    }

    /// What stands between the newest `N 0 obj` and its `endobj`.
    #[must_use]
    pub fn body(document: &[u8], number: u32) -> String {
        let header = format!("\n{number} 0 obj");
        let Some(start) = last(document, header.as_bytes()).map(|at| at + header.len()) else {
            return String::new();
        };
        let rest = document.get(start..).unwrap_or_default();
        let end = rest.windows(6).position(|window| window == b"endobj").unwrap_or(rest.len());
        String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).trim().to_owned()
    }

    /// Appends objects with a cross-reference table.
    #[must_use]
    pub fn objects(self, objects: &[(u32, String)]) -> Vec<u8> {
        let all: Vec<(u32, u16, String)> = objects.iter().map(|(n, body)| (*n, 0, body.clone())).collect();
        self.generations(&all)
    }

    /// The same with a generation number for each; an empty body frees the object.
    #[must_use]
    pub fn generations(mut self, objects: &[(u32, u16, String)]) -> Vec<u8> {
        let mut entries = String::new();
        for (number, generation, body) in objects {
            if body.is_empty() {
                entries.push_str(&format!("{number} 1\n0000000000 {:05} f \n", generation + 1));
                continue;
            }
            entries.push_str(&format!("{number} 1\n{:010} {generation:05} n \n", self.bytes.len()));
            self.bytes.extend(format!("{number} {generation} obj\n{body}\nendobj\n").into_bytes());
        }
        self.table(&entries)
    }

    /// A table of these lines alone: objects that stand elsewhere.
    #[must_use]
    pub fn table(mut self, entries: &str) -> Vec<u8> {
        let at = self.bytes.len();
        let root =
            if self.trailer.contains("/Root") { String::new() } else { format!("/Root {} 0 R", self.root) };
        let (previous, trailer) = (self.previous, &self.trailer);
        let previous = if trailer.contains("/Prev") { String::new() } else { format!("/Prev {previous}") };
        let information = if trailer.contains("/Info") { "" } else { self.information.as_str() };
        let identifier = &self.identifier;
        let text = format!(
            "xref\n{entries}trailer\n<</Size 900{root}{previous}{information}{identifier}{trailer}>>\nstartxref\n{at}\n%%EOF\n"
        );
        self.bytes.extend(text.into_bytes());
        self.bytes
    }

    /// A hybrid section: objects of the table, and further ones that only its /XRefStm leads to.
    #[must_use]
    pub fn hybrid(mut self, shown: &[(u32, String)], hidden: &[(u32, String)]) -> Vec<u8> {
        let hidden = self.append(hidden);
        let rows: Vec<Row> = hidden.into_iter().map(|(number, at)| (number, 1, at, 0)).collect();
        self.hidden_section(shown, &rows)
    }

    /// The same with one hidden object that is in an object stream.
    #[must_use]
    pub fn hybrid_with_object_stream(mut self, shown: &[(u32, String)], number: u32, body: &str) -> Vec<u8> {
        let at = self.object_stream(number, body);
        self.hidden_section(shown, &[(number, 2, STREAM as usize, 0), (STREAM, 1, at, 0)])
    }

    fn hidden_section(mut self, shown: &[(u32, String)], rows: &[Row]) -> Vec<u8> {
        let at = self.bytes.len();
        self.section(rows, "");
        self.bytes.extend_from_slice(b"\nendstream\nendobj\n");
        let lines: String = self
            .append(shown)
            .iter()
            .map(|(number, offset)| format!("{number} 1\n{offset:010} 00000 n \n"))
            .collect();
        self.trailer.push_str(&format!("/XRefStm {at}"));
        self.table(&lines)
    }

    /// Appends objects; where each of them stands.
    fn append(&mut self, objects: &[(u32, String)]) -> Vec<(u32, usize)> {
        let mut places = Vec::new();
        for (number, body) in objects {
            places.push((*number, self.bytes.len()));
            self.bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").into_bytes());
        }
        places
    }

    /// Appends an object stream with one object, and a cross-reference stream that leads to it.
    #[must_use]
    pub fn in_object_stream(mut self, number: u32, body: &str) -> Vec<u8> {
        let stream_at = self.object_stream(number, body);
        let at = self.bytes.len();
        let rows = [(number, 2, STREAM as usize, 0), (STREAM, 1, stream_at, 0), (SECTION, 1, at, 0)];
        let kept = [self.information.as_str(), self.identifier.as_str()].concat();
        let trailer = format!("/Root {} 0 R/Prev {}{kept}", self.root, self.previous);
        self.section(&rows, &trailer);
        self.bytes.extend(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").into_bytes());
        self.bytes
    }

    /// Appends an object stream with this object; where it stands.
    fn object_stream(&mut self, number: u32, body: &str) -> usize {
        let at = self.bytes.len();
        let index = format!("{number} 0 ");
        let content = format!("{index}{body}");
        let object = format!(
            "{STREAM} 0 obj\n<</Type/ObjStm/N 1/First {}/Length {}>>\nstream\n{content}\nendstream\nendobj\n",
            index.len(),
            content.len()
        );
        self.bytes.extend(object.into_bytes());
        at
    }

    /// Appends a cross-reference stream of these rows, up to the end of its data.
    fn section(&mut self, rows: &[Row], trailer: &str) {
        let mut data = Vec::new();
        for (_, kind, second, third) in rows {
            data.push(*kind);
            data.extend(u32::try_from(*second).unwrap_or(0).to_be_bytes());
            data.push(*third);
        }
        let index: String = rows.iter().map(|(number, ..)| format!("{number} 1 ")).collect();
        let dictionary = format!(
            "{SECTION} 0 obj\n<</Type/XRef/Size 900/W[1 4 1]/Index[{index}]{trailer}/Length {}>>\nstream\n",
            data.len()
        );
        self.bytes.extend(dictionary.into_bytes());
        self.bytes.extend(data);
    }
}
