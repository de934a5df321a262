"""Containers of the sizes at both ends: one large file, and many small ones."""

import os

from bench import OURS, SLOW, SLOWEST
from cades_rows import random_file
from sizes import scaled

MEGABYTES = scaled(100)
FILES, BYTES = scaled(1000), 10_000


def rows(bench):
    large = random_file(bench.work / "large.bin", MEGABYTES << 20)
    folder = bench.work / "small"
    folder.mkdir()
    small = [folder / f"{number}.bin" for number in range(FILES)]
    for path in small:
        path.write_bytes(os.urandom(BYTES))
    few = small[:10]
    for what, files, rounds, peers in (
        (f"one file of {MEGABYTES} MB", [large], SLOWEST, ("EU DSS",)),
        (f"{len(few)} files of {BYTES // 1000} KB", few, SLOW, ("EU DSS",)),
        (f"{FILES} files of {BYTES // 1000} KB", small, SLOW, ()),
    ):
        for form, name in (("asic-e-cades", "CAdES"), ("asic-e-xades", "XAdES")):
            container(bench, form, name, what, files, rounds, peers)
    large.unlink()


def container(bench, form, name, what, files, rounds, peers):
    """Made and judged; each program judges its own."""
    made = bench.work / "{peer}.asice"
    sign, verify = ("sign-as", form, "B-B", made, *files), ("file-verify", made)
    bounds = limits(bench, sign, made.with_name("hsign.asice")) if files[1:] else passes(bench, files[0])
    said = lambda found: found["hsign"].last["indication"]
    for verb, words, bound in (("sign", sign, bounds[0]), ("verify", verify, bounds[1])):
        operations = bench.ask(OURS, *words) | bound | bench.ask(peers, *words)
        bench.compare(f"{verb} ASiC-E with {name}, {what}", rounds, operations, said)


def limits(bench, sign, signed):
    """Of a container of small files, once it is there."""
    bench.ask(OURS, *sign)["hsign"]()
    limit = lambda *words: {"limit": bench.ask(OURS, *words)["hsign"]}
    return limit("file-sign-limit", signed, 0), limit("file-verify-limit", signed)


def passes(bench, file):
    copy = bench.work / "copy.asice"
    return (
        {"two passes and a durable copy": bench.ask(OURS, "file-limit", file, copy)["hsign"]},
        {"one pass over the files": bench.ask(OURS, "file-pass", file)["hsign"]},
    )
