"""Other implementations judge what hsign makes, and hsign judges what they make: `run.py [PART...]`, all parts without."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import differential
import parts
import table
from peers import Peers
from testbed import Testbed

#: Two at a time: what one waits for, the other uses.
WORKERS = int(os.environ.get("WORKERS", "2"))


def main(asked):
    if asked[:1] == ["--part"]:
        return of_its_own(*asked[1:])
    unknown = set(asked) - set(parts.PARTS)
    if unknown:
        print(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(parts.PARTS)}", file=sys.stderr)
        return 2
    rows, begun = table.Rows(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hsign-interop-") as folder, ThreadPoolExecutor(WORKERS) as pool:
        running = [pool.submit(in_a_process, part, pathlib.Path(folder, part)) for part in asked or parts.PARTS]
        for part, kept in zip(asked or parts.PARTS, running):
            try:
                rows.take(kept.result())
            except (OSError, ValueError, subprocess.CalledProcessError) as error:
                rows.add("our PDF", "hsign", f"the part {part!r}", "–", "failed", error)
    versions = Peers.versions()
    for name, version in versions:
        if not version:
            rows.missing(name)
    whole = not asked and not rows.count("skipped")
    if whole:
        table.publish(table.page(rows, versions, differential.notes()), pathlib.Path(os.environ["INTEROP"]))
    else:
        print(f"remark: not every part, or not everybody, was there: {table.PAGE} stays as it is")
    print(*rows.to_update(whole), *rows.failures(), sep="\n")
    print(", ".join(f"{judge} {seconds:.0f} s" for judge, seconds in rows.seconds.most_common()))
    print(f"took {time.monotonic() - begun:.0f} s")
    print(rows.summary())
    # A run in which nothing was judged has shown nothing.
    return 1 if rows.count("failed") or not rows.count("passed") else 0


def in_a_process(part, kept):
    """Each part has a test PKI and a Java machine of its own."""
    subprocess.run([sys.executable, __file__, "--part", part, kept], check=True)
    return kept.read_text(encoding="utf-8")


def of_its_own(part, kept):
    rows, begun = table.Rows(), time.monotonic()
    with Testbed() as testbed, Peers(testbed) as peers:
        try:
            parts.PARTS[part](rows, testbed, peers)
        except Exception as error:  # what was found until then stays
            traceback.print_exc()
            rows.add("our PDF", "hsign", f"the part {part!r}", "–", "failed", error)
    print(f"{part}: {time.monotonic() - begun:.0f} s, {rows.summary()}", flush=True)
    pathlib.Path(kept).write_text(rows.kept(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
