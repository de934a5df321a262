"""Operations in turn (A B A B), what they took, and the table of their ratios."""

from statistics import median


class Samples:
    """Figures of one operation, run by run."""

    def __init__(self, wall=(), cpu=(), last=None):
        self.wall, self.cpu, self.last = list(wall), list(cpu), last or {}

    def add(self, answer):
        # A measurement of nothing is none.
        if not answer.get("work"):
            raise RuntimeError(f"no work was done: {answer}")
        self.wall.append(answer["ms"])
        self.cpu.append(answer["cpu_ms"])
        self.last = answer

    def each(self):
        """The same for one piece of the work: one verdict, one path, one file."""
        count = self.last["work"]
        return Samples((wall / count for wall in self.wall), (cpu / count for cpu in self.cpu), self.last)

    def rate(self):
        return f"{1000 / median(self.wall):.0f} per second"

    def text(self):
        wall, least, most = (figure(value) for value in (median(self.wall), min(self.wall), max(self.wall)))
        return f"{wall} ({least}–{most}; CPU {figure(median(self.cpu))})"


def figure(milliseconds):
    if milliseconds >= 100:
        return f"{milliseconds:.0f}"
    return f"{milliseconds:.2f}" if milliseconds >= 0.1 else f"{milliseconds:.4f}"


class Table:
    def __init__(self):
        self.rows = []

    def ratio(self, what, ours, name, theirs, note=""):
        least = f"least {min(ours.wall) / min(theirs.wall):.2f}, of CPU {min(ours.cpu) / min(theirs.cpu):.2f}"
        value = f"{median(ours.wall) / median(theirs.wall):.2f} ({least})"
        self._add(what, ours, name, theirs, value, note)

    def difference(self, what, ours, name, theirs, note=""):
        value = f"+{figure(median(ours.wall) - median(theirs.wall))} ms"
        self._add(what, ours, name, theirs, value, note)

    def _add(self, what, ours, name, theirs, value, note):
        if not ours.wall or not theirs.wall:
            raise RuntimeError(f"{what}: nothing was measured")
        runs = f"{len(ours.wall)} / {len(theirs.wall)}"
        self.rows.append((what, ours.text(), name, theirs.text(), value, runs, note))
        print(" | ".join(self.rows[-1]), flush=True)


def in_turn(rounds, **operations):
    """Each operation once per round, another one first each time; one round before that doesn't count."""
    samples = {name: Samples() for name in operations}
    order = list(operations)
    for number in range(rounds + 1):
        for name in order:
            answer = operations[name]()
            if number:
                samples[name].add(answer)
        order.append(order.pop(0))
    return samples
