"""Writes texts in which evaluation items are planted: contamination_texts.py EVAL-FOLDER TRAIN-FOLDER OUT MEGABYTES ITEMS SEED.

OUT/texts.jsonl has real texts ({"text": ...}), repeated with changes until they are as long as asked for; OUT/planted.jsonl says which
of them hold an item: {"document", "number", "file", "line", "shape", "original", "planted"}. `number` counts the items of all files of the folder in the
order of their names. What is planted is an item as people write it down (its question, with its choices, with its answer), with white
space, case and punctuation altered and each word replaced, removed or followed by another one with a chance of 5%. Nothing here is
shared with the program that looks for them.
"""

import collections
import json
import os
import random
import re
import subprocess
import sys

WORDS_AT_LEAST = 8  # different ones: a shorter text is no item that anybody could tell
MOST_ALIKE = 3      # more items with the same words are told apart by their punctuation, which copies alter (rows of brackets)
PIECE = 4000        # characters of a document, about


def lines_of(path):
    if path.endswith(".zst"):
        data = subprocess.run(["zstd", "-dcq", "--long=27", path], stdout=subprocess.PIPE, check=True).stdout
    else:
        with open(path, "rb") as file:
            data = file.read()
    return [line for line in data.decode("utf-8").split("\n") if line.strip()]


def lettered(choices):
    return "\n".join(f"{letter}. {choice}" for letter, choice in zip("ABCDEFGHIJ", choices))


def shapes_of(item):
    """The texts that an item is written down as: {shape: text}."""
    if "context_options" in item:
        return {"sentence": item["context_options"][item["gold"]] + " " + item["continuation"]}
    if "sentence_good" in item:
        return {"sentence": item["sentence_good"]}
    if "sol1" in item:
        return {"question": item["goal"], "question and answer": item["goal"] + "\n" + item["sol1"]}
    if "endings" in item:
        return {"question": item["ctx"], "question and answer": item["ctx"] + " " + item["endings"][item["label"]]}
    if "Body" in item:
        text = item["Body"] + ", " + item["Question"]
        return {"question": text, "question and answer": f"{text} {item['Answer']}"}
    if isinstance(item.get("question"), dict):
        text, choices = item["question"]["stem"], [choice["text"] for choice in item["question"]["choices"]]
        right = choices["ABCDE".index(item["answerKey"])]
        return {"question": text, "question and choices": text + "\n" + lettered(choices), "question and answer": text + "\n" + right}
    if "Best Answer" in item:
        return {"question": item["Question"], "question and answer": item["Question"] + "\n" + item["Best Answer"]}
    if "code" in item:
        return {"question": item["text"], "question and answer": item["text"] + "\n" + item["code"]}
    if "canonical_solution" in item:
        return {"question": item["prompt"], "question and answer": item["prompt"] + item["canonical_solution"]}
    for name in ("question", "query", "prompt", "input", "text", "context"):
        if not isinstance(item.get(name), str):
            continue
        text = item[name]
        shapes = {"question": text}
        choices = item.get("choices") or item.get("options")
        if isinstance(choices, list) and choices and isinstance(choices[0], str):
            shapes["question and choices"] = text + "\n" + lettered(choices)
            gold = item.get("gold", item.get("answer"))
            if isinstance(gold, int):
                shapes["question and answer"] = text + "\n" + choices[gold]
        else:
            answer = next((item[key] for key in ("answer", "target", "continuation") if isinstance(item.get(key), str)), None)
            if answer:
                shapes["question and answer"] = text + "\n" + answer
        return shapes
    return {}


def items_of(folder):
    """(number, file, line, shapes) of every item, in the order of the files' names."""
    number = 0
    for name in sorted(os.listdir(folder)):
        if not re.search(r"\.jsonl(\.zst)?$", name):
            continue
        for line, text in enumerate(lines_of(os.path.join(folder, name)), 1):
            yield number, name, line, shapes_of(json.loads(text))
            number += 1


def bare_of(text):
    return "".join(re.findall(r"[^\W_]", text.lower()))


