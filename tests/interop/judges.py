"""Other implementations, asked about a signed PDF.

`accepts(path, stamps)` asks for everything: each signature valid under the test anchors, the last one covering the whole
file, and as many valid signature time stamps as expected (None: whatever there is). It gives (accepted, what was said).
`intact(path)` asks for digests and signature values only: how many signatures hold.
"""

import logging
import re
import shutil

from cms_layout import signatures, stamps_of
from testbed import last_line


class Pdfsig:
    name = "poppler pdfsig"

    def __init__(self, testbed):
        self.testbed = testbed

    def version(self):
        if not shutil.which("pdfsig"):
            return None
        said = self.testbed.run("pdfsig", "-v")
        return (said.stdout + said.stderr).decode().split()[2]

    def accepts(self, path, stamps):
        verdicts, lines = self._ask(path)
        valid = bool(verdicts) and all(verdict == "Signature is Valid." for verdict in verdicts)
        whole = "Total document signed" in lines
        return valid and whole, f"{verdicts or 'no signature'}{'' if whole else ', not the whole document'}"

    def intact(self, path):
        return self._ask(path)[0].count("Signature is Valid.")

    def _ask(self, path):
        said = self.testbed.run("pdfsig", "-nocert", path).stdout.decode(errors="replace")
        lines = [line.strip(" -") for line in said.splitlines()]
        mark = "Signature Validation: "
        return [line.removeprefix(mark) for line in lines if line.startswith(mark)], lines


class Openssl:
    name = "OpenSSL"

    def __init__(self, testbed):
        self.testbed = testbed

    def version(self):
        if not shutil.which("openssl"):
            return None
        return self.testbed.run("openssl", "version").stdout.decode().split()[1]

    def accepts(self, path, stamps):
        try:
            placed = signatures(path.read_bytes())
        except (ValueError, IndexError):
            return False, "no CMS between the two ranges"
        for signature in placed:
            accepted, said = self._verify(
                signature, "-CAfile", self._chain(), "-purpose", "any",
            )
            if not accepted:
                return False, said
        verified = 0
        for token, value in (stamp for signature in placed for stamp in stamps_of(signature.cms)):
            accepted, said = self.token(token, value, "-token_in")
            if not accepted:
                return False, said
            verified += 1
        said = "CMS verified" if not verified else "CMS and time stamp verified"
        return bool(placed) and stamps in (None, verified), said

    def intact(self, path):
        try:
            placed = signatures(path.read_bytes(), readable=True)
        except IndexError:
            return 0
        return sum(self._verify(signature, "-noverify")[0] for signature in placed if not signature.is_stamp)

    def _verify(self, signature, *options):
        work = self.testbed.work
        (work / "signature.der").write_bytes(signature.cms)
        (work / "covered.bin").write_bytes(signature.covered)
        result = self.testbed.run(
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", work / "signature.der",
            "-content", work / "covered.bin", "-out", "/dev/null", *options,
        )
        return result.returncode == 0, openssl_says(result)

    def _chain(self):
        """The root, and the CA below it where a CMS doesn't bring it."""
        chain = self.testbed.work / "chain.pem"
        if not chain.exists():
            chain.write_text("".join(self.testbed.authority(name).read_text() for name in ("hpki-root", "hpki-signature-ca")))
        return chain

    def token(self, token, data, *options):
        """`token` is a TimeStampToken with `-token_in`, a TimeStampResp without."""
        work = self.testbed.work
        (work / "token.der").write_bytes(token)
        (work / "stamped.bin").write_bytes(data)
        result = self.testbed.run(
            "openssl", "ts", "-verify", *options, "-in", work / "token.der", "-data", work / "stamped.bin",
            "-CAfile", self.testbed.authority("tsa-root"), "-untrusted", self.testbed.authority("tsa-ca"),
        )
        return result.returncode == 0, openssl_says(result)


def openssl_says(result):
    """Its error without the number of the thread."""
    return re.sub(r"^[0-9A-F]+:error:[0-9A-F]+:([^:]*):[^:]*:([^:]*):.*$", r"\1: \2", last_line(result.stderr))


