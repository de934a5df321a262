"""Operations in turn (A B A B), what they took, and the rows of their ratios."""

from statistics import median

from sizes import SMOKE


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

    def figures(self):
        if not self.wall:
            raise RuntimeError("nothing was measured")
        return {
            "median_ms": median(self.wall), "least_ms": min(self.wall), "most_ms": max(self.wall),
            "cpu_ms": median(self.cpu), "least_cpu_ms": min(self.cpu), "runs": len(self.wall), "work": self.last["work"],
        }


class Table:
    """Rows by section. A row has a numerator (ours), a denominator (what it is held against) and their counts."""

    def __init__(self):
        self.sections = []

    def section(self, title):
        self.sections.append({"title": title, "rows": []})

    def ratio(self, what, ours, name, theirs, note=""):
        figures = ours.figures(), theirs.figures()
        quotient = lambda which: figures[0][which] / figures[1][which] if figures[1][which] else None
        ratio = {"median": quotient("median_ms"), "least": quotient("least_ms"), "cpu": quotient("least_cpu_ms")}
        self._add({"what": what, "hsign": figures[0], "beside": name, "its": figures[1], "ratio": ratio, "note": note})

    def difference(self, what, ours, name, theirs, note=""):
        figures = ours.figures(), theirs.figures()
        more = figures[0]["median_ms"] - figures[1]["median_ms"]
        self._add({"what": what, "hsign": figures[0], "beside": name, "its": figures[1], "more_ms": more, "note": note})

    def _add(self, row):
        self.sections[-1]["rows"].append(row)
        print(" | ".join(cells(row)), flush=True)

    def count(self):
        return sum(len(section["rows"]) for section in self.sections)


def cells(row):
    """Of one row, as people read it."""
    ours, its = row["hsign"], row["its"]
    if "ratio" in row:
        ratio = row["ratio"]
        by_cpu = "–" if ratio["cpu"] is None else f"{ratio['cpu']:.2f}"
        compared = f"{ratio['median']:.2f} (least {ratio['least']:.2f}, CPU {by_cpu})"
    else:
        compared = f"{row['more_ms']:+.2f} ms"
    runs = f"{ours['runs']} / {its['runs']}"
    return row["what"], timing(ours), row["beside"], timing(its), compared, runs, row["note"]


def timing(figures):
    wall, least, most = (figure(figures[name]) for name in ("median_ms", "least_ms", "most_ms"))
    return f"{wall} ({least}–{most}; CPU {figure(figures['cpu_ms'])})"


def figure(milliseconds):
    if milliseconds >= 100:
        return f"{milliseconds:.0f}"
    return f"{milliseconds:.2f}" if milliseconds >= 0.1 else f"{milliseconds:.4f}"


def in_turn(rounds, operations):
    """Each operation once per round, another one first each time; one round before that doesn't count, but in a trial
    run is all there is."""
    samples = {name: Samples() for name in operations}
    order = list(operations)
    for number in range(0 if SMOKE else -1, rounds):
        for name in order:
            answer = operations[name]()
            if number >= 0:
                samples[name].add(answer)
        order.append(order.pop(0))
    return samples
