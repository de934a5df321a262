"""The test PKI with its time-stamp authority, and the commands under test."""

import json
import os
import pathlib
import subprocess
import tempfile

HSIGN = os.environ["HSIGN"]
HSIGN_TESTKIT = os.environ["HSIGN_TESTKIT"]

SCAN = "scanned-prescription.pdf"
LETTER = "referral-letter.pdf"
OBJECT_STREAMS = "referral-letter-object-streams.pdf"

#: Key type -> the testkit's person who has it, each a medical doctor.
SIGNERS = {
    "RSA-2048": "doctor",
    "RSA-3072": "doctor-rsa-3072",
    "P-256": "doctor-p256",
    "P-384": "doctor-p384",
}


class Commands:
    """Runs commands in an environment of its own."""

    def __init__(self, home="/nonexistent"):
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}

    def run(self, *command, cwd=None):
        """stdout, stderr (bytes) and the exit code."""
        return subprocess.run(
            [str(part) for part in command], capture_output=True, timeout=120, env=self._environment, check=False, cwd=cwd
        )

    def checked(self, *command):
        result = self.run(*command)
        if result.returncode:
            said = last_line(result.stderr) or f"exit code {result.returncode}"
            raise RuntimeError(f"{pathlib.Path(command[0]).name} {command[1]}: {said}")
        return result


class Testbed(Commands):
    """Serves the test PKI while the context is open; everything lies in one throw-away folder."""

    def __enter__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="hsign-interop-")
        root = pathlib.Path(self._temporary.name)
        self.pki, self.work, home = root / "pki", root / "work", root / "home"
        self.work.mkdir()
        home.mkdir()
        super().__init__(home)
        self._server = subprocess.Popen(
            [HSIGN_TESTKIT, "serve", str(self.pki)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.base_url = self._server.stdout.readline().strip()
        if not self.base_url:
            raise RuntimeError("hsign-testkit did not start")
        return self

    def __exit__(self, *_):
        self._server.stdin.close()
        self._server.wait(timeout=30)
        self._temporary.cleanup()

    @property
    def tsa_url(self):
        return f"{self.base_url}/tsa"

    def person(self, name):
        """The folder of a person, by name or by the type of key."""
        return self.pki / "people" / SIGNERS.get(name, name)

    def authority(self, name):
        return self.pki / "ca" / f"{name}.pem"

    def document(self, name):
        return self.pki / "documents" / name

    def hsign_sign(self, key, level, document, out, form="PKCS#12", options=()):
        """`document` may be several."""
        # The etsi policy: under hpki a software key of a production certificate is refused, as it should be.
        person = self.person(key)
        credential = {
            "PKCS#12": f"pkcs12:{person / 'identity.p12'}",
            "PEM": f"pem:{person / 'key.pem'}?cert={person / 'chain.pem'}",
        }[form]
        command = [
            HSIGN, "sign", *(document if isinstance(document, list) else [document]), "-o", out, "--level", level, "--policy", "etsi", "--credential", credential,
            "--pin-source", f"file:{self.pki / 'passphrase.txt'}", "--trust", self.pki / "trust.toml", *options,
        ]
        if level != "B-B":
            command += ["--tsa", self.tsa_url]
        result = self.run(*command)
        # 3: signed, while trust or revocation stays open.
        if result.returncode not in (0, 3):
            raise RuntimeError(f"hsign sign ended with {result.returncode}: {last_line(result.stderr)}")

    def hsign_extend(self, document, out, level=None, options=(), trust=None):
        """Without a level: evidence, and one more archive time stamp."""
        options = ("--level", level, *options) if level else options
        self.checked(
            HSIGN, "extend", document, "-o", out, "--tsa", self.tsa_url, "--policy", "etsi",
            "--trust", trust or self.pki / "trust.toml", *options,
        )

    def hsign_timestamp(self, document, out, url, *options):
        self.checked(HSIGN, "timestamp", document, "-o", out, "--tsa", url, *options)

    def ground(self, trust=None, policy=None):
        """Whom and what hsign believes; without a policy, what the test PKI has published is at hand."""
        believed = ("--trust", trust or self.pki / "trust.toml")
        at_hand = ("--evidence", self.pki / "crl", "--evidence", self.pki / "ca")
        return (*believed, "--policy", policy) if policy else (*believed, *at_hand)

    def hsign_verify(self, *arguments, **ground):
        """The documents of the report."""
        result = self.run(HSIGN, "verify", *arguments, "--output", "json", "--lang", "en", *self.ground(**ground))
        try:
            return json.loads(result.stdout)["documents"]
        except (ValueError, LookupError) as error:
            said = result.stderr.decode(errors="replace")
            raise RuntimeError(f"hsign verify ended with {result.returncode} and no report: {said}") from error


def last_line(output):
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
