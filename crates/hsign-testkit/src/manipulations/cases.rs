//! The letter, and what is done to it.

use super::structure;
use super::update::Update;

/// A document that was changed after signing.
pub struct Case {
    /// What was done.
    pub name: &'static str,
    /// The whole file.
    pub bytes: Vec<u8>,
    /// `permitted`, `suspicious`, `forbidden`, or `unreadable` where the structure
    /// can't be followed.
    pub verdict: &'static str,
    /// The kind of change that has to be among those found.
    pub kind: &'static str,
}

const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R 9 0 R 10 0 R 11 0 R]\
                       /DR<</Font<</F1 5 0 R>>>>/DA(/F1 12 Tf)>>>>";
const PAGES: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 7 0 R\
                    /Annots[8 0 R 9 0 R 10 0 R 11 0 R 12 0 R]>>";
pub(super) const DOSE: &str =
    "BT /F1 14 Tf 60 700 Td (Amlodipine 5 mg once daily) Tj ET q 100 0 0 100 60 400 cm /Im Do Q";
pub(super) const OTHER_DOSE: &str =
    "BT /F1 14 Tf 60 700 Td (Amlodipine 50 mg once daily) Tj ET q 100 0 0 100 60 400 cm /Im Do Q";
const RESOURCES: &str = "<</Font<</F1 5 0 R>>/XObject<</Im 6 0 R>>>>";
const FONT: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
/// An empty field to write in, where nothing else is.
const NOTE: &str = "/Type/Annot/Subtype/Widget/FT/Tx/T(Note)/Rect[60 200 300 240]/F 4/P 3 0 R";
/// A field laid over the dose before it was signed, empty so that nothing shows.
const TRAP: &str = "/Type/Annot/Subtype/Widget/FT/Tx/T(Trap)/Rect[60 695 300 715]/F 4/P 3 0 R";
/// A filled field.
const NAME: &str = "/Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(Shiken Hanako)/AP<</N 13 0 R>>/Rect[60 260 300 290]/F 4/P 3 0 R";
/// A hidden field over the dose.
const HIDDEN: &str =
    "/Type/Annot/Subtype/Widget/FT/Tx/T(Hidden)/V(50 mg)/AP<</N 13 0 R>>/Rect[60 695 300 715]/F 2/P 3 0 R";
const REMARK: &str = "<</Type/Annot/Subtype/Text/Rect[500 780 520 800]/Contents(Seen)/P 3 0 R>>";
const JAVASCRIPT: &str = "<</S/JavaScript/JS(app.alert\\(1\\))>>";

pub(super) fn stream(entries: &str, content: &str) -> String {
    format!("<<{entries}/Length {}>>\nstream\n{content}\nendstream", content.len())
}

fn appearance(text: &str) -> String {
    let content = format!("1 1 1 rg 0 0 240 30 re f 0 g BT /F1 14 Tf 2 8 Td ({text}) Tj ET");
    stream("/Type/XObject/Subtype/Form/BBox[0 0 240 30]/Resources<</Font<</F1 5 0 R>>>>", &content)
}

fn image(grey: &str) -> String {
    stream(
        "/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/ASCIIHexDecode",
        grey,
    )
}

/// A prescription with a form; a second definition of its content lies unused in the file.
#[must_use]
pub fn letter() -> Vec<u8> {
    document(CATALOG, PAGE, &[])
}

/// The same with an empty signature field "Doctor" that certifies at a level (1, 2 or 3) once it is signed.
#[must_use]
pub fn certified_letter(level: u8) -> Vec<u8> {
    let field = format!(
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Doctor)/Rect[0 0 0 0]/F 132/P 3 0 R\
         /Lock<</Type/SigFieldLock/Action/Include/Fields[(Locked)]/P {level}>>>>"
    );
    document(
        &CATALOG.replace("11 0 R]", "11 0 R 14 0 R]"),
        &PAGE.replace("12 0 R]", "12 0 R 14 0 R]"),
        &[(14, field)],
    )
}

