"""Time-stamp tokens and evidence records with one octet changed, in them or in what they are of."""

import os
import random

import differential
import records
from cms_layout import cms_part, element_end, elements, inside

CHANGES_PER_FILE = int(os.environ.get("CHANGES", "1000" if differential.FULL else "20"))


def run(rows, testbed, peers):
    tokens(rows, testbed, peers)
    for what, kinds in (("initial", [("initial", "sha256")]), ("tree renewed", [("initial", "sha256"), ("tree", "sha512")])):
        evidence_records(rows, testbed, peers, what, kinds)


def tokens(rows, testbed, peers):
    content, token = testbed.work / "stamped.txt", testbed.work / "seed.tst"
    content.write_text("アムロジピン 5 mg\n", encoding="utf-8")
    testbed.hsign_timestamp(content, token, testbed.tsa_url)
    changed = list(changes(token, content, lambda data, offset: cms_part(data, offset)))
    beside = {file: other for _, _, file, other in changed}
    ours = [intact_token(testbed, file, other) for file, other in beside.items()]
    asked = [(part, note, file) for part, note, file, _ in changed]
    for name, intact in (
        (peers.dss and peers.dss.name, lambda file: of_dss(peers.dss, "timestamps", file, beside[file])),
        (peers.openssl and peers.openssl.name,
         lambda file: peers.openssl.token(file.read_bytes(), beside[file].read_bytes(), "-token_in")[0]),
    ):
        if name:
            differential.compare(rows, "hsign, time-stamp token", name, asked, ours, intact, "token: ")


def evidence_records(rows, testbed, peers, what, kinds):
    folder = testbed.work / f"seed-record-{what.replace(' ', '-')}"
    folder.mkdir()
    files = [folder / f"object-{number}.txt" for number in range(records.OBJECTS)]
    for file in files:
        file.write_text(f"{file.name}: アムロジピン 5 mg\n")
    for kind, algorithm in kinds:
        records.written(testbed, kind, algorithm, folder, files)
    changed = list(changes(folder / f"{files[0].name}.ers", files[0], part_of_record))
    beside = {file: other for _, _, file, other in changed}
    ours = [intact_record(testbed, file, other) for file, other in beside.items()]
    asked = [(part, note, file) for part, note, file, _ in changed]
    if peers.dss:
        differential.compare(rows, f"hsign, evidence record, {what}", "EU DSS", asked, ours,
                             lambda file: of_dss(peers.dss, "records", file, beside[file]), "record: ")
        differential.compare(rows, f"hsign, evidence record, {what}", "Bouncy Castle", asked, ours,
                             lambda file: of_bouncy_castle(peers.dss, file, beside[file]), "record: ")


def changes(signed, content, part_of):
    """(part, what was done, file, its content); one of five is of the content."""
    seeded = random.Random(f"{differential.SEED} {signed.name}")
    for number in range(CHANGES_PER_FILE):
        of_content = number % 5 == 4
        source = content if of_content else signed
        data = bytearray(source.read_bytes())
        offset = seeded.randrange(len(data))
        before = data[offset]
        data[offset] = seeded.choice([octet for octet in range(256) if octet != before])
        part = "content" if of_content else part_of(source.read_bytes(), offset)
        file = signed.with_name(f"{signed.stem}-{number:04}{signed.suffix}")
        other = content
        if of_content:
            other = content.with_name(f"{content.stem}-{number:04}{content.suffix}")
            other.write_bytes(data)
            file.write_bytes(signed.read_bytes())
        else:
            file.write_bytes(data)
        yield part, f"octet {offset} {before:02x} -> {data[offset]:02x}", file, other


def part_of_record(record, offset):
    """The part of an EvidenceRecord (RFC 4998 §3.1, §4.1)."""
    names = iter(("version", "digestAlgorithms", "archiveTimeStampSequence"))
    for place in elements(record, *inside(record, 0)):
        name = next(names) if record[place[0]] in (0x02, 0x30) else "other"
        if not place[0] <= offset < place[1]:
            continue
        if name != "archiveTimeStampSequence":
            return name
        for chain in elements(record, *inside(record, place[0])):
            for stamp in elements(record, *inside(record, chain[0])):
                for part in elements(record, *inside(record, stamp[0])):
                    if part[0] <= offset < part[1]:
                        return in_stamp(record, part, offset)
    return "structure of the record"


def in_stamp(record, part, offset):
    tag = record[part[0]]
    if tag == 0x30:
        token = record[part[0] : element_end(record, part[0])]
        return f"token: {cms_part(token, offset - part[0])}"
    return {0x80: "digestAlgorithm", 0xA0: "digestAlgorithm", 0xA2: "reducedHashtree"}.get(tag, "attributes")


def intact_token(testbed, file, content):
    try:
        stamps = testbed.hsign_verify(file, "--content", content)[0].get("timestamps", ())
    except RuntimeError:
        return False
    return [stamp["integrity"] for stamp in stamps] == ["valid"]


def intact_record(testbed, file, content):
    answer = records.answered(testbed, file, content)
    stamps = answer.get("archive_timestamps", [])
    return bool(stamps) and all(stamp["integrity"] == "valid" for stamp in stamps) and all(
        each["covered"] for each in answer["covered"]
    )


def of_dss(peer, kind, file, content):
    try:
        found = peer.ask("verify", file=file, content=content, alone="yes")[kind]
    except RuntimeError:
        return False
    return bool(found) and all(each["intact"] == "true" for each in found)


def of_bouncy_castle(peer, file, content):
    try:
        return not peer.ask("records", file=file, content=content)["complaints"]
    except RuntimeError:
        return False
