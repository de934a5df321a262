"""What hsign makes, judged by others."""

import pyhanko_maker
from cms_layout import cms_parts, inside, signatures
from testbed import LETTER, OBJECT_STREAMS, SCAN, SIGNERS

#: key, level, document, form of the credential
SIGNED = [
    *(("RSA-2048", level, document, "PKCS#12") for level in ("B-B", "B-T") for document in (SCAN, LETTER, OBJECT_STREAMS)),
    *((key, level, SCAN, "PKCS#12") for key in SIGNERS if key != "RSA-2048" for level in ("B-B", "B-T")),
    *((key, "B-T", OBJECT_STREAMS, "PEM") for key in SIGNERS),
]


def judged_by_them(rows, testbed, judges, pyhanko):
    """`judges` is who is installed; with `pyhanko` it also prepares documents."""
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
    if pyhanko:
        for what, make, stamps in prepared_by_pyhanko(testbed):
            judge_one(rows, testbed, judges, what, stamps, make)
    changed_after_signing(rows, testbed, judges, pyhanko)


def judge_one(rows, testbed, judges, what, stamps, make):
    signed = testbed.work / f"ours-{len(rows.rows)}.pdf"
    try:
        make(signed)
    except RuntimeError as error:
        rows.add("ours", "hsign", what, "–", "failed", error)
        return
    for judge in judges:
        rows.check("ours", "hsign", what, judge.name, lambda: judge.accepts(signed, stamps), True)


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


def changed_after_signing(rows, testbed, judges, pyhanko):
    """Nobody may accept these."""
    for document in (LETTER, OBJECT_STREAMS):
        signed = testbed.work / f"to-be-changed-{document}"
        testbed.hsign_sign("RSA-2048", "B-B", testbed.document(document), signed)
        pdf = signed.read_bytes()
        for what, changed in (
            (f"dose changed after signing, {document}", other_dose(pdf)),
            (f"signature value changed, {document}", other_value(pdf)),
            (f"gap of the ByteRange widened, {document}", wider_gap(pdf)),
        ):
            refused(rows, testbed, judges, what, changed)
    if pyhanko:
        redrawn = testbed.work / "redrawn.pdf"
        pyhanko_maker.draw_on_first_page(signed, redrawn)
        # The octets of the first revision are as signed, so this is nothing a CMS alone could show.
        readers = [judge for judge in judges if judge.name != "OpenSSL"]
        refused(rows, testbed, readers, "page drawn over in a later revision", redrawn.read_bytes())


def refused(rows, testbed, judges, what, pdf):
    path = testbed.work / f"changed-{len(rows.rows)}.pdf"
    path.write_bytes(pdf)
    for judge in judges:
        rows.check("ours", "hsign", what, judge.name, lambda: judge.accepts(path, 0), False)
    rows.check("ours", "hsign", what, "hsign", lambda: passed(testbed, path), False)


def passed(testbed, path):
    document = testbed.hsign_verify(path)[0]
    return document["indication"] == "TOTAL-PASSED", f"{document['indication']} {document['sub_indication'] or ''}"


def other_dose(pdf):
    assert pdf.count(b"Amlodipine 5 mg") == 1
    return pdf.replace(b"Amlodipine 5 mg", b"Amlodipine 9 mg")


def other_value(pdf):
    """The last hexadecimal digit of the signature value."""
    placed = signatures(pdf)[-1]
    value = next(place for name, *place in cms_parts(placed.cms) if name == "signature value")
    changed, place = bytearray(pdf), placed.begin + 2 * inside(placed.cms, value[0])[1] - 1
    changed[place] = ord("0") if changed[place] != ord("0") else ord("1")
    return bytes(changed)


def wider_gap(pdf):
    """The second range begins ten octets later, so that the gap is more than Contents."""
    placed = signatures(pdf)[-1]
    begin, length = placed.end + 1, placed.last - placed.end - 1
    old, new = b"%d %d" % (begin, length), b"%d %d" % (begin + 10, length - 10)
    assert pdf.count(old) == 1
    return pdf.replace(old, new.ljust(len(old)))


def tokens(rows, testbed, openssl):
    """Bare tokens, judged by `openssl ts`."""
    for name in (SCAN, LETTER):
        document, token, what = testbed.document(name), testbed.work / f"{name}.tst", f"time-stamp token over {name}"
        data = document.read_bytes()
        other = data[:-1] + bytes([data[-1] ^ 1])
        testbed.hsign_timestamp(document, token, testbed.tsa_url)
        for said, content, expected in ((what, data, True), (f"{what}, data changed", other, False)):
            rows.check(
                "ours", "hsign", said, openssl.name,
                lambda: openssl.token(token.read_bytes(), content, "-token_in"), expected,
            )