fn document(catalog: &str, page: &str, more: &[(u32, String)]) -> Vec<u8> {
    let mut objects = vec![
        (1, catalog.to_owned()),
        (2, PAGES.to_owned()),
        (3, page.to_owned()),
        (4, stream("", DOSE)),
        (5, FONT.to_owned()),
        (6, image("80>")),
        (7, RESOURCES.to_owned()),
        (8, format!("<<{NOTE}>>")),
        (9, format!("<<{TRAP}>>")),
        (10, format!("<<{NAME}>>")),
        (11, format!("<<{HIDDEN}>>")),
        (12, REMARK.to_owned()),
        (13, appearance("Shiken Hanako")),
    ];
    objects.extend_from_slice(more);
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    // For the swap of the cross-reference section: signed, but nothing leads to it yet.
    bytes.extend(format!("4 0 obj\n{}\nendobj\n", stream("", OTHER_DOSE)).into_bytes());
    let mut table = format!("0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, body) in &objects {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").into_bytes());
    }
    let (at, size) = (bytes.len(), objects.len() + 1);
    let trailer = format!("xref\n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n");
    bytes.extend(trailer.into_bytes());
    bytes
}

/// A signed letter, ready to be changed.
struct Signed<'a>(&'a [u8]);

impl Signed<'_> {
    /// The body of an object with one part replaced.
    fn with(&self, number: u32, from: &str, to: &str) -> (u32, String) {
        (number, Update::body(self.0, number).replacen(from, to, 1))
    }

    /// The catalog with an entry more.
    fn catalog(&self, entries: &str) -> (u32, String) {
        self.with(1, "<<", &format!("<<{entries}"))
    }

    /// Form and page with one more field or annotation, number 50.
    fn with_annotation(&self, body: &str, is_field: bool) -> Vec<(u32, String)> {
        let mut objects = vec![add(self.with(3, "", ""), "/Annots"), (50, body.to_owned())];
        if is_field {
            objects.push(add(self.with(1, "", ""), "/Fields"));
        }
        objects
    }

    fn update(&self, objects: &[(u32, String)]) -> Vec<u8> {
        Update::of(self.0).objects(objects)
    }
}

/// Puts `50 0 R` first into the array under a key.
fn add((number, body): (u32, String), key: &str) -> (u32, String) {
    let at = body.find(key).unwrap_or(0);
    let open = body.get(at..).and_then(|rest| rest.find('[')).map_or(at, |open| at + open + 1);
    let (before, after) = body.split_at(open);
    (number, format!("{before}50 0 R {after}"))
}

fn note(subtype: &str, rect: &str) -> String {
    format!(
        "<</Type/Annot/Subtype/{subtype}/Rect[{rect}]/F 4/Contents(50 mg)/DA(/F1 14 Tf)/AP<</N 13 0 R>>>>"
    )
}

fn signature_field(rect: &str, rest: &str) -> String {
    format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Sneaky)/Rect[{rect}]/F 4/P 3 0 R/AP<</N 13 0 R>>{rest}>>")
}

const OVER: &str = "60 690 300 720";
const BESIDE: &str = "320 60 560 100";

