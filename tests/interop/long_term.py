"""What hsign makes to last (B-LT and above, marks, passwords), judged by others with nothing but the anchors."""

import dataclasses
import pathlib
from collections.abc import Callable

import dss
import pyhanko_maker
from readers import Pdfsig
from testbed import LETTER, OBJECT_STREAMS, SCAN, SIGNERS

FONT = pathlib.Path("/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf")
PASSWORD = "open-sesame"


@dataclasses.dataclass
class Case:
    what: str
    make: Callable
    levels: list
    #: Whether each signature has a time stamp of its own.
    stamped: bool = True
    password: str | None = None


def cases(testbed, peers):
    def signed(*options, key="RSA-2048", level="B-LTA", document=SCAN):
        return lambda out: testbed.hsign_sign(key, level, testbed.document(document), out, options=options)

    for key in SIGNERS:
        yield Case(f"PAdES B-LTA, {key}", signed(key=key), ["B-LTA"])
    for document in (LETTER, OBJECT_STREAMS):
        yield Case(f"PAdES B-LTA, {document}", signed(document=document), ["B-LTA"])
    for key in SIGNERS:
        yield Case(f"PAdES B-LT, {key}", signed(key=key, level="B-LT"), ["B-LT"])
    yield Case("PAdES B-LTA with one stamp", signed("--one-stamp"), ["B-LTA"], stamped=False)
    yield Case("PAdES B-LTA with one stamp, renewed", renewed(testbed, signed("--one-stamp")), ["B-LTA"], stamped=False)
    for key in SIGNERS:
        yield Case(f"PAdES B-LTA, renewed, {key}", renewed(testbed, signed(key=key)), ["B-LTA"])
        yield Case(f"PAdES B-LTA, renewed twice, {key}", renewed(testbed, signed(key=key), 2), ["B-LTA"])
    yield Case("PAdES B-T, extended to B-LTA", renewed(testbed, signed(level="B-T")), ["B-LTA"])
    yield Case("PAdES B-T, extended to B-LT", renewed(testbed, signed(level="B-T"), level="B-LT"), ["B-LT"])
    two = followed(testbed, signed(document=LETTER), "P-256")
    yield Case("PAdES B-LTA, two signers", two, ["B-LTA"] * 2)
    yield Case("PAdES B-LTA, two signers, renewed", renewed(testbed, two), ["B-LTA"] * 2)
    streams = followed(testbed, signed(document=OBJECT_STREAMS), "P-384")
    yield Case("PAdES B-LTA, two signers, object streams, renewed", renewed(testbed, streams), ["B-LTA"] * 2)
    yield Case("PAdES B-LTA with reason, place and a named field", signed(
        "--reason", "診療情報の提供", "--location", "試験病院", "--field", "Doctor", document=LETTER,
    ), ["B-LTA"])
    yield Case("PAdES B-LTA of a scan with what is said of it", signed(
        "--created", "2026-11-20", "--scan-mode", "same-day", "--author", "staff 12", "--proxy", "staff 3", "--confirmer", "staff 4",
        "--late-reason", "a test", "--document-class", "scan",
    ), ["B-LTA"])
    if FONT.exists():
        mark = ("--mark", "last:bottom-right", "--mark-font", FONT)
        yield Case("PAdES B-LTA with a visible mark", signed(*mark), ["B-LTA"])
        second = followed(testbed, signed(*mark), "P-256", "--mark", "last:top-left", "--mark-font", FONT)
        yield Case("PAdES B-LTA, two visible marks, renewed", renewed(testbed, second), ["B-LTA"] * 2)
    if peers.qpdf:
        yield Case("PAdES B-LTA, AES-256 with a password", encrypted(testbed), ["B-LTA"], password=PASSWORD)
    if peers.pyhanko:
        def theirs(out):
            pyhanko_maker.sign(testbed, out, level="B-T", permissions="FILL_FORMS")

        yield Case("a certification by pyHanko, extended", renewed(testbed, theirs), ["B-LTA"])
        yield Case("an approval after a certification by pyHanko", followed(testbed, theirs, "P-256"), ["B-LTA"] * 2)
    if peers.dss:
        def of_dss(out):
            peers.dss.sign(testbed.document(LETTER), out, "PAdES-BASELINE-T")

        yield Case("a signature by EU DSS, extended", renewed(testbed, of_dss), ["B-LTA"])


