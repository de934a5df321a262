"""PDF documents (W1–W3), from bytes or files to signatures and verdicts: beside what nobody can do without, and beside
the peers."""

import os

import programs
from bench import OURS, PDF, ROUNDS, SLOW
from documents import scan_of
from measured import in_turn
from sizes import SMOKE, scaled

LEVELS = ("B-LTA", "B-T", "B-B")
MEGABYTES = scaled(50)


def counted(found):
    ours, limit = found["hsign"].last, found["limit"].last
    note = f"{ours['work']} bytes, {ours['indication']}; {limit['verifications']} verifications"
    return note + (f", {limit['round_trips']} round trips" if limit["round_trips"] else "")


def small(bench):
    scan = bench.testbed.scan
    for level in LEVELS:
        sign_and_verify(bench, level, scan, "doctor", "RSA-2048")
    renewal(bench)
    for level in ("B-T", "B-B"):
        sign_and_verify(bench, level, scan, "doctor-p256", "P-256")


def sign_and_verify(bench, level, scan, person, key):
    limit = lambda what: {"limit": bench.ask(OURS, what, level, person=person)["hsign"]}
    ask = lambda *words: (bench.ask(OURS, *words, person=person), bench.ask(PDF, *words, person=person))
    # What is judged is what each made last.
    for (ours, theirs), what, bound in (
        (ask("sign", level, scan), "sign", "sign-limit"), (ask("verify", level), "verify", "verify-limit")
    ):
        bench.compare(f"{what} {level}, {key}", ROUNDS, ours | limit(bound) | theirs, counted)


def renewal(bench):
    """Evidence and a further stamp over a document that is B-LTA already, beside making it."""
    operations = bench.ask(OURS, "extend", "B-LTA") | {"verify it": bench.ask(OURS, "verify", "B-LTA")["hsign"]}
    operations |= bench.ask(PDF, "extend", "B-LTA")
    bench.compare("renew B-LTA", ROUNDS, operations, lambda found: found["hsign"].last["indication"])


def whole_processes(bench):
    testbed, scan = bench.testbed, bench.testbed.scan
    ours, theirs = bench.work / "ours.pdf", bench.work / "theirs.pdf"
    difference = lambda what, found, name: bench.table.difference(what, found["whole"], name, found["inside"])
    started = {
        "whole": lambda: programs.run([programs.HSIGN, "--version"]), "inside": lambda: programs.run(["true"])
    }
    difference("hsign --version", in_turn(ROUNDS, started), "true (a process that does nothing)")
    for level in LEVELS:
        found = in_turn(ROUNDS, {
            "whole": lambda: programs.hsign_sign(testbed, level, scan, ours),
            "inside": bench.ask(OURS, "file-sign", level, scan, ours)["hsign"],
        })
        difference(f"sign {level}, whole process", found, "in process, file to file")
        if level != "B-LTA" and programs.installed("pyHanko"):
            bench.compare(f"sign {level}, whole process", 1 if SMOKE else 7, {
                "hsign": lambda: programs.hsign_sign(testbed, level, scan, ours),
                "pyHanko's command": lambda: programs.pyhanko_sign(testbed, level, scan, theirs),
            })
        judged = {
            "whole": lambda: programs.hsign_verify(testbed, ours),
            "inside": bench.ask(OURS, "file-verify", ours)["hsign"],
        }
        pdfsig = programs.installed("pdfsig")
        if pdfsig:
            judged["pdfsig"] = lambda: pdfsig_digest(ours)
        found = in_turn(ROUNDS, judged)
        difference(f"verify {level}, whole process", found, "in process")
        if pdfsig:
            name = "pdfsig (digest of the signature alone)"
            bench.table.ratio(f"verify {level}, whole process", found["whole"], name, found["pdfsig"])


def pdfsig_digest(file):
    """No certificate looked at, no time stamp."""
    return programs.run(["pdfsig", "-nocert", file]) | {"work": file.stat().st_size}


def large(bench):
    scan = scan_of(bench.work / "50.pdf", MEGABYTES)
    made, copy = bench.work / "{peer}-50.pdf", bench.work / "copy-50.pdf"
    for level in ("B-LTA", "B-T"):
        bench.compare(
            f"sign {level}, {MEGABYTES} MB file to file", SLOW,
            bench.ask(OURS, "file-sign", level, scan, made)
            | {"two passes and a durable copy": bench.ask(OURS, "file-limit", scan, copy)["hsign"]}
            | {f"{name} (not made durable)": ask for name, ask in bench.ask(PDF, "file-sign", level, scan, made).items()},
            lambda found: f"{found['hsign'].last['work']} bytes",
        )
        bench.compare(
            f"verify {level}, {MEGABYTES} MB file", SLOW,
            bench.ask(OURS, "file-verify", made) | {"one pass": bench.ask(OURS, "file-pass", scan)["hsign"]}
            | bench.ask(PDF, "file-verify", made),
            lambda found: f"{found['hsign'].last['stamps']} stamps",
        )
    for name in os.listdir(bench.work):
        if name.endswith("50.pdf"):
            (bench.work / name).unlink()
