"""Electronic prescriptions by hsign, judged by EU DSS and xmlsec1."""

import dss
from forms_by_them import brief, said
from testbed import HSIGN, SIGNERS, last_line

#: What follows the signatures: levels to extend to; twice B-LTA is a renewal.
STEPS = {
    "B-B": (), "B-T": ("B-T",), "B-LT": ("B-LT",), "B-LTA": ("B-LTA",), "B-LTA, renewed": ("B-LTA", None),
    "B-LTA, renewed twice": ("B-LTA", None, None),
}
#: Levels by the profile's own names: without what the baseline asks for besides (formats of the data objects).
BY_DSS = {"B-B": "XAdES-BES", "B-T": "XAdES-T", "B-LT": "XAdES-LT", "B-LTA": "XAdES-A"}
SIDES = {"prescription": ["PrescriptionSign"], "dispensing": ["PrescriptionSign", "DispensingSign"]}


def judged_by_them(rows, testbed, peers):
    """Both sides, both variants of the reference."""
    desk = Prescriptions(testbed)
    for reference, key in (*(("plain", key) for key in SIGNERS), ("exc-c14n", "P-256")):
        for side, ids in SIDES.items():
            for note, steps in STEPS.items():
                what = f"electronic {side} ({reference}), {note}, {key}"
                one(rows, testbed, peers, desk, what, (side, reference, key, steps), ids)


def one(rows, testbed, peers, desk, what, asked, ids):
    out = testbed.work / f"erx-{len(rows.rows)}.xml"

    def check(judge, ask, expected):
        rows.check("our prescriptions", "hsign", what, judge, ask, expected)

    try:
        levels = desk.make(*asked, out)
    except RuntimeError as error:
        rows.add("our prescriptions", "hsign", what, "–", "failed", error)
        return
    check("hsign", lambda: said(desk.verdicts(out)), [f"{level} TOTAL-PASSED" for level in levels])
    if peers.dss:
        lasting = {"alone": "yes", "anchors": dss.ANCHORS} if set(levels) & {"B-LT", "B-LTA"} else {}
        check("EU DSS", lambda: said(peers.dss.verdicts(out, **lasting)), [f"{BY_DSS[level]} TOTAL_PASSED" for level in levels])
    if peers.xmlsec:
        check(peers.xmlsec.name, lambda: peers.xmlsec.accepts([out], ids), True)


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

    def make(self, side, reference, key, steps, out):
        """The levels of its signatures. Only the outermost signature can be extended."""
        folder = out.with_suffix("")
        folder.mkdir()
        signed, levels = folder / "prescription.xml", ["B-B"]
        self._sign(key, "rx.csv", reference, signed)
        if side == "dispensing":
            before, signed = signed, folder / "dispensing.xml"
            self._sign("pharmacist", "disp.csv", reference, signed, "--prescription", before)
            levels.append("B-B")
        for number, level in enumerate(steps):
            before, signed = signed, folder / f"{number}.xml"
            self.testbed.hsign_extend(before, signed, level, trust=self.trust)
            levels[-1] = level or levels[-1]
        out.write_bytes(signed.read_bytes())
        return levels

    def _sign(self, person, csv, reference, out, *more):
        folder = self.testbed.person(person)
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
