#!/usr/bin/env python3
"""The tokenizer's peers: Hugging Face's `tokenizers`, OpenAI's `tiktoken`, and `transformers` for chat templates.

  bpe_peers.py serve                        one JSON request a line on standard input, one answer a line:
      {"do": "load", "name": N, "tokenizer": FILE}       reads a tokenizer.json for both
      {"do": "encode", "name": N, "peer": P, "docs": F}  -> seconds, bytes, tokens
  bpe_peers.py train DOCS OUT VOCAB SPLIT   trains with `tokenizers` -> seconds
  bpe_peers.py ids TOKENIZER DOCS IDS       compares ids (int32, each document's followed by -1) -> documents, differ, first
  bpe_peers.py chat DIR CHATS               compares DIR/ids.json with apply_chat_template -> chats, differ
Documents are ended by a zero byte. Set RAYON_NUM_THREADS for the threads of `tokenizers`.
"""

import json
import sys
import time

GPT4 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+")
# The same rules as tiktoken writes them for its own engine, with possessive quantifiers: its fastest form.
TIKTOKEN = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "gpt4": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"
            r"|\s*[\r\n]+|\s+(?!\S)|\s",
}


def documents(path):
    with open(path, "rb") as file:
        return file.read().split(b"\0")[:-1]


def byte_of_character():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + i): byte for i, byte in enumerate(moved)}


def tiktoken_of(path):
    import tiktoken
    with open(path) as file:
        document = json.load(file)
    table = byte_of_character()
    as_bytes = lambda token: bytes(table[c] for c in token)
    ranks = {bytes([byte]): i for i, byte in enumerate(range(256))}
    for left, right in document["model"]["merges"]:
        ranks.setdefault(as_bytes(left) + as_bytes(right), len(ranks))
    split = "gpt2" if document["pre_tokenizer"]["type"] == "ByteLevel" else "gpt4"
    return tiktoken.Encoding(path, pat_str=TIKTOKEN[split], mergeable_ranks=ranks, special_tokens={})


def serve():
    import tokenizers
    loaded, texts = {}, {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "load":
            path = request["tokenizer"]
            loaded[request["name"]] = {"tokenizers": tokenizers.Tokenizer.from_file(path), "tiktoken": tiktoken_of(path)}
            answer = {}
        else:
            path = request["docs"]
            if path not in texts:
                texts[path] = [document.decode() for document in documents(path)]
            tokenizer = loaded[request["name"]][request["peer"]]
            start = time.perf_counter()
            if request["peer"] == "tiktoken":  # into numpy: without a Python integer for each id
                tokens = sum(len(tokenizer.encode_to_numpy(text, disallowed_special=())) for text in texts[path])
            else:
                tokens = sum(len(e) for e in tokenizer.encode_batch_fast(texts[path], add_special_tokens=False))
            answer = {"seconds": time.perf_counter() - start, "tokens": tokens}
        print(json.dumps(answer), flush=True)


def train(docs, out, vocab, split):
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split == "gpt2")
    tokenizer.pre_tokenizer = byte_level if split == "gpt2" else pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(GPT4), "isolated"), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=int(vocab), show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  special_tokens=["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"])
    texts = [document.decode() for document in documents(docs)]
    start = time.perf_counter()
    tokenizer.train_from_iterator(texts, trainer, length=len(texts))
    seconds = time.perf_counter() - start
    tokenizer.save(out)
    print(json.dumps({"seconds": seconds}))


def ids(path, docs, ours):
    import numpy
    import tokenizers
    tokenizer = tokenizers.Tokenizer.from_file(path)
    texts = [document.decode() for document in documents(docs)]
    flat = numpy.fromfile(ours, dtype=numpy.int32)
    ends = numpy.flatnonzero(flat == -1)
    differ, first, begin = abs(len(ends) - len(texts)), None, 0
    for at in range(0, min(len(texts), len(ends)), 10000):
        block = texts[at:at + 10000]
        for i, encoding in enumerate(tokenizer.encode_batch_fast(block, add_special_tokens=False)):
            end = int(ends[at + i])
            if flat[begin:end].tolist() != encoding.ids:
                differ += 1
                first = first if first is not None else block[i]
            begin = end + 1
    print(json.dumps({"documents": len(texts), "differ": differ, "first": first}))


def chat(folder, chats):
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with open(chats) as file, open(folder + "/ids.json") as ours:
        pairs = list(zip(json.load(file), json.load(ours), strict=True))
    differ = 0
    for one, own in pairs:
        theirs = tokenizer.apply_chat_template(one["messages"], add_generation_prompt=one["ask"], tokenize=True,
                                               return_dict=False)
        differ += theirs != own
    print(json.dumps({"chats": len(pairs), "differ": differ}))


if __name__ == "__main__":
    verbs = {"serve": serve, "train": train, "ids": ids, "chat": chat}
    if len(sys.argv) < 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]](*sys.argv[2:])
