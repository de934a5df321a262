"""pyHanko, kept warm: reads one operation per line (its words apart by tabs), carries it out once, answers with one
line of JSON. The operations are those of hsign-bench that a peer can do."""

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
from pyhanko.sign.validation import KeyUsageConstraints, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


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

    def sign(self, level, file):
        return self._sign(level, io.BytesIO(pathlib.Path(file).read_bytes()), io.BytesIO(), keep=True)

    def file_sign(self, level, source, target):
        with open(source, "rb") as reading, open(target, "wb") as writing:
            return self._sign(level, reading, writing, keep=False)

    def _sign(self, level, source, target, keep):
        metadata = PdfSignatureMetadata(field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        timestamper = self.timestamper if level == "B-T" else None
        PdfSigner(metadata, self.signer, timestamper=timestamper).sign_pdf(
            IncrementalPdfFileWriter(source), output=target
        )
        if keep:
            self.signed[level] = target.getvalue()
        return {"bytes": target.seek(0, io.SEEK_END)}

    def verify(self, level):
        return self._verify(io.BytesIO(self.signed[level]))

    def file_verify(self, file):
        with open(file, "rb") as reading:
            return self._verify(reading)

    def _verify(self, file):
        status = validate_pdf_signature(
            PdfFileReader(file).embedded_signatures[-1],
            signer_validation_context=self._context("hpki-root", "hpki-signature-ca"),
            ts_validation_context=self._context("tsa-root", "tsa-ca"),
            # Certificates of the HPKI have nonRepudiation and nothing else.
            key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
        )
        return {"valid": int(status.bottom_line), "bytes": file.seek(0, io.SEEK_END)}

    def _context(self, root, ca):
        certificates = lambda name: list(load_certs_from_pemder([str(self.folder / "ca" / f"{name}.pem")]))
        return ValidationContext(
            trust_roots=certificates(root), other_certs=certificates(ca), crls=self.crls,
            revocation_mode="require", allow_fetching=False,
        )


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
