"""Signed PDFs with one octet changed: does hsign find the same signatures intact as the others do?"""

import os
import pathlib
import random
from collections import Counter

import pyhanko_maker
import table
from cms_layout import part_of, signatures
from judges import Hsign
from testbed import LETTER, OBJECT_STREAMS

SEED = int(os.environ.get("SEED", "20261121"))
FULL = os.environ.get("FULL") == "1"
CHANGES_PER_FILE = int(os.environ.get("CHANGES", "1000" if FULL else "30"))


def run(rows, testbed, peers):
    for what, path, count in signed_files(testbed, peers):
        changed = list(changes(path))
        ours = [found == count for found in Hsign(testbed).intact_of([file for _, _, file in changed])]
        for judge in peers.of_pdf_signatures():
            compare(rows, what, judge.name, changed, ours, lambda file: judge.intact(file) == count)


def compare(rows, what, judge, changed, ours, intact, prefix=""):
    """`changed` is (part, what was done, file); `intact(file)` is asked of each."""
    explained, tally, differences = table.explained("difference"), Counter(), []
    for (part, note, file), our in zip(changed, ours):
        their = intact(file)
        if our == their:
            tally["both intact" if our else "both broken"] += 1
            continue
        reasons = [place for place, row in enumerate(explained) if fits(row, judge, f"{prefix}{part}", our)]
        if reasons:
            rows.met |= {("difference", place) for place in reasons}
            tally["explained"] += 1
        else:
            differences.append(f"{prefix}{part}, {note}: hsign {word(our)}, {judge} {word(their)}: {keep(file)}")
    rows.add(
        "changed", "seeded changes", f"{what}: {len(changed)} changes", judge,
        "failed" if differences else "passed", "; ".join(differences), "agrees",
    )
    # Not for the page: keys sign differently each time, and the same change meets other octets.
    print(" " * 9 + ", ".join(f"{number} {name}" for name, number in sorted(tally.items())))
    # The row has no room for all of them.
    print("".join(f"{'':9}{difference}\n" for difference in differences), end="", flush=True)


def word(intact):
    return "intact" if intact else "broken"


def fits(row, judge, part, our):
    return judge in row["judges"] and part in row["parts"] and row["hsign"] == word(our)


def keep(file):
    """Where a case lies that nothing explains."""
    folder = pathlib.Path(os.environ.get("KEEP") or pathlib.Path(os.environ["INTEROP"], "kept"))
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / file.name
    kept.write_bytes(file.read_bytes())
    return kept


def signed_files(testbed, peers):
    """(what, path, number of signatures)"""

    def ours(name, key, level, document):
        path = testbed.work / f"seed-{name}.pdf"
        testbed.hsign_sign(key, level, document, path)
        return path

    first = ours("first", "RSA-2048", "B-T", testbed.document(LETTER))
    yield "hsign, B-T, RSA-2048", first, 1
    yield "hsign, B-B, P-256, object streams", ours("objects", "P-256", "B-B", testbed.document(OBJECT_STREAMS)), 1
    yield "hsign, two signatures", ours("second", "P-384", "B-T", first), 2
    yield "hsign, B-LTA, RSA-3072", ours("lasting", "RSA-3072", "B-LTA", testbed.document(LETTER)), 1
    if peers.pyhanko:
        for what, options in (
            ("pyHanko, B-T, visible", {"level": "B-T", "visible": True}),
            ("pyHanko, adbe.pkcs7.detached, certification", {"subfilter": "ADOBE_PKCS7_DETACHED", "permissions": "FILL_FORMS"}),
        ):
            path = testbed.work / f"seed-{len(what)}.pdf"
            pyhanko_maker.sign(testbed, path, **options)
            yield what, path, 1
    if peers.dss:
        path = testbed.work / "seed-dss.pdf"
        peers.dss.sign(testbed.document(LETTER), path, "PAdES-BASELINE-LTA", "doctor-p384")
        yield "EU DSS, B-LTA, P-384", path, 1


def changes(path):
    """Half of the changes are in the CMS, the others in its padding and anywhere."""
    seeded = random.Random(f"{SEED} {path.name}")
    pdf = path.read_bytes()
    for number in range(CHANGES_PER_FILE):
        offset = place(seeded, pdf, number)
        before, after = pdf[offset], other_octet(seeded, pdf[offset])
        file = path.with_name(f"{path.stem}-{number:04}.pdf")
        file.write_bytes(pdf[:offset] + bytes([after]) + pdf[offset + 1 :])
        yield part_of(pdf, offset, after), f"octet {offset} {before:02x} -> {after:02x}", file


def place(seeded, pdf, number):
    placed = seeded.choice(signatures(pdf))
    in_cms = 2 * len(placed.cms)
    if number % 2 == 0:
        return placed.begin + seeded.randrange(in_cms)
    if number % 12 == 1:
        return placed.begin - 1 + seeded.choice([0, seeded.randrange(in_cms, placed.end - placed.begin + 2)])
    return seeded.randrange(len(pdf))


def other_octet(seeded, octet):
    """Mostly another hexadecimal digit where there was one, so that a CMS still is one."""
    digits = b"0123456789abcdef"
    choices = digits if octet in digits and seeded.random() < 0.8 else bytes(range(256))
    return seeded.choice([choice for choice in choices if choice != octet])


def notes():
    return [
        "## Explained differences",
        "",
        "On changed octets (digests and signature values only):",
        "",
        "| part that was changed | hsign finds the signature | otherwise than | reason |",
        "|---|---|---|---|",
        *(
            f"| {', '.join(row['parts'])} | {row['hsign']} | {', '.join(row['judges'])} | {row['reason']} ({row['clause']}) |"
            for row in table.explained("difference")
        ),
        "",
        "On verdicts, the rows with (*):",
        "",
        "| what | judged by | says | reason |",
        "|---|---|---|---|",
        *(
            f"| {listed(row['what'])} | {listed(row['judge'])} | {shown(row['says'])} | {row['reason']} ({row['clause']}) |"
            for row in table.explained("verdict")
        ),
    ]


def listed(value):
    return "; ".join(table.as_list(value))


def shown(says):
    return "; ".join(says) if isinstance(says, list) else says if isinstance(says, str) else "accepted" if says else "refused"
