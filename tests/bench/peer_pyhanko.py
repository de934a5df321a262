"""pyHanko, kept warm: the operations of hsign-bench that it can do."""

import asyncio
import functools
import hashlib
import io
import pathlib
import sys

from asn1crypto import cms
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, PdfTimeStamper, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.sign.validation import (
    KeyUsageConstraints, async_validate_detached_cms, policy_decl, validate_pdf_signature,
)
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from peer import serve

#: Certificates of the HPKI have nonRepudiation and nothing else.
USAGE = KeyUsageConstraints(key_usage={"non_repudiation"})

#: The roots, and the authorities below them.
ALL = ("hpki-root", "tsa-root"), ("hpki-signature-ca", "tsa-ca")


class PyHanko:
    def __init__(self, folder, tsa, person):
        self.folder = pathlib.Path(folder)
        person = self.folder / "people" / person
        self.signer = SimpleSigner.load(
            str(person / "key.pem"), str(person / "certificate.pem"),
            ca_chain_files=(str(self.folder / "ca" / "hpki-signature-ca.pem"),),
        )
        self.timestamper = HTTPTimeStamper(tsa)
        self.crls = [path.read_bytes() for path in sorted((self.folder / "crl").glob("*.crl"))]
        self.signed = {}
        self.archival = policy_decl.PdfSignatureValidationSpec(
            policy_decl.SignatureValidationSpec(
                cert_validation_policy=self._anchors("hpki-root"),
                ts_cert_validation_policy=self._anchors("tsa-root"),
                revinfo_gathering_policy=policy_decl.RevocationInfoGatheringSpec(
                    online_fetching_rule=policy_decl.RevinfoOnlineFetchingRule.LOCAL_ONLY
                ),
                key_usage_settings=USAGE,
            )
        )

    def sign(self, level, file):
        return self._sign(level, io.BytesIO(pathlib.Path(file).read_bytes()), io.BytesIO(), keep=True)

    def file_sign(self, level, source, target):
        with open(source, "rb") as reading, open(target, "wb") as writing:
            return self._sign(level, reading, writing, keep=False)

    def _sign(self, level, source, target, keep):
        long_term = level == "B-LTA"
        metadata = PdfSignatureMetadata(
            field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=long_term, use_pades_lta=long_term,
            validation_context=self._context(*ALL) if long_term else None,
        )
        timestamper = None if level == "B-B" else self.timestamper
        PdfSigner(metadata, self.signer, timestamper=timestamper).sign_pdf(
            IncrementalPdfFileWriter(source), output=target
        )
        if keep:
            self.signed[level] = target.getvalue()
        return target.seek(0, io.SEEK_END)

    def extend(self, level):
        """A further time stamp with the evidence for the one before."""
        output = io.BytesIO()
        PdfTimeStamper(self.timestamper).update_archival_timestamp_chain(
            PdfFileReader(io.BytesIO(self.signed[level])), self._context(*ALL), in_place=False, output=output
        )
        return output.seek(0, io.SEEK_END)

    def files_sign(self, level, source, folder, start, end):
        for number in range(int(start), int(end)):
            self.file_sign(level, source, pathlib.Path(folder) / f"{number}.pdf")
        return int(end) - int(start)

    def pdf_stamp(self, file):
        output = io.BytesIO()
        writer = IncrementalPdfFileWriter(io.BytesIO(pathlib.Path(file).read_bytes()))
        PdfTimeStamper(self.timestamper).timestamp_pdf(writer, "sha256", output=output)
        return output.seek(0, io.SEEK_END)

    def sign_as(self, _form, level, target, source):
        timestamper = None if level == "B-B" else self.timestamper
        with open(source, "rb") as content:
            signed = asyncio.run(
                self.signer.async_sign_general_data(content, "sha256", use_cades=True, timestamper=timestamper)
            )
        return pathlib.Path(target).write_bytes(signed.dump())

    def detached_verify(self, file, source):
        signed = cms.ContentInfo.load(pathlib.Path(file).read_bytes())["content"]
        with open(source, "rb") as content:
            status = asyncio.run(
                async_validate_detached_cms(
                    content, signed, self._context(("hpki-root",), ("hpki-signature-ca",)),
                    self._context(("tsa-root",), ("tsa-ca",)), key_usage_settings=USAGE,
                )
            )
            if not status.bottom_line:
                raise RuntimeError("pyHanko does not find the signature valid")
            return content.tell()

    def token_verify(self, token, source):
        content = pathlib.Path(source).read_bytes()
        signed = cms.ContentInfo.load(pathlib.Path(token).read_bytes())["content"]
        imprint = lambda algorithm: hashlib.new(algorithm, content).digest()
        found = asyncio.run(validate_tst_signed_data(signed, self._context(("tsa-root",), ("tsa-ca",)), imprint))
        if not (found["intact"] and found["valid"]):
            raise RuntimeError("pyHanko does not find the time stamp valid")
        return len(content)

    def verify(self, level):
        return self._verify(io.BytesIO(self.signed[level]))

    def file_verify(self, file):
        with open(file, "rb") as reading:
            return self._verify(reading)

    def files_verify(self, folder, start, end):
        for number in range(int(start), int(end)):
            self.file_verify(pathlib.Path(folder) / f"{number}.pdf")
        return int(end) - int(start)

    def _verify(self, file):
        reader = PdfFileReader(file)
        signature = reader.embedded_regular_signatures[-1]
        if reader.embedded_timestamp_signatures:
            result = asyncio.run(ades_lta_validation(signature, self.archival))
            valid = result.ades_subindic.name == "OK" and result.api_status.bottom_line
        else:
            status = validate_pdf_signature(
                signature,
                signer_validation_context=self._context(("hpki-root",), ("hpki-signature-ca",)),
                ts_validation_context=self._context(("tsa-root",), ("tsa-ca",)),
                key_usage_settings=USAGE,
            )
            valid = status.bottom_line
        if not valid:
            raise RuntimeError("pyHanko does not find the signature valid")
        return file.seek(0, io.SEEK_END)

    def _context(self, roots, authorities):
        return ValidationContext(
            trust_roots=self._certificates(*roots), other_certs=self._certificates(*authorities), crls=self.crls,
            revocation_mode="require", allow_fetching=False,
        )

    def _anchors(self, root):
        return CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=self._certificates(root)),
            revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")),
        )

    @functools.cache
    def _certificates(self, *names):
        return list(load_certs_from_pemder([str(self.folder / "ca" / f"{name}.pem") for name in names]))


serve(PyHanko(*sys.argv[1:4]))
