#!/usr/bin/env python3
"""Tiny random models of each architecture, made and computed by transformers in float32, against Persea's logits of the same
files: the training pass, the decoder over a cache, and again after the way through GGUF and back.

Usage: logit_models.py FOLDER [--quick]      (needs torch, transformers, tokenizers; PERSEA_BIN names the program)
Prints a JSON line for each check: [name, largest difference or null where it is a matter of equal tokens, holds, remark].
PERSEA_LLAMA_CPP names a folder with llama-server: then its greedy tokens over the GGUF files are compared too.
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (ArceeConfig, AutoModelForCausalLM, Llama4TextConfig, LlamaConfig, MistralConfig, Qwen2Config,
                          Qwen3Config)

PROGRAM = os.environ["PERSEA_BIN"]
LIMIT = 1e-4
COMMON = dict(vocab_size=272, hidden_size=64, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
              intermediate_size=96, max_position_embeddings=512, bos_token_id=256, eos_token_id=257, pad_token_id=None,
              rms_norm_eps=1e-5, tie_word_embeddings=False)


def rope(theta, **scaling):
    return dict(rope_parameters=dict(rope_type="default", rope_theta=theta) | scaling)


def llama3(factor, **more):
    return rope(500000.0, **(dict(rope_type="llama3", factor=factor, low_freq_factor=1.0, high_freq_factor=4.0,
                                  original_max_position_embeddings=64) | more))


def llama4(**more):
    return Llama4TextConfig(**(COMMON | dict(num_hidden_layers=4, intermediate_size_mlp=128, attention_chunk_size=48,
                                             floor_scale=24, attn_scale=0.3, num_experts_per_tok=1) | more))


# name: config, whether --quick takes it
CASES = {
    "Llama 2": (LlamaConfig(**COMMON | dict(num_key_value_heads=4), **rope(10000.0)), True),
    "Llama 3.1": (LlamaConfig(**COMMON, **llama3(8.0)), True),
    "Llama 3.2": (LlamaConfig(**COMMON | dict(tie_word_embeddings=True), **llama3(32.0)), False),
    "Llama, linear scaling": (LlamaConfig(**COMMON, **rope(10000.0, rope_type="linear", factor=4.0)), False),
    "TinyLlama": (LlamaConfig(**COMMON | dict(num_key_value_heads=1), **rope(10000.0)), False),
    "SmolLM": (LlamaConfig(**COMMON | dict(tie_word_embeddings=True, num_attention_heads=6, hidden_size=96), **rope(10000.0)),
               False),
    "Mistral 0.1": (MistralConfig(**COMMON, sliding_window=40, **rope(10000.0)), True),
    "Mistral 0.3": (MistralConfig(**COMMON | dict(head_dim=24), sliding_window=None, **rope(1000000.0)), False),
    "Qwen2": (Qwen2Config(**COMMON | dict(tie_word_embeddings=True, rms_norm_eps=1e-6), **rope(1000000.0)), True),
    "Qwen2.5": (Qwen2Config(**COMMON | dict(rms_norm_eps=1e-6, num_key_value_heads=1), **rope(1000000.0)), False),
    "Qwen3": (Qwen3Config(**COMMON | dict(head_dim=32, rms_norm_eps=1e-6, tie_word_embeddings=True), **rope(1000000.0)), True),
    "Arcee": (ArceeConfig(**COMMON, **rope(10000.0)), False),
    "Llama 4, as Scout": (llama4(num_local_experts=4, interleave_moe_layer_step=1, use_qk_norm=True,
                                 **llama3(16.0, high_freq_factor=1.0)), True),
    "Llama 4, as Maverick": (llama4(num_local_experts=8, interleave_moe_layer_step=2, use_qk_norm=False, **rope(500000.0)),
                             True),
    "Llama 4, as GGUF has it": (llama4(num_local_experts=4, interleave_moe_layer_step=2, attention_chunk_size=8192,
                                       floor_scale=8192, attn_scale=0.1, **llama3(16.0, high_freq_factor=1.0)), False),
    "Llama 4, two experts": (llama4(num_local_experts=5, num_experts_per_tok=2, **rope(500000.0)), False),
}
FILES = {"bf16": dict(dtype=torch.bfloat16), "f16": dict(dtype=torch.float16), "in parts": dict(max_shard_size="150KB")}
IN_OTHER_FILES = ("Llama 3.1", "Qwen2", "Llama 4, as Scout")


def report(name, difference, holds, remark=""):
    print(json.dumps([name, difference, bool(holds), remark]), flush=True)


def persea(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip() or done.stdout.strip() or "failed").splitlines()[-1])
    return done.stdout


def ours(place, tokens, *options):
    made = persea("bench", "logits", place, "--json", "--tokens", ",".join(map(str, tokens)), *options)
    return torch.tensor(json.loads(made)["logits"], dtype=torch.float64)


def check(name, place, tokens, wanted, *options):
    try:
        difference = (ours(place, tokens, *options) - wanted[:len(tokens)]).abs().max().item()
        report(name, difference, difference < LIMIT, f"largest logit {wanted.abs().max().item():.1f}")
    except RuntimeError as error:
        report(name, None, False, str(error))


def byte_tokenizer():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "</s>"])
    return tokenizer


def random_model(config):
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    with torch.no_grad():  # larger than at the start of training, so that every part matters to the logits
        for name, parameter in model.named_parameters():
            if name.endswith(("norm.weight", ".bias")):
                parameter.normal_(1.0, 0.2)
            else:
                parameter.normal_(0.0, 0.12)
    return model


def logits_of(directory, tokens):
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0].double()


def beside_pictures(directory, target):
    """The text model as part of one that sees pictures: its config nested, its names with a word before them."""
    target.mkdir()
    config = json.loads((directory / "config.json").read_text())
    (target / "config.json").write_text(json.dumps({"model_type": "llama4", "text_config": config, "vision_config": {}}))
    tensors = {"language_model." + name: tensor for name, tensor in load_file(directory / "model.safetensors").items()}
    save_file(tensors | {"vision_model.class_embedding": torch.ones(3)}, target / "model.safetensors")


class LlamaServer:
    def __init__(self, path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        program = os.path.join(os.environ["PERSEA_LLAMA_CPP"], "llama-server")
        self.process = subprocess.Popen([program, "-m", str(path), "--port", str(self.port), "-t", "2", "-c", "512", "-np", "1",
                                         "-ctk", "f32", "-ctv", "f32", "-fa", "off", "--no-warmup"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health").read()
                return self
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError("llama-server does not load it")
                time.sleep(0.1)
        raise RuntimeError("llama-server does not answer")

    def __exit__(self, *ignored):
        self.process.terminate()
        self.process.wait()

    def greedy(self, tokens, count):
        body = json.dumps(dict(prompt=tokens, n_predict=count, temperature=0, ignore_eos=True, return_tokens=True,
                               cache_prompt=False)).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/completion", body, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))["tokens"]


def check_llama_cpp(name, path, tokens):
    """Its greedy tokens are ours where each is the one of our highest logit."""
    try:
        with LlamaServer(path) as server:
            theirs = server.greedy(tokens, 32)
        ours_after = ours(path, tokens + theirs, "--cached")[len(tokens) - 1:-1]
        ours_after[:, COMMON["eos_token_id"]] = -float("inf")  # llama.cpp keeps an end that is ignored out of reach
        ours_greedy = ours_after.argmax(-1).tolist()
        same = sum(a == b for a, b in zip(ours_greedy, theirs))
        report(name, None, same == len(theirs) and theirs, f"{same} of {len(theirs)} tokens equal")
    except (RuntimeError, OSError) as error:
        report(name, None, False, str(error))


def main(folder, quick):
    tokenizer = byte_tokenizer()
    for name, (config, always) in CASES.items():
        if quick and not always:
            continue
        directory = folder / name.replace(" ", "_").replace(",", "").replace(".", "_")
        model = random_model(config)
        forms = {"": {}} | (FILES if name in IN_OTHER_FILES and not quick else {})
        for form, options in forms.items():
            place = directory if not form else directory.with_name(f"{directory.name}-{form.replace(' ', '_')}")
            kept = {key: value for key, value in options.items() if key != "dtype"}
            (model.to(options["dtype"]) if "dtype" in options else model.float()).save_pretrained(place, **kept)
            tokenizer.save(str(place / "tokenizer.json"))
            length = 100 if form or quick else 300
            tokens = torch.randint(0, 256, (length,), generator=torch.Generator().manual_seed(1)).tolist()
            wanted = logits_of(place, tokens)
            title = f"{name}{', ' if form else ''}{form}"
            check(title, place, tokens, wanted)
            if form:
                continue
            check(f"{title}, token by token", place, tokens, wanted, "--cached")
            check(f"{title}, packed", place, tokens, wanted, "--weights", "f32")
            if name == "Mistral 0.1":  # no architecture of GGUF has its window
                continue
            gguf = directory.with_suffix(".gguf")
            try:
                persea("export", place, "--gguf", gguf, "--type", "f32")
                check(f"{title}, as GGUF", gguf, tokens, wanted)
                back = directory.with_name(directory.name + "-back")
                persea("export", gguf, "--hf", back)
                check(f"{title}, and back", back, tokens, wanted)
            except RuntimeError as error:
                report(f"{title}, as GGUF", None, "GGUF's llama4" in str(error), f"refused: {str(error)[:60]} ...")
                continue
            if os.environ.get("PERSEA_LLAMA_CPP") and name != "Arcee":
                check_llama_cpp(f"{title}, llama.cpp's greedy tokens", gguf, tokens[:40])
        if name == "Llama 4, as Scout":
            beside_pictures(directory, directory.with_name("pictures"))
            tokens = torch.randint(0, 256, (100,), generator=torch.Generator().manual_seed(2)).tolist()
            check(f"{name}, beside a part that sees", directory.with_name("pictures"), tokens, logits_of(directory, tokens))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    torch.set_num_threads(2)
    main(pathlib.Path(sys.argv[1]), "--quick" in sys.argv)
