"""A peer kept warm: reads one operation per line (its words apart by tabs), carries it out once, answers with one line
of JSON. Operations are methods, named as those of hsign-bench; each returns how much was done."""

import json
import resource
import sys
import time


def serve(peer):
    for line in sys.stdin:
        operation, *words = line.rstrip("\n").split("\t")
        if operation == "peak":
            answer = {"peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        else:
            wall, cpu = time.perf_counter(), time.process_time()
            work = getattr(peer, operation.replace("-", "_"))(*words)
            answer = {
                "work": work, "ms": (time.perf_counter() - wall) * 1e3, "cpu_ms": (time.process_time() - cpu) * 1e3
            }
        print(json.dumps(answer), flush=True)
