"""The archive: taking a tree of files (W8) beside a bare loop that opens, reads and hashes, and renewing the time stamps
of many batches beside what that can't do without."""

import shutil

from bench import OURS, SLOWEST
from measured import in_turn
from sizes import scaled
from tree_rows import BYTES, FILES, tree

THREADS = 2
#: Batches, of one document each: what their renewal costs doesn't depend on their size.
BATCHES = scaled(200)


def rows(bench):
    folder = tree(bench)
    add(bench, folder)
    shutil.rmtree(folder)
    renew(bench)


def afresh(bench, make):
    """A new folder each time, made before the clock runs."""
    home = bench.work / "archive"

    def prepared(operation):
        def run():
            shutil.rmtree(home, ignore_errors=True)
            make(home)
            return operation(home)

        return run

    return prepared


def add(bench, folder):
    """Files are hashed with SHA-256 and SHA-512 in one reading, judged, and recorded in index and trail. Given once more,
    they are hashed and judged, and there is nothing to record: that alone stands in the second row."""
    new = afresh(bench, lambda home: bench.hsign.ask("archive-make", home, 65_536))
    loop = bench.ask(OURS, "tree-pass", folder, THREADS, 2)["hsign"]
    taken = lambda home: bench.hsign.ask("archive-add", home, folder, THREADS)
    size = f"{FILES} files of {BYTES // 1000} KB, two digests, {THREADS} threads"
    bench.compare(f"archive {size}", SLOWEST, {"hsign": new(taken), "bare loop": loop}, share)
    home = bench.work / "archive"
    again = {"hsign": lambda: taken(home), "bare loop": loop}
    bench.compare(f"look at {size}, that are in the archive already", SLOWEST, again, share)


def share(found):
    ours, bare = found["hsign"], found["bare loop"]
    read = ours.last["octets_read"] / ours.last["work"]
    return f"{min(bare.wall) / min(ours.wall):.0%} of the loop's rate; {read:.3f} octets read for each of a document"


def renew(bench):
    aged = bench.work / "aged"
    source = bench.work / "documents"
    source.mkdir()
    for number in range(BATCHES):
        (source / f"{number:05}.txt").write_text(f"document {number}\n" * 50, encoding="utf-8")
    bench.hsign.ask("archive-make", aged, 1)
    bench.hsign.ask("archive-add", aged, source, THREADS)
    bench.hsign.ask("archive-age", aged)
    old = afresh(bench, lambda home: shutil.copytree(aged, home))
    empty = afresh(bench, lambda home: home.mkdir())
    alone = "verifications, round trip, durable files of steps"
    found = in_turn(SLOWEST, {
        "hsign": old(lambda home: bench.hsign.ask("archive-renew", home)),
        alone: empty(lambda home: bench.hsign.ask("archive-renew-limit", home, BATCHES)),
    })
    last = found["hsign"].last
    note = f"{last['work']} batches, {last['requests']} request to the authority"
    found = {name: samples.each() for name, samples in found.items()}
    bench.table.ratio("renew the time stamps of batches, per batch", found["hsign"], alone, found[alone], note)
