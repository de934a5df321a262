"""What needs no document: certification paths, and the engine fed with facts."""

from bench import OURS, ROUNDS, SLOW
from measured import in_turn
from sizes import SIGNATURES

ALONE = "the verifications alone"


def rows(bench):
    certification_paths(bench)
    for level, name in (("B-T", "B-T"), ("B-LTA", "B-LTA renewed twice")):
        engine_alone(bench, level, name)


def certification_paths(bench):
    """Path validation beside its two signature verifications alone; 2.5 times is 40 % of their rate, 1.67 is 60 %."""
    ask = lambda what: bench.ask(OURS, "path", what)["hsign"]
    operations = {name: ask(name) for name in ("from-bytes", "from-certificates", "signatures")}
    found = in_turn(ROUNDS, operations)
    verifications = found["signatures"].last["verifications"]
    found = {name: samples.each() for name, samples in found.items()}
    for what, name in (
        ("path validation with parsing", "from-bytes"), ("path validation, parsed certificates", "from-certificates")
    ):
        work = found[name].last["work"]
        note = f"{found[name].rate()}; {work} paths a run, {verifications} verifications"
        bench.table.ratio(what, found[name], ALONE, found["signatures"], note)


def engine_alone(bench, level, name):
    """Verdicts from facts: signature checks from memory, then made; many signatures beside one."""
    ask = lambda *words: bench.ask(OURS, "engine", *words)["hsign"]
    many, many_people = f"{SIGNATURES} signatures", f"{SIGNATURES} signatures of {SIGNATURES} people"
    cases = {"one": (1, 1), many: (SIGNATURES, 1), many_people: (SIGNATURES, SIGNATURES)}
    operations = {
        (case, what): ask(what, level, signatures, signers)
        for case, (signatures, signers) in cases.items()
        for what in ("memoised", "checked", "bare")
        if (case, what) != (many, "bare")
    }
    found = {key: samples.each() for key, samples in in_turn(SLOW, operations).items()}

    def row(case, what, beside, theirs):
        words = {"memoised": "checks from memory", "checked": "checks made"}[what]
        title = f"engine, {name}, {words}" if case == "one" else f"engine, {name}, {case}, {words}"
        last, verifications = found[case, what].last, found[theirs].last.get("verifications")
        note = f"{found[case, what].rate()}, {last['signatures']} signatures, {last['stamps']} stamps, {last['indication']}"
        if verifications:
            note += f"; {verifications} verifications"
        bench.table.ratio(title, found[case, what], beside, found[theirs], note)

    for what in ("memoised", "checked"):
        row("one", what, ALONE, ("one", "bare"))
        for case in (many, many_people):
            row(case, what, "one signature", ("one", what))
    row(many_people, "checked", ALONE, (many_people, "bare"))
