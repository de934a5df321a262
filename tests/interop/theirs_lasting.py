"""What pyHanko and EU DSS make to last, fill in later and have tampered with, judged by hsign: also what it finds changed."""

import struct
import zlib

import pyhanko_maker
from cms_layout import cms_parts, inside, signatures
from testbed import LETTER, OBJECT_STREAMS, SCAN, SIGNERS

PASSED = "valid TOTAL-PASSED qualified"
#: Nothing but evidence and time stamps came later.
LASTING = f"{PASSED} permitted"
CHANGED = "INDETERMINATE SIG_CONSTRAINTS_FAILURE qualified"


def by_pyhanko(testbed):
    """(what, how it's made, verdicts expected)"""

    def made(**options):
        return lambda out: pyhanko_maker.sign(testbed, out, **options)

    for level in ("B-LT", "B-LTA"):
        for key in ("RSA-2048", "P-256"):
            yield f"PAdES {level}, {key}", made(key=key, level=level), [f"{level} {LASTING}"]
    streams = testbed.document(OBJECT_STREAMS)
    yield "PAdES B-LTA, object streams", made(document=streams, level="B-LTA"), [f"B-LTA {LASTING}"]
    yield "PAdES B-LTA, renewed", then(made(level="B-LTA"), renewed(testbed)), [f"B-LTA {LASTING}"]
    twice = then(then(made(level="B-LTA"), renewed(testbed)), renewed(testbed))
    yield "PAdES B-LTA, renewed twice", twice, [f"B-LTA {LASTING}"]
    yield "hsign's B-LTA, renewed by pyHanko", then(by_hsign(testbed), renewed(testbed)), [f"B-LTA {LASTING}"]
    second = then(made(level="B-LTA"), signed_again(testbed))
    yield "two signers, B-LTA", second, [f"B-LTA {LASTING}", f"B-LTA {LASTING}"]
    yield from filled_in(testbed)


def filled_in(testbed):
    """A text field filled in after the signature, as the certification lets it."""
    form = testbed.work / "form.pdf"
    pyhanko_maker.add_text_field(testbed.document(LETTER), form)

    def after(**options):
        signed = lambda out: pyhanko_maker.sign(testbed, out, document=form, **options)
        return then(signed, lambda before, out: pyhanko_maker.fill_text_field(before, out, "three days"))

    yield "a form filled in after an approval", after(level="B-T"), [f"B-T {PASSED} permitted"]
    yield "a form filled in after B-LTA", after(level="B-LTA"), [f"B-LTA {PASSED} permitted"]
    for permissions, verdict in (
        ("FILL_FORMS", f"B-T {PASSED} permitted"),
        ("ANNOTATE", f"B-T {PASSED} permitted"),
        ("NO_CHANGES", "B-T valid TOTAL-FAILED FORMAT_FAILURE qualified forbidden"),
    ):
        yield f"a form filled in after a certification ({permissions})", after(level="B-T", permissions=permissions), [verdict]


def by_dss(testbed, dss_peer):
    def made(level, document=LETTER, key="RSA-2048", **options):
        return lambda out: dss_peer.sign(
            testbed.document(document), out, f"PAdES-BASELINE-{level}", person=SIGNERS[key], **options
        )

    for key in SIGNERS:
        yield f"PAdES B-T, {key}", made("T", key=key), [f"B-T {PASSED} none"]
    yield "PAdES B-B", made("B"), [f"B-B {PASSED} none"]
    yield "PAdES B-T, SHA-512", made("T", digest="SHA512"), [f"B-T {PASSED} none"]
    for document in (SCAN, OBJECT_STREAMS):
        yield f"PAdES B-LTA, {document}", made("LTA", document), [f"B-LTA {LASTING}"]
    for level in ("LT", "LTA"):
        for key in ("RSA-2048", "P-384"):
            yield f"PAdES B-{level}, {key}", made(level, key=key), [f"B-{level} {LASTING}"]

    def extended(before, out):
        dss_peer.extend(before, out, "PAdES-BASELINE-LTA")

    yield "PAdES B-LTA, renewed", then(made("LTA"), extended), [f"B-LTA {LASTING}"]
    yield "PAdES B-LTA, renewed twice", then(then(made("LTA"), extended), extended), [f"B-LTA {LASTING}"]
    yield "hsign's B-T, extended by EU DSS", then(by_hsign(testbed, "B-T"), extended), [f"B-LTA {LASTING}"]
    yield "hsign's B-LTA, renewed by EU DSS", then(by_hsign(testbed), extended), [f"B-LTA {LASTING}"]
    for permission in ("NO_CHANGE_PERMITTED", "MINIMAL_CHANGES_PERMITTED", "CHANGES_PERMITTED"):
        yield f"certification ({permission})", made("T", permission=permission), [f"B-T {PASSED} none"]
    seal = testbed.work / "seal.png"
    seal.write_bytes(red_square(60))
    yield "visible field, B-LTA", made("LTA", image=seal), [f"B-LTA {LASTING}"]
    yield "hsign's B-LTA, then a visible field", then(by_hsign(testbed), lambda before, out: dss_peer.sign(
        before, out, "PAdES-BASELINE-LTA", person=SIGNERS["P-256"], image=seal,
    )), [f"B-LTA {LASTING}"] * 2
    yield "hsign's B-LTA, then EU DSS's", then(by_hsign(testbed), lambda before, out: dss_peer.sign(
        before, out, "PAdES-BASELINE-LTA", person=SIGNERS["P-256"],
    )), [f"B-LTA {LASTING}"] * 2
    yield "two signers", then(made("LTA"), lambda before, out: dss_peer.sign(
        before, out, "PAdES-BASELINE-LTA", person=SIGNERS["P-256"],
    )), [f"B-LTA {LASTING}"] * 2
    # The evidence of the first signature serves the second, which thereby has what B-LT wants.
    yield "EU DSS after hsign", then(by_hsign(testbed), lambda before, out: dss_peer.sign(
        before, out, "PAdES-BASELINE-T", person=SIGNERS["P-256"],
    )), [f"B-LTA {LASTING}", f"B-LT {PASSED} none"]


