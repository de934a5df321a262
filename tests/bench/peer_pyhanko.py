"""pyHanko, kept warm: reads one operation per line (its words apart by tabs), carries it out once, answers with one
line of JSON. The operations are those of hsign-bench that a peer can do."""

import asyncio
import functools
import io
import json
import pathlib
import resource
import sys
import time

from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.sign.validation import KeyUsageConstraints, policy_decl, validate_pdf_signature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

#: Certificates of the HPKI have nonRepudiation and nothing else.
USAGE = KeyUsageConstraints(key_usage={"non_repudiation"})

#: The roots, and the authorities below them.
ALL = ("hpki-root", "tsa-root"), ("hpki-signature-ca", "tsa-ca")


class PyHanko:
    def __init__(self, folder, tsa):
        self.folder = pathlib.Path(folder)
        person = self.folder / "people" / "doctor"
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
        return {"work": target.seek(0, io.SEEK_END)}

    def verify(self, level):
        return self._verify(io.BytesIO(self.signed[level]))

    def file_verify(self, file):
        with open(file, "rb") as reading:
            return self._verify(reading)

    def files_verify(self, folder, start, end):
        for number in range(int(start), int(end)):
            self.file_verify(pathlib.Path(folder) / f"{number}.pdf")
        return {"work": int(end) - int(start)}

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
        return {"work": file.seek(0, io.SEEK_END)}

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


def main():
    peer = PyHanko(*sys.argv[1:3])
    for line in sys.stdin:
        operation, *words = line.rstrip("\n").split("\t")
        if operation == "peak":
            answer = {"peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        else:
            wall, cpu = time.perf_counter(), time.thread_time()
            answer = getattr(peer, operation.replace("-", "_"))(*words)
            answer["ms"] = (time.perf_counter() - wall) * 1e3
            answer["cpu_ms"] = (time.thread_time() - cpu) * 1e3
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
