"""Many signatures in one file, and many files (W7): signed, judged and stamped one after the other."""

import programs
from bench import OURS, PDF, ROUNDS, SLOW
from measured import Samples, in_turn
from sizes import SIGNATURES, scaled

#: Files in all, how many of them at a time before it is the other's turn, and how many of these a slow peer does.
FILES, CHUNK, FEW = scaled(1000), scaled(100), scaled(20)
#: Files that commands are given, one process each.
PROCESSES = scaled(50)


def rows(bench):
    for level in ("B-LTA", "B-T"):
        many_signatures(bench, level)
    folder = bench.work / "files"
    sign_files(bench, folder)
    verify_files(bench, folder)
    stamp_files(bench, folder)
    commands(bench, folder)


def many_signatures(bench, level):
    """One file with many signatures beside one with one: all of its verification, and reading alone."""
    for count in (1, SIGNATURES):
        bench.hsign.ask("sign-often", level, bench.testbed.scan, count)
    ask = lambda what, count: bench.ask(OURS, what, f"{level} x {count}")["hsign"]
    found = in_turn(SLOW, {(what, count): ask(what, count) for what in ("verify", "read") for count in (1, SIGNATURES)})
    size = found["verify", SIGNATURES].last
    note = f"{size['valid']} signatures, {size['stamps']} stamps, {size['work']} bytes"
    for what, title in (
        ("verify", f"verify {level}, {SIGNATURES} signatures"), ("read", f"read {level}, {SIGNATURES} signatures (no judgement)")
    ):
        bench.table.ratio(title, found[what, SIGNATURES], "one signature", found[what, 1], note)


def in_chunks(operations):
    """Each operation over the same numbers of files in turn; a peer over the first of them. Times are per file."""
    found = {name: Samples() for name in operations}
    order = list(operations)
    for start in range(0, FILES, CHUNK):
        for name in order:
            found[name].add(operations[name](start))
        order.append(order.pop(0))
    return {name: samples.each() for name, samples in found.items()}


def ask(bench, names, count, *words, after=()):
    """Files from a number on, `count` of them."""
    filled = lambda program, start: [str(word).replace("{peer}", program.name.replace(" ", "-")) for word in words]
    programs_found = {name: bench.warm(name) for name in names}
    return {
        name: lambda start, program=program: program.ask(*filled(program, start), start, start + count, *after)
        for name, program in programs_found.items() if program
    }


def sign_files(bench, folder):
    """Each peer into a folder of its own; ours is judged afterwards."""
    scan, target = bench.testbed.scan, f"{folder}-{{peer}}"
    folder_of_peer = folder.with_name("files-pyHanko")
    folder_of_peer.mkdir()
    bench.hsign.ask("sign", "B-T", scan)
    operations = ask(bench, OURS, CHUNK, "files-sign", "B-T", scan, folder)
    operations["limit"] = lambda start: bench.hsign.ask("sign-limit", "B-T") | {"work": 1}
    operations |= ask(bench, ("pyHanko",), FEW, "files-sign", "B-T", scan, target)
    found = in_chunks(operations)
    told(bench, f"sign {FILES} files B-T, per file", found)


def told(bench, what, found):
    ours, *others = found
    for name in others:
        note = f"{found[ours].rate()}; {FILES} files" if name == others[0] else f"{found[name].last['work']} files a turn"
        bench.table.ratio(what, found[ours], name, found[name], note)


def verify_files(bench, folder):
    one = ask(bench, OURS, CHUNK, "files-verify", folder, after=(1,))
    two = {"two threads": lambda start: bench.hsign.ask("files-verify", folder, start, start + CHUNK, 2)}
    found = in_chunks(one | ask(bench, PDF, FEW, "files-verify", folder) | two)
    threads, what = found.pop("two threads"), f"verify {FILES} files B-T, per file"
    told(bench, what, found)
    bench.table.ratio(f"{what}, two threads", threads, "one thread", found["hsign"], threads.rate())


def stamp_files(bench, folder):
    operations = ask(bench, OURS, CHUNK, "files-token", folder)
    operations["limit"] = lambda start: bench.hsign.ask("token-limit", folder / f"{start}.pdf") | {"work": 1}
    operations |= ask(bench, ("rfc3161-client",), CHUNK, "files-token", folder)
    told(bench, f"time-stamp tokens over {FILES} files, per file", in_chunks(operations))
    scan = bench.testbed.scan
    operations = bench.ask(OURS, "pdf-stamp", scan)
    operations["limit"] = bench.ask(OURS, "token-limit", scan)["hsign"]
    operations |= bench.ask(("pyHanko",), "pdf-stamp", scan)
    bench.compare("document time stamp in a PDF", ROUNDS, operations)


def commands(bench, folder):
    """One process of ours for all, beside one or more for each file."""
    files = [folder / f"{number}.pdf" for number in range(PROCESSES)]
    testbed = bench.testbed

    def verify(): return programs.run(programs.verifying(testbed, *files), work=PROCESSES)

    def stamp():
        out = ["--out-dir", bench.work / "tokens", "--force", "--tsa", testbed.tsa]
        return programs.run([programs.HSIGN, "timestamp", *files, *out], work=PROCESSES)

    (bench.work / "tokens").mkdir()
    if programs.installed("pdfsig"):
        loop = 'for file in "$@"; do pdfsig -nocert "$file"; done'
        theirs = lambda: programs.run(["sh", "-c", loop, "sh", *files], work=PROCESSES)
        bench.compare(
            f"verify {PROCESSES} files B-T with one command, per file", SLOW,
            {"hsign": verify, "pdfsig, a process each (digest alone)": theirs}, each=True,
        )
    if programs.installed("OpenSSL") and programs.installed("curl"):
        loop = (
            'tsa=$1; out=$2; shift 2; for file in "$@"; do openssl ts -query -data "$file" -sha256 -cert -out "$out.tsq" && '
            'curl -s -S -f -H "Content-Type: application/timestamp-query" --data-binary "@$out.tsq" -o "$out.tsr" "$tsa" '
            '|| exit 1; done'
        )
        made = bench.work / "tokens" / "openssl"
        theirs = lambda: programs.run(["sh", "-c", loop, "sh", testbed.tsa, made, *files], work=PROCESSES)
        bench.compare(
            f"time-stamp tokens over {PROCESSES} files with one command, per file", SLOW,
            {"hsign": stamp, "openssl ts and curl, two processes each": theirs}, each=True,
        )