def red_square(side):
    """A PNG of that many pixels each way."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\xc8\x10\x10" * side) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def then(make, follow):
    def both(out):
        before = out.with_suffix(f".{len(out.suffixes)}{out.suffix}")
        make(before)
        follow(before, out)

    return both


def renewed(testbed):
    return lambda before, out: pyhanko_maker.renew(testbed, before, out)


def by_hsign(testbed, level="B-LTA"):
    return lambda out: testbed.hsign_sign("RSA-3072", level, testbed.document(LETTER), out)


def signed_again(testbed):
    return lambda before, out: pyhanko_maker.sign(
        testbed, out, document=before, key="RSA-3072", level="B-LTA", field="Second"
    )


def judged_by_us(rows, testbed, dss_peer, pyhanko):
    kept = {}
    makers = (("pyHanko", by_pyhanko(testbed) if pyhanko else ()), ("EU DSS", by_dss(testbed, dss_peer) if dss_peer else ()))
    for maker, made in makers:
        for what, make, expected in made:
            out = testbed.work / f"theirs-lasting-{len(rows.rows)}.pdf"
            rows.check("theirs", maker, what, "hsign", lambda: made_and_judged(testbed, make, out), expected)
            if what in ("PAdES B-LTA, RSA-2048", "PAdES B-T, RSA-2048"):
                kept[maker, what] = out
    for (maker, what), out in kept.items():
        if out.exists():
            tampered(rows, testbed, maker, what, out)


def made_and_judged(testbed, make, out):
    make(out)
    return judged(testbed, out)


def judged(testbed, out, *options):
    verdicts = [verdict(signature) for signature in testbed.hsign_verify(out, *options)[0]["signatures"]]
    return verdicts, "; ".join(verdicts)


def verdict(signature):
    changed = signature.get("modifications") or {}
    said = (
        signature["level"], signature["integrity"], signature["indication"], signature["sub_indication"],
        signature["qualification"]["status"], changed.get("verdict"),
    )
    return " ".join(word for word in said if word)


def tampered(rows, testbed, maker, what, signed):
    """The same file with one thing changed; what was signed first is the first signature."""
    pdf, first = signed.read_bytes(), signatures(signed.read_bytes())[0]
    value = next(place for name, *place in cms_parts(first.cms) if name == "signature value")
    broken = first.begin + 2 * inside(first.cms, value[0])[1] - 1
    text = pdf.index(b"Amlodipine 5 mg")
    failed = "invalid TOTAL-FAILED"
    for change, changed, expected in (
        ("dose changed", pdf[: text + 11] + b"9" + pdf[text + 12 :], f"{failed} HASH_FAILURE"),
        ("signature value changed", other_digit(pdf, broken), f"{failed} SIG_CRYPTO_FAILURE"),
        ("an octet cut out before the signature", pdf[: first.begin - 400] + pdf[first.begin - 399 :], "TOTAL-FAILED FORMAT_FAILURE"),
    ):
        path = testbed.work / f"tampered-{len(rows.rows)}.pdf"
        path.write_bytes(changed)
        rows.check("theirs", maker, f"{what}: {change}", "hsign", lambda: part_of_verdict(testbed, path, expected), expected)
    redrawn = testbed.work / f"redrawn-{len(rows.rows)}.pdf"
    pyhanko_maker.draw_on_first_page(signed, redrawn)
    rows.check(
        "theirs", maker, f"{what}: page drawn over in a later revision", "hsign",
        lambda: part_of_verdict(testbed, redrawn, f"valid {CHANGED}"), f"valid {CHANGED}",
    )


def other_digit(pdf, place):
    return pdf[:place] + (b"0" if pdf[place : place + 1] != b"0" else b"1") + pdf[place + 1 :]


def part_of_verdict(testbed, path, expected):
    """What was expected of the first verdict if it is in there, else all of it; and all of it."""
    document = testbed.hsign_verify(path)[0]
    if not document["signatures"]:
        return f"no signature: {document['indication']}", "no signature"
    said = verdict(document["signatures"][0]).partition(" ")[2]
    return expected if expected in said else said, said
