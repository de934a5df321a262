"""What hsign makes to last (B-LT and above, marks, passwords), judged by others with nothing but the anchors."""

import dataclasses
import pathlib
from collections.abc import Callable

import dss
import pyhanko_maker
from readers import Mutool, Pdfsig, Qpdf
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


def cases(testbed, dss_peer, pyhanko):
    def signed(*options, key="RSA-2048", level="B-LTA", document=SCAN):
        return lambda out: testbed.hsign_sign(key, level, testbed.document(document), out, options=options)

    for key in SIGNERS:
        yield Case(f"PAdES B-LTA, {key}", signed(key=key), ["B-LTA"])
    for document in (LETTER, OBJECT_STREAMS):
        yield Case(f"PAdES B-LTA, {document}", signed(document=document), ["B-LTA"])
    for key in ("RSA-3072", "P-256"):
        yield Case(f"PAdES B-LT, {key}", signed(key=key, level="B-LT"), ["B-LT"])
    yield Case("PAdES B-LTA with one stamp", signed("--one-stamp"), ["B-LTA"], stamped=False)
    once, twice = [renewed(testbed, signed(), times) for times in (1, 2)]
    yield Case("PAdES B-LTA with one stamp, renewed", renewed(testbed, signed("--one-stamp")), ["B-LTA"], stamped=False)
    yield Case("PAdES B-LTA, renewed", once, ["B-LTA"])
    yield Case("PAdES B-LTA, renewed twice", twice, ["B-LTA"])
    yield Case("PAdES B-T, extended to B-LTA", renewed(testbed, signed(level="B-T")), ["B-LTA"])
    yield Case("PAdES B-T, extended to B-LT", renewed(testbed, signed(level="B-T"), level="B-LT"), ["B-LT"])
    two = followed(testbed, signed(document=LETTER), "P-256")
    yield Case("PAdES B-LTA, two signers", two, ["B-LTA"] * 2)
    yield Case("PAdES B-LTA, two signers, renewed", renewed(testbed, two), ["B-LTA"] * 2)
    streams = followed(testbed, signed(document=OBJECT_STREAMS), "P-384")
    yield Case("PAdES B-LTA, two signers, object streams, renewed", renewed(testbed, streams), ["B-LTA"] * 2)
    if FONT.exists():
        mark = ("--mark", "last:bottom-right", "--mark-font", FONT)
        yield Case("PAdES B-LTA with a visible mark", signed(*mark), ["B-LTA"])
        second = followed(testbed, signed(*mark), "P-256", "--mark", "last:top-left", "--mark-font", FONT)
        yield Case("PAdES B-LTA, two visible marks, renewed", renewed(testbed, second), ["B-LTA"] * 2)
    if Qpdf(testbed).version():
        yield Case("PAdES B-LTA, AES-256 with a password", encrypted(testbed), ["B-LTA"], password=PASSWORD)
    if pyhanko:
        def theirs(out):
            pyhanko_maker.sign(testbed, out, level="B-T", permissions="FILL_FORMS")

        yield Case("a certification by pyHanko, extended", renewed(testbed, theirs), ["B-LTA"])
        yield Case("an approval after a certification by pyHanko", followed(testbed, theirs, "P-256"), ["B-LTA"] * 2)
    if dss_peer:
        def of_dss(out):
            dss_peer.sign(testbed.document(LETTER), out, "PAdES-BASELINE-T")

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


def judged_by_them(rows, testbed, dss_peer, pyhanko, pdfjs):
    readers = [reader for reader in (Pdfsig(testbed), Mutool(testbed), Qpdf(testbed)) if reader.version()]
    shown = []
    if not FONT.exists():
        rows.missing("ours", "visible marks", FONT.name)
    for case in cases(testbed, dss_peer, pyhanko):
        out = testbed.work / f"lasting-{len(rows.rows)}.pdf"

        def check(judge, ask, expected):
            rows.check("ours", "hsign", case.what, judge, ask, expected)

        try:
            case.make(out)
        except RuntimeError as error:
            rows.add("ours", "hsign", case.what, "–", "failed", error)
            continue
        shown.append((case, out))
        check("hsign", lambda: said(ourselves(testbed, out, case)), [f"{level} TOTAL-PASSED" for level in case.levels])
        for reader in readers:
            check(reader.name, lambda: reader.accepts(out, len(case.levels), case.password, "B-LTA" in case.levels), True)
        if pyhanko:
            judge = pyhanko.lasting if "B-LTA" in case.levels else pyhanko.trusted
            expected = [f"{'PASSED' if 'B-LTA' in case.levels else 'TRUSTED'}"] * len(case.levels)
            check("pyHanko", lambda: said(judge(out, case.password)), expected)
        if dss_peer:
            expected = [f"PAdES-BASELINE-{level[2:]} TOTAL_PASSED" for level in case.levels]
            options = {"alone": "yes", "anchors": dss.ANCHORS, "password": case.password}
            check("EU DSS", lambda: said(dss_peer.verdicts(out, **options)), expected)
    if dss_peer:
        by_the_root_alone(rows, dss_peer, shown)
    if pdfjs.version():
        rendered(rows, testbed, pdfjs, shown)


def said(answer):
    return answer, "; ".join(answer)


def ourselves(testbed, out, case):
    password = testbed.work / "password.txt"
    options = ("--password-source", f"file:{password}") if case.password else ()
    signatures = testbed.hsign_verify(out, *options)[0]["signatures"]
    return [
        " ".join(word for word in (each["level"], each["indication"], each["sub_indication"]) if word) for each in signatures
    ]


def by_the_root_alone(rows, dss_peer, shown):
    """What DSS makes of the HPKI's own lists when they come out of the document."""
    for case, out in shown[:1]:
        what = f"{case.what}, the root as anchor"
        rows.check(
            "ours", "hsign", what, "EU DSS", lambda: said(dss_peer.verdicts(out, alone="yes")),
            ["PAdES-BASELINE-LTA TOTAL_PASSED"],
        )
        rows.check(
            "ours", "hsign", f"{what}, lists fetched", "EU DSS", lambda: said([
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
            "ours", "hsign", case.what, pdfjs.name,
            lambda: (looks[out].get("pages") == 1 and looks[out]["dark"] >= least, looks[out].get("error", "rendered")), True,
        )
