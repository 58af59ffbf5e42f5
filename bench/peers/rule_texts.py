"""Documents, and settings of rule packs, for the bars of curation."""

import glob
import json
import os
import random
import subprocess

import bar

# Each rule alone, at a limit that parts the documents, so that many lie near it on both sides: what is turned off in all packs,
# then what each rule turns on.
ALONE = {
    "gopher-quality": (
        {"min_doc_words": 0, "max_doc_words": 0, "min_avg_word_length": 0, "max_avg_word_length": 0, "max_symbol_word_ratio": 0,
         "max_bullet_lines_ratio": 0, "max_ellipsis_lines_ratio": 0, "max_non_alpha_words_ratio": 0, "min_stop_words": 0},
        [{"min_doc_words": 100}, {"max_doc_words": 120}, {"min_avg_word_length": 4.25}, {"max_avg_word_length": 4.5},
         {"max_symbol_word_ratio": 0.004}, {"max_bullet_lines_ratio": 0.1}, {"max_ellipsis_lines_ratio": 0.01},
         {"max_non_alpha_words_ratio": 0.84}, {"min_stop_words": 6}]),
    "gopher-repetition": (
        {"dup_line_frac": 0, "dup_para_frac": 0, "dup_line_char_frac": 0, "dup_para_char_frac": 0, "top_n_grams": [],
         "dup_n_grams": []},
        [{"dup_line_frac": 0.04}, {"dup_para_frac": 0.04}, {"dup_line_char_frac": 0.005}, {"dup_para_char_frac": 0.005},
         *({"top_n_grams": [[n, limit]]} for n, limit in ((1, 0.06), (2, 0.03), (3, 0.02), (4, 0.02))),
         *({"dup_n_grams": [[n, limit]]} for n, limit in ((2, 0.2), (5, 0.02), (6, 0.02), (7, 0.01), (8, 0.01), (9, 0.01),
                                                          (10, 0.01)))]),
    "fineweb-quality": (
        {"line_punct_thr": 0, "short_line_thr": 1, "char_duplicates_ratio": 1, "new_line_ratio": 1000},
        [{"line_punct_thr": 0.5}, {"line_punct_thr": 0.5, "line_punct_exclude_zero": True}, {"short_line_thr": 0.2},
         {"short_line_thr": 0.5, "short_line_length": 60}, {"char_duplicates_ratio": 0.001}, {"new_line_ratio": 0.02}]),
    "c4-quality": (
        {"remove_citations": False, "filter_no_terminal_punct": False, "min_num_sentences": -1, "min_words_per_line": -1,
         "max_word_length": -1, "filter_lorem_ipsum": False, "filter_javascript": False, "filter_curly_bracket": False,
         "filter_policy": False},
        [{"remove_citations": True}, {"filter_no_terminal_punct": True}, {"min_num_sentences": 8},
         {"min_num_sentences": 3, "min_words_per_line": 6}, {"min_words_per_line": 8}, {"max_word_length": 15},
         {"filter_lorem_ipsum": True}, {"filter_javascript": True}, {"filter_curly_bracket": True}, {"filter_policy": True},
         {"split_paragraph": False}, {"split_paragraph": False, "min_num_sentences": 8, "filter_no_terminal_punct": True}]),
}
# The published limits of the packs that have dolma's dialect, whose tagger only measures.
PUBLISHED = {
    "gopher-quality": {"min_doc_words": 50, "max_doc_words": 100000, "min_avg_word_length": 3, "max_avg_word_length": 10,
                       "max_symbol_word_ratio": 0.1, "max_bullet_lines_ratio": 0.9, "max_ellipsis_lines_ratio": 0.3,
                       "max_non_alpha_words_ratio": 0.8, "min_stop_words": 2},
    "gopher-repetition": {"dup_line_frac": 0.3, "dup_line_char_frac": 0.2, "top_n_grams": [[2, 0.2], [3, 0.18], [4, 0.16]],
                          "dup_n_grams": [[5, 0.15], [6, 0.14], [7, 0.13], [8, 0.12], [9, 0.11], [10, 0.1]]},
}

# By dolma, whose rows have other lengths and which has no rule for paragraphs.
UNMEASURED = ({"top_n_grams": [[1, 0.06]]}, {"dup_n_grams": [[2, 0.2]]}, {"dup_para_frac": 0.04}, {"dup_para_char_frac": 0.005})


def judges(dialect):
    """Each pack as it was published, then each rule alone."""
    packs = [*ALONE, "c4-paragraphs"] if dialect == "datatrove" else [*PUBLISHED]
    found = [{"pack": pack, "settings": {}, "name": f"{pack}, as published"} for pack in packs]
    for pack in packs:
        if pack not in ALONE:
            continue
        off, rules = ALONE[pack]
        for rule in rules:
            if dialect == "dolma" and rule in UNMEASURED:
                continue
            name = ", ".join(f"{key} {json.dumps(value)}" for key, value in rule.items())
            found.append({"pack": pack, "settings": {**off, **rule}, "name": f"{pack}: {name}"})
    return found


def cut(text, rng):
    """A document whole, if it is not long, a row of its paragraphs, or one of them."""
    kind = rng.random()
    if kind < 0.1 and len(text) < 20_000:
        return text
    size = rng.choice((200, 600, 1200, 2500))
    start = text.rfind("\n", 0, rng.randrange(max(1, len(text) - size)) + 1) + 1
    if kind < 0.35:
        return text[start:].lstrip("\n").split("\n\n", 1)[0][:5000]
    return text[start:start + size]


def documents(count, seed=1):
    """Texts of all corpora of the data folder in equal shares, the same for the same seed."""
    rng = random.Random(seed)
    corpora = sorted(glob.glob(os.path.join(bar.shared("data", "train-text"), "*.jsonl.zst")))
    if not corpora:
        raise bar.CannotMeasure("the data folder has no corpora in data/train-text")
    for i, path in enumerate(corpora):
        process = subprocess.Popen(["zstd", "-dc", "--long=27", path], stdout=subprocess.PIPE)
        texts = []
        for line in process.stdout:
            texts.append(json.loads(line)["text"])
            if len(texts) == 4000:
                break
        process.kill()
        process.stdout.close()
        process.wait()
        weights = [min(len(text), 200_000) for text in texts]
        for text in rng.choices(texts, weights, k=count * (i + 1) // len(corpora) - count * i // len(corpora)):
            yield cut(text, rng)


def write(path, texts):
    """JSON lines of those with a character that is no white space; how many there are."""
    written = 0
    with open(path, "w") as file:
        for text in texts:
            if text.strip():
                file.write(json.dumps({"text": text}) + "\n")
                written += 1
    return written
