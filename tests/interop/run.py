"""Other implementations judge what hsign makes, and hsign judges what they make."""

import os
import pathlib
import sys

from judges import Openssl, Pdfsig, PyHanko, last_line
from testbed import SIGNERS, Testbed

TABLE = pathlib.Path("docs/reference/interop.md")
LEVELS = ("B-B", "B-T")
DOCUMENTS = ("scanned-prescription.pdf", "referral-letter.pdf", "referral-letter-object-streams.pdf")


class Rows:
    """The table, and how it went."""

    def __init__(self):
        self.rows = []

    def add(self, made_by, judged_by, what, result, said=""):
        said = " ".join(str(said).split()).replace("|", "/")[:160]
        self.rows.append((made_by, judged_by, what, result, said))
        print(f"{result:8} {made_by} -> {judged_by}: {what}{': ' + said if said else ''}")

    def check(self, made_by, judged_by, what, judge, expected=True):
        """`judge()` gives (accepted, what was said); a refusal is what is asked for where `expected` is False."""
        try:
            accepted, said = judge()
        except Exception as error:  # whatever another implementation throws is its answer
            accepted, said = None, f"{type(error).__name__}: {error}"
        self.add(made_by, judged_by, what, "passed" if accepted is expected else "failed", said)

    def count(self, result):
        return sum(1 for row in self.rows if row[3] == result)

    def summary(self):
        return f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('skipped')} skipped"


def tampered(path):
    """The same file with one octet of its first page changed, within what the signature covers."""
    data = bytearray(path.read_bytes())
    place = data.index(b"%PDF-") + 7
    data[place] = ord("1") if data[place] != ord("1") else ord("2")
    changed = path.with_suffix(".tampered.pdf")
    changed.write_bytes(data)
    return changed


def ours_by_them(rows, testbed, judges):
    for key in SIGNERS:
        for level in LEVELS:
            for document in DOCUMENTS if key == "RSA-2048" else DOCUMENTS[:1]:
                what = f"PAdES {level}, {key}, {document}"
                signed = testbed.work / f"ours-{key}-{level}-{document}"
                try:
                    testbed.hsign_sign(key, level, testbed.document(document), signed)
                except RuntimeError as error:
                    rows.add("hsign", "–", what, "failed", error)
                    continue
                for judge in judges:
                    rows.check("hsign", judge.name, what, lambda: judge.judge(signed, level))
    broken = testbed.work / f"ours-RSA-2048-B-B-{DOCUMENTS[0]}"
    if broken.exists():
        broken = tampered(broken)
        for judge in judges:
            rows.check("hsign", judge.name, "changed after signing", lambda: judge.judge(broken, "B-B"), False)


def theirs_by_us(rows, testbed):
    for key in SIGNERS:
        for level in LEVELS:
            signed = testbed.work / f"pyhanko-{key}-{level}.pdf"
            pyhanko_sign(testbed, key, level, testbed.document(DOCUMENTS[1]), signed)
            rows.check("pyHanko", "hsign", f"PAdES {level}, {key}", lambda: judged_by_us(testbed, signed, level))
    broken = tampered(testbed.work / "pyhanko-RSA-2048-B-B.pdf")
    rows.check("pyHanko", "hsign", "changed after signing", lambda: judged_by_us(testbed, broken, "B-B"), False)


def pyhanko_sign(testbed, key, level, document, out):
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.timestamps import HTTPTimeStamper

    person = testbed.person(key)
    signer = SimpleSigner.load(
        str(person / "key.pem"), str(person / "certificate.pem"),
        ca_chain_files=(str(testbed.authority("hpki-signature-ca")),),
    )
    metadata = PdfSignatureMetadata(
        field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    timestamper = HTTPTimeStamper(testbed.tsa_url) if level != "B-B" else None
    with document.open("rb") as source, out.open("wb") as target:
        writer = IncrementalPdfFileWriter(source)
        PdfSigner(metadata, signer, timestamper=timestamper).sign_pdf(writer, output=target)


def judged_by_us(testbed, path, level):
    """Integrity and the stamp's; the indication depends on policy and is told beside them."""
    document = testbed.hsign_verify(path)
    signature = document["signatures"][0]
    stamps = [stamp["integrity"] for stamp in signature["timestamps"]]
    stamped = level == "B-B" or stamps == ["valid"]
    said = f"integrity {signature['integrity']}, {signature['indication']} {signature['sub_indication'] or ''}"
    return signature["integrity"] == "valid" and signature["level"] == level and stamped, said


def openssl_token_by_us(rows, testbed):
    """A token that `openssl ts` made with the testbed's key and certificate."""
    work, unit = testbed.work, testbed.pki / "units" / "tsa-unit"
    data = testbed.document(DOCUMENTS[0])
    config = work / "openssl-ts.cnf"
    (work / "serial").write_text("01\n")
    config.write_text(
        "[tsa]\ndefault_tsa = unit\n[unit]\n"
        f"serial = {work / 'serial'}\nsigner_cert = {unit / 'certificate.pem'}\nsigner_key = {unit / 'key.pem'}\n"
        f"certs = {testbed.authority('tsa-ca')}\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\n"
        "digests = sha256, sha384, sha512\naccuracy = secs:1\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n"
    )
    for digest in ("sha256", "sha384", "sha512"):
        query, token = work / "query.tsq", work / f"openssl-{digest}.tst"

        def judge():
            made = testbed.run("openssl", "ts", "-query", "-data", data, f"-{digest}", "-cert", "-out", query)
            if made.returncode == 0:
                made = testbed.run(
                    "openssl", "ts", "-reply", "-config", config, "-queryfile", query, "-token_out", "-out", token
                )
            if made.returncode:
                return None, last_line(made.stderr)
            stamp = testbed.hsign_verify(token, "--content", data)["timestamps"][0]
            return stamp["integrity"] == "valid", f"integrity {stamp['integrity']}, {stamp['indication']}"

        rows.check("OpenSSL", "hsign", f"time-stamp token, {digest.upper().replace('SHA', 'SHA-')}", judge)


def write_table(rows, versions):
    lines = [
        "# Interoperability",
        "",
        "Made by `make interop`: other implementations judge what hsign makes, and hsign judges what they make. The",
        "documents, certificates and time stamps come from the test PKI of `hsign-testkit`.",
        "",
        "Versions: " + ", ".join(f"{name} {version or 'not installed'}" for name, version in versions) + ".",
        "",
        "| made by | judged by | what | result | what was said |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows.rows]
    lines += ["", rows.summary(), ""]
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(lines), encoding="utf-8")


def main():
    rows = Rows()
    with Testbed() as testbed:
        judges = [Pdfsig(testbed), PyHanko(testbed), Openssl(testbed)]
        versions = [(judge.name, judge.version()) for judge in judges]
        installed = {name for name, version in versions if version}
        missing = "failed" if os.environ.get("REQUIRE_ALL") == "1" else "skipped"
        for name, version in versions:
            if not version:
                rows.add("hsign", name, "everything", missing, "not installed")
        ours_by_them(rows, testbed, [judge for judge in judges if judge.name in installed])
        if "pyHanko" in installed:
            theirs_by_us(rows, testbed)
        if "OpenSSL" in installed:
            openssl_token_by_us(rows, testbed)
    write_table(rows, versions)
    print(rows.summary())
    # A run in which nothing was judged has shown nothing.
    return 1 if rows.count("failed") or not rows.count("passed") else 0


if __name__ == "__main__":
    sys.exit(main())
