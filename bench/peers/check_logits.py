#!/usr/bin/env python3
"""Holds the logits of model directories against transformers': the largest difference, relative to the largest logit.

Usage: check_logits.py DIR...      (needs torch and transformers; PERSEA_BIN names the program, else build/release/persea)
Exits with 1 where a difference is above 1e-5.
"""
import json
import os
import pathlib
import subprocess
import sys

import torch
from transformers import AutoModelForCausalLM

PROGRAM = os.environ.get("PERSEA_BIN", str(pathlib.Path(__file__).parents[2] / "build/release/persea"))
TOKENS = 64


def ours(directory: str, tokens: list, *options: str) -> torch.Tensor:
    command = [PROGRAM, "bench", "logits", directory, "--json", "--tokens", ",".join(map(str, tokens)), *options]
    return torch.tensor(json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["logits"],
                        dtype=torch.float64)


def main(directories: list) -> int:
    worst = 0.0
    for directory in directories:
        model, loading = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64, output_loading_info=True,
                                                              attn_implementation="eager")
        if any(loading[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")):
            sys.exit(f"{directory}: transformers finds other tensors than it wants: {loading}")
        length = min(TOKENS, model.config.max_position_embeddings)
        tokens = torch.randint(0, model.config.vocab_size, (length,), generator=torch.Generator().manual_seed(1)).tolist()
        with torch.no_grad():
            theirs = model(torch.tensor([tokens])).logits[0].double()
        differences = [((ours(directory, tokens, *options) - theirs).abs().max() / theirs.abs().max()).item()
                       for options in ((), ("--cached",))]
        worst = max(worst, *differences)
        print(f"{model.__class__.__name__:22} {length:4} tokens  largest logit {theirs.abs().max():8.3f}  "
              f"difference {differences[0]:.1e}, over the cache {differences[1]:.1e}  {directory}")
    return 0 if worst <= 1e-5 else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
