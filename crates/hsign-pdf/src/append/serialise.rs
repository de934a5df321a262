//! Objects as bytes.

use crate::lexer::{is_delimiter, is_space};
use crate::object::{Dictionary, Object, PdfString, StringForm};

/// Writes an object. Streams can't be written this way; their dictionary is.
pub(crate) fn write(object: &Object, out: &mut Vec<u8>) {
    match object {
        Object::Null => out.extend(b"null"),
        Object::Boolean(true) => out.extend(b"true"),
        Object::Boolean(false) => out.extend(b"false"),
        Object::Integer(value) => out.extend(value.to_string().bytes()),
        Object::Real(text) => out.extend(text),
        Object::String(text) => string(text, out),
        Object::Name(text) => name(text, out),
        Object::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                write(element, out);
            }
            out.push(b']');
        }
        Object::Dictionary(entries) => dictionary(entries, out),
        Object::Stream(stream) => dictionary(&stream.dictionary, out),
        Object::Reference(id) => out.extend(id.to_string().bytes()),
    }
}

pub(crate) fn dictionary(dictionary: &Dictionary, out: &mut Vec<u8>) {
    out.extend(b"<<");
    for entry in dictionary.entries() {
        name(&entry.key, out);
        out.push(b' ');
        write(&entry.value, out);
    }
    out.extend(b">>");
}

/// ISO 32000-2, 7.3.5: everything but regular characters from `!` to `~` is written as `#xx`.
pub(crate) fn name(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for byte in bytes {
        let plain = (b'!'..=b'~').contains(byte) && !is_delimiter(*byte) && !is_space(*byte) && *byte != b'#';
        if plain {
            out.push(*byte);
        } else {
            out.push(b'#');
            hexadecimal(&[*byte], out);
        }
    }
}

fn string(string: &PdfString, out: &mut Vec<u8>) {
    if string.form != StringForm::Literal {
        out.push(b'<');
        hexadecimal(&string.bytes, out);
        out.push(b'>');
        return;
    }
    out.push(b'(');
    for byte in &string.bytes {
        match byte {
            b'(' | b')' | b'\\' => out.extend([b'\\', *byte]),
            // A bare carriage return would be read as a line feed.
            b'\r' => out.extend(b"\\r"),
            b'\n' => out.extend(b"\\n"),
            _ => out.push(*byte),
        }
    }
    out.push(b')');
}

pub(crate) fn hexadecimal(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |value: u8| match value {
        0..=9 => b'0' + value,
        _ => b'a' + value - 10,
    };
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    #[test]
    fn what_is_written_is_read_back() {
        let source = b"<</A#20B(a\\(b\\)\\r\\n\\377)/C[1 -2 +.50 true null 3 0 R<0aFF>]/D<</E/F#23>>>>";
        let read = |bytes: &[u8]| Parser::new(bytes, 0, true).object().unwrap();
        let object = read(source);
        let mut written = Vec::new();
        write(&object, &mut written);
        assert_eq!(read(&written), object);
        assert!(written.starts_with(b"<</A#20B (a\\(b\\)"));
        assert!(written.windows(4).any(|part| part == b"+.50"), "numbers keep their text");
    }
}
