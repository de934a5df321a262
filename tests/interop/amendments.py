"""Corrected documents with the original inside, or beside: all of them are judged."""

import dss
from forms import FORMS, Desk
from forms_by_them import brief, said
from testbed import HSIGN, LETTER, SCAN, SIGNERS

NOTE = ("--note", "用量の訂正")


def judged_by_them(rows, testbed, peers):
    for key in SIGNERS:
        by_embedding(rows, testbed, peers, key)
    by_note(rows, testbed, peers)
    in_a_container(rows, testbed, peers)


def by_embedding(rows, testbed, peers, key):
    original, changed, again, renewed, inner = (
        testbed.work / f"{name}-{key}.pdf" for name in ("original", "amended", "amended-again", "amended-renewed", "inner")
    )
    testbed.hsign_sign(key, "B-LTA", testbed.document(SCAN), original)
    amend(testbed, original, changed, "--with", testbed.document(LETTER), *NOTE)
    amend(testbed, changed, again, "--with", testbed.document(SCAN), *NOTE)
    testbed.hsign_extend(changed, renewed)
    testbed.checked("pdfdetach", "-save", "1", "-o", inner, changed)
    for note, path in (
        ("amended document", changed), ("amended document, renewed", renewed), ("document amended twice", again),
        ("original taken out of an amended document", inner),
    ):
        judged(rows, testbed, peers, f"{note}, {key}", path, 1, "PAdES")
        if peers.pyhanko:
            rows.check("our amendments", "hsign", f"{note}, {key}", "pyHanko",
                       lambda: said(peers.pyhanko.lasting(path, None)), ["PASSED"])
        for reader in (peers.mutool, peers.qpdf):
            if reader:
                rows.check("our amendments", "hsign", f"{note}, {key}", reader.name,
                           lambda: reader.accepts(path, 1, None, True), True)
    same = inner.read_bytes() == original.read_bytes()
    rows.check("our amendments", "hsign", f"original taken out of an amended document, {key}", "pdfdetach",
               lambda: (same, "octet by octet" if same else "other octets"), True)


def by_note(rows, testbed, peers):
    """Without another document: one more signature with what was amended."""
    original, noted = testbed.work / "to-be-noted.pdf", testbed.work / "noted.pdf"
    testbed.hsign_sign("P-256", "B-LTA", testbed.document(SCAN), original)
    amend(testbed, original, noted, *NOTE)
    judged(rows, testbed, peers, "an amendment noted on the original", noted, 2, "PAdES")


def in_a_container(rows, testbed, peers):
    """Where one of the two is no PDF."""
    desk, form = Desk(testbed), next(form for form in FORMS if form.name == "ASiC-E with CAdES")
    original, out = testbed.work / "original.asice", testbed.work / "amended.asice"
    desk.sign(form, "P-384", "B-LTA", original)
    corrected = desk.changed("cda.xml")
    amend(testbed, original, out, "--with", corrected, *NOTE)
    judged(rows, testbed, peers, "a container with the corrected file and the original", out, 1, "CAdES")


def amend(testbed, original, out, *options):
    folder = testbed.person("pharmacist")
    testbed.checked(
        HSIGN, "amend", original, "-o", out, "--policy", "etsi", "--credential", f"pkcs12:{folder / 'identity.p12'}",
        "--pin-source", f"file:{testbed.pki / 'passphrase.txt'}", "--trust", testbed.pki / "trust.toml",
        "--tsa", testbed.tsa_url, *options,
    )


def judged(rows, testbed, peers, what, path, count, form):
    rows.check(
        "our amendments", "hsign", what, "hsign",
        lambda: said([brief(each) for each in testbed.hsign_verify(path, "--policy", "etsi")[0]["signatures"]]),
        ["B-LTA TOTAL-PASSED"] * count,
    )
    if peers.dss:
        rows.check(
            "our amendments", "hsign", what, "EU DSS", lambda: said(peers.dss.verdicts(path, alone="yes", anchors=dss.ANCHORS)),
            [f"{form}-BASELINE-LTA TOTAL_PASSED"] * count,
        )
