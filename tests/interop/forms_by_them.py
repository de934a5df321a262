"""What hsign makes in CMS, XML and containers, judged by EU DSS, OpenSSL and xmlsec1."""

import dataclasses
import os
import pathlib
from concurrent.futures import ThreadPoolExecutor

import dss
from forms import FORMS, Desk, Form, cms_and_content, dss_files, xml_signatures
from judges import openssl_says
from tamper import tampered
from testbed import HSIGN, LETTER, SCAN, SIGNERS, last_line

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


def matrix():
    """(what, key, level, how it goes on): all of it with FULL=1, else every form with every key and every level."""
    full = os.environ.get("FULL") == "1"
    for key in SIGNERS:
        for level in LEVELS:
            if full or level == "B-LTA" or key == "RSA-2048":
                yield f"{level}, {key}", key, level, None
        if full or key == "P-256":
            yield f"B-LTA, renewed, {key}", key, "B-LTA", "renewed"
    yield "B-LTA, renewed twice, RSA-3072", "RSA-3072", "B-LTA", "renewed twice"
    yield "B-LTA, two signers", "RSA-2048", "B-LTA", "two signers"
    yield "B-LTA, two signers, renewed", "P-384", "B-LTA", "two signers, renewed"


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
            desk.sign_again(case.form, "P-256", case.level, before, after)
    return 1 + steps.count("sign")


def judged_by_them(rows, testbed, dss_peer, openssl):
    prescriptions(rows, testbed, dss_peer)
    amended(rows, testbed, dss_peer)
    desk, xmlsec = Desk(testbed), Xmlsec(testbed)
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
                rows.add("ours", "hsign", what, "–", "failed", error)
                continue
            ask_all(rows, testbed, desk, form, what, out, levels, dss_peer, openssl, xmlsec)
            if dss_peer and case.note == "B-LTA, RSA-2048":
                changed_after_signing(rows, testbed, desk, form, what, out, dss_peer)


def offered(form, going_on):
    """A further signature over files beside it is a second document, and one inside would break what envelops."""
    return form.name not in ("XAdES detached", "XAdES enveloping") or "two signers" not in (going_on or "")


def changed_after_signing(rows, testbed, desk, form, what, out, dss_peer):
    """DSS has to say of each what hsign says of the same changes to DSS's signatures."""

    def failed(path, content):
        verdicts = dss_peer.verdicts(path, content=dss_files(content))
        return any("TOTAL_FAILED" in verdict for verdict in verdicts), "; ".join(verdicts)

    for note, change, _ in tampered(form):
        path = testbed.work / f"ours-changed-{len(rows.rows)}{form.end}"
        path.write_bytes(change(out.read_bytes()))
        rows.check("ours", "hsign", f"{what}: {note}", "EU DSS", lambda: failed(path, desk.content(form)), True)
    if form.detached:
        other = desk.with_one_changed(form)
        rows.check("ours", "hsign", f"{what}: content changed", "EU DSS", lambda: failed(out, other), True)


def ask_all(rows, testbed, desk, form, what, out, levels, dss_peer, openssl, xmlsec):
    def check(judge, ask, expected):
        rows.check("ours", "hsign", what, judge, ask, expected)

    check("hsign", lambda: said(desk.verdicts(form, out, brief)), [f"{level} TOTAL-PASSED" for level in levels])
    content = desk.content(form)
    if dss_peer:
        options = {"content": dss_files(content)}
        if set(levels) & {"B-LT", "B-LTA"}:
            options |= {"alone": "yes", "anchors": dss.ANCHORS}
        expected = [f"{form.signature}-BASELINE-{level[2:]} TOTAL_PASSED" for level in levels]
        check("EU DSS", lambda: said(dss_peer.verdicts(out, **options)), expected)
    if form.signature == "CAdES" and openssl:
        check(openssl.name, lambda: openssl_accepts(testbed, cms_and_content(out, form, content)), True)
    if form.signature == "XAdES" and xmlsec.version():
        folder = testbed.work / f"xmlsec-{len(rows.rows)}"
        ids = [signature["id"].rpartition("#")[2] for signature in desk.verdicts(form, out, lambda each: each)]
        check(xmlsec.name, lambda: xmlsec.accepts(xml_signatures(out, form, content, folder), ids), True)


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


