"""Signed PDFs and time stamps that hsign makes, judged by others."""

import pyhanko_maker
from testbed import LETTER, OBJECT_STREAMS, SCAN, SIGNERS

#: key, level, document, form of the credential
SIGNED = [
    *(("RSA-2048", level, document, "PKCS#12") for level in ("B-B", "B-T") for document in (SCAN, LETTER, OBJECT_STREAMS)),
    *((key, level, SCAN, "PKCS#12") for key in SIGNERS if key != "RSA-2048" for level in ("B-B", "B-T")),
    *((key, "B-T", OBJECT_STREAMS, "PEM") for key in SIGNERS),
]


def judged_by_them(rows, testbed, peers):
    judges = peers.of_pdf_signatures()
    for key, level, document, form in SIGNED:
        judge_one(
            rows, testbed, judges, f"PAdES {level}, {key}, {form}, {document}", int(level == "B-T"),
            lambda out: testbed.hsign_sign(key, level, testbed.document(document), out, form),
        )
    for document in (LETTER, OBJECT_STREAMS):
        judge_one(
            rows, testbed, judges, f"a second signature, P-256 after RSA-2048, {document}", 2,
            lambda out: second_signature(testbed, testbed.document(document), out),
        )
    if peers.pyhanko:
        for what, make, stamps in prepared_by_pyhanko(testbed):
            judge_one(rows, testbed, judges, what, stamps, make)


def judge_one(rows, testbed, judges, what, stamps, make):
    signed = testbed.work / f"ours-{len(rows.rows)}.pdf"
    try:
        make(signed)
    except RuntimeError as error:
        rows.add("our PDF", "hsign", what, "–", "failed", error)
        return
    for judge in judges:
        rows.check("our PDF", "hsign", what, judge.name, lambda: judge.accepts(signed, stamps), True)


def second_signature(testbed, document, out):
    first = out.with_suffix(".first.pdf")
    testbed.hsign_sign("RSA-2048", "B-T", document, first)
    testbed.hsign_sign("P-256", "B-T", first, out)


def prepared_by_pyhanko(testbed):
    def empty_field(out):
        prepared = out.with_suffix(".prepared.pdf")
        pyhanko_maker.add_empty_field(testbed.document(LETTER), prepared, "Physician")
        testbed.hsign_sign("RSA-2048", "B-T", prepared, out, options=("--field", "Physician"))

    def after(**options):
        def make(out):
            first = out.with_suffix(".first.pdf")
            pyhanko_maker.sign(testbed, first, **options)
            testbed.hsign_sign("P-384", "B-T", first, out)

        return make

    yield "PAdES B-T, RSA-2048, in an empty field made by pyHanko", empty_field, 1
    yield "a second signature after one by pyHanko", after(level="B-T"), 2
    yield "a second signature after a visible one by pyHanko", after(visible=True), 1
    yield "an approval after a certification by pyHanko (P = 2)", after(permissions="FILL_FORMS"), 1


def tokens(rows, testbed, peers):
    """Bare tokens beside a file, and time stamps inside a PDF."""
    for name in (SCAN, LETTER):
        document, token, what = testbed.document(name), testbed.work / f"{name}.tst", f"time-stamp token over {name}"
        data = document.read_bytes()
        other = testbed.work / f"other-{name}"
        other.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        testbed.hsign_timestamp(document, token, testbed.tsa_url)
        for said, content, expected in ((what, document, True), (f"{what}, data changed", other, False)):

            def check(judge, ask):
                rows.check("our records", "hsign", said, judge, ask, expected)

            check("hsign", lambda: hsign_token(testbed, token, content))
            if peers.openssl:
                check(peers.openssl.name, lambda: peers.openssl.token(token.read_bytes(), content.read_bytes(), "-token_in"))
            if peers.dss:
                check(peers.dss.name, lambda: peers.dss.stamps(token, content=content))
    for name in (SCAN, OBJECT_STREAMS):
        stamped, what = testbed.work / f"stamped-{name}", f"document time stamp in {name}"
        testbed.hsign_timestamp(testbed.document(name), stamped, testbed.tsa_url, "--in-pdf")
        changed = testbed.work / f"changed-{stamped.name}"
        pdf = bytearray(stamped.read_bytes())
        pdf[testbed.document(name).stat().st_size // 3] ^= 1
        changed.write_bytes(pdf)
        for said, file, expected in ((what, stamped, True), (f"{what}, an octet changed", changed, False)):

            def check(judge, ask):
                rows.check("our records", "hsign", said, judge, ask, expected)

            check("hsign", lambda: hsign_token(testbed, file))
            if peers.pyhanko:
                check(peers.pyhanko.name, lambda: peers.pyhanko.stamps(file))
            if peers.dss:
                check(peers.dss.name, lambda: peers.dss.stamps(file))


def hsign_token(testbed, file, content=None):
    document = testbed.hsign_verify(file, *(("--content", content) if content else ()))[0]
    stamps = [f"{stamp['integrity']} {stamp['indication']}" for stamp in document.get("timestamps", ())]
    return bool(stamps) and set(stamps) == {"valid TOTAL-PASSED"}, "; ".join(stamps)