/// Everything that may be done to [`letter`] once it is signed.
#[must_use]
pub fn all(signed: &[u8]) -> Vec<Case> {
    let s = Signed(signed);
    let mut cases = Vec::new();
    let mut add_case = |name, verdict, kind, bytes| cases.push(Case { name, bytes, verdict, kind });
    let mut grave =
        |name, kind, objects: &[(u32, String)]| add_case(name, "suspicious", kind, s.update(objects));

    grave("content replaced", "page-content-changed", &[(4, stream("", OTHER_DOSE))]);
    grave("content freed", "page-content-changed", &[(4, String::new())]);
    grave(
        "content added to the page",
        "page-content-changed",
        &[s.with(3, "/Contents 4 0 R", "/Contents[4 0 R 50 0 R]"), (50, stream("", OTHER_DOSE))],
    );
    grave(
        "a second key /Contents",
        "page-changed",
        &[s.with(3, "/Contents 4 0 R", "/Contents 4 0 R/Contents 50 0 R"), (50, stream("", OTHER_DOSE))],
    );
    grave(
        "page added",
        "page-added",
        &[(2, "<</Type/Pages/Kids[3 0 R 50 0 R]/Count 2>>".into()), (50, PAGE.into())],
    );
    grave(
        "page replaced",
        "pages-rearranged",
        &[
            (2, "<</Type/Pages/Kids[50 0 R]/Count 1>>".into()),
            (50, PAGE.replace("4 0 R", "51 0 R")),
            (51, stream("", OTHER_DOSE)),
        ],
    );
    grave("page size changed", "page-changed", &[s.with(3, "595 842", "595 600")]);
    grave("page turned", "page-changed", &[s.with(3, "<<", "<</Rotate 180")]);
    grave("font swapped", "page-resource-changed", &[(5, FONT.replace("Helvetica", "ZapfDingbats"))]);
    grave(
        "glyphs swapped",
        "page-resource-changed",
        &[(5, FONT.replace(">>", "/Encoding<</Differences[53/zero]>>>>"))],
    );
    grave("image swapped", "page-resource-changed", &[(6, image("00>"))]);
    grave(
        "resources swapped",
        "page-resource-changed",
        &[s.with(3, "/Resources 7 0 R", "/Resources<</Font<</F1 51 0 R>>>>"), (51, FONT.into())],
    );
    for (name, subtype) in [
        ("free text over the dose", "FreeText"),
        ("stamp over the dose", "Stamp"),
        ("redaction over the dose", "Redact"),
        ("square over the dose", "Square"),
    ] {
        grave(name, "signed-text-covered", &s.with_annotation(&note(subtype, OVER), false));
    }
    grave(
        "note over the seen mark",
        "signed-annotation-covered",
        &s.with_annotation(&note("Stamp", "490 770 530 810"), false),
    );
    grave("note beside everything", "annotation-added", &s.with_annotation(&note("FreeText", BESIDE), false));
    grave("remark removed", "annotation-removed", &[s.with(3, "12 0 R", "")]);
    grave("remark changed", "annotation-changed", &[(12, REMARK.replace("Seen", "Not seen"))]);
    grave(
        "signature field over the dose, unsigned",
        "signed-text-covered",
        &s.with_annotation(&signature_field(OVER, ""), true),
    );
    let mut sneaky = s.with_annotation(&signature_field(OVER, "/V 51 0 R"), true);
    sneaky.push((
        51,
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 0 0 0]/Contents<00>>>"
            .into(),
    ));
    grave("signature field over the dose, signed", "signed-text-covered", &sneaky);
    grave(
        "signature field over a filled field",
        "signed-field-covered",
        &s.with_annotation(&signature_field("60 250 200 300", ""), true),
    );
    grave(
        "trap over the dose filled",
        "signed-text-covered",
        &[(9, format!("<<{TRAP}/V(50 mg)/AP<</N 50 0 R>>>>")), (50, appearance("50 mg"))],
    );
    grave("hidden field shown", "signed-text-covered", &[s.with(11, "/F 2", "/F 4")]);
    grave(
        "appearance swapped, value kept",
        "appearance-replaced",
        &[(10, format!("<<{}>>", NAME.replace("13 0 R", "50 0 R"))), (50, appearance("Shiken Jiro"))],
    );
    grave("appearance stream swapped", "appearance-replaced", &[(13, appearance("Shiken Jiro"))]);
    grave("field moved", "form-field-changed", &[s.with(10, "60 260 300 290", "60 690 300 720")]);
    grave("field removed", "form-field-removed", &[s.with(1, "9 0 R", ""), s.with(3, "9 0 R", "")]);
    grave(
        "text field added",
        "form-field-added",
        &s.with_annotation(&format!("<<{}>>", NOTE.replace("Note", "New")), true),
    );
    grave("fields to be drawn anew", "form-changed", &[s.with(1, "/DA", "/NeedAppearances true/DA")]);
    grave(
        "font of the form swapped",
        "form-changed",
        &[s.with(1, "/F1 5 0 R", "/F1 50 0 R"), (50, FONT.into())],
    );
    grave("XML form added", "xfa-changed", &[s.with(1, "/DA", "/XFA 50 0 R/DA"), (50, stream("", "<xdp/>"))]);
    grave("action on opening", "action-changed", &[s.catalog(&format!("/OpenAction{JAVASCRIPT}"))]);
    grave(
        "script by name",
        "action-changed",
        &[s.catalog(&format!("/Names<</JavaScript<</Names[(x){JAVASCRIPT}]>>>>"))],
    );
    grave("script of a field", "action-changed", &[s.with(8, "<<", &format!("<</AA<</K{JAVASCRIPT}>>"))]);
    grave("script of the page", "action-changed", &[s.with(3, "<<", &format!("<</AA<</O{JAVASCRIPT}>>"))]);
    grave("layers", "optional-content-changed", &[s.catalog("/OCProperties<</OCGs[]/D<<>>>>")]);
    grave("file attached", "catalog-changed", &[s.catalog("/Names<</EmbeddedFiles<</Names[]>>>>")]);
    grave(
        "security store that launders content",
        "page-content-changed",
        &[s.catalog("/DSS<</Certs[4 0 R]>>"), (4, stream("", OTHER_DOSE))],
    );
    grave(
        "security store with a foreign entry",
        "validation-data-changed",
        &[s.catalog("/DSS<</Certs[50 0 R]/Contents 4 0 R>>"), (50, stream("", "x"))],
    );

    others(&s, &mut cases);
    cases.extend(structure::duels(signed));
    controls(&s, &mut cases);
    cases
}

