#!/usr/bin/env python3
"""Makes tests/golden/models: tiny random models as transformers saves them, with the logits that it computes in float64.

Usage: make_golden.py DIR [NAME...]      (needs torch and transformers)
"""
import json
import pathlib
import sys

import torch
from transformers import (ArceeConfig, AutoModelForCausalLM, Llama4TextConfig, LlamaConfig, MistralConfig, Qwen2Config,
                          Qwen3Config)

COMMON = dict(vocab_size=48, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
              intermediate_size=40, max_position_embeddings=256, bos_token_id=None, eos_token_id=0, pad_token_id=None)
LLAMA3 = dict(rope_type="llama3", rope_theta=50000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=16)
CONFIGS = {
    "llama": LlamaConfig(**COMMON, rms_norm_eps=1e-5, tie_word_embeddings=False, rope_parameters=LLAMA3),
    "qwen3": Qwen3Config(**COMMON, rms_norm_eps=1e-6, tie_word_embeddings=True,
                         rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.0)),
    "arcee": ArceeConfig(**COMMON, rms_norm_eps=1e-5, tie_word_embeddings=True,
                         rope_parameters=dict(rope_type="default", rope_theta=1000.0)),
}
LLAMA4 = dict(**{**COMMON, "num_hidden_layers": 4}, intermediate_size_mlp=48, rms_norm_eps=1e-5, attention_chunk_size=8,
              floor_scale=6, attn_scale=0.3, tie_word_embeddings=False)
CONFIGS |= {
    "qwen2": Qwen2Config(**{**COMMON, "head_dim": 6}, rms_norm_eps=1e-6, tie_word_embeddings=True,
                         rope_parameters=dict(rope_type="default", rope_theta=10000.0)),
    "mistral": MistralConfig(**COMMON, rms_norm_eps=1e-5, tie_word_embeddings=False, sliding_window=5,
                             rope_parameters=dict(rope_type="default", rope_theta=1000.0)),
    "scout": Llama4TextConfig(**LLAMA4, num_local_experts=4, interleave_moe_layer_step=1, use_qk_norm=True,
                              rope_parameters={**LLAMA3, "high_freq_factor": 1.0}),
    "maverick": Llama4TextConfig(**LLAMA4, num_local_experts=6, interleave_moe_layer_step=2, use_qk_norm=False,
                                 rope_parameters=dict(rope_type="default", rope_theta=500000.0)),
}
TOKENS = 24


def main(root: pathlib.Path, names: list) -> None:
    for name, config in CONFIGS.items():
        if names and name not in names:
            continue
        torch.manual_seed(7)
        model = AutoModelForCausalLM.from_config(config).float().eval()
        with torch.no_grad():  # larger than at the start of training, so that every part matters to the logits
            for parameter in model.parameters():
                parameter.normal_(1.0, 0.2) if parameter.dim() == 1 else parameter.normal_(0.0, 0.25)
        directory = root / name
        model.to(torch.bfloat16).save_pretrained(directory)
        model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64, attn_implementation="eager").eval()
        for module in model.modules():  # a norm computes in float32 whatever its input is
            if module.__class__.__name__.endswith(("RMSNorm", "L2Norm")):
                module.forward = exact_norm(module)
        tokens = torch.randint(0, config.vocab_size, (1, TOKENS), generator=torch.Generator().manual_seed(3))
        with torch.no_grad():
            logits = model(tokens).logits[0]
        rows = [[round(x, 7) for x in row] for row in logits.tolist()]
        (directory / "golden.json").write_text(json.dumps({"tokens": tokens[0].tolist(), "logits": rows}) + "\n")
        print(f"{name}: largest logit {logits.abs().max():.3f}")


def exact_norm(module):
    eps = getattr(module, "variance_epsilon", None) or module.eps
    return lambda x: getattr(module, "weight", 1) * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
