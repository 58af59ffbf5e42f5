"""Paragraphs of real texts with altered copies of all similarities, for the bar of duplicates."""

import glob
import json
import os
import random
import subprocess

import bar

FAMILY = 5  # a paragraph and its copies


def paragraphs(count, rng):
    """Different paragraphs of 80 to 300 words from all corpora of the data folder, in equal shares as far as they have so many."""
    corpora = sorted(glob.glob(os.path.join(bar.shared("data", "train-text"), "*.jsonl.zst")))
    if not corpora:
        raise bar.CannotMeasure("the data folder has no corpora in data/train-text")
    found = []
    for path in corpora:
        process = subprocess.Popen(["zstd", "-dc", "--long=27", path], stdout=subprocess.PIPE)
        own = set()
        for line in process.stdout:
            own.update(part for part in json.loads(line)["text"].split("\n\n") if 80 <= len(part.split()) <= 300)
            if len(own) >= count:
                break
        process.kill()
        process.stdout.close()
        process.wait()
        found.append(rng.sample(sorted(own), len(own)))
    chosen, position = [], 0
    while len(chosen) < count and any(position < len(own) for own in found):
        chosen += [own[position] for own in found if position < len(own)]
        position += 1
    if len(chosen) < count:
        raise bar.CannotMeasure(f"the data folder has only {len(chosen)} paragraphs of the wanted length")
    return chosen[:count]


def altered(text, words, similarity, rng):
    """The text with so many words replaced that about `similarity` is left of its rows of five words: of two sets that share the
    share f of their rows, the Jaccard similarity is f / (2 - f), and a row stays where none of its five words goes.
    """
    pieces = text.split(" ")
    stays = 2 * similarity / (1 + similarity)
    replaced = round((1 - stays ** 0.2) * len(pieces))
    for at in rng.sample(range(len(pieces)), replaced):
        pieces[at] = rng.choice(words)
    return " ".join(pieces)


def write(path, families, seed=1):
    """JSON lines: each paragraph with copies whose similarity to it is anything from 0.3 to 1; how many documents there are."""
    rng = random.Random(seed)
    originals = paragraphs(families, rng)
    words = [word for text in rng.sample(originals, min(500, families)) for word in text.split()]
    with open(path, "w") as file:
        for text in originals:
            for copy in [text] + [altered(text, words, rng.uniform(0.3, 1), rng) for _ in range(FAMILY - 1)]:
                file.write(json.dumps({"text": copy}) + "\n")
    return families * FAMILY
