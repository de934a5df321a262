"""signxml, kept warm, and the libxml2 below it: what parsing and canonicalisation alone take there."""

import pathlib
import sys

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml import CanonicalizationMethod, methods
from signxml.xades import XAdESSigner, XAdESVerifier

from peer import serve

#: signxml's XAdES with exclusive canonicalisation is wrong by construction; this one isn't.
INCLUSIVE = CanonicalizationMethod.CANONICAL_XML_1_1
HUGE = {"huge_tree": True, "resolve_entities": False, "no_network": True}


class Signxml:
    def __init__(self, folder, _tsa, person):
        person = pathlib.Path(folder) / "people" / person
        # Parsed once: it would do so at each signature.
        self.key = load_pem_private_key((person / "key.pem").read_bytes(), None)
        self.certificate = (person / "certificate.pem").read_text()

    def sign_as(self, _form, _level, target, source):
        root = etree.fromstring(pathlib.Path(source).read_bytes(), etree.XMLParser(**HUGE))
        signer = XAdESSigner(method=methods.enveloped, c14n_algorithm=INCLUSIVE)
        signed = signer.sign(root, key=self.key, cert=self.certificate)
        return pathlib.Path(target).write_bytes(etree.tostring(signed))

    def file_verify(self, file):
        """With the certificate pinned: signxml refuses chains of the HPKI's shape."""
        document = pathlib.Path(file).read_bytes()
        verified = XAdESVerifier().verify(
            document, x509_cert=self.certificate, parser=etree.XMLParser(**HUGE)
        )
        return len(document) if verified else 0

    def parse(self, file):
        """The document parsed, and canonicalised without being kept."""
        tree = etree.parse(file, etree.XMLParser(**HUGE))
        counted = Counted()
        tree.write_c14n(counted, exclusive=True)
        return counted.bytes


class Counted:
    bytes = 0

    def write(self, data):
        self.bytes += len(data)
        return len(data)

    def close(self):
        pass


serve(Signxml(*sys.argv[1:4]))