/// Tricks with the structure.
fn others(s: &Signed<'_>, cases: &mut Vec<Case>) {
    let mut add_case = |name, verdict, kind, bytes| cases.push(Case { name, bytes, verdict, kind });
    let hidden = s.0.windows(7).position(|window| window == b"4 0 obj").unwrap_or(0);
    let swapped = Update::of(s.0).table(&format!("4 1\n{hidden:010} 00000 n \n"));
    add_case("cross-reference section swapped", "suspicious", "page-content-changed", swapped);
    let moved = Update::of(s.0).in_object_stream(3, &PAGE.replace("595 842", "595 600"));
    add_case("page in an object stream", "suspicious", "page-changed", moved);
    let higher = Update::of(s.0).generations(&[(4, 1, stream("", OTHER_DOSE))]);
    add_case("higher generation", "suspicious", "page-content-changed", higher);
    let short = String::from_utf8_lossy(Update::of(s.0).table("0 0\n").get(s.0.len()..).unwrap_or_default())
        .replace("/Size 900", "/Size 4");
    add_case(
        "content beyond the size of the file",
        "suspicious",
        "trailer-changed",
        [s.0, short.as_bytes()].concat(),
    );
    let root = Update::of(s.0).trailer("/Root 50 0 R").objects(&[(50, Update::body(s.0, 1))]);
    add_case("another root", "suspicious", "trailer-changed", root);
    let information = Update::of(s.0).trailer("/Info 50 0 R").objects(&[(50, "<</Title(Other)>>".into())]);
    add_case("title changed", "suspicious", "metadata-changed", information);
    let first = s.update(&[(60, stream("", OTHER_DOSE))]);
    let third = Update::of(&first).objects(&[s.with(3, "4 0 R", "60 0 R")]);
    add_case("orphan made reachable by a third revision", "suspicious", "page-content-changed", third);
    let first = s.update(&s.with_annotation(&signature_field("0 0 0 0", ""), true));
    let third = Update::of(&first).objects(&[(50, signature_field(OVER, ""))]);
    add_case("invisible field grown by a third revision", "suspicious", "signed-text-covered", third);
    let first = s.update(&[(4, stream("", OTHER_DOSE))]);
    let third = Update::of(&first).objects(&[(4, stream("", DOSE))]);
    add_case("change taken back by a third revision", "suspicious", "page-content-changed", third);
    let junk = [s.0, b"\n50 0 obj\n<<>>\nendobj\n"].concat();
    add_case("objects behind the end", "suspicious", "trailing-bytes", junk);
    let end = "startxref\n0\n%%EOF\n";
    add_case("a second startxref to nowhere", "unreadable", "not-comparable", [s.0, end.as_bytes()].concat());
    let at = s.0.len() + 20;
    let looped = Update::of(s.0).trailer(&format!("/Prev {at}")).objects(&[(4, stream("", OTHER_DOSE))]);
    add_case("update that isn't chained to the signed revision", "unreadable", "not-comparable", looped);
}

