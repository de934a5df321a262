"""The most memory of commands that are started anew."""

import subprocess
import sys

# A process's figure begins with that of the process it was started by: so it is started by a small one.
LAUNCHER = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, used = os.wait4(pid, 0)
print(used.ru_maxrss if status == 0 else 0)
"""


def peak(command):
    """In bytes; what is below that of an empty Python, some 9 MiB, isn't seen."""
    command = [str(word) for word in command]
    program = subprocess.run(["which", command[0]], capture_output=True, text=True, check=True).stdout.strip()
    launched = [sys.executable, "-I", "-S", "-c", LAUNCHER, program, *command[1:]]
    found = int(subprocess.run(launched, capture_output=True, text=True, check=True).stdout)
    if not found:
        raise RuntimeError(f"{command[0]} failed")
    return found * 1024


def beside(ours, name, theirs):
    """Both for a remark."""
    ours, theirs = peak(ours), peak(theirs)
    return f"peak {ours / (1 << 20):.1f} MiB, {name} {theirs / (1 << 20):.1f} MiB: {ours / theirs:.2f}"