class Xmlsec:
    """References, value and path of every XML signature; it knows nothing of XAdES."""

    name = "xmlsec1"
    #: Which attributes are Ids, as DTDs would say it.
    IDS = (
        ("Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"), ("id", "PrescriptionDocument"), ("id", "Dispensing"),
    )

    def __init__(self, testbed):
        self.testbed = testbed
        self._version = None

    def version(self):
        if self._version is None:
            import shutil

            found = shutil.which("xmlsec1")
            self._version = self.testbed.run("xmlsec1", "--version").stdout.decode().split()[1] if found else ""
        return self._version

    def accepts(self, files, ids):
        verified = 0
        for file in files:
            for id in [id for id in ids if f'Id="{id}"' in file.read_text(encoding="utf-8")]:
                result = self.verify(file, id)
                if result.returncode:
                    return False, f"{id}: {self.says(result)}"
                verified += 1
        return verified == len(ids) > 0, f"{verified} of {len(ids)} signatures"

    def verify(self, file, id, *options):
        attributes = [part for name, element in self.IDS for part in (f"--id-attr:{name}", element)]
        trust = (
            "--trusted-pem", self.testbed.authority("hpki-root"), "--untrusted-pem", self.testbed.authority("hpki-signature-ca"),
        )
        return self.testbed.run(
            "xmlsec1", "--verify", "--enabled-key-data", "x509", *trust, *attributes, *options,
            "--node-xpath", f"//*[local-name()='Signature' and @Id='{id}']", file.name, cwd=file.parent,
        )

    def intact(self, file):
        """The first signature, whoever made it."""
        attributes = [part for name, element in self.IDS for part in (f"--id-attr:{name}", element)]
        return not self.testbed.run(
            "xmlsec1", "--verify", "--insecure", "--enabled-key-data", "x509", *attributes, file.name, cwd=file.parent
        ).returncode

    @staticmethod
    def says(result):
        lines = result.stderr.decode(errors="replace").strip().splitlines()
        return next((line for line in lines if "error=" in line), lines[0] if lines else last_line(result.stdout))


def prescriptions(rows, testbed, dss_peer):
    """Both sides of the electronic prescription, with both variants of the reference."""
    desk = Prescriptions(testbed)
    xmlsec = Xmlsec(testbed)
    for reference in ("plain", "exc-c14n"):
        for extended in (False, True):
            for side, ids in (("prescription", ["PrescriptionSign"]), ("dispensing", ["PrescriptionSign", "DispensingSign"])):
                level = "B-LTA" if extended else "B-B"
                what = f"electronic {side} ({reference}), {level}"
                out = testbed.work / f"erx-{len(rows.rows)}.xml"

                def check(judge, ask, expected):
                    rows.check("ours", "hsign", what, judge, ask, expected)

                try:
                    levels = desk.make(side, reference, extended, out)
                except RuntimeError as error:
                    rows.add("ours", "hsign", what, "–", "failed", error)
                    continue
                check("hsign", lambda: said(desk.verdicts(out)), [f"{level} TOTAL-PASSED" for level in levels])
                if dss_peer:
                    # The profile's ES and ES-A: without what the baseline levels ask for besides (formats of the data objects).
                    expected = [f"XAdES-{'A' if level == 'B-LTA' else 'BES'} TOTAL_PASSED" for level in levels]
                    lasting = {"alone": "yes", "anchors": dss.ANCHORS} if extended else {}
                    check("EU DSS", lambda: said(dss_peer.verdicts(out, **lasting)), expected)
                if xmlsec.version():
                    check(xmlsec.name, lambda: xmlsec.accepts([out], ids), True)


