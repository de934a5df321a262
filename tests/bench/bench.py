"""What a group of rows works with: the test PKI, the programs, the table, and how often something is run."""

import os
import time

import programs
from measured import Table, in_turn
from sizes import SMOKE

#: Turns of each row.
ROUNDS = 1 if SMOKE else int(os.environ.get("ROUNDS", "21"))
#: Turns of what takes a tenth of a second or more, and of what takes a second.
SLOW, SLOWEST = (1, 1) if SMOKE else (max(3, ROUNDS // 3), max(3, ROUNDS // 5))

OURS = ("hsign",)
#: What makes and judges the same as hsign, by kind of document.
PDF = CMS = ("pyHanko", "EU DSS")
XML = ("signxml", "EU DSS")
TOKEN = ("rfc3161-client", "pyHanko", "EU DSS")

#: A Java machine compiles what it does often: so often, or so many seconds, before its first turn.
WARM_UP, WARM_UP_SECONDS = 30, 4


class Bench:
    def __init__(self, testbed, work):
        self.testbed, self.work, self.table = testbed, work, Table()
        self.hsign = programs.warm("hsign", testbed)
        self._warm = {"hsign": self.hsign}

    def warm(self, name, person="doctor"):
        """A program kept warm; `None` where it isn't installed."""
        key = name if person == "doctor" else f"{name} {person}"
        if key not in self._warm:
            self._warm[key] = programs.warm(name, self.testbed, person) if programs.installed(name) else None
        return self._warm[key]

    def ask(self, names, *words, person="doctor"):
        """The operation of each of these programs that is installed, `{peer}` in a path standing for its name."""
        asked = {}
        for name in names:
            program = self.warm(name, person)
            if program:
                filled = [str(word).replace("{peer}", name.replace(" ", "-")) for word in words]
                asked[name] = lambda program=program, filled=filled: program.ask(*filled)
        return asked

    def compare(self, what, rounds, operations, note=lambda found: "", each=False):
        """The first in turn with the others; a row for each of these. What a peer can't do is told, and has no row."""
        for name in [name for name in operations if name in programs.PEERS and not SMOKE]:
            try:
                operations[name]()
            except RuntimeError as error:
                print(error, flush=True)
                del operations[name]
        if "EU DSS" in operations and not SMOKE:
            heat(operations["EU DSS"])
        found = in_turn(rounds, operations)
        if each:
            found = {name: samples.each() for name, samples in found.items()}
        ours, *others = found
        for other in others:
            remark = note(found) if other == others[0] else ""
            self.table.ratio(what, found[ours], other, found[other], remark)
        return found

    def close(self):
        for program in self._warm.values():
            if program:
                program.close()


def heat(operation):
    start = time.monotonic()
    for _ in range(WARM_UP):
        operation()
        if time.monotonic() - start > WARM_UP_SECONDS:
            break
