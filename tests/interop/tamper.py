"""Signatures in CMS, XML and containers with one thing changed that somebody might want changed."""

import base64
import dataclasses
import io
import re
import zipfile
from collections.abc import Callable

from cms_layout import SIGNATURE_TIME_STAMP, attribute, cms_parts, element_end, elements, inside, replaced

#: id-messageDigest (RFC 5652 §11.2) and the archive time stamp, version 3 (EN 319 122-1)
MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
ARCHIVE_TIME_STAMP = bytes.fromhex("060604008d450204")

BROKEN = "invalid TOTAL-FAILED"
WRONG_DIGEST = f"{BROKEN} HASH_FAILURE"
WRONG_VALUE = f"{BROKEN} SIG_CRYPTO_FAILURE"
#: Digest and value hold, the rest doesn't follow.
OPEN = "valid INDETERMINATE"
NOT_FOUND = "INDETERMINATE NO_SIGNING_CERTIFICATE_FOUND"
#: Which of the two depends on what is missed first.
NOT_PASSED = "INDETERMINATE|TOTAL-FAILED"
#: A broken stamp never helps, and is told; here the certificates are still good without one.
STAMP = "valid TOTAL-PASSED.*, time stamp (invalid TOTAL-FAILED|valid INDETERMINATE)"
#: What nobody signed may be taken away, or changed where it says nothing.
HARMLESS = "valid TOTAL-PASSED"


@dataclasses.dataclass(frozen=True)
class Change:
    what: str
    #: Of the octets of the whole file.
    apply: Callable
    #: Part of what hsign says of one of the signatures, as a regular expression.
    expected: str

    @property
    def harmless(self):
        return self.expected.endswith(HARMLESS)


def tampered(form, certificate):
    """All that is done to a signature of B-LTA in that form; `certificate` (DER) is that of somebody else."""
    if form.container:
        yield from of_containers(form)
    if form.signature == "CAdES":
        changes, pattern = of_cms(form, certificate), r"META-INF/.*\.p7s"
    else:
        changes, pattern = of_xml(form, certificate), r"META-INF/signatures.*\.xml"
    for change in changes:
        yield dataclasses.replace(change, apply=entry(pattern, change.apply)) if form.container else change


def of_cms(form, certificate):
    yield Change("signature value changed", part("signature value", -1), WRONG_VALUE)
    yield Change("a signed attribute changed", part("signedAttrs", -1), BROKEN)
    yield Change("the signed digest changed", of_attribute("signedAttrs", MESSAGE_DIGEST, flip_last), BROKEN)
    yield Change("signed attributes taken out", of_part("signedAttrs", lambda _: b""), BROKEN)
    yield Change("digest algorithm exchanged", of_part("digestAlgorithm", lambda _: SHA_512), "TOTAL-FAILED")
    yield Change("certificate exchanged for somebody else's", of_part("signer's certificate", lambda _: certificate), NOT_FOUND)
    # The archive time stamp of a container covers the whole signature, that of a CMS its parts.
    covered = form.container == "ASiC_E"
    yield Change("unsigned attributes taken out", of_part("unsignedAttrs", lambda _: b""), STAMP if covered else f"B-B {HARMLESS}")
    yield Change("time stamp changed", of_attribute("unsignedAttrs", SIGNATURE_TIME_STAMP, flip_last), STAMP)
    if not form.container:
        yield Change("archive time stamp changed", of_attribute("unsignedAttrs", ARCHIVE_TIME_STAMP, flip_last), STAMP)
    yield Change("cut short", lambda data: data[:-10], "no signature|undetermined TOTAL-FAILED FORMAT_FAILURE")
    yield Change("an octet behind the end", lambda data: data + b"\0", STAMP if covered else HARMLESS)
    if form.packaging == "ENVELOPING":
        yield Change("content changed", lambda data: data.replace(b" 5 mg", b" 9 mg"), WRONG_DIGEST)


def of_xml(form, certificate):
    yield Change("signature value changed", value_of("SignatureValue"), WRONG_VALUE)
    yield Change("a digest changed", value_of("DigestValue"), BROKEN)
    yield Change("signing time changed", other_time, WRONG_DIGEST)
    yield Change("a reference taken out", without("Reference"), BROKEN)
    yield Change("signature method exchanged", exchanged(rb"(<(?:\w+:)?SignatureMethod Algorithm=\")[^\"]*", HMAC), "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE")
    yield Change("canonicalization exchanged", exchanged(rb"(<(?:\w+:)?CanonicalizationMethod Algorithm=\")[^\"]*", WITH_COMMENTS), BROKEN)
    yield Change("signed properties doubled", doubled("SignedProperties"), "TOTAL-FAILED")
    yield Change(
        "certificate exchanged for somebody else's",
        exchanged(rb"(<(?:\w+:)?X509Certificate>)[^<]*", base64.b64encode(certificate)), NOT_FOUND,
    )
    yield Change("unsigned properties taken out", without("UnsignedProperties"), f"B-B {HARMLESS}")
    yield Change("time stamp changed", in_token("SignatureTimeStamp"), STAMP)
    yield Change("archive time stamp changed", in_token("ArchiveTimeStamp"), STAMP)
    yield Change("cut short", lambda data: data[:-10], "no signature|undetermined TOTAL-FAILED FORMAT_FAILURE")
    if form.packaging == "ENVELOPED":
        yield Change("content changed", lambda data: data.replace(b" 5 mg", b" 9 mg"), WRONG_DIGEST)
        yield Change("content changed to look the same", lambda data: data.replace(b"<title>", b"<title> "), WRONG_DIGEST)
        yield Change("a comment put into the content", lambda data: data.replace(b" 5 mg", b" 5<!-- 0 --> mg"), HARMLESS)


