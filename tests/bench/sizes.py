"""How large and how many; for a trial run a tenth of it."""

import os

SMOKE = os.environ.get("SMOKE") == "1"

#: In one document, where there are many.
SIGNATURES = 5 if SMOKE else 51


def scaled(size):
    return max(1, size // 10) if SMOKE else size
