"""What others make, judged by hsign: integrity, indication and qualification of every signature."""

import pyhanko_maker
from cms_layout import with_indefinite_lengths
from testbed import LETTER, OBJECT_STREAMS, SCAN, SIGNERS

PASSED = "valid TOTAL-PASSED qualified"


def signed_by_pyhanko(testbed):
    """(what, how it's made, verdicts expected)"""

    def made(**options):
        return lambda out: pyhanko_maker.sign(testbed, out, **options)

    for key in SIGNERS:
        yield f"PAdES B-B, {key}", made(key=key), [f"B-B {PASSED}"]
        if key != "RSA-2048":
            yield f"PAdES B-T, {key}", made(key=key, level="B-T"), [f"B-T {PASSED}"]
    for document in (SCAN, OBJECT_STREAMS):
        yield f"PAdES B-T, {document}", made(document=testbed.document(document), level="B-T"), [f"B-T {PASSED}"]
    for digest in ("sha384", "sha512"):
        yield f"PAdES B-T, {digest}", made(digest=digest, level="B-T"), [f"B-T {PASSED}"]
    yield "PAdES B-T, RSASSA-PSS", made(pss=True, level="B-T"), [f"B-T {PASSED}"]
    yield "adbe.pkcs7.detached", made(subfilter="ADOBE_PKCS7_DETACHED"), [f"other {PASSED}"]
    yield "adbe.pkcs7.detached with time stamp", made(subfilter="ADOBE_PKCS7_DETACHED", level="B-T"), [f"other {PASSED}"]
    yield "visible field", made(visible=True, level="B-T"), [f"B-T {PASSED}"]
    for permissions in ("NO_CHANGES", "FILL_FORMS", "ANNOTATE"):
        yield f"certification ({permissions})", made(permissions=permissions, level="B-T"), [f"B-T {PASSED}"]
    passed = f"B-T {PASSED}"
    yield "two signers", two_signers(testbed), [passed] * 2
    yield "two signers, the first certifying", two_signers(testbed, permissions="FILL_FORMS"), [passed] * 2
    yield "two signers, the second visible", two_signers(testbed, second={"visible": True}), [passed] * 2
    yield "two signers, the second P-256", two_signers(testbed, second={"key": "P-256"}), [passed] * 2
    yield "pyHanko after hsign", after_hsign(testbed), [passed] * 2
    yield "B-T with a document time stamp", with_document_time_stamp(testbed), [f"B-T {PASSED}"]
    indeterminate = "B-T valid INDETERMINATE CHAIN_CONSTRAINTS_FAILURE"
    yield "a test card", made(key="test-card", level="B-T"), [f"{indeterminate} test-card"]
    yield "a signer without role", made(key="no-role", level="B-T"), [f"{indeterminate} no-role"]
    yield "an unknown role", made(key="unknown-role", level="B-T"), [f"{indeterminate} unrecognised-role"]


def two_signers(testbed, second=None, **options):
    def make(out):
        first = out.with_suffix(".first.pdf")
        pyhanko_maker.sign(testbed, first, level="B-T", **options)
        of_second = {"key": "RSA-3072", "level": "B-T", "field": "Second", **(second or {})}
        pyhanko_maker.sign(testbed, out, document=first, **of_second)

    return make


def after_hsign(testbed):
    def make(out):
        first = out.with_suffix(".first.pdf")
        testbed.hsign_sign("RSA-3072", "B-T", testbed.document(LETTER), first)
        pyhanko_maker.sign(testbed, out, document=first, level="B-T", field="Second")

    return make


def with_document_time_stamp(testbed):
    def make(out):
        first = out.with_suffix(".first.pdf")
        pyhanko_maker.sign(testbed, first, level="B-T")
        pyhanko_maker.add_document_time_stamp(testbed, first, out)

    return make


def judged_by_us(rows, testbed, peers):
    if not peers.pyhanko:
        return
    openssl_in_pdf(rows, testbed, peers)
    for what, make, expected in signed_by_pyhanko(testbed):
        out = testbed.work / f"theirs-{len(rows.rows)}.pdf"
        rows.check("their PDF", "pyHanko", what, "hsign", lambda: made_and_judged(testbed, make, out), expected)


