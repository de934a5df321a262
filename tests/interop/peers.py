"""Everybody who judges and makes beside hsign, as far as they are installed."""

from dss import Dss
from judges import Openssl, Pdfsig, PyHanko
from pdfjs import PdfJs
from readers import Mutool, Qpdf, VeraPdf
from testbed import Commands
from xmlsec import Xmlsec


class Peers:
    """Each is None where it isn't installed."""

    KINDS = {
        "dss": Dss, "pyhanko": PyHanko, "pdfsig": Pdfsig, "openssl": Openssl, "xmlsec": Xmlsec, "mutool": Mutool, "qpdf": Qpdf,
        "pdfjs": PdfJs, "verapdf": VeraPdf,
    }

    def __init__(self, testbed):
        everybody = {name: kind(testbed) for name, kind in self.KINDS.items()}
        vars(self).update({name: peer if peer.version() else None for name, peer in everybody.items()})
        if self.verapdf:
            # Both live in one Java machine.
            self.verapdf.machine = self.dss

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.dss:
            self.dss.close()

    @classmethod
    def versions(cls):
        """(name, version or None)"""
        return [(kind.name, kind(Commands()).version()) for kind in cls.KINDS.values()]

    def of_pdf_signatures(self):
        return [peer for peer in (self.pdfsig, self.pyhanko, self.openssl, self.dss) if peer]
