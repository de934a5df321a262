"""Peak memory of a new process that signs one file B-LTA and verifies it."""

from documents import objects_of, scan_of
from programs import hsign_warm, pyhanko_warm
from sizes import scaled

#: What is allowed whatever the size, and for each object of the file.
FIXED, PER_OBJECT = 64 << 20, 64


def memory(testbed, with_pyhanko, work):
    cases = (
        ("scan, 0.2 MB", lambda: testbed.scan, True),
        ("scan, 50 MB", lambda: scan_of(work / "memory.pdf", 50), True),
        ("scan, 500 MB, 500 pages", lambda: scan_of(work / "memory.pdf", scaled(500), pages=500), True),
        ("1,000,000 objects", lambda: objects_of(work / "memory.pdf", scaled(1_000_000)), False),
    )
    rows = []
    for name, make, with_peer in cases:
        source = make()
        objects = object_count(source)
        peaks = [peak(hsign_warm(testbed), source, work)]
        if with_pyhanko:
            peaks.append(peak(pyhanko_warm(testbed), source, work) if with_peer else "")
        rows.append((name, str(objects), mib(FIXED + PER_OBJECT * objects), *peaks))
        print("peak MiB:", *rows[-1], flush=True)
    return rows


def peak(program, source, work):
    target = work / "signed.pdf"
    program.ask("file-sign", "B-LTA", source, target)
    program.ask("file-verify", target)
    found = mib(program.ask("peak")["peak_kib"] * 1024)
    program.close()
    target.unlink()
    return found


def mib(count):
    return f"{count / (1 << 20):.1f}"


def object_count(path):
    """`/Size` of the last trailer."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1024))
        return int(file.read().rpartition(b"/Size ")[2].split()[0])
