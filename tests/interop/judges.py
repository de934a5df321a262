"""Other implementations, asked about one signed PDF. Each gives (accepted, what it said)."""

import re
import shutil


def cms_of(pdf):
    """The CMS and the octets it covers, cut out of the last signature by its ByteRange, without any PDF library."""
    ranges = list(re.finditer(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf))
    start, length, start2, length2 = (int(number) for number in ranges[-1].groups())
    covered = pdf[start : start + length] + pdf[start2 : start2 + length2]
    padded = bytes.fromhex(pdf[start + length + 1 : start2 - 1].decode("ascii"))
    return padded[: der_length(padded)], covered


def der_length(data):
    """Length of the first DER element; zeros fill up what follows it."""
    if data[1] < 0x80:
        return 2 + data[1]
    count = data[1] & 0x7F
    return 2 + count + int.from_bytes(data[2 : 2 + count], "big")


class Pdfsig:
    name = "poppler pdfsig"

    def __init__(self, testbed):
        self.testbed = testbed

    def version(self):
        if not shutil.which("pdfsig"):
            return None
        said = self.testbed.run("pdfsig", "-v")
        return (said.stdout + said.stderr).decode().split()[2]

    def judge(self, path, level):
        said = self.testbed.run("pdfsig", path).stdout.decode(errors="replace")
        lines = [line.strip(" -") for line in said.splitlines()]
        valid = "Signature Validation: Signature is Valid." in lines
        whole = "Total document signed" in lines
        verdict = next((line for line in lines if line.startswith("Signature Validation")), "no signature found")
        return valid and whole, verdict.removeprefix("Signature Validation: ")


class Openssl:
    name = "OpenSSL"

    def __init__(self, testbed):
        self.testbed = testbed

    def version(self):
        if not shutil.which("openssl"):
            return None
        return self.testbed.run("openssl", "version").stdout.decode().split()[1]

    def judge(self, path, level):
        cms, covered = cms_of(path.read_bytes())
        work = self.testbed.work
        (work / "signature.der").write_bytes(cms)
        (work / "covered.bin").write_bytes(covered)
        result = self.testbed.run(
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", work / "signature.der",
            "-content", work / "covered.bin", "-CAfile", self.testbed.authority("hpki-root"),
            "-certfile", self.testbed.authority("hpki-signature-ca"), "-purpose", "any", "-out", "/dev/null",
        )
        accepted, said = result.returncode == 0, last_line(result.stderr)
        if accepted and level != "B-B":
            return self._judge_token(cms)
        return accepted, said

    def _judge_token(self, cms):
        """The signature time stamp over the signature value."""
        token, value = token_of(cms)
        work = self.testbed.work
        (work / "token.der").write_bytes(token)
        (work / "value.bin").write_bytes(value)
        result = self.testbed.run(
            "openssl", "ts", "-verify", "-token_in", "-in", work / "token.der", "-data", work / "value.bin",
            "-CAfile", self.testbed.authority("tsa-root"), "-untrusted", self.testbed.authority("tsa-ca"),
        )
        said = last_line(result.stderr) if result.returncode else "CMS and time-stamp token verified"
        return result.returncode == 0, said


def token_of(cms):
    """The signature time stamp and the value it covers, found by asn1crypto."""
    from asn1crypto import cms as asn1_cms

    signer = asn1_cms.ContentInfo.load(cms)["content"]["signer_infos"][0]
    for attribute in signer["unsigned_attrs"]:
        if attribute["type"].dotted == "1.2.840.113549.1.9.16.2.14":
            return attribute["values"][0].dump(), signer["signature"].native
    raise LookupError("no signature time stamp")


def last_line(output):
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


class PyHanko:
    name = "pyHanko"

    def __init__(self, testbed):
        self.testbed = testbed

    def version(self):
        try:
            import pyhanko
        except ImportError:
            return None
        from pyhanko.version import __version__

        return __version__

    def judge(self, path, level):
        from pyhanko.keys import load_certs_from_pemder
        from pyhanko.pdf_utils.reader import PdfFileReader
        from pyhanko.sign.validation import KeyUsageConstraints, validate_pdf_signature
        from pyhanko_certvalidator import ValidationContext

        def context(root, ca):
            load = lambda name: list(load_certs_from_pemder([str(self.testbed.authority(name))]))
            return ValidationContext(trust_roots=load(root), other_certs=load(ca), allow_fetching=False)

        with path.open("rb") as file:
            status = validate_pdf_signature(
                PdfFileReader(file).embedded_signatures[-1],
                signer_validation_context=context("hpki-root", "hpki-signature-ca"),
                ts_validation_context=context("tsa-root", "tsa-ca"),
                # Certificates of the HPKI have nonRepudiation and nothing else.
                key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
            )
        stamped = level == "B-B" or (status.timestamp_validity is not None and status.timestamp_validity.valid)
        return bool(status.bottom_line and stamped), status.summary()
