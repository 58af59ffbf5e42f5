"""Texts for the tokenizer's bars, from the data folder: documents ended by a zero byte, as tokenizer_bench reads them."""

import json
import os
import random
import subprocess

import bar

ENGLISH, GERMAN, CODE = "eltec-eng", "eltec-deu", "swift-evolution"
TRAINING = ("classics", "eltec-deu", "gerdracor", "openstax", "cpp-docs", "gesetze")


def tool():
    """The measuring program, built beside the persea that is measured."""
    build = os.path.dirname(os.environ.get("PERSEA_BIN") or os.path.join(bar.ROOT, "build", "release", "persea"))
    path = os.path.join(build, "bench", "tokenizer_bench")
    if not os.access(path, os.X_OK):
        raise bar.CannotMeasure(f"{path} is missing: build it (cmake --preset release; ninja -C build/release)")
    return path


def peers(*arguments, threads=2):
    script = os.path.join(bar.FOLDER, "bpe_peers.py")
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM="true", HF_HUB_OFFLINE="1")
    return json.loads(bar.run([bar.peers_python(), script, *arguments], env=environment).splitlines()[-1])


def unpacked(path):
    return bar.run(["zstd", "-dc", "--long=27", path])


def articles(name, limit):
    """The texts of a corpus, in order, until `limit` bytes are had."""
    process = subprocess.Popen(["zstd", "-dc", "--long=27", bar.shared("data", "train-text", name + ".jsonl.zst")],
                               stdout=subprocess.PIPE)
    had = 0
    for line in process.stdout:
        text = json.loads(line)["text"].replace("\0", "")
        encoded = text.encode()
        if had + len(encoded) > limit:
            text = encoded[: limit - had].decode(errors="ignore")
        had += len(encoded)
        yield text
        if had >= limit:
            break
    process.kill()
    process.stdout.close()
    process.wait()


def write_documents(path, texts):
    with open(path, "wb") as file:
        for text in texts:
            file.write((text if isinstance(text, bytes) else text.encode()) + b"\0")
    return path


def write_gpt2(folder):
    """GPT-2's vocabulary as one tokenizer.json."""
    files = []
    for name in ("vocab.json", "merges.txt"):
        files.append(os.path.join(folder, name))
        with open(files[-1], "w") as file:
            file.write(unpacked(bar.shared("data", "tokenizer", "gpt2", name + ".zst")))
    out = os.path.join(folder, "gpt2.json")
    bar.run([tool(), "gpt2", *files, out])
    return out


def many_languages():
    """Lines in some 200 languages, and naughty strings."""
    golden = unpacked(bar.shared("data", "tokenizer", "gpt2", "golden.jsonl.zst"))
    return [json.loads(line)["text"] for line in golden.splitlines()]


SPACES = [" ", "  ", "\t", "\n", "\r\n", "\n\n ", "\u00a0", "\u3000", "\u2028", "\x0b", "\x85", "\u200b"]
SIGNS = ["'s", "'LL", "'\u017f", "...", "---", "<|end|>", "<|endoftext|>", "<|user|>x", "😀", "👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "१२३", "Ⅷ", "½",
         "١٢٣٤", "0x7fff", "3.14", "__init__", "::", "//", "{}\n", "\ufeff", "日本", "한국어"]


def mixed_line(chance, pieces):
    """A line that no one wrote: words, signs, white space and characters of every plane."""
    line = []
    for _ in range(chance.randint(1, 12)):
        sort = chance.random()
        if sort < 0.45:
            words = chance.choice(pieces).split(" ")
            at = chance.randrange(len(words))
            line.append(" ".join(words[at:at + 3]))
        elif sort < 0.65:
            line.append(chance.choice(SIGNS))
        elif sort < 0.85:
            line.append(chance.choice(SPACES))
        else:
            code = chance.randrange(1, chance.choice((0x80, 0x800, 0x3000, 0x10000, 0x20000, 0x110000)))
            line.append(chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd")
    return "".join(line)


def broken_line(chance, pieces):
    """Bytes that are no UTF-8."""
    line = bytearray(mixed_line(chance, pieces).encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(line) + 1)
        line[at:at + chance.randint(0, 2)] = bytes([chance.randrange(0x80, 0x100)])
    return bytes(line).replace(b"\0", b"")


def parity_lines(count):
    """count valid lines in English, German, code and mixtures, one broken line for nine valid ones: (valid, broken)."""
    chance = random.Random(20)
    pieces = [line for line in many_languages() if line]
    valid = []
    sources = {ENGLISH: 25, GERMAN: 25, CODE: 12, "cpp-docs": 6, "peps": 6, "eips": 3}  # in hundredths
    for name, share in sources.items():
        wanted = len(valid) + count * share // 100
        for text in articles(name, 1 << 40):
            valid.extend(line + "\n" for line in text.split("\n") if line.strip())
            if len(valid) >= wanted:
                del valid[wanted:]
                break
    valid.extend(pieces)
    while len(valid) < count * 9 // 10:
        valid.append(mixed_line(chance, pieces))
    broken = [broken_line(chance, pieces) for _ in range(count - count * 9 // 10)]
    return [line.replace("\0", "") for line in valid], broken
