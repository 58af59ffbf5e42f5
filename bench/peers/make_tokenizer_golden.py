#!/usr/bin/env python3
"""Makes tests/golden/tokenizers/NAME.json: small tokenizers of the kinds that well-known models have, as the library tokenizers
saves them, with texts and the ids and texts that it gives for them.

Usage: make_tokenizer_golden.py tests/golden/tokenizers      (needs tokenizers)
"""
import json
import pathlib
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

WORDS = ("The newest thistle thrives in the widest river, and the lower rivers' ends were never wider. It's THEIR theatre; "
         "they'll say: über Straße, Größe! 日本語の本 2024 1999 12 345. HTTPServer getValue XMLHttp camelCase don't DON'T\n\n  "
         "indented\tand   spaced  out / a//b ½ x² e\u0301t\u00e9 😀👍🏽 Привет МИР мир नमस्ते ").split(" ")
TEXTS = ["", " ", "  ", "a", " a", "  a", "a ", "The river", " The  newest\n\nriver", "▁under▁", "tab\tand\nline", "été é",
         "日本語 です 漢字", "😀 👍🏽!", "The <s> river</s>", "<s>The", "a<s>b <s> c", "</s></s> x", "no\x00zero", "½ ²³ ١٢٣ 12345 a1b22c333",
         "  12  345 ", "a  1", "HTTPServer getValue camelCase XMLHttp", "don't DON'T they'LL it's' 's 'S", "ÀÉé Ǆǆǅ ªº ʰA",
         "Приветмир МИРмир", "नमस्ते दुनिया", "a\u0301B\u0301c A\u0301B", "x/y//z\n/\r\n", "...!!!\n\n", "   \n  \n x", "ﬀ İi ſ",
         "    four spaces", "end  "]
LLAMA4 = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
          r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
PIECES = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]


def corpus():
    for i in range(60):
        yield " ".join(WORDS[(i * 7 + j) % len(WORDS)] for j in range(40))


def with_specials(tokenizer, normalized=False):
    tokenizer.add_special_tokens([AddedToken(name, normalized=normalized, special=True) for name in ("<unk>", "<s>", "</s>")])
    return tokenizer


def pieces(normalizer, pre_tokenizer, normalized=False):
    """As Llama 2's file: merges of characters, bytes for what has no token. The library learns none with bytes to fall back on."""
    learner = Tokenizer(models.BPE(unk_token="<unk>"))
    learner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    learner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    learner.train_from_iterator(corpus(), trainers.BpeTrainer(vocab_size=430, special_tokens=PIECES, show_progress=False,
                                                              limit_alphabet=70))
    learnt = json.loads(learner.to_str())["model"]
    tokenizer = Tokenizer(models.BPE(vocab=learnt["vocab"], merges=[tuple(merge) for merge in learnt["merges"]], unk_token="<unk>",
                                     fuse_unk=True, byte_fallback=True))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    return with_specials(tokenizer, normalized)


def bytes_of(pre_tokenizer, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(vocab_size=400, special_tokens=["<s>", "</s>"], show_progress=False,
                                                                initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


PREPEND = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
TOKENIZERS = {
    "llama2": lambda: pieces(PREPEND, None),
    "llama2_normalized": lambda: pieces(PREPEND, None, normalized=True),
    "metaspace_first": lambda: pieces(None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False)),
    "metaspace_split": lambda: pieces(None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True)),
    "smollm": lambda: bytes_of(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])),
    "llama4": lambda: bytes_of(pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA4), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])),
}


def main(root):
    for name, make in TOKENIZERS.items():
        tokenizer = make()
        cases = []
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
        (root / f"{name}.json").write_text(json.dumps({"tokenizer": json.loads(tokenizer.to_str()), "cases": cases},
                                                      ensure_ascii=False) + "\n")
        print(f"{name}: {tokenizer.get_vocab_size()} tokens, {sum(len(case['ids']) for case in cases)} ids")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
