"""A tree of small files (W8), and hash trees over digests."""

import os
import shutil

import programs
from bench import OURS, ROUNDS, SLOWEST
from sizes import scaled

FILES, BYTES = scaled(20_000), 100_000
LEAVES = 65_536


def rows(bench):
    files(bench)
    hash_trees(bench)


def tree(bench):
    """The folder of files; their first octets are those of no signature's format."""
    folder = bench.work / "tree"
    folder.mkdir()
    block = os.urandom(2 * BYTES)
    for number in range(FILES):
        head = f"file {number:05}\n".encode()
        (folder / f"{number:05}.bin").write_bytes(head + block[number:number + BYTES - len(head)])
    return folder


def files(bench):
    """A bare loop that opens, reads and hashes, beside what is commonly used for it."""
    folder, size = tree(bench), FILES * BYTES
    for threads in (1, 2):
        operations = {"bare loop": bench.ask(OURS, "tree-pass", folder, threads, 1)["hsign"]}
        for name, command in (("openssl sha256", "openssl sha256"), ("sha256sum", "sha256sum")):
            loop = f'find "$1" -type f -print0 | xargs -0 -P {threads} -n 500 {command} > "$1.sums"'
            operations[name] = lambda loop=loop: programs.run(["sh", "-c", loop, "sh", folder], work=size)
        what = f"hash {FILES} files of {BYTES // 1000} KB, {threads} thread{'s' * (threads > 1)}"
        bench.compare(what, SLOWEST, operations, lambda found: speed(size, found["bare loop"]))
    shutil.rmtree(folder)


def speed(size, samples):
    return f"{size / min(samples.wall) / 1e6:.2f} GB/s"


def hash_trees(bench):
    """Sorting among it; the bound is of the nodes' hashes alone."""
    alone = "the nodes' hashes alone"
    operations = bench.ask(OURS, "hash-tree", LEAVES) | {alone: bench.ask(OURS, "hash-tree-nodes", LEAVES)["hsign"]}
    bound = lambda found: f"{min(found[alone].cpu) / min(found['hsign'].cpu):.0%} of the bound's rate"
    bench.compare(f"hash tree over {LEAVES} digests", ROUNDS, operations, bound)
