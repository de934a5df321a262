"""Signed PDFs with one thing changed that somebody might want changed; what was signed first is the first signature."""

import re

import pyhanko_maker
from cms_layout import BYTE_RANGE, cms_parts, inside, replaced, signatures
from tamper import BROKEN, HARMLESS, MESSAGE_DIGEST, NOT_FOUND, OPEN, STAMP, WRONG_DIGEST, WRONG_VALUE, Change, flip_last, of_attribute, of_part

FORM = "TOTAL-FAILED FORMAT_FAILURE"


def tampered(certificate, closed):
    """`certificate` (DER) is that of somebody else; `closed` by a document time stamp, with the evidence in the document."""
    yield Change("dose changed", other_dose, WRONG_DIGEST)
    yield Change("signature value changed", other_value, WRONG_VALUE)
    yield Change("the signed digest changed", in_cms(of_attribute("signedAttrs", MESSAGE_DIGEST, flip_last)), BROKEN)
    yield Change("signed attributes taken out", in_cms(of_part("signedAttrs", lambda _: b"")), BROKEN)
    yield Change("certificate exchanged for somebody else's", in_cms(of_part("signer's certificate", lambda _: certificate)), STAMP if closed else NOT_FOUND)
    yield Change("unsigned attributes taken out", in_cms(without_unsigned), STAMP if closed else HARMLESS)
    yield Change("Contents emptied", emptied, FORM)
    yield Change("an octet cut out before the signature", cut_out, f"{FORM}|no signature")
    yield Change("gap of the ByteRange widened", wider_gap, FORM)
    yield Change("ByteRange begins later", later_begin, FORM)
    yield Change("ByteRange ends earlier", earlier_end, FORM)
    yield Change("ByteRange taken out", lambda pdf: pdf.replace(b"/ByteRange", b"/ByteRangX", 1), FORM)
    yield Change("octets behind the end", lambda pdf: pdf + b"\n% more\n", OPEN)


def redrawn(signed, out):
    pyhanko_maker.draw_on_first_page(signed, out)


def other_dose(pdf):
    assert pdf.count(b"Amlodipine 5 mg") == 1
    return pdf.replace(b"Amlodipine 5 mg", b"Amlodipine 9 mg")


def in_cms(change):
    """The CMS of the first signature, changed; its place stays as long as it was."""

    def whole(pdf):
        placed = signatures(pdf)[0]
        digits = change(placed.cms).hex().encode()
        assert len(digits) <= placed.end - placed.begin
        return pdf[: placed.begin] + digits.ljust(placed.end - placed.begin, b"0") + pdf[placed.end :]

    return whole


def without_unsigned(cms):
    place = next((place for name, *place in cms_parts(cms) if name == "unsignedAttrs"), None)
    return replaced(cms, place, b"") if place else cms


def other_value(pdf):
    """The last hexadecimal digit of the signature value."""
    placed = signatures(pdf)[0]
    value = next(place for name, *place in cms_parts(placed.cms) if name == "signature value")
    place = placed.begin + 2 * inside(placed.cms, value[0])[1] - 1
    return pdf[:place] + (b"0" if pdf[place : place + 1] != b"0" else b"1") + pdf[place + 1 :]


def emptied(pdf):
    placed = signatures(pdf)[0]
    return pdf[: placed.begin] + b"0" * (placed.end - placed.begin) + pdf[placed.end :]


def cut_out(pdf):
    place = signatures(pdf)[0].begin - 400
    return pdf[:place] + pdf[place + 1 :]


def wider_gap(pdf):
    """The second range begins ten octets later, so that the gap is more than Contents."""
    return with_ranges(pdf, lambda first, length, second, rest: (first, length, second + 10, rest - 10))


def later_begin(pdf):
    return with_ranges(pdf, lambda first, length, second, rest: (first + 9, length - 9, second, rest))


def earlier_end(pdf):
    return with_ranges(pdf, lambda first, length, second, rest: (first, length, second, rest - 10))


def with_ranges(pdf, change):
    match = BYTE_RANGE.search(pdf)
    numbers = b" ".join(b"%d" % number for number in change(*map(int, match.groups())))
    old = match[0]
    inner = old[old.index(b"[") + 1 : -1]
    assert len(numbers) <= len(inner), "a longer number"
    return pdf[: match.start()] + old.replace(inner, numbers.ljust(len(inner))) + pdf[match.end() :]
