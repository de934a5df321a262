"""What needs no document: certification paths, and the engine fed with facts."""

from measured import in_turn


def certification_paths(table, hsign, rounds):
    """Path validation beside its two signature verifications alone; 2.5 times is 40 % of their rate, 1.67 is 60 %."""
    found = in_turn(
        rounds,
        parsing=lambda: hsign.ask("path", "from-bytes"),
        parsed=lambda: hsign.ask("path", "from-certificates"),
        limit=lambda: hsign.ask("path", "signatures"),
    )
    verifications = found["limit"].last["verifications"]
    found = {name: samples.each() for name, samples in found.items()}
    for what, name in (("path validation with parsing", "parsing"), ("path validation, parsed certificates", "parsed")):
        work = found[name].last["work"]
        note = f"{found[name].rate()}; {work} paths a run, {verifications} verifications"
        table.ratio(what, found[name], "the signature verifications alone", found["limit"], note)


def engine_alone(table, hsign, rounds):
    """Verdicts from facts: signature checks from memory, then made; 51 signatures beside one."""
    for level, name in (("B-T", "B-T"), ("B-LTA", "B-LTA renewed twice")):
        ask = lambda what, signatures, signers: lambda: hsign.ask("engine", what, level, signatures, signers)
        found = in_turn(
            rounds,
            memoised=ask("memoised", 1, 1),
            checked=ask("checked", 1, 1),
            bare=ask("bare", 1, 1),
            many=ask("memoised", 51, 1),
            many_checked=ask("checked", 51, 1),
            many_people=ask("memoised", 51, 51),
            many_people_checked=ask("checked", 51, 51),
            many_people_bare=ask("bare", 51, 51),
        )
        found = {name: samples.each() for name, samples in found.items()}
        counted = lambda name: f"{found[name].last['verifications']} verifications"
        seen = lambda name: f"{found[name].last['signatures']} signatures, {found[name].last['stamps']} stamps"
        judged = lambda name: f"{found[name].rate()}, {seen(name)}, {found[name].last['indication']}"
        alone = "the verifications alone"
        row = lambda what, ours, beside, theirs, note: table.ratio(
            f"engine, {name}, {what}", found[ours], beside, found[theirs], note
        )
        row("checks from memory", "memoised", alone, "bare", judged("memoised"))
        row("checks made", "checked", alone, "bare", counted("bare"))
        row("51 signatures, checks from memory", "many", "one signature", "memoised", seen("many"))
        row("51 signatures, checks made", "many_checked", "one signature", "checked", seen("many_checked"))
        row("51 signatures of 51 people, checks from memory", "many_people", "one signature", "memoised", judged("many_people"))
        row("51 signatures of 51 people, checks made", "many_people_checked", "one signature", "checked", seen("many_people_checked"))
        row("51 signatures of 51 people, checks made", "many_people_checked", alone, "many_people_bare", counted("many_people_bare"))