def alter(text, rng, vocabulary):
    all_words = re.findall(r"\S+", text)
    changes = 0.05 * len(all_words)
    changes = int(changes) + (rng.random() < changes - int(changes))
    changed, words = set(rng.sample(range(len(all_words)), changes)), []
    for place, word in enumerate(all_words):
        if place not in changed:
            words.append(word)
            continue
        kind = rng.randrange(3)
        if kind == 0:
            words.append(rng.choice(vocabulary))
        elif kind == 1:
            words += [word, rng.choice(vocabulary)]
    case = rng.randrange(5)
    marks = rng.randrange(4)
    out = []
    for word in words:
        if case == 0:
            word = word.upper()
        elif case == 1:
            word = word.lower()
        elif case == 2:
            word = word.title()
        elif case == 3:
            word = "".join(letter.upper() if rng.random() < 0.3 else letter for letter in word)
        if marks == 0:  # none is left
            word = re.sub(r"[^\w\s]", "", word)
        elif marks == 1:  # at the ends of words others stand
            word = re.sub(r"[.,;:!?]+$", lambda _: rng.choice(["", ",", ";", "...", " -", "!"]), word)
        elif marks == 2:  # typographic ones
            word = word.replace("'", "’").replace('"', "”").replace("-", "–")
        elif rng.random() < 0.15:
            word = rng.choice(["({})", '"{}"', "*{}*", "{},", "{} —"]).format(word)
        if word:
            out.append(word)
    return "".join(word + rng.choice([" ", " ", " ", "  ", "\n", "\t", " \n ", "\u00a0"]) for word in out).strip()


def pieces_of(path):
    """Documents of a few thousand characters, cut between paragraphs."""
    for line in lines_of(path):
        text = json.loads(line)["text"]
        piece = ""
        for paragraph in text.split("\n\n"):
            while len(paragraph) > 4 * PIECE:
                yield paragraph[:PIECE]
                paragraph = paragraph[PIECE:]
            piece += paragraph + "\n\n"
            if len(piece) > PIECE:
                yield piece.strip()
                piece = ""
        if piece.strip():
            yield piece.strip()


def change(text, rng, vocabulary):
    """Another text of the same kind: sentences are missing, some words are others."""
    sentences = [part for part in re.split(r"(?<=[.!?]) ", text) if rng.random() >= 0.1]
    words = " ".join(sentences).split(" ")
    for _ in range(len(words) // 50):
        words[rng.randrange(len(words))] = rng.choice(vocabulary)
    return " ".join(words)


def main():
    eval_folder, train_folder, out, megabytes, count, seed = sys.argv[1:]
    rng = random.Random(int(seed))
    sources = sorted(name for name in os.listdir(train_folder) if name.endswith(".jsonl.zst"))
    vocabulary = sorted(set(re.findall(r"[A-Za-z]{3,}", " ".join(list(pieces_of(os.path.join(train_folder, "openstax.jsonl.zst")))[:300]))))

    items = list(items_of(eval_folder))
    rng.shuffle(items)
    bare = collections.Counter(bare_of(text) for _, _, _, shapes in items for text in shapes.values())
    planted = []
    for number, name, line, shapes in items:
        fitting = {shape: text for shape, text in shapes.items() if len(set(re.findall(r"[^\W\d_]+", text.lower()))) >= WORDS_AT_LEAST
                   and bare[bare_of(text)] <= MOST_ALIKE}
        if not fitting:
            continue
        shape = rng.choice(sorted(fitting))
        planted.append({"number": number, "file": name, "line": line, "shape": shape, "original": fitting[shape],
                        "planted": alter(fitting[shape], rng, vocabulary)})
        if len(planted) == int(count):
            break

    wanted, written, documents = int(megabytes) * 10**6, 0, 0
    expected = wanted // PIECE
    chance = min(0.5, 1.5 * len(planted) / expected)
    waiting = list(planted)
    with open(os.path.join(out, "texts.jsonl"), "w", encoding="utf-8") as texts, \
         open(os.path.join(out, "planted.jsonl"), "w", encoding="utf-8") as places:

        def write(text):
            nonlocal written, documents
            if waiting and rng.random() < chance:
                one = waiting.pop()
                at = rng.randrange(len(text) + 1)
                at = text.find("\n" if rng.random() < 0.5 else " ", at)
                at = len(text) if at < 0 else at
                text = text[:at] + "\n" + one["planted"] + "\n" + text[at:]
                places.write(json.dumps({"document": documents, **one}) + "\n")
            texts.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
            written += len(text.encode())
            documents += 1

        turn, share = 0, wanted // len(sources) if wanted < 300 * 10**6 else wanted
        while written < wanted:
            for name in sources:
                before = written
                for piece in pieces_of(os.path.join(train_folder, name)):
                    if written >= wanted or written - before >= share:
                        break
                    write(piece if turn == 0 else change(piece, rng, vocabulary))
            turn += 1
        for one in list(waiting):  # by bad luck not all have found a place
            waiting.clear()
            places.write(json.dumps({"document": documents, **one}) + "\n")
            texts.write(json.dumps({"text": one["planted"]}, ensure_ascii=False) + "\n")
            documents += 1


if __name__ == "__main__":
    main()
