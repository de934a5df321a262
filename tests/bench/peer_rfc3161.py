"""rfc3161-client, kept warm: requests and verification of time-stamp tokens."""

import hashlib
import http.client
import pathlib
import sys
import urllib.parse

from cryptography.x509 import load_pem_x509_certificate
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

from peer import serve

#: PKIStatusInfo of a granted token, before the token itself in the response (RFC 3161 §2.4.2).
GRANTED = bytes.fromhex("3003020100")


class Rfc3161Client:
    def __init__(self, folder, tsa, _person):
        authorities = pathlib.Path(folder) / "ca"
        certificate = lambda name: load_pem_x509_certificate((authorities / f"{name}.pem").read_bytes())
        builder = VerifierBuilder().add_root_certificate(certificate("tsa-root"))
        self.verifier = builder.add_intermediate_certificate(certificate("tsa-ca")).build()
        url = urllib.parse.urlsplit(tsa)
        self.path, self.connection = url.path, http.client.HTTPConnection(url.netloc)

    def token(self, file, target):
        """What came back is checked against what was asked, and nothing else."""
        content = pathlib.Path(file).read_bytes()
        request = TimestampRequestBuilder().hash_algorithm(HashAlgorithm.SHA256).data(content).build()
        self.connection.request(
            "POST", self.path, request.as_bytes(), {"Content-Type": "application/timestamp-query"}
        )
        response = decode_timestamp_response(self.connection.getresponse().read())
        info = response.tst_info
        if info.message_imprint.message != hashlib.sha256(content).digest() or info.nonce != request.nonce:
            raise RuntimeError("a token for something else")
        pathlib.Path(target).write_bytes(response.time_stamp_token())
        return len(content)

    def files_token(self, folder, start, end):
        for number in range(int(start), int(end)):
            self.token(pathlib.Path(folder) / f"{number}.pdf", pathlib.Path(folder) / f"{number}.client.tst")
        return int(end) - int(start)

    def token_verify(self, token, file):
        content = pathlib.Path(file).read_bytes()
        response = decode_timestamp_response(sequence(GRANTED + pathlib.Path(token).read_bytes()))
        self.verifier.verify(response, hashlib.sha256(content).digest())
        return len(content)


def sequence(content):
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return b"\x30" + bytes([0x80 | len(length)]) + length + content


serve(Rfc3161Client(*sys.argv[1:4]))
