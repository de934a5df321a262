"""What pyHanko and EU DSS make to last, fill in later and have tampered with, judged by hsign: also what it finds changed."""

import struct
import zlib

import changed
import pyhanko_maker
from testbed import LETTER, OBJECT_STREAMS, SCAN, SIGNERS

PASSED = "valid TOTAL-PASSED qualified"
#: Nothing but evidence and time stamps came later.
LASTING = f"{PASSED} permitted"
CHANGED = "INDETERMINATE SIG_CONSTRAINTS_FAILURE qualified"


def by_pyhanko(testbed):
    """(what, how it's made, verdicts expected)"""

    def made(**options):
        return lambda out: pyhanko_maker.sign(testbed, out, **options)

    yield "PAdES B-T, RSA-2048", made(level="B-T"), [f"B-T {PASSED} none"]
    for key in SIGNERS:
        for level in ("B-LT", "B-LTA"):
            yield f"PAdES {level}, {key}", made(key=key, level=level), [f"{level} {LASTING}"]
    streams = testbed.document(OBJECT_STREAMS)
    yield "PAdES B-LTA, object streams", made(document=streams, level="B-LTA"), [f"B-LTA {LASTING}"]
    for key in SIGNERS:
        once = then(made(level="B-LTA", key=key), renewed(testbed))
        yield f"PAdES B-LTA, renewed, {key}", once, [f"B-LTA {LASTING}"]
        yield f"PAdES B-LTA, renewed twice, {key}", then(once, renewed(testbed)), [f"B-LTA {LASTING}"]
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
        for level, after in (("B", "none"), ("T", "none"), ("LT", "permitted"), ("LTA", "permitted")):
            yield f"PAdES B-{level}, {key}", made(level, key=key), [f"B-{level} {PASSED} {after}"]
    yield "PAdES B-T, SHA-512", made("T", digest="SHA512"), [f"B-T {PASSED} none"]
    for document in (SCAN, OBJECT_STREAMS):
        yield f"PAdES B-LTA, {document}", made("LTA", document), [f"B-LTA {LASTING}"]

    def extended(before, out):
        dss_peer.extend(before, out, "PAdES-BASELINE-LTA")

    for key in SIGNERS:
        once = then(made("LTA", key=key), extended)
        yield f"PAdES B-LTA, renewed, {key}", once, [f"B-LTA {LASTING}"]
        yield f"PAdES B-LTA, renewed twice, {key}", then(once, extended), [f"B-LTA {LASTING}"]
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


def judged_by_us(rows, testbed, peers):
    kept = {}
    makers = (
        ("pyHanko", by_pyhanko(testbed) if peers.pyhanko else ()), ("EU DSS", by_dss(testbed, peers.dss) if peers.dss else ()),
    )
    for maker, made in makers:
        for what, make, expected in made:
            out = testbed.work / f"theirs-lasting-{len(rows.rows)}.pdf"
            rows.check("their PDF", maker, what, "hsign", lambda: made_and_judged(testbed, make, out), expected)
            if what in ("PAdES B-LTA, RSA-2048", "PAdES B-T, RSA-2048"):
                kept[maker, what] = out
    others = [peer for peer in (peers.pyhanko, peers.pdfsig, peers.openssl) if peer]
    for (maker, what), out in kept.items():
        if out.exists():
            changed.of_pdfs(rows, testbed, peers, maker, what, out, others)


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
