"""python3 verify.py ANCHORS.pem DOCUMENT...   in the folder of the bundle; needs Python 3.7 and openssl, nothing else."""
import calendar, hashlib, json, os, subprocess, sys, time

def load(name): return json.load(open(name, encoding="utf-8"))
def read(name): return open(name, "rb").read()
def digest(data): return hashlib.new(algorithm.replace("-", "_"), data).digest()
def joined(hashes): return hashes[0] if len(hashes) == 1 else digest(b"".join(sorted(hashes)))
def pairs(level): return [joined(level[i:i + 2]) for i in range(0, len(level), 2)]     # an odd last one goes up as it is

def siblings(level, leaf):                     # what the way from a leaf to the root is joined with
    at, found = level.index(leaf), []
    while len(level) > 1:
        found += [[level[at ^ 1]]] if at ^ 1 < len(level) else []
        level, at = pairs(level), at // 2
    return found

def der(tag, *parts):
    body, size = b"".join(parts), len(b"".join(parts))
    long = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, size] if size < 128 else [tag, 128 + len(long)]) + (b"" if size < 128 else long) + body

def archive_timestamp(lists, token):           # RFC 4998, 4.1
    hashes = [der(48, *[der(4, one) for one in group]) for group in lists]
    return der(48, der(0xA2, *hashes) if hashes else b"", token)

def stamped(root, token, step):                # is the token over this root, by an authority under the anchors?
    when = calendar.timegm(time.strptime(step["gen_time"][:19], "%Y-%m-%dT%H:%M:%S"))
    return subprocess.run(["openssl", "ts", "-verify", "-digest", root.hex(), "-in", token, "-token_in",
                           "-CAfile", sys.argv[1], "-attime", str(when)], capture_output=True).returncode == 0
sound = True
def say(good, text):
    global sound
    sound = sound and good
    print("ok    " if good else "WRONG ", text)

for track in [track["name"] for track in load("bundle.json")["tracks"]]:
    documents, chains, last, chain = {name: b"" for name in sys.argv[2:]}, dict(), None, 1
    say(os.path.exists(f"step.{track}.1.1.json"), f"track {track} has a time stamp")
    while os.path.exists(f"step.{track}.{chain}.1.json"):        # a chain for each hash function
        tokens, paths, number = [], {name: [] for name in documents}, 1
        while os.path.exists(f"step.{track}.{chain}.{number}.json"):
            step = load(f"step.{track}.{chain}.{number}.json")
            good = not last or stamped(last_root, step["before"], last)      # the token before, as it was covered
            tokens[-1:] = [read(step["before"])] if number > 1 else []
            if number > 1:
                covered = sorted(digest(token) for token in tokens)
                path = [[bytes.fromhex(one) for one in group] for group in step["over"]["timestamps"]["path"]]
                root = joined(covered)
                for group in path: root = joined([root] + group)
                for name in paths: paths[name].append([covered] + path)
            else:                                                # over the documents, and all evidence before
                for name in documents if chain > 1 else []:
                    old = chains[name][-1]
                    old[-1] = (old[-1][0], read(step["before"]))
                    documents[name] = der(48, *[der(48, *[archive_timestamp(*one) for one in every]) for every in chains[name]])
                algorithm = step["algorithm"]
                data, size = read(step["over"]["documents-again"]["leaves"] if chain > 1 else f"leaves-{algorithm}.bin"), len(digest(b""))
                leaves = [data[i:i + size] for i in range(0, len(data), size)]
                for name, evidence in documents.items():
                    leaf = digest(read(name)) if chain == 1 else digest(digest(read(name)) + digest(evidence))
                    say(leaf in leaves, f"{name} is among the leaves of track {track}, chain {chain}")
                    paths[name].append(([[leaf]] + siblings(leaves, leaf)) * (len(leaves) > 1) if leaf in leaves else [])
                root = leaves
                while len(root) > 1: root = pairs(root)
                root = root[0]
            say(good and stamped(root, step["token"], step), f"time stamp {chain}.{number} of {step['gen_time']}")
            tokens, last, last_root, number = tokens + [read(step["token"])], step, root, number + 1
        for name in documents: chains.setdefault(name, []).append(list(zip(paths[name], tokens)))
        chain += 1
sys.exit(not sound)
