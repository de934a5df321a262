"""xmlsec1, asked about XML signatures: references, value and path. It knows nothing of XAdES."""

import shutil

from testbed import last_line


class Xmlsec:

    name = "xmlsec1"
    #: Which attributes are Ids, as DTDs would say it.
    IDS = (
        ("Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"), ("id", "PrescriptionDocument"), ("id", "Dispensing"),
    )

    def __init__(self, testbed):
        self.testbed = testbed

    def version(self):
        if not shutil.which("xmlsec1"):
            return None
        return self.testbed.run("xmlsec1", "--version").stdout.decode().split()[1]

    def accepts(self, files, ids):
        verified = 0
        for file in files:
            for id in [id for id in ids if f'Id="{id}"' in file.read_text(encoding="utf-8")]:
                result = self.verify(file, id)
                if result.returncode:
                    return False, f"{id}: {self.says(result)}"
                verified += 1
        return verified == len(ids) > 0, f"{verified} of {len(ids)} signatures"

    def verify(self, file, id, *options):
        attributes = [part for name, element in self.IDS for part in (f"--id-attr:{name}", element)]
        trust = (
            "--trusted-pem", self.testbed.authority("hpki-root"), "--untrusted-pem", self.testbed.authority("hpki-signature-ca"),
        )
        return self.testbed.run(
            "xmlsec1", "--verify", "--enabled-key-data", "x509", *trust, *attributes, *options,
            "--node-xpath", f"//*[local-name()='Signature' and @Id='{id}']", file.name, cwd=file.parent,
        )

    def intact(self, file, count=1):
        """The first so many signatures, whoever made them."""
        attributes = [part for name, element in self.IDS for part in (f"--id-attr:{name}", element)]
        return all(
            not self.testbed.run(
                "xmlsec1", "--verify", "--insecure", "--enabled-key-data", "x509", *attributes,
                "--node-xpath", f"(//*[local-name()='Signature'])[{number}]", file.name, cwd=file.parent,
            ).returncode
            for number in range(1, count + 1)
        )

    @staticmethod
    def says(result):
        lines = result.stderr.decode(errors="replace").strip().splitlines()
        return next((line for line in lines if "error=" in line), lines[0] if lines else last_line(result.stdout))