def renewed(testbed, make, times=1, level=None):
    def again(out):
        file = out.with_suffix(".0.pdf")
        make(file)
        for time in range(1, times + 1):
            following = out if time == times else out.with_suffix(f".{time}.pdf")
            testbed.hsign_extend(file, following, level)
            file = following

    return again


def followed(testbed, make, key, *options):
    def second(out):
        first = out.with_suffix(".first.pdf")
        make(first)
        testbed.hsign_sign(key, "B-LTA", first, out, options=options)

    return second


def encrypted(testbed):
    def make(out):
        closed, password = out.with_suffix(".closed.pdf"), testbed.work / "password.txt"
        password.write_text(PASSWORD)
        testbed.checked("qpdf", "--encrypt", PASSWORD, "owner", "256", "--", testbed.document(LETTER), closed)
        testbed.hsign_sign("RSA-2048", "B-LTA", closed, out, options=("--password-source", f"file:{password}"))

    return make


def judged_by_them(rows, testbed, peers):
    readers = [peer for peer in (Pdfsig(testbed), peers.mutool, peers.qpdf) if peer and peer.version()]
    shown = []
    if not FONT.exists():
        rows.missing(FONT.name, "visible marks")
    for case in cases(testbed, peers):
        out = testbed.work / f"lasting-{len(rows.rows)}.pdf"

        def check(judge, ask, expected):
            rows.check("our PDF", "hsign", case.what, judge, ask, expected)

        try:
            case.make(out)
        except RuntimeError as error:
            rows.add("our PDF", "hsign", case.what, "–", "failed", error)
            continue
        shown.append((case, out))
        check("hsign", lambda: said(ourselves(testbed, out, case)), [f"{level} TOTAL-PASSED" for level in case.levels])
        for reader in readers:
            check(reader.name, lambda: reader.accepts(out, len(case.levels), case.password, "B-LTA" in case.levels), True)
        if peers.pyhanko:
            judge = peers.pyhanko.lasting if "B-LTA" in case.levels else peers.pyhanko.trusted
            expected = [f"{'PASSED' if 'B-LTA' in case.levels else 'TRUSTED'}"] * len(case.levels)
            check("pyHanko", lambda: said(judge(out, case.password)), expected)
        if peers.dss:
            expected = [f"PAdES-BASELINE-{level[2:]} TOTAL_PASSED" for level in case.levels]
            options = {"alone": "yes", "anchors": dss.ANCHORS, "password": case.password}
            check("EU DSS", lambda: said(peers.dss.verdicts(out, **options)), expected)
    if peers.dss:
        by_the_root_alone(rows, peers.dss, shown)
    if peers.pdfjs:
        rendered(rows, testbed, peers.pdfjs, shown)


def said(answer):
    return answer, "; ".join(answer)


def ourselves(testbed, out, case):
    password = testbed.work / "password.txt"
    options = ("--password-source", f"file:{password}") if case.password else ()
    return [brief(each) for each in testbed.hsign_verify(out, *options)[0]["signatures"]]


def brief(signature):
    return " ".join(word for word in (signature["level"], signature["indication"], signature["sub_indication"]) if word)


def by_the_root_alone(rows, dss_peer, shown):
    """What DSS makes of the HPKI's own lists when they come out of the document."""
    for case, out in shown[:1]:
        what = f"{case.what}, the root as anchor"
        rows.check(
            "our PDF", "hsign", what, "EU DSS", lambda: said(dss_peer.verdicts(out, alone="yes")),
            ["PAdES-BASELINE-LTA TOTAL_PASSED"],
        )
        rows.check(
            "our PDF", "hsign", f"{what}, lists fetched", "EU DSS", lambda: said([
                line.removeprefix("PAdES-BASELINE-T ") for line in dss_peer.verdicts(out)
            ]), ["TOTAL_PASSED"],
        )


def rendered(rows, testbed, pdfjs, shown):
    """Page 1 shows what it showed before, or more where there is a mark."""
    originals = [testbed.document(name) for name in (SCAN, LETTER, OBJECT_STREAMS)]
    looks = pdfjs.look_at([(path, None) for path in originals] + [(out, case.password) for case, out in shown])
    least = min(looks[path].get("dark", 1) for path in originals)
    for case, out in shown:
        rows.check(
            "our PDF", "hsign", case.what, pdfjs.name,
            lambda: (looks[out].get("pages") == 1 and looks[out]["dark"] >= least, looks[out].get("error", "rendered")), True,
        )
