"""Texts for the bars of curation: those of the data folder, repeated with changes until there are enough.

What repeats is never the same: words are put in other places by a seeded generator, so that no copy is a near duplicate of another, and
a share of the documents are copies with small changes, as crawls have them.
"""

import json
import os
import random
import subprocess

import bar


def documents(folder):
    """The texts of the folder's packed JSON lines, in the order of the files."""
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jsonl.zst"):
            continue
        lines = subprocess.run(["zstd", "-dcq", os.path.join(folder, name)], stdout=subprocess.PIPE, check=True).stdout
        for line in lines.decode().splitlines():
            text = json.loads(line).get("text", "")
            if text.strip():
                yield text


def altered(text, random_, share):
    """The text with a share of its words drawn from elsewhere in it; white space stays."""
    parts = text.split(" ")
    if len(parts) < 8:
        return text
    for i in range(len(parts)):
        if random_.random() < share and "\n" not in parts[i]:
            other = parts[random_.randrange(len(parts))]
            if "\n" not in other:
                parts[i] = other
    return " ".join(parts)


def write(path, size, seed=1):
    """JSON lines of about `size` bytes of text; returns the bytes of text and the number of documents."""
    random_ = random.Random(seed)
    originals = list(documents(bar.shared("data", "train-text")))
    done = count = turn = 0
    with open(path, "w") as out:
        while done < size:
            for text in originals:
                if done >= size:
                    break
                if turn > 0:  # mostly other texts, some nearly the same ones
                    text = altered(text, random_, 0.3 if random_.random() < 0.9 else 0.01)
                out.write(json.dumps({"text": text}) + "\n")
                done += len(text.encode())
                count += 1
            turn += 1
    return done, count