def of_containers(form):
    signature = r"META-INF/.*signature.*\.(p7s|xml)"
    yield Change("a file changed", entry(r"cda\.xml", lambda data: data.replace(b" 5 mg", b" 9 mg")), WRONG_DIGEST)
    yield Change("a file taken out", entry(r"cda\.xml", lambda _: None), NOT_PASSED)
    yield Change("a file added", added("more.txt", b"more"), NOT_PASSED)
    yield Change("a file put in twice", twice(r"cda\.xml", lambda data: data.replace(b" 5 mg", b" 9 mg")), NOT_PASSED)
    yield Change("media type exchanged", entry("mimetype", lambda _: b"application/zip"), HARMLESS)
    yield Change("signature taken out", entry(signature, lambda _: None), "no signature")
    if form.signature == "CAdES" and form.container == "ASiC_E":
        manifest = r"META-INF/ASiCManifest.*"
        yield Change("manifest changed", entry(manifest, lambda data: data.replace(b"/>", b" />", 1)), BROKEN)
        yield Change("manifest taken out", entry(manifest, lambda _: None), NOT_PASSED)
    yield Change("container cut short", lambda data: data[:-10], "no signature")


#: AlgorithmIdentifier of SHA-512 without parameters
SHA_512 = bytes.fromhex("300b0609608648016503040203")
HMAC = b"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
WITH_COMMENTS = b"http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"


def flip_last(octets):
    return octets[:-1] + bytes([octets[-1] ^ 1])


def entry(pattern, change):
    """The entry of a container, changed (None takes it out); the others stay as they are."""

    def whole(container):
        written = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(container)) as before, zipfile.ZipFile(written, "w") as after:
            for info in before.infolist():
                data = before.read(info)
                data = change(data) if re.fullmatch(pattern, info.filename) else data
                if data is not None:
                    after.writestr(info, data)
        return written.getvalue()

    return whole


def added(name, data):
    return appending(lambda after: after.writestr(name, data))


def twice(pattern, change):
    """The same name once more, with other content: readers take the first, or the last."""

    def write(after):
        name = next(name for name in after.namelist() if re.fullmatch(pattern, name))
        info = zipfile.ZipInfo(name)
        data = change(after.read(name))
        after.NameToInfo.pop(name)
        after.writestr(info, data)

    return appending(write)


def appending(write):
    """What `write` puts behind the entries of a container."""

    def whole(container):
        written = io.BytesIO(container)
        with zipfile.ZipFile(written, "a") as after:
            write(after)
        return written.getvalue()

    return whole


def part(name, last):
    def change(cms):
        place = next(place for called, *place in cms_parts(cms) if called == name)
        offset = inside(cms, place[0])[1] + last
        return cms[:offset] + bytes([cms[offset] ^ 1]) + cms[offset + 1 :]

    return change


def of_part(name, change):
    def whole(cms):
        place = next(place for called, *place in cms_parts(cms) if called == name)
        return replaced(cms, place, change(cms[slice(*place)]))

    return whole


def of_attribute(around, oid, change):
    """The first value of the first attribute of a type."""

    def whole(cms):
        place = attribute(cms, around, oid)
        values = elements(cms, *inside(cms, place[0]))[1]
        first = elements(cms, *inside(cms, values[0]))[0]
        return cms[: first[0]] + change(cms[slice(*first)]) + cms[first[1] :]

    return whole


def value_of(element):
    """The first base64 value in such an element, with another octet in it."""

    def change(xml):
        match = re.search(rb"<(?:\w+:)?%s[^>]*>([^<]+)<" % element.encode(), xml)
        octets = bytearray(base64.b64decode(match[1]))
        octets[len(octets) // 2] ^= 1
        return xml[: match.start(1)] + base64.b64encode(octets) + xml[match.end(1) :]

    return change


def in_token(element):
    """The last octet of the token in such an element: its signature value."""

    def change(xml):
        match = re.search(rb"<(?:\w+:)?%s\b.*?EncapsulatedTimeStamp[^>]*>([^<]+)<" % element.encode(), xml, re.DOTALL)
        token = base64.b64decode(match[1])
        return xml[: match.start(1)] + base64.b64encode(flip_last(token[: element_end(token, 0)])) + xml[match.end(1) :]

    return change


def whole_element(xml, element):
    return re.search(rb"<((?:\w+:)?)%s\b[^>]*>.*?</\1%s>" % (element.encode(), element.encode()), xml, re.DOTALL)


def without(element):
    def change(xml):
        match = whole_element(xml, element)
        return xml[: match.start()] + xml[match.end() :]

    return change


def doubled(element):
    """Another one of the same Id before it."""

    def change(xml):
        match = whole_element(xml, element)
        return xml[: match.start()] + other_time(match[0]) + xml[match.start() :]

    return change


def exchanged(pattern, value):
    return lambda xml: re.sub(pattern, lambda found: found[1] + value, xml, count=1)


def other_time(xml):
    return re.sub(rb"(SigningTime>\d\d\d\d-\d\d-)(\d)", lambda found: found[1] + (b"1" if found[2] != b"1" else b"2"), xml, count=1)
