"""What hsign makes in CMS, XML and containers, judged by EU DSS, OpenSSL and xmlsec1."""

import dataclasses
import pathlib
from concurrent.futures import ThreadPoolExecutor

import changed
import dss
from forms import FORMS, Desk, Form, cms_and_content, dss_files, xml_signatures
from judges import openssl_says
from testbed import SIGNERS

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
#: These forms have room for one signature: files beside it make a second document, and one inside would break what envelops.
ALONE = ("XAdES detached", "XAdES enveloping", "XAdES manifest")


def matrix():
    """(what, key, level, how it goes on)"""
    for key in SIGNERS:
        for level in LEVELS:
            yield f"{level}, {key}", key, level, None
        for going_on in ("renewed", "renewed twice"):
            yield f"B-LTA, {going_on}, {key}", key, "B-LTA", going_on
    for key, level in zip(SIGNERS, LEVELS):
        yield f"{level}, two signers, {key} first", key, level, "two signers"
    yield "B-LTA, two signers, renewed", "RSA-2048", "B-LTA", "two signers, renewed"


@dataclasses.dataclass
class Case:
    form: Form
    note: str
    key: str
    level: str
    going_on: str | None
    out: pathlib.Path | None = None


def make(desk, case):
    """The number of signatures in it."""
    steps = {
        None: (), "renewed": ("renew",), "renewed twice": ("renew", "renew"), "two signers": ("sign",),
        "two signers, renewed": ("sign", "renew"),
    }[case.going_on]
    places = [case.out.with_name(f"{number}-{case.out.name}") for number in range(len(steps))] + [case.out]
    desk.sign(case.form, case.key, case.level, places[0])
    for step, before, after in zip(steps, places, places[1:]):
        if step == "renew":
            desk.extend(case.form, before, after)
        else:
            desk.sign_again(case.form, "P-384" if case.key == "P-256" else "P-256", case.level, before, after)
    return 1 + steps.count("sign")


def judged_by_them(rows, testbed, peers):
    desk = Desk(testbed)
    cases = [Case(form, *case) for form in FORMS for case in matrix() if offered(form, case[-1])]
    for number, case in enumerate(cases):
        case.out = testbed.work / f"form-{number}{case.form.end}"
    # The next ones are made while the judges are at one.
    with ThreadPoolExecutor(2) as pool:
        for case, made in [(case, pool.submit(make, desk, case)) for case in cases]:
            form, what, out = case.form, f"{case.form.name} {case.note}", case.out
            try:
                levels = [case.level] * made.result()
            except RuntimeError as error:
                rows.add("our forms", "hsign", what, "–", "failed", error)
                continue
            ask_all(rows, testbed, desk, form, what, out, levels, peers)
            if case.note == "B-LTA, RSA-2048":
                changed.of_forms(rows, testbed, peers, desk, form, "hsign", out)


def offered(form, going_on):
    return form.name not in ALONE or "two signers" not in (going_on or "")


def ask_all(rows, testbed, desk, form, what, out, levels, peers):
    def check(judge, ask, expected):
        rows.check("our forms", "hsign", what, judge, ask, expected)

    try:
        judged = desk.verdicts(form, out, lambda each: each)
    except RuntimeError as error:
        rows.add("our forms", "hsign", what, "hsign", "failed", error)
        return
    check("hsign", lambda: said([brief(each) for each in judged]), [f"{level} TOTAL-PASSED" for level in levels])
    content = desk.content(form)
    if peers.dss:
        options = {"content": dss_files(content)}
        if set(levels) & {"B-LT", "B-LTA"}:
            options |= {"alone": "yes", "anchors": dss.ANCHORS}
        expected = [f"{form.signature}-BASELINE-{level[2:]} TOTAL_PASSED" for level in levels]
        check("EU DSS", lambda: said(peers.dss.verdicts(out, **options)), expected)
    if form.signature == "CAdES" and peers.openssl:
        check(peers.openssl.name, lambda: openssl_accepts(testbed, cms_and_content(out, form, content)), True)
    if form.signature == "XAdES" and peers.xmlsec:
        folder = testbed.work / f"xmlsec-{len(rows.rows)}"
        ids = [signature["id"].rpartition("#")[2] for signature in judged]
        check(peers.xmlsec.name, lambda: peers.xmlsec.accepts(xml_signatures(out, form, content, folder), ids), True)


def said(answer):
    return answer, "; ".join(answer)


def brief(signature):
    return " ".join(word for word in (signature["level"], signature["indication"], signature["sub_indication"]) if word)


def openssl_accepts(testbed, signed, *options):
    """Every CMS, up to the root."""
    for cms, content in signed:
        (testbed.work / "cms.der").write_bytes(cms)
        beside = ()
        if content is not None:
            (testbed.work / "cms.content").write_bytes(content)
            beside = ("-content", testbed.work / "cms.content")
        result = testbed.run(
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", testbed.work / "cms.der", *beside,
            "-out", "/dev/null", "-CAfile", testbed.authority("hpki-root"),
            "-certfile", testbed.authority("hpki-signature-ca"), "-purpose", "any", *options,
        )
        if result.returncode:
            return False, openssl_says(result)
    return bool(signed), "CMS verified"
