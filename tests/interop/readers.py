"""Readers of PDF files that look at the file rather than at trust."""

import os
import re
import shutil

from dss import POM
from testbed import last_line


class Reader:
    def __init__(self, testbed):
        self.testbed = testbed


class Pdfsig(Reader):
    """Every signature valid, and the whole file covered where a time stamp closes it. That stamp itself isn't judged."""

    name = "poppler pdfsig"

    def version(self):
        return shutil.which("pdfsig")

    def accepts(self, path, signatures, password, closed):
        options = ("-upw", password) if password else ()
        said = self.testbed.run("pdfsig", "-nocert", *options, path).stdout.decode(errors="replace")
        valid = said.count("Signature Validation: Signature is Valid.")
        whole = "Total document signed" in said or not closed
        return valid == signatures and whole, f"{valid} valid{', whole document' if whole and closed else ''}"


class Mutool(Reader):
    """Page 1 is drawn without a complaint, and every signature's digest fits."""

    name = "mutool"

    def version(self):
        if not shutil.which("mutool"):
            return None
        return last_line(self.testbed.run("mutool", "-v").stderr).rpartition(" ")[2]

    def accepts(self, path, signatures, password, closed):
        options = ("-p", password) if password else ()
        drawn = self.testbed.run("mutool", "draw", "-q", *options, "-o", path.with_suffix(".png"), path, "1")
        told = [line for line in drawn.stderr.decode(errors="replace").splitlines() if "ICC support" not in line]
        judged = self.testbed.run("mutool", "sign", "-v", *options, path).stdout.decode(errors="replace")
        valid = judged.count("signature is valid")
        good = drawn.returncode == 0 and not told and valid == signatures
        return good, "; ".join([f"{valid} valid", *told])


class Qpdf(Reader):
    """Nothing to complain about in structure and streams."""

    name = "qpdf"

    def version(self):
        if not shutil.which("qpdf"):
            return None
        return self.testbed.run("qpdf", "--version").stdout.decode().split()[2]

    def accepts(self, path, _signatures, password, _closed):
        options = (f"--password={password}",) if password else ()
        result = self.testbed.run("qpdf", "--check", *options, path)
        return result.returncode == 0, "nothing to report" if result.returncode == 0 else last_line(result.stderr)


class VeraPdf(Reader):
    """Whether a file is the PDF/A that it says it is. veraPDF lives in the Java machine of EU DSS."""

    name = "veraPDF"
    machine = None

    def version(self):
        if not os.environ.get("DSS_CLASS_PATH"):
            return None
        return re.search(r"<verapdf\.version>(.*)</verapdf\.version>", POM.read_text(encoding="utf-8"))[1]

    def accepts(self, path):
        """(conforming, the part or what is broken)"""
        answer = self.machine.ask("archival", file=path)
        return answer["compliant"] == "true", "; ".join([f"PDF/A-{answer['flavour']}", *answer["broken"]])