class PyHanko:
    name = "pyHanko"

    def __init__(self, testbed):
        self.testbed = testbed
        # It logs a traceback for whatever it refuses, which is asked of it here.
        logging.disable(logging.CRITICAL)

    def version(self):
        try:
            from pyhanko.version import __version__
        except ImportError:
            return None
        return __version__

    def accepts(self, path, stamps):
        verified, said = 0, []
        for status in self._ask(path, self._context("hpki-root", "hpki-signature-ca")):
            said.append(status.summary())
            if not status.bottom_line:
                return False, said[-1]
            stamp = status.timestamp_validity
            verified += bool(stamp and stamp.valid and stamp.intact and stamp.trusted)
        return bool(said) and stamps in (None, verified), "; ".join(said)

    def keeps(self, path):
        """Whether the first signature may be relied on in the file as it is now."""
        status = self._ask(path, self._context("hpki-root", "hpki-signature-ca"))[0]
        return status.bottom_line, status.modification_level.name

    def stamps(self, path):
        """Time stamps over a whole document, under the root and with the authority at hand."""
        from pyhanko.pdf_utils.reader import PdfFileReader
        from pyhanko.sign.validation import validate_pdf_timestamp

        with path.open("rb") as file:
            stamps = [
                validate_pdf_timestamp(stamp, validation_context=self._context("tsa-root", "tsa-ca"))
                for stamp in PdfFileReader(file).embedded_timestamp_signatures
            ]
        return (
            bool(stamps) and all(stamp.valid and stamp.intact and stamp.trusted for stamp in stamps),
            "; ".join(stamp.summary() for stamp in stamps),
        )

    def trusted(self, path, password):
        """For each signature, by what is in the document: is it trusted, with its time stamp?"""
        return [
            "TRUSTED" if stamped and result.api_status.bottom_line else f"{result.ades_subindic} {result.failure_msg}"
            for result in self._lasting(path, password)
            for stamped in [result.signature_timestamp_status and result.signature_timestamp_status.ades_subindic.name == "OK"]
        ]

    def lasting(self, path, password):
        """For each signature, by what is in the document: does it pass long-term validation, an archive stamp included?"""
        return [
            "PASSED" if result.ades_subindic.name == "OK" and result.oldest_evidence_record_timestamp
            and result.api_status.bottom_line else f"{result.ades_subindic.name}"
            for result in self._lasting(path, password)
        ]

    def _lasting(self, path, password):
        import asyncio

        from pyhanko.pdf_utils.reader import PdfFileReader
        from pyhanko.sign.validation import KeyUsageConstraints
        from pyhanko.sign.validation import policy_decl as policy
        from pyhanko.sign.validation.ades import ades_lta_validation

        specification = policy.PdfSignatureValidationSpec(
            policy.SignatureValidationSpec(
                cert_validation_policy=self._anchors("hpki-root"), ts_cert_validation_policy=self._anchors("tsa-root"),
                revinfo_gathering_policy=policy.RevocationInfoGatheringSpec(
                    online_fetching_rule=policy.RevinfoOnlineFetchingRule.LOCAL_ONLY
                ),
                key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
            )
        )
        with path.open("rb") as file:
            reader = PdfFileReader(file)
            if password:
                reader.decrypt(password)
            return [
                asyncio.run(ades_lta_validation(signature, specification)) for signature in reader.embedded_regular_signatures
            ]

    def _anchors(self, root):
        """That root, and revocation data for everything below it."""
        from pyhanko.keys import load_certs_from_pemder
        from pyhanko_certvalidator.context import CertValidationPolicySpec
        from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
        from pyhanko_certvalidator.registry import SimpleTrustManager

        roots = list(load_certs_from_pemder([str(self.testbed.authority(root))]))
        return CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=roots),
            revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")),
        )

    def intact(self, path):
        try:
            # Trust is no question here; without any, its absence is found last.
            return sum(status.intact and status.valid for status in self._ask(path, self._context()))
        except Exception:  # what it cannot read is not intact
            return 0

    def _context(self, root=None, ca=None):
        from pyhanko.keys import load_certs_from_pemder
        from pyhanko_certvalidator import ValidationContext

        def load(name):
            return list(load_certs_from_pemder([str(self.testbed.authority(name))])) if name else []

        return ValidationContext(trust_roots=load(root), other_certs=load(ca), allow_fetching=False)

    def _ask(self, path, context):
        from pyhanko.pdf_utils.reader import PdfFileReader
        from pyhanko.sign.validation import KeyUsageConstraints, validate_pdf_signature

        with path.open("rb") as file:
            return [
                validate_pdf_signature(
                    signature,
                    signer_validation_context=context,
                    ts_validation_context=self._context("tsa-root", "tsa-ca"),
                    # Certificates of the HPKI have nonRepudiation and nothing else.
                    key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
                )
                for signature in PdfFileReader(file).embedded_regular_signatures
            ]


class Hsign:
    """The one under test, asked in the same words."""

    name = "hsign"

    def __init__(self, testbed):
        self.testbed = testbed

    def intact_of(self, paths):
        """For many files at once, in their order."""
        documents = {document["path"]: document for document in self.testbed.hsign_verify(*paths)}
        return [
            sum(signature["integrity"] == "valid" for signature in documents[str(path)]["signatures"])
            if str(path) in documents
            else 0
            for path in paths
        ]
