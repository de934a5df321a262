"""The licence texts and copyright notices of all crates in the given lists of materials, once each."""

import json
import os
import pathlib
import sys

registry = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")) / "registry/src"
crates = {}
for name in sys.argv[1:]:
    for component in json.loads(pathlib.Path(name).read_text(encoding="utf-8"))["components"]:
        licence = " ".join(entry.get("expression") or entry["license"].get("id", "") for entry in component.get("licenses", []))
        crates[component["name"], component["version"]] = licence

without = []
for (name, version), licence in sorted(crates.items()):
    folders = list(registry.glob(f"*/{name}-{version}"))
    if not folders:  # a crate of this project
        continue
    texts = sorted(
        path for path in folders[0].iterdir()
        if path.is_file() and path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"))
    )
    texts += [path for path in [folders[0] / "openssl/LICENSE.txt"] if path.is_file()]
    if not texts:
        without.append(f"{name} {version} ({licence})")
    print(f"{'=' * 100}\n{name} {version} ({licence})\n{'=' * 100}")
    for path in texts:
        print(f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace').strip()}\n")
if without:
    print("crates that ship no licence text:", ", ".join(without), file=sys.stderr)
