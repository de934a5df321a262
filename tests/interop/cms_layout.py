"""Where a PDF's signatures are and which part of them an octet is in, by ByteRange and DER alone, without any PDF library."""

import re
from dataclasses import dataclass

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")

#: id-ct-TSTInfo (RFC 3161 §2.4.2)
TIME_STAMP_CONTENT = bytes.fromhex("060b2a864886f70d0109100104")

#: id-aa-signatureTimeStampToken (RFC 3161, appendix A)
SIGNATURE_TIME_STAMP = bytes.fromhex("060b2a864886f70d010910020e")

HEXADECIMAL = b"0123456789abcdefABCDEF"


@dataclass
class Placed:
    """One signature: its CMS, the octets it covers, and the place of its hexadecimal digits."""

    cms: bytes
    covered: bytes
    begin: int
    end: int
    last: int

    @property
    def is_stamp(self):
        """A document time stamp: a CMS over its own content, not over the octets (RFC 3161 §2.4.2)."""
        return TIME_STAMP_CONTENT in self.cms[:64]


def signatures(pdf, readable=False):
    """In the file's order, each by a ByteRange; all of them, or those that are `readable`."""
    found = []
    for match in BYTE_RANGE.finditer(pdf):
        start, length, start2, length2 = (int(number) for number in match.groups())
        begin, end = start + length + 1, start2 - 1
        if pdf[begin - 1 : begin] != b"<" or pdf[end : end + 1] != b">":
            if readable:
                continue
            raise ValueError("no hexadecimal string between the two ranges")
        try:
            padded = bytes.fromhex(pdf[begin:end].decode("ascii"))
        except ValueError:
            if not readable:
                raise
            continue
        covered = pdf[start : start + length] + pdf[start2 : start2 + length2]
        found.append(Placed(padded[: element_end(padded, 0)], covered, begin, end, start2 + length2))
    return found


def part_of(pdf, offset, octet):
    """The name of the part of the PDF that is changed where `octet` comes to `offset`."""
    placed = signatures(pdf)
    for signature in placed:
        if signature.begin - 1 <= offset <= signature.end:
            return "document time stamp" if signature.is_stamp else part_of_contents(signature, offset, octet)
    if offset < max(signature.last for signature in placed if not signature.is_stamp):
        return "signed octets"
    return "after the signed octets"


def part_of_contents(signature, offset, octet):
    if offset in (signature.begin - 1, signature.end):
        return "delimiter of Contents"
    inside_of_it = (offset - signature.begin) // 2
    in_cms = inside_of_it < len(signature.cms)
    if octet not in HEXADECIMAL:
        return "no digit in the CMS" if in_cms else "no digit in the padding"
    return cms_part(signature.cms, inside_of_it) if in_cms else "padding of Contents"


def cms_part(cms, offset):
    """The innermost named part of a ContentInfo with SignedData (RFC 5652 §5.1, §5.3)."""
    return next((name for name, begin, end in reversed(cms_parts(cms)) if begin <= offset < end), "structure of the CMS")


def cms_parts(cms):
    """(name, begin, end), outer parts before the parts inside."""
    content_type, explicit = elements(cms, *inside(cms, 0))
    parts, certificate_set = [("contentType", *content_type)], None
    names = iter(("version", "digestAlgorithms", "encapContentInfo"))
    for begin, end in elements(cms, *inside(cms, inside(cms, explicit[0])[0])):
        if cms[begin] == 0xA0:
            certificate_set = begin
            parts.append(("certificates", begin, end))
        elif cms[begin] == 0xA1:
            parts.append(("crls", begin, end))
        else:
            name = next(names, "signerInfos")
            parts.append((name, begin, end))
            if name == "signerInfos":
                parts += signer_info(cms, inside(cms, begin)[0])
    if certificate_set is not None:
        sid = next(begin for name, begin, _ in parts if name == "sid")
        parts += certificates(cms, certificate_set, cms[slice(*inside(cms, sid))])
    return parts


def certificates(cms, begin, sid):
    """The signer's is the one whose issuer and serial number are those of the signer identifier."""
    parts = []
    for place in elements(cms, *inside(cms, begin)):
        fields = [cms[slice(*field)] for field in elements(cms, *inside(cms, inside(cms, place[0])[0]))]
        signers = sid == fields[3] + fields[1]
        parts.append(("signer's certificate" if signers else "other certificate", *place))
    return parts


def stamps_of(cms):
    """Signature time stamps, each with the value that it covers."""
    parts = {name: (begin, end) for name, begin, end in cms_parts(cms)}
    value = cms[slice(*inside(cms, parts["signature value"][0]))]
    if "unsignedAttrs" not in parts:
        return
    for attribute in elements(cms, *inside(cms, parts["unsignedAttrs"][0])):
        kind, values = elements(cms, *inside(cms, attribute[0]))
        if cms[slice(*kind)] == SIGNATURE_TIME_STAMP:
            for token in elements(cms, *inside(cms, values[0])):
                yield cms[slice(*token)], value


def signer_info(cms, begin):
    names = iter(("version of the signer", "sid", "digestAlgorithm", "signatureAlgorithm", "signature value"))
    implicit = {0xA0: "signedAttrs", 0xA1: "unsignedAttrs"}
    return [(implicit.get(cms[place[0]]) or next(names), *place) for place in elements(cms, *inside(cms, begin))]


def elements(data, begin, end):
    """The places of the elements between two offsets."""
    places = []
    while begin < end:
        places.append((begin, element_end(data, begin)))
        begin = places[-1][1]
    return places


def inside(data, begin):
    """The place of an element's contents."""
    return contents_begin(data, begin), element_end(data, begin)


def contents_begin(data, begin):
    return begin + 2 + (data[begin + 1] & 0x7F if data[begin + 1] & 0x80 else 0)


def element_end(data, begin):
    length = data[begin + 1]
    contents = contents_begin(data, begin)
    return contents + (int.from_bytes(data[begin + 2 : contents], "big") if length & 0x80 else length)


def replaced(data, place, new):
    """DER with the element at `place` (begin, end) replaced, or taken out; the lengths around it follow."""
    return _replaced(data, 0, element_end(data, 0), place, new) + data[element_end(data, 0) :]


def _replaced(data, begin, end, place, new):
    if (begin, end) == tuple(place):
        return new
    inner, outer_end = inside(data, begin)
    if not inner <= place[0] < place[1] <= outer_end:
        return data[begin:end]
    content = b"".join(_replaced(data, *element, place, new) for element in elements(data, inner, outer_end))
    return data[begin : begin + 1] + length_of(content) + content


def length_of(content):
    if len(content) < 0x80:
        return bytes([len(content)])
    octets = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def attribute(cms, part, oid):
    """The place of the first attribute of that type, in `signedAttrs` or `unsignedAttrs`."""
    around = next(place for name, *place in cms_parts(cms) if name == part)
    for place in elements(cms, *inside(cms, around[0])):
        kind = elements(cms, *inside(cms, place[0]))[0]
        if cms[slice(*kind)] == oid:
            return place
    raise LookupError(f"no such attribute among the {part}")


def with_indefinite_lengths(cms):
    """The same ContentInfo in BER: its three outer layers end where two zero octets say so (X.690 §8.1.3.6)."""
    content_type, explicit = elements(cms, *inside(cms, 0))
    signed_data = inside(cms, explicit[0])[0]
    end = b"\0\0"
    return b"\x30\x80" + cms[slice(*content_type)] + b"\xa0\x80\x30\x80" + cms[slice(*inside(cms, signed_data))] + 3 * end
