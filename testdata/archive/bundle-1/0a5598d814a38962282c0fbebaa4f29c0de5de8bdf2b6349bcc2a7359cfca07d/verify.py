"""python3 verify.py ANCHORS.pem DOCUMENT...   in the folder of the bundle; needs Python 3.7 and openssl, nothing else."""
import calendar, hashlib, json, os, subprocess, sys, time

def load(name): return json.load(open(name, encoding="utf-8"))
def joined(hashes): return hashes[0] if len(hashes) == 1 else digest(b"".join(sorted(hashes)))
def digest(data): return hashlib.new(algorithm.replace("-", "_"), data).digest()

def tree(level):                               # pairs sorted and hashed; an odd last one goes up as it is
    while len(level) > 1:
        level = [joined(level[i:i + 2]) for i in range(0, len(level), 2)]
    return level[0]

def stamped(root, token, step):                # is the token over this root, by an authority under the anchors?
    when = calendar.timegm(time.strptime(step["gen_time"][:19], "%Y-%m-%dT%H:%M:%S"))
    return subprocess.run(["openssl", "ts", "-verify", "-digest", root.hex(), "-in", token, "-token_in",
                           "-CAfile", sys.argv[1], "-attime", str(when)], capture_output=True).returncode == 0
sound = True
def say(good, text):
    global sound
    sound = sound and good
    print("ok    " if good else "WRONG ", text)
for track in load("bundle.json")["tracks"]:
    algorithm = track["algorithm"]
    size, data = hashlib.new(algorithm.replace("-", "_")).digest_size, open(f"leaves-{algorithm}.bin", "rb").read()
    leaves, tokens, number = [data[i:i + size] for i in range(0, len(data), size)], [], 1
    for document in sys.argv[2:]:
        say(digest(open(document, "rb").read()) in leaves, f"{document} is among the leaves of track {track['name']}")
    say(os.path.exists(f"step.{track['name']}.1.1.json"), f"track {track['name']} has a time stamp")
    while os.path.exists(f"step.{track['name']}.1.{number}.json"):
        step = load(f"step.{track['name']}.1.{number}.json")
        tokens[-1:] = [open(step["before"], "rb").read()] if number > 1 else []    # as it was when it was covered
        root = tree(leaves) if number == 1 else joined([digest(token) for token in tokens])
        for siblings in [] if number == 1 else step["over"]["timestamps"]["path"]:
            root = joined([root] + [bytes.fromhex(sibling) for sibling in siblings])
        good = number == 1 or stamped(last_root, step["before"], last)
        say(good and stamped(root, step["token"], step), f"time stamp {number} of {step['gen_time']}")
        last, last_root = step, root
        tokens, number = tokens + [open(step["token"], "rb").read()], number + 1
    if os.path.exists(f"step.{track['name']}.2.1.json"):
        print("note  ", "a later chain (new hash function) is not looked at here: see the format specification")
sys.exit(not sound)
