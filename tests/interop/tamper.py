"""Signatures in CMS, XML and containers with one thing changed that somebody might want changed."""

import base64
import io
import re
import zipfile

from cms_layout import cms_parts, inside


def tampered(form):
    """(what, change of the file's octets, what hsign says of one of the signatures)"""
    broken = "invalid TOTAL-FAILED"
    if form.container:
        yield "a file changed", entry(r"cda\.xml", lambda data: data.replace(b" 5 mg", b" 9 mg")), f"{broken} HASH_FAILURE"
        if form.signature == "CAdES" and form.container == "ASiC_E":
            yield "manifest changed", entry(r"META-INF/ASiCManifest.*", lambda data: data.replace(b"/>", b" />", 1)), broken
    if form.signature == "CAdES":
        inner = lambda change: entry(r"META-INF/.*\.p7s", change) if form.container else change
        yield "signature value changed", inner(part("signature value", -1)), f"{broken} SIG_CRYPTO_FAILURE"
        yield "a signed attribute changed", inner(part("signedAttrs", -1)), broken
        if form.packaging == "ENVELOPING":
            yield "content changed", lambda data: data.replace(b" 5 mg", b" 9 mg"), f"{broken} HASH_FAILURE"
        return
    inner = lambda change: entry(r"META-INF/signatures.*\.xml", change) if form.container else change
    yield "signature value changed", inner(value_of("SignatureValue")), f"{broken} SIG_CRYPTO_FAILURE"
    yield "a digest changed", inner(value_of("DigestValue")), broken
    yield "signing time changed", inner(other_time), f"{broken} HASH_FAILURE"
    if form.packaging == "ENVELOPED":
        yield "content changed", lambda data: data.replace(b" 5 mg", b" 9 mg"), f"{broken} HASH_FAILURE"
        yield "content changed to look the same", lambda data: data.replace(b"<title>", b"<title> "), f"{broken} HASH_FAILURE"


def entry(pattern, change):
    """The entry of a container, changed; the others stay as they are."""

    def whole(container):
        written = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(container)) as before, zipfile.ZipFile(written, "w") as after:
            for info in before.infolist():
                data = before.read(info)
                after.writestr(info, change(data) if re.fullmatch(pattern, info.filename) else data)
        return written.getvalue()

    return whole


def part(name, last):
    def change(cms):
        place = next(place for called, *place in cms_parts(cms) if called == name)
        offset = inside(cms, place[0])[1] + last
        return cms[:offset] + bytes([cms[offset] ^ 1]) + cms[offset + 1 :]

    return change


def value_of(element):
    """The first base64 value in such an element, with another octet in it."""

    def change(xml):
        match = re.search(rb"<(?:\w+:)?%s[^>]*>([^<]+)<" % element.encode(), xml)
        octets = bytearray(base64.b64decode(match[1]))
        octets[len(octets) // 2] ^= 1
        return xml[: match.start(1)] + base64.b64encode(octets) + xml[match.end(1) :]

    return change


def other_time(xml):
    return re.sub(rb"(SigningTime>\d\d\d\d-\d\d-)(\d)", lambda found: found[1] + (b"1" if found[2] != b"1" else b"2"), xml, count=1)