class Prescriptions:
    """A doctor's and a pharmacist's desk; the authority of the test PKI is that of the service."""

    PRESCRIPTION = "SJ1\r\n1,1,1234567,13,試験病院\r\n5,,ｲｼｬ ﾀﾛｳ,医師　太郎\r\n201,1,1,1,2,000000000,架空錠,3,1,錠\r\n"
    DISPENSING = "CJ1,\n1,患者　花子,2,19500504\n201,1,架空錠,3,錠,2,000000000,\n"

    def __init__(self, testbed):
        self.testbed = testbed
        (testbed.work / "rx.csv").write_bytes(self.PRESCRIPTION.encode())
        (testbed.work / "disp.csv").write_bytes(self.DISPENSING.encode())
        registry = (testbed.pki / "trust.toml").read_text().replace('"mic"', '"e-prescription"')
        self.trust = testbed.pki / "erx-trust.toml"
        self.trust.write_text(registry)

    def make(self, side, reference, extended, out):
        """The levels of its signatures. Only the outermost signature of an extended one can be extended."""
        signed = out if side == "prescription" and not extended else out.with_suffix(".prescription.xml")
        self._sign("doctor", "rx.csv", reference, signed)
        levels = ["B-B"]
        if side == "dispensing":
            before, signed = signed, out.with_suffix(".dispensing.xml") if extended else out
            self._sign("pharmacist", "disp.csv", reference, signed, "--prescription", before)
            levels.append("B-B")
        if extended:
            self.testbed.checked(
                HSIGN, "extend", signed, "-o", out, "--tsa", self.testbed.tsa_url, "--policy", "etsi", "--trust", self.trust,
            )
            levels[-1] = "B-LTA"
        return levels

    def _sign(self, person, csv, reference, out, *more):
        folder = self.testbed.pki / "people" / person
        result = self.testbed.run(
            HSIGN, "sign", self.testbed.work / csv, "-o", out, "--format", "eprescription", "--reference", reference,
            "--policy", "etsi", "--credential", f"pkcs12:{folder / 'identity.p12'}",
            "--pin-source", f"file:{self.testbed.pki / 'passphrase.txt'}", "--trust", self.trust, *more,
        )
        if result.returncode not in (0, 3):
            raise RuntimeError(f"hsign sign ended with {result.returncode}: {last_line(result.stderr)}")

    def verdicts(self, out):
        found = self.testbed.hsign_verify(out, "--policy", "eprescription", trust=self.trust)[0]["signatures"]
        return [brief(signature) for signature in found]


def amended(rows, testbed, dss_peer):
    """A corrected document with the original inside: both are judged."""
    original, changed, out = (testbed.work / name for name in ("original.pdf", "amended.pdf", "inner.pdf"))
    testbed.hsign_sign("RSA-2048", "B-LTA", testbed.document(SCAN), original)
    folder = testbed.pki / "people" / "pharmacist"
    testbed.checked(
        HSIGN, "amend", original, "--with", testbed.document(LETTER), "--note", "用量の訂正", "-o", changed,
        "--policy", "etsi", "--credential", f"pkcs12:{folder / 'identity.p12'}",
        "--pin-source", f"file:{testbed.pki / 'passphrase.txt'}", "--trust", testbed.pki / "trust.toml",
        "--tsa", testbed.tsa_url,
    )
    testbed.checked("pdfdetach", "-save", "1", "-o", out, changed)
    for what, path in (("amended document", changed), ("original taken out of an amended document", out)):
        if dss_peer:
            rows.check(
                "ours", "hsign", what, "EU DSS", lambda: said(dss_peer.verdicts(path, alone="yes", anchors=dss.ANCHORS)),
                ["PAdES-BASELINE-LTA TOTAL_PASSED"],
            )
        rows.check(
            "ours", "hsign", what, "hsign",
            lambda: said([brief(each) for each in testbed.hsign_verify(path, "--document-class", "dispensed-amended")[0]["signatures"]]),
            ["B-LTA TOTAL-PASSED"],
        )
    same = out.read_bytes() == original.read_bytes()
    rows.check("ours", "hsign", "original taken out of an amended document", "pdfdetach",
               lambda: (same, "octet by octet" if same else "other octets"), True)
