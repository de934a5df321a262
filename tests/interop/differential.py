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
CHANGES_PER_FILE = int(os.environ.get("CHANGES", "1000" if os.environ.get("FULL") == "1" else "36"))


def run(rows, testbed, judges, pyhanko):
    explained = table.explained("difference")
    for what, path, count in signed_files(testbed, pyhanko):
        changed = list(changes(testbed, path))
        ours = [found == count for found in Hsign(testbed).intact_of([file for _, _, file in changed])]
        for judge in judges:
            tally, differences = Counter(), []
            for (part, note, file), our in zip(changed, ours):
                their = judge.intact(file) == count
                if our == their:
                    tally["both intact" if our else "both broken"] += 1
                    continue
                if not is_explained(explained, judge.name, part, our):
                    differences.append(f"{part}, {note}: hsign {word(our)}, {judge.name} {word(their)}")
                    keep(file)
                else:
                    tally["explained"] += 1
            rows.add(
                "changed", "seeded changes", f"{what}: {len(changed)} changes", f"hsign and {judge.name}",
                "failed" if differences else "passed", "; ".join(differences),
            )
            # Not for the page: keys sign differently each time, and the same change meets other octets.
            print(" " * 9 + ", ".join(f"{number} {name}" for name, number in sorted(tally.items())))
    rows.notes += notes(explained, table.explained("verdict"))


def word(intact):
    return "intact" if intact else "broken"


def keep(file):
    folder = os.environ.get("KEEP")
    if folder:
        pathlib.Path(folder, file.name).write_bytes(file.read_bytes())


def is_explained(explained, judge, part, our):
    return any(judge in row["judges"] and part in row["parts"] and row["hsign"] == word(our) for row in explained)


def signed_files(testbed, pyhanko):
    """(what, path, number of signatures)"""

    def ours(name, key, level, document):
        path = testbed.work / f"seed-{name}.pdf"
        testbed.hsign_sign(key, level, document, path)
        return path

    first = ours("first", "RSA-2048", "B-T", testbed.document(LETTER))
    yield "hsign, B-T, RSA-2048", first, 1
    yield "hsign, B-B, P-256, object streams", ours("objects", "P-256", "B-B", testbed.document(OBJECT_STREAMS)), 1
    yield "hsign, two signatures", ours("second", "P-384", "B-T", first), 2
    if not pyhanko:
        return
    for what, options in (
        ("pyHanko, B-T, visible", {"level": "B-T", "visible": True}),
        ("pyHanko, adbe.pkcs7.detached, certification", {"subfilter": "ADOBE_PKCS7_DETACHED", "permissions": "FILL_FORMS"}),
    ):
        path = testbed.work / f"seed-{len(what)}.pdf"
        pyhanko_maker.sign(testbed, path, **options)
        yield what, path, 1


def changes(testbed, path):
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


def notes(explained, verdicts):
    return [
        "",
        "Explained differences (digests and signature values only):",
        "",
        "| part that was changed | hsign finds the signature | otherwise than | reason |",
        "|---|---|---|---|",
        *(
            f"| {', '.join(row['parts'])} | {row['hsign']} | {', '.join(row['judges'])} | {row['reason']} ({row['clause']}) |"
            for row in explained
        ),
        "",
        "Explained verdicts:",
        "",
        "| what | judged by | says | reason |",
        "|---|---|---|---|",
        *(f"| {row['what']} | {row['judge']} | {shown(row['says'])} | {row['reason']} ({row['clause']}) |" for row in verdicts),
    ]


def shown(says):
    return "; ".join(says) if isinstance(says, list) else "no complaint" if says else "complains"
