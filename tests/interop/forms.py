"""The forms of signatures other than PDF: how hsign is asked for each, what lies beside it, and what takes it apart."""

import dataclasses
import pathlib
import re
import zipfile

#: A FHIR document as a site has it, a CDA document, and a CSV beside it.
FHIR = '{"resourceType": "Bundle", "type": "document", "note": "アムロジピン 5 mg"}\n'
CDA = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">\r\n'
    "  <title>診療情報提供書</title>\n  <text>アムロジピン 5 mg &amp; rest</text>\n</ClinicalDocument>\n"
)
TABLE = "1,アムロジピン,5 mg\r\n2,rest,three days\r\n"


@dataclasses.dataclass(frozen=True)
class Form:
    name: str
    #: CAdES or XAdES
    signature: str
    ending: str
    #: What hsign sign is told.
    options: tuple
    #: What is signed.
    files: tuple
    #: It belongs to files beside it.
    detached: bool = False
    #: ASiC_S or ASiC_E, as DSS says it
    container: str | None = None
    #: As DSS calls it.
    packaging: str | None = None

    @property
    def end(self):
        return "." + self.ending


def cades(packaging, ending, detached):
    options = ("--format", "cades", "--packaging", packaging)
    return Form(f"CAdES {packaging}", "CAdES", ending, options, ("bundle.json",), detached, packaging=packaging.upper())


def xades(packaging, files=("cda.xml",), detached=False):
    options = ("--format", "xades", "--packaging", packaging)
    return Form(f"XAdES {packaging}", "XAdES", "signed.xml", options, files, detached, packaging=packaging.upper())


def asic(kind, signature, files):
    options = ("--format", "asic", "--container-signature", signature.lower())
    container = f"ASiC_{kind}"
    return Form(f"ASiC-{kind} with {signature}", signature, f"asic{kind.lower()}", options, files, container=container)


def manifest():
    """An XML signature over a list of files."""
    options = ("--format", "xades", "--packaging", "manifest")
    return Form("XAdES manifest", "XAdES", "signed.xml", options, SEVERAL, True, packaging="MANIFEST")


SEVERAL = ("bundle.json", "cda.xml", "table.csv")
FORMS = (
    cades("detached", "p7s", True),
    cades("enveloping", "p7m", False),
    xades("enveloped"),
    xades("enveloping"),
    xades("detached", SEVERAL, True),
    manifest(),
    *(asic("S", signature, ("cda.xml",)) for signature in ("CAdES", "XAdES")),
    *(asic("E", signature, SEVERAL) for signature in ("CAdES", "XAdES")),
)


class Desk:
    """The files to be signed, in a folder of the testbed."""

    def __init__(self, testbed):
        self.testbed = testbed
        self.folder = testbed.work / "desk"
        self.folder.mkdir(exist_ok=True)
        for name, text in (("bundle.json", FHIR), ("cda.xml", CDA), ("table.csv", TABLE)):
            (self.folder / name).write_bytes(text.encode())

    def files(self, form):
        return [self.folder / name for name in form.files]

    def content(self, form):
        """What a judge needs beside the signature."""
        return self.files(form) if form.detached else []

    def changed(self, name):
        """A file of that name with an octet more."""
        other = self.testbed.work / "other" / name
        other.parent.mkdir(exist_ok=True)
        other.write_bytes((self.folder / name).read_bytes() + b" ")
        return other

    def with_one_changed(self, form):
        return [self.changed(form.files[0]), *self.files(form)[1:]]

    def beside(self, form):
        return [part for file in self.content(form) for part in ("--content", file)]

    def sign(self, form, key, level, out):
        self.testbed.hsign_sign(key, level, self.files(form), out, options=form.options)

    def sign_again(self, form, key, level, before, out):
        self.testbed.hsign_sign(key, level, [before], out, options=self.beside(form))

    def extend(self, form, before, out, level=None):
        self.testbed.hsign_extend(before, out, level, self.beside(form))

    def verdicts(self, form, path, describe):
        return [describe(signature) for signature in self.testbed.hsign_verify(path, *self.beside(form))[0]["signatures"]]


def dss_files(paths):
    return "|".join(map(str, paths)) or None


def cms_and_content(path, form, content):
    """Every CMS with the octets it is over (None where it carries them)."""
    if not form.container:
        return [(path.read_bytes(), content[0].read_bytes() if content else None)]
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pairs = []
        for name in names:
            if not re.fullmatch(r"META-INF/[^/]*signature[^/]*\.p7s", name):
                continue
            manifests = [archive.read(each) for each in names if "ASiCManifest" in each]
            over = [each for each in manifests if re.search(rb'SigReference [^>]*URI="%s"' % name.encode(), each)]
            objects = [each for each in names if each != "mimetype" and not each.startswith("META-INF/")]
            pairs.append((archive.read(name), over[0] if over else archive.read(objects[0])))
    return pairs


def xml_signatures(path, form, content, folder):
    """Every file with XML signatures, laid out in `folder` as its references want it."""
    folder.mkdir(parents=True, exist_ok=True)
    if form.container:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
            names = [name for name in archive.namelist() if re.fullmatch(r"META-INF/[^/]*signatures[^/]*\.xml", name)]
        # A reference is relative to the root of the container, for xmlsec1 to the file.
        for name in names:
            (folder / pathlib.Path(name).name).write_bytes((folder / name).read_bytes())
        return [folder / pathlib.Path(name).name for name in names]
    for file in content:
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / path.name).write_bytes(path.read_bytes())
    return [folder / path.name]
