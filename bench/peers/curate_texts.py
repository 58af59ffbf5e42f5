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
        for line in filter(None, lines.decode().split("\n")):  # other line breaks stand in texts
            text = json.loads(line).get("text", "")
            if text.strip():
                yield text


def altered(text, random_, share):
    """The text with a share of its words drawn from elsewhere in it; white space stays."""
    parts = text.split(" ")
    count = len(parts)
    if count < 8:
        return text
    for place in random_.sample(range(count), int(count * share) or 1):
        other = parts[int(random_.random() * count)]
        if "\n" not in other and "\n" not in parts[place]:
            parts[place] = other
    return " ".join(parts)


def write(path, size=None, seed=1):
    """JSON lines of about `size` bytes of text (none: what there is, once); returns the bytes of text and the number of documents."""
    random_ = random.Random(seed)
    originals = list(documents(bar.shared("data", "train-text")))
    done = count = turn = 0
    with open(path, "w") as out:
        while turn == 0 or (size is not None and done < size):
            for text in originals:
                if size is not None and done >= size:
                    break
                if turn > 0:  # mostly other texts, some nearly the same ones
                    text = altered(text, random_, 0.3 if random_.random() < 0.9 else 0.01)
                out.write(json.dumps({"text": text}) + "\n")
                done += len(text.encode())
                count += 1
            turn += 1
    return done, count


def sample(path, size):
    """JSON lines of about `size` bytes: documents drawn evenly from all."""
    originals = list(documents(bar.shared("data", "train-text")))
    share = size / sum(len(text.encode()) for text in originals)
    random_ = random.Random(7)
    done = count = 0
    with open(path, "w") as out:
        for text in originals:
            if random_.random() < share:
                out.write(json.dumps({"text": text}) + "\n")
                done += len(text.encode())
                count += 1
    return done, count


RECIPE = """\
[[source]]
name = "texts"
path = "{texts}"
titles = false
[language]
keep = ["en"]
[[rules]]
pack = "gopher-repetition"
[[rules]]
pack = "gopher-quality"
[[rules]]
pack = "c4-quality"
filter_no_terminal_punct = false
[[rules]]
pack = "fineweb-quality"
[pii]
[dedup]
minhash = "datatrove"
"""


def recipe(folder, texts):
    """The file of the recipe that the bars run over the texts of a folder."""
    path = os.path.join(folder, "recipe.toml")
    with open(path, "w") as out:
        out.write(RECIPE.format(texts=texts))
    return path
