"""Signed files with one thing changed, judged by hsign and by EU DSS: what one made and what the other made alike."""

import re

import tamper
import tamper_pdf
from forms import dss_files


def of_forms(rows, testbed, peers, desk, form, maker, signed):
    """`signed` is of B-LTA, by `maker`."""
    for change in tamper.tampered(form, somebody(testbed)):
        path = testbed.work / f"changed-{len(rows.rows)}{form.end}"
        path.write_bytes(change.apply(signed.read_bytes()))
        judged(rows, testbed, peers, maker, f"{form.name}: {change.what}", change, path, signed, desk.content(form))
    if form.detached:
        change = tamper.Change("content changed", None, tamper.WRONG_DIGEST)
        judged(rows, testbed, peers, maker, f"{form.name}: {change.what}", change, signed, None, desk.with_one_changed(form))


def of_pdfs(rows, testbed, peers, maker, note, signed, others=()):
    """`others` are asked beside EU DSS."""
    for change in tamper_pdf.tampered(somebody(testbed), "B-LTA" in note):
        path = testbed.work / f"changed-{len(rows.rows)}.pdf"
        path.write_bytes(change.apply(signed.read_bytes()))
        judged(rows, testbed, peers, maker, f"{note}: {change.what}", change, path, signed, (), others)
    if peers.pyhanko:
        change = tamper.Change("page drawn over in a later revision", None, f"{tamper.OPEN} SIG_CONSTRAINTS_FAILURE")
        path = testbed.work / f"changed-{len(rows.rows)}.pdf"
        tamper_pdf.redrawn(signed, path)
        # The octets of the first revision are as signed, so this is nothing a CMS alone could show.
        readers = [other for other in others if other.name != "OpenSSL"]
        judged(rows, testbed, peers, maker, f"{note}: {change.what}", change, path, signed, (), readers)


def somebody(testbed):
    return (testbed.person("dentist") / "certificate.cer").read_bytes()


def judged(rows, testbed, peers, maker, what, change, path, before, content, others=()):
    section = "our changed" if maker == "hsign" else "their changed"
    assert before is None or path.read_bytes() != before.read_bytes(), what

    def ourselves():
        found = verdicts(testbed, path, content)
        as_expected = any(re.search(change.expected, each) for each in found)
        # Without level and stamps: the answer that an explanation would name.
        return change.expected if as_expected else found[0].partition(",")[0].partition(" ")[2], "; ".join(found)

    rows.check(section, maker, what, "hsign", ourselves, change.expected)
    if peers.dss:
        rows.check(section, maker, what, "EU DSS", lambda: of_dss(peers.dss, path, content), change.harmless, shown=True)
    for other in others:
        rows.check(section, maker, what, other.name, lambda: accepted(other, path), change.harmless)


def accepted(other, path):
    try:
        return other.accepts(path, None)
    except Exception as error:  # what it can't read it doesn't accept
        return False, f"{type(error).__name__}: {error}"


def verdicts(testbed, path, content=()):
    """One line for each signature, or what is said of a file without any."""
    given = [part for file in content for part in ("--content", file)]
    try:
        document = testbed.hsign_verify(path, *given)[0]
    except RuntimeError:
        return ["no signature, unreadable"]
    # Those over manifests stand beside the signatures.
    stamps = document.get("timestamps") or []
    return [verdict(each, stamps) for each in document["signatures"]] or [f"no signature, {document['indication']}"]


def verdict(signature, further):
    words = (signature["level"], signature["integrity"], signature["indication"], signature["sub_indication"])
    stamps = [
        f", time stamp {stamp['integrity']} {stamp['indication']} {stamp['sub_indication']}"
        for stamp in signature["timestamps"] + further if stamp["indication"] != "TOTAL-PASSED"
    ]
    return " ".join(word for word in words if word) + "".join(stamps)


def of_dss(peer, path, content):
    try:
        found = peer.verdicts(path, content=dss_files(content))
    except RuntimeError as error:
        return False, f"unreadable ({str(error).partition(':')[0]})"
    said_of_it = "; ".join(each.partition(" The ")[0] for each in found) or "no signature"
    return bool(found) and all("TOTAL_PASSED" in each and "time stamp" not in each for each in found), said_of_it
