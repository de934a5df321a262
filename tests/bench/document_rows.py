"""Documents, from bytes or files to signatures and verdicts: beside what nobody can do without, and beside pyHanko."""

import programs
from documents import scan_of
from measured import Samples, in_turn
from sizes import scaled

LEVELS = ("B-LTA", "B-T", "B-B")
MEGABYTES = scaled(50)
#: Files that are verified one after the other, and how many of them at a time before it is the other's turn.
FILES, CHUNK = scaled(1000), scaled(100)


def small(table, testbed, hsign, pyhanko, rounds):
    scan = str(testbed.scan)
    for level in LEVELS:
        operations = {
            "ours": lambda: hsign.ask("sign", level, scan),
            "limit": lambda: hsign.ask("sign-limit", level),
        }
        judged = {
            "ours": lambda: hsign.ask("verify", level),
            "limit": lambda: hsign.ask("verify-limit", level),
        }
        if pyhanko:
            pyhanko.ask("sign", level, scan)
            operations["pyHanko"] = lambda: pyhanko.ask("sign", level, scan)
            judged["pyHanko"] = lambda: pyhanko.ask("verify", level)
        for what, group in ((f"sign {level}, in process", operations), (f"verify {level}, in process", judged)):
            found = in_turn(rounds, **group)
            size, limit = found["ours"].last["work"], found["limit"].last
            note = f"{size} bytes, {found['ours'].last['indication']}; {limit['verifications']} verifications"
            if limit["round_trips"]:
                note += f", {limit['round_trips']} round trips"
            table.ratio(what, found["ours"], "limit", found["limit"], note)
            if pyhanko:
                table.ratio(what, found["ours"], "pyHanko", found["pyHanko"], f"{found['pyHanko'].last['work']} bytes")


def renewal(table, hsign, rounds):
    """Evidence and a further stamp over a document that is B-LTA already, beside making it."""
    found = in_turn(rounds, ours=lambda: hsign.ask("extend", "B-LTA"), verify=lambda: hsign.ask("verify", "B-LTA"))
    table.ratio("renew B-LTA, in process", found["ours"], "verify it", found["verify"], found["ours"].last["indication"])


def whole_processes(table, testbed, hsign, pyhanko, work, rounds, slow_rounds):
    scan, ours, theirs = testbed.scan, work / "ours.pdf", work / "theirs.pdf"
    started = in_turn(
        rounds, ours=lambda: programs.run([programs.HSIGN, "--version"]), true=lambda: programs.run(["true"])
    )
    table.difference("hsign --version", started["ours"], "true (a process that does nothing)", started["true"])
    for level in LEVELS:
        found = in_turn(
            rounds,
            whole=lambda: programs.hsign_sign(testbed, level, scan, ours),
            inside=lambda: hsign.ask("file-sign", level, scan, ours),
        )
        table.difference(f"sign {level}, whole process", found["whole"], "in process, file to file", found["inside"])
        if pyhanko and level != "B-LTA":
            peer = in_turn(
                slow_rounds,
                ours=lambda: programs.hsign_sign(testbed, level, scan, ours),
                pyHanko=lambda: programs.pyhanko_sign(testbed, level, scan, theirs),
            )
            table.ratio(f"sign {level}, whole process", peer["ours"], "pyHanko's command", peer["pyHanko"])
        found = in_turn(
            rounds,
            whole=lambda: programs.hsign_verify(testbed, ours),
            inside=lambda: hsign.ask("file-verify", ours),
        )
        table.difference(f"verify {level}, whole process", found["whole"], "in process", found["inside"])


def large(table, hsign, pyhanko, work, rounds):
    scan = scan_of(work / "50.pdf", MEGABYTES)
    ours, copy, theirs = (work / name for name in ("ours-50.pdf", "copy-50.pdf", "theirs-50.pdf"))
    for level in ("B-LTA", "B-T"):
        operations = {
            "ours": lambda: hsign.ask("file-sign", level, scan, ours),
            "limit": lambda: hsign.ask("file-limit", scan, copy),
        }
        judged = {
            "ours": lambda: hsign.ask("file-verify", ours),
            "limit": lambda: hsign.ask("file-pass", scan),
        }
        if pyhanko:
            operations["pyHanko"] = lambda: pyhanko.ask("file-sign", level, scan, theirs)
            judged["pyHanko"] = lambda: pyhanko.ask("file-verify", theirs)
        found = in_turn(rounds, **operations)
        what, size = f"sign {level}, {MEGABYTES} MB file to file", f"{found['ours'].last['work']} bytes"
        table.ratio(what, found["ours"], "two passes and a durable copy", found["limit"], size)
        if pyhanko:
            table.ratio(what, found["ours"], "pyHanko (copy not made durable)", found["pyHanko"])
        found = in_turn(rounds, **judged)
        what, note = f"verify {level}, {MEGABYTES} MB file", f"{found['ours'].last['stamps']} stamps"
        table.ratio(what, found["ours"], "one pass", found["limit"], note)
        if pyhanko:
            table.ratio(what, found["ours"], "pyHanko", found["pyHanko"])


def many_signatures(table, testbed, hsign, rounds):
    """One file with 51 signatures beside one with one: all of its verification, and reading alone."""
    for level in ("B-LTA", "B-T"):
        for count in (1, 51):
            hsign.ask("sign-often", level, testbed.scan, count)
        found = in_turn(
            rounds,
            one=lambda: hsign.ask("verify", f"{level} x 1"),
            many=lambda: hsign.ask("verify", f"{level} x 51"),
            one_read=lambda: hsign.ask("read", f"{level} x 1"),
            many_read=lambda: hsign.ask("read", f"{level} x 51"),
        )
        size = found["many"].last
        note = f"{size['valid']} signatures, {size['stamps']} stamps, {size['work']} bytes"
        table.ratio(f"verify {level}, 51 signatures", found["many"], "one signature", found["one"], note)
        one, many = found["one_read"], found["many_read"]
        table.ratio(f"read {level}, 51 signatures (no judgement)", many, "one signature", one, note)


def many_files(table, testbed, hsign, pyhanko, work):
    """Files of their own signatures, one after the other; then by two threads."""
    folder = work / "files"
    hsign.ask("sign-files", "B-T", testbed.scan, folder, FILES)
    names = ["ours", "threads"] + (["pyHanko"] if pyhanko else [])
    found = {name: Samples() for name in names}
    ask = {
        "ours": lambda start: hsign.ask("files-verify", folder, start, start + CHUNK, 1),
        "threads": lambda start: hsign.ask("files-verify", folder, start, start + CHUNK, 2),
        "pyHanko": lambda start: pyhanko.ask("files-verify", folder, start, start + CHUNK),
    }
    for start in range(0, FILES, CHUNK):
        for name in names:
            found[name].add(ask[name](start))
        names.append(names.pop(0))
    found = {name: samples.each() for name, samples in found.items()}
    what, note = f"verify {FILES} files B-T, per file", f"{found['ours'].rate()}; runs of {CHUNK} files"
    if pyhanko:
        times = sum(found["pyHanko"].wall) / sum(found["ours"].wall)
        table.ratio(what, found["ours"], "pyHanko", found["pyHanko"], f"{note}; {times:.0f} times its rate")
    table.ratio(f"{what}, two threads", found["threads"], "one thread", found["ours"], found["threads"].rate())
