"""Signatures in CMS, XML and containers with one octet changed: does hsign find the same ones intact as the others do?"""

import io
import os
import random
import re
import zipfile

import differential
from cms_layout import cms_part
from forms import FORMS, Desk, Form, cms_and_content, dss_files, xml_signatures
from forms_by_them import openssl_accepts
from prescriptions import STEPS, Prescriptions

CHANGES_PER_FILE = int(os.environ.get("CHANGES", "1000" if differential.FULL else "20"))

#: Parts of an XML signature, outer ones before those inside.
ELEMENTS = (
    "Signature", "SignedInfo", "SignatureValue", "KeyInfo", "SignedProperties", "UnsignedProperties",
)
PRESCRIPTION, DISPENSING = (Form(f"electronic {side}", "XAdES", "xml", (), ()) for side in ("prescription", "dispensing"))


def run(rows, testbed, peers):
    desk, prescriptions = Desk(testbed), Prescriptions(testbed)
    for number, form in enumerate((*FORMS, PRESCRIPTION, DISPENSING)):
        made = testbed.work / f"seed-{number}{form.end}"
        level, key = ("B-B", "B-T", "B-LTA")[number % 3], ("RSA-2048", "P-256")[number % 2]
        if form in (PRESCRIPTION, DISPENSING):
            prescriptions.make(form.name.split()[1], "plain", key, STEPS[level], made)
        else:
            desk.sign(form, key, level, made)
        count = 2 if form is DISPENSING else 1
        changed = list(changes(form, made))
        ours = intact_by_us(testbed, desk, form, [file for _, _, file in changed], count)
        judges = []
        if peers.dss:
            judges.append(("EU DSS", lambda file: peers.dss.intact(file, content=dss_files(desk.content(form))) == count))
        if peers.openssl and form.signature == "CAdES":
            judges.append((peers.openssl.name, lambda file: intact_by_openssl(testbed, desk, form, file)))
        if peers.xmlsec and form.signature == "XAdES":
            judges.append((peers.xmlsec.name, lambda file: intact_by_xmlsec(testbed, peers.xmlsec, desk, form, file, count)))
        for name, intact in judges:
            differential.compare(rows, f"hsign, {form.name}, {level}", name, changed, ours, intact, f"{form.signature}: ")


def changes(form, made):
    """(part, what was done, file); two thirds of the changes are inside the signature."""
    seeded = random.Random(f"{differential.SEED} {form.name}")
    for number in range(CHANGES_PER_FILE):
        file = made.with_name(f"{made.name.partition('.')[0]}-{number:04}{form.end}")
        if form.container and number % 6:
            part, note, changed = in_an_entry(seeded, made.read_bytes())
        else:
            part, note, changed = in_a_file(seeded, made.read_bytes(), "of the container" if form.container else form.ending)
        file.write_bytes(changed)
        yield part, note, file


def in_a_file(seeded, data, ending):
    """One octet of a CMS, an XML document or anything else."""
    offset = place(seeded, data, ending)
    after = other_octet(seeded, data[offset])
    part = {"p7s": cms_part, "p7m": cms_part, "xml": xml_part, "signed.xml": xml_part}.get(ending, lambda *_: ending)(data, offset)
    return part, f"octet {offset} {data[offset]:02x} -> {after:02x}", data[:offset] + bytes([after]) + data[offset + 1 :]


def in_an_entry(seeded, container):
    with zipfile.ZipFile(io.BytesIO(container)) as before:
        entries = [(info, before.read(info)) for info in before.infolist()]
    # The signature twice as often as the rest.
    weights = [2 if "signature" in info.filename else 1 for info, _ in entries]
    chosen = seeded.choices(range(len(entries)), weights)[0]
    info, data = entries[chosen]
    part, note, changed = in_a_file(seeded, data, kind(info.filename))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as after:
        for number, (each, content) in enumerate(entries):
            after.writestr(each, changed if number == chosen else content)
    return part, f"{info.filename} {note}", written.getvalue()


def kind(name):
    """The kind of an entry: the ending of a signature, a word for the rest."""
    if name.startswith("META-INF/") and "signature" in name:
        return name.rpartition(".")[2]
    if name.startswith("META-INF/"):
        return "archive manifest or stamp" if "Archive" in name or name.endswith(".tst") else "manifest"
    return "mimetype" if name == "mimetype" else "file in the container"


def place(seeded, data, ending):
    """In XML mostly within the signature, which may be small beside its certificates."""
    if ending.endswith("xml") and seeded.random() < 0.7:
        element = seeded.choice(ELEMENTS)
        found = re.search(rb"<(?:\w+:)?%s\b.*?</(?:\w+:)?%s>" % (element.encode(), element.encode()), data, re.DOTALL)
        if found:
            return seeded.randrange(found.start(), found.end())
    return seeded.randrange(len(data))


def xml_part(data, offset):
    """The innermost of the known elements, or the content. The signer's certificate is the first one that hsign writes."""
    part = "content"
    certificates = re.compile(rb"<(?:\w+:)?X509Certificate>.*?</(?:\w+:)?X509Certificate>", re.DOTALL)
    for number, found in enumerate(certificates.finditer(data)):
        if found.start() <= offset < found.end():
            return "other certificate" if number else "signer's certificate"
    for element in ELEMENTS:
        for found in re.finditer(rb"<(?:\w+:)?%s\b.*?</(?:\w+:)?%s>" % (element.encode(), element.encode()), data, re.DOTALL):
            if found.start() <= offset < found.end():
                part = element
    return part


def other_octet(seeded, octet):
    """Mostly another letter or digit where there was one, so that XML and base64 still are such."""
    letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    choices = letters if octet in letters and seeded.random() < 0.8 else bytes(range(256))
    return seeded.choice([choice for choice in choices if choice != octet])


def intact_by_us(testbed, desk, form, files, count):
    # Content beside a signature goes with one file at a time.
    groups = [[file] for file in files] if form.detached else [files]
    documents = {
        document["path"]: document for group in groups for document in testbed.hsign_verify(*group, *desk.beside(form))
    }
    found = [documents.get(str(file), {"signatures": []})["signatures"] for file in files]
    return [[signature["integrity"] for signature in signatures] == ["valid"] * count for signatures in found]


def intact_by_openssl(testbed, desk, form, file):
    try:
        signed = cms_and_content(file, form, desk.content(form))
    except Exception:  # a container that Python can't read
        return False
    return openssl_accepts(testbed, signed, "-noverify")[0]


def intact_by_xmlsec(testbed, xmlsec, desk, form, file, count):
    folder = testbed.work / "xmlsec-differential" / file.name
    try:
        places = xml_signatures(file, form, desk.content(form), folder)
    except Exception:  # a container that Python can't read
        return False
    return bool(places) and all(xmlsec.intact(each, count) for each in places)
