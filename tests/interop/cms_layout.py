"""Where a PDF's signatures are and which part of them an octet is in, by ByteRange and DER alone, without any PDF library."""

import re
from dataclasses import dataclass

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")

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


def signatures(pdf):
    """In the file's order, each by a ByteRange."""
    found = []
    for match in BYTE_RANGE.finditer(pdf):
        start, length, start2, length2 = (int(number) for number in match.groups())
        begin, end = start + length + 1, start2 - 1
        if pdf[begin - 1 : begin] != b"<" or pdf[end : end + 1] != b">":
            raise ValueError("no hexadecimal string between the two ranges")
        padded = bytes.fromhex(pdf[begin:end].decode("ascii"))
        covered = pdf[start : start + length] + pdf[start2 : start2 + length2]
        found.append(Placed(padded[: element_end(padded, 0)], covered, begin, end, start2 + length2))
    return found


def part_of(pdf, offset, octet):
    """The name of the part of the PDF that is changed where `octet` comes to `offset`."""
    placed = signatures(pdf)
    for signature in placed:
        if offset in (signature.begin - 1, signature.end):
            return "delimiter of Contents"
        if signature.begin <= offset < signature.end:
            inside = (offset - signature.begin) // 2
            in_cms = inside < len(signature.cms)
            if octet not in HEXADECIMAL:
                return "no digit in the CMS" if in_cms else "no digit in the padding"
            return cms_part(signature.cms, inside) if in_cms else "padding of Contents"
    return "signed octets" if offset < placed[-1].last else "after the signed octets"


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
