"""Writes src/curate/char_flags_data.h from what Python, spaCy and datatrove say of each character, and holds english_words.h to spaCy's
special words. Prints the two checksums that tests compare with: make_char_flags.py, with the peers' Python of requirements.txt.
"""

import os
import re
import unicodedata

import spacy
from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION
from spacy.lang.char_classes import ALPHA, ALPHA_LOWER, ALPHA_UPPER, CONCAT_ICONS, CONCAT_QUOTES, PUNCT
from spacy.lang.punctuation import TOKENIZER_PREFIXES, TOKENIZER_SUFFIXES
from spacy.pipeline.sentencizer import Sentencizer
from spacy.util import compile_prefix_regex, compile_suffix_regex

CURATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "curate")
WIDTH = 120
END = 0x110000


def one_of(characters):
    return re.compile(f"[{characters}]").match


def conditions():
    """What each bit of CharFlag (char_flags.h) says, in their order."""
    prefix = compile_prefix_regex(TOKENIZER_PREFIXES).search
    ends = set(Sentencizer.default_punct_chars)
    return [str.isspace, one_of(ALPHA), one_of(ALPHA_LOWER), one_of(ALPHA_UPPER), lambda c: c != "+" and prefix(c),
            compile_suffix_regex(TOKENIZER_SUFFIXES).search, one_of(CONCAT_ICONS),
            re.compile(rf"[0-9{ALPHA_LOWER}%²\-\+{PUNCT}(?:{CONCAT_QUOTES})]").match, one_of(CONCAT_QUOTES), str.isalpha,
            lambda c: c in PUNCTUATION_SET, lambda c: unicodedata.category(c)[0] == "P", lambda c: c in ends,
            lambda c: c in TERMINAL_PUNCTUATION, re.compile(r"\d").match, re.compile(r"\w").match]


def all_flags():
    bits = conditions()
    surrogate = range(0xd800, 0xe000)
    return [0 if c in surrogate else sum(1 << i for i, holds in enumerate(bits) if holds(chr(c))) for c in range(END)]


def runs_of(flags):
    """(first, last, flags of the first and every second one, flags of those between)."""
    plain, start = [], 0
    for c in range(1, END + 1):
        if c == END or flags[c] != flags[start]:
            if flags[start]:
                plain.append((start, c - 1, flags[start]))
            start = c
    runs, k = [], 0
    while k < len(plain):
        last = k
        while (last + 1 < len(plain) and plain[k][0] == plain[k][1] and plain[last + 1][0] == plain[last + 1][1] == plain[last][0] + 1
               and (last == k or plain[last + 1][2] == plain[last - 1][2])):
            last += 1
        if last - k >= 3:
            runs.append((plain[k][0], plain[last][0], plain[k][2], plain[k + 1][2]))
            k = last + 1
        else:
            runs.append((plain[k][0], plain[k][1], plain[k][2], plain[k][2]))
            k += 1
    return runs


def packed(items, indent="  "):
    lines, line = [], indent
    for item in items:
        if len(line) + len(item) + 1 > WIDTH:
            lines.append(line.rstrip())
            line = indent
        line += item + ", "
    return "\n".join([*lines, line.rstrip().rstrip(",")])


def write_flags(flags):
    runs, sets = runs_of(flags), {}
    for run in runs:
        sets.setdefault(run[2], len(sets))
        sets.setdefault(run[3], len(sets))
    path = os.path.join(CURATE, "char_flags_data.h")
    with open(path) as file:
        before = file.read()
    table = packed([f"{{0x{a:x}, 0x{b:x}, {sets[even]}, {sets[odd]}}}" for a, b, even, odd in runs])
    after = re.sub(r"(kFlagRuns\[\] = \{\n).*?\};", lambda m: m.group(1) + table + "};", before, flags=re.S)
    lists = "kFlagSets[] = {" + ", ".join(f"0x{value:04x}" for value in sets) + "};"
    after = re.sub(r"kFlagSets\[\] = \{.*?\};", lambda _: lists, after, flags=re.S)
    with open(path, "w") as file:
        file.write(after)


def fnv(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


def english_lists():
    with open(os.path.join(CURATE, "english_words.h")) as file:
        source = file.read()

    def text(literals):
        joined = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))
        return re.sub(r"\\(u[0-9a-f]{4}|.)", lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else m[1], joined)

    lists = {name: text(literals).split() for name, literals in re.findall(r'string_view (k\w+) =((?:\s*"(?:[^"\\]|\\.)*")+);', source)}
    return lists, re.findall(r'^    \{"([^"]*)", "([^"]*)"\}', source, re.M)


def own_special_words():
    lists, contractions = english_lists()
    words = {}

    def add(cut, between="|"):
        words[cut.replace(between, "") if between else cut] = cut.split(between) if between else [cut]

    for stems, endings in contractions:
        for stem in stems.split():
            for start in (stem, stem.title()):
                for ending in endings.split():
                    add(start + ending)
                    add(start + ending.replace("'", ""))
    for hour in range(1, 13):
        for ending in lists["kHourEndings"]:
            add(f"{hour}|{ending}")
    for cut in lists["kCutWords"]:
        add(cut)
    for word in lists["kWholeWords"] + lists["kFaces"]:
        add(word, None)
    for word in lists["kNoContractions"]:
        words.pop(word, None)
    for word in [word for word in words if "'" in word]:
        words[word.replace("'", "\u2019")] = [part.replace("'", "\u2019") for part in words[word]]
    return words


def main():
    flags = all_flags()
    write_flags(flags)
    print(f"flags: 0x{fnv(b''.join(value.to_bytes(2, 'little') for value in flags)):016x}")
    rules = {word: [next(iter(part.values())) for part in parts] for word, parts in spacy.blank("en").tokenizer.rules.items()}
    theirs = {word: parts for word, parts in rules.items() if word.strip()}  # white space is no word here
    own = own_special_words()
    for word in sorted(set(own) | set(theirs)):
        if own.get(word) != theirs.get(word):
            print(f"{word!r}: {own.get(word)} for {theirs.get(word)}")
    lines = sorted("|".join([word, *(str(len(part.encode())) for part in parts)]).encode() for word, parts in theirs.items())
    print(f"words: {len(lines)}, 0x{fnv(b''.join(lines)):016x}")


if __name__ == "__main__":
    main()
