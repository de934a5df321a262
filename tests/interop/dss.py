"""EU DSS, asked over a pipe: one warm Java machine for the whole run."""

import json
import os
import pathlib
import re
import subprocess

POM = pathlib.Path(__file__).with_name("dss") / "pom.xml"
#: The lists of the HPKI's root have a critical distribution point that is a name, not a URL. DSS takes no such list
#: out of a document (explained-differences.toml), so that the CA below it is trusted where nothing may be fetched.
ANCHORS = "hpki-signature-ca,hpki-root,tsa-root"


class Dss:
    name = "EU DSS"

    def __init__(self, testbed):
        self.testbed = testbed
        self._process = None

    def version(self):
        if not os.environ.get("DSS_CLASS_PATH"):
            return None
        return re.search(r"<dss\.version>(.*)</dss\.version>", POM.read_text(encoding="utf-8"))[1]

    def accepts(self, path, stamps):
        """Under the roots, with the CRLs fetched."""
        signatures = self.ask("verify", file=path)["signatures"]
        held = [stamp for signature in signatures for stamp in signature["timestamps"] if passes(stamp)]
        levels = [signature["level"] for signature in self.testbed.hsign_verify(path)[0]["signatures"]]
        same = sorted(map(short, signatures)) == sorted(levels)
        said = "; ".join(map(verdict, signatures)) + ("" if same else f"; hsign says {', '.join(levels)}")
        return bool(signatures) and all(map(passes, signatures)) and stamps in (None, len(held)) and same, said

    def verdicts(self, path, **options):
        """One line for each signature, with the time stamps that do not pass."""
        lines = []
        for signature in self.ask("verify", file=path, **options)["signatures"]:
            failed = [f"time stamp {verdict(stamp)}" for stamp in signature["timestamps"] if not passes(stamp)]
            lines.append(", ".join([verdict(signature), *failed]))
        return lines

    def intact(self, path, **options):
        """How many signatures hold, by digests and values only."""
        try:
            answer = self.ask("verify", file=path, alone="yes", **options)
        except RuntimeError:  # what it cannot read is not intact
            return 0
        return sum(signature["intact"] == "true" for signature in answer["signatures"])

    def stamps(self, path, **options):
        """Time stamps outside of signatures: do all pass, and as what."""
        stamps = self.ask("verify", file=path, **options)["timestamps"]
        return bool(stamps) and all(map(passes, stamps)), "; ".join(map(verdict, stamps))

    def ask(self, what, **fields):
        if self._process is None:
            # Two cores, files of some 100 KiB: the plainest of virtual machines is the quickest.
            command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
            self._process = subprocess.Popen(
                [*command, "-cp", os.environ["DSS_CLASS_PATH"], "Peer", str(self.testbed.pki)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            )
        question = "\t".join(f"{name}={value}" for name, value in {"do": what, **fields}.items() if value is not None)
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def sign(self, document, out, level, person="doctor", **options):
        self.ask("sign", **{"in": document}, out=out, level=level, person=person, tsa=self.testbed.tsa_url, **options)

    def extend(self, document, out, level):
        self.ask("extend", **{"in": document}, out=out, level=level, tsa=self.testbed.tsa_url)

    def close(self):
        if self._process:
            self._process.stdin.close()
            self._process.wait(timeout=30)


def passes(token):
    return token["indication"] in ("TOTAL_PASSED", "PASSED") and not token["errors"]


def short(signature):
    """PAdES-BASELINE-LTA as hsign says it: B-LTA."""
    return "B-" + signature["level"].rpartition("-")[2]


def verdict(token):
    words = (token.get("level"), token["indication"], token["sub_indication"], *token["errors"])
    return " ".join(word for word in words if word)