/// What honest programs do.
fn controls(s: &Signed<'_>, cases: &mut Vec<Case>) {
    let mut good = |name, kind, bytes| cases.push(Case { name, bytes, verdict: "permitted", kind });
    let filled = [(8, format!("<<{NOTE}/V(Taken)/AP<</N 50 0 R>>>>")), (50, appearance("Taken"))];
    good("field filled", "form-field-filled", s.update(&filled));
    good("field filled, value after appearance", "form-field-filled", {
        let first = s.update(&filled);
        Update::of(&first).objects(&[
            (8, format!("<<{NOTE}/V(Taken at noon)/AP<</N 51 0 R>>>>")),
            (51, appearance("Taken at noon")),
        ])
    });
    good(
        "empty signature field beside everything",
        "signature-field-added",
        s.update(&s.with_annotation(&signature_field(BESIDE, ""), true)),
    );
    good(
        "security store",
        "validation-data-added",
        s.update(&[s.catalog("/DSS<</Certs[50 0 R]>>"), (50, stream("", "x"))]),
    );
    good(
        "security store that names page content",
        "validation-data-added",
        s.update(&[s.catalog("/DSS<</Certs[4 0 R]>>")]),
    );
    good("version raised", "document-version-changed", s.update(&[s.catalog("/Version/2.0")]));
    good(
        "extensions named",
        "document-version-changed",
        s.update(&[s.catalog("/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>")]),
    );
    let packet = stream("/Type/Metadata/Subtype/XML", "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>");
    good("metadata added", "metadata-changed", s.update(&[s.catalog("/Metadata 50 0 R"), (50, packet)]));
    let information =
        Update::of(s.0).trailer("/Info 50 0 R").objects(&[(50, "<</Producer(X)/ModDate(D:2026)>>".into())]);
    good("producer named", "metadata-changed", information);
    let font = [s.with(1, "/F1 5 0 R", "/F1 5 0 R/F2 50 0 R"), (50, FONT.into())];
    good("font added to the form", "form-settings-changed", s.update(&font));
}

/// What may be done to [`certified_letter`] once it is signed.
#[must_use]
pub fn certified(signed: &[u8], level: u8) -> Vec<Case> {
    let s = Signed(signed);
    let by_level = |allowed_from: u8, otherwise: &'static str| {
        if level >= allowed_from { otherwise } else { "forbidden" }
    };
    let case = |name, verdict, kind, objects: &[(u32, String)]| Case {
        name,
        bytes: s.update(objects),
        verdict,
        kind,
    };
    vec![
        case(
            "certified: field filled",
            by_level(2, "permitted"),
            "form-field-filled",
            &[(8, format!("<<{NOTE}/V(Taken)>>"))],
        ),
        case(
            "certified: note beside everything",
            by_level(3, "permitted"),
            "annotation-added",
            &s.with_annotation(&note("FreeText", BESIDE), false),
        ),
        case(
            "certified: evil annotation over the dose",
            by_level(3, "suspicious"),
            "signed-text-covered",
            &s.with_annotation(&note("FreeText", OVER), false),
        ),
        case(
            "certified: sneaky signature over the dose",
            by_level(2, "suspicious"),
            "signed-text-covered",
            &s.with_annotation(&signature_field(OVER, ""), true),
        ),
        case(
            "certified: signature field beside everything",
            by_level(2, "permitted"),
            "signature-field-added",
            &s.with_annotation(&signature_field(BESIDE, ""), true),
        ),
        case(
            "certified: content replaced",
            "forbidden",
            "page-content-changed",
            &[(4, stream("", OTHER_DOSE))],
        ),
        case(
            "certified: page added",
            "forbidden",
            "page-added",
            &[(2, "<</Type/Pages/Kids[3 0 R 50 0 R]/Count 2>>".into()), (50, PAGE.into())],
        ),
        case(
            "certified: text field added",
            "forbidden",
            "form-field-added",
            &s.with_annotation(&format!("<<{}>>", NOTE.replace("Note", "New")), true),
        ),
        case(
            "certified: security store",
            "permitted",
            "validation-data-added",
            &[s.catalog("/DSS<</Certs[50 0 R]>>"), (50, stream("", "x"))],
        ),
    ]
}