def openssl_in_pdf(rows, testbed, peers):
    """A CMS by OpenSSL, in a field that pyHanko prepares."""
    if not (peers.pyhanko and peers.openssl):
        return
    for key in SIGNERS:
        for encoding, as_encoded in (("DER", bytes), ("BER", with_indefinite_lengths)):
            out, person = testbed.work / f"openssl-{len(rows.rows)}.pdf", testbed.person(key)

            def cms(covered):
                data, signed = testbed.work / "covered.bin", testbed.work / "covered.p7s"
                data.write_bytes(covered)
                testbed.checked(
                    "openssl", "cms", "-sign", "-binary", "-outform", "DER", "-in", data, "-out", signed, "-cades",
                    "-signer", person / "certificate.pem", "-inkey", person / "key.pem",
                    "-certfile", testbed.authority("hpki-signature-ca"),
                )
                return as_encoded(signed.read_bytes())

            def make(path):
                pyhanko_maker.embed(testbed.document(LETTER), path, cms)

            rows.check("their PDF", "OpenSSL", f"CMS in {encoding} in a PDF, {key}", "hsign",
                       lambda: made_and_judged(testbed, make, out), [f"B-B {PASSED}"])


def made_and_judged(testbed, make, out):
    make(out)
    verdicts = [verdict(signature) for signature in testbed.hsign_verify(out)[0]["signatures"]]
    return verdicts, "; ".join(verdicts)


def verdict(signature):
    said = (
        signature["level"], signature["integrity"], signature["indication"], signature["sub_indication"],
        signature["qualification"]["status"],
    )
    return " ".join(word for word in said if word)


def openssl_tokens(rows, testbed, peers):
    """Tokens that `openssl ts` makes with the keys of the testbed's TSA units."""
    if not peers.openssl:
        return
    data = testbed.document(SCAN)
    for what, unit, digest, options, form, expected in (
        ("time-stamp token, SHA-256", "tsa-unit", "sha256", {}, ("-token_out",), "valid TOTAL-PASSED"),
        ("time-stamp token, SHA-384", "tsa-unit", "sha384", {}, ("-token_out",), "valid TOTAL-PASSED"),
        ("time-stamp token, SHA-512", "tsa-unit", "sha512", {}, ("-token_out",), "valid TOTAL-PASSED"),
        ("time-stamp token, ESSCertID", "tsa-unit", "sha256", {"ess_cert_id_alg": "sha1"}, ("-token_out",), "valid TOTAL-PASSED"),
        ("time-stamp token, P-256", "tsa-unit-p256", "sha256", {}, ("-token_out",), "valid TOTAL-PASSED"),
        ("TimeStampResp", "tsa-unit", "sha256", {}, (), "valid TOTAL-PASSED"),
    ):
        token = testbed.work / f"openssl-{len(rows.rows)}.tst"

        def judge():
            openssl_token(testbed, data, token, unit, digest, options, form)
            return token_verdict(testbed, token, data)

        rows.check("their records", "OpenSSL", what, "hsign", judge, expected)
    rows.check(
        "their records", "OpenSSL", "time-stamp token of other data", "hsign",
        lambda: token_verdict(testbed, token, testbed.document(LETTER)), "invalid TOTAL-FAILED HASH_FAILURE",
    )


def token_verdict(testbed, token, data):
    stamp = testbed.hsign_verify(token, "--content", data)[0]["timestamps"][0]
    said = " ".join(word for word in (stamp["integrity"], stamp["indication"], stamp["sub_indication"]) if word)
    return said, said


def openssl_token(testbed, data, token, unit, digest, options, form):
    work, unit = testbed.work, testbed.pki / "units" / unit
    query, config, serial = work / "query.tsq", work / "openssl-ts.cnf", work / "serial"
    if not serial.exists():
        serial.write_text("01\n")
    settings = {
        "serial": serial, "signer_cert": unit / "certificate.pem", "signer_key": unit / "key.pem",
        "certs": testbed.authority("tsa-ca"), "signer_digest": "sha256", "default_policy": "1.2.3.4",
        "digests": "sha256, sha384, sha512", "accuracy": "secs:1", "ess_cert_id_chain": "no",
        "ess_cert_id_alg": "sha256", **options,
    }
    lines = [f"{name} = {value}" for name, value in settings.items()]
    config.write_text("\n".join(["[tsa]", "default_tsa = unit", "[unit]", *lines, ""]))
    testbed.checked("openssl", "ts", "-query", "-data", data, f"-{digest}", "-cert", "-out", query)
    testbed.checked("openssl", "ts", "-reply", "-config", config, "-queryfile", query, *form, "-out", token)
