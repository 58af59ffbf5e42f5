"""What bench/gpu/run measures, the same for both sides, and the figures that are wanted of it.

`DRY` are shapes of the same kinds that a CPU gets through: they show that everything runs, and no speed.
"""

import collections

Training = collections.namedtuple("Training", "name shape length batch micro mfu")  # mfu: wanted, of the stated peak

# The widths, depths and heads of GPT-2 small, GPT-2 medium and GPT-3 XL, in Llama's blocks: three matrices of 8/3 of the width.
SHAPES = {
    "124M": dict(dim=768, layers=12, heads=12, hidden=2048, vocab=50304),
    "350M": dict(dim=1024, layers=24, heads=16, hidden=2816, vocab=50304),
    "1.3B": dict(dim=2048, layers=24, heads=16, hidden=5504, vocab=50304),
}
MFU = {"124M": 0.50, "350M": 0.55, "1.3B": 0.60}
PASS_TOKENS = {"124M": 32768, "350M": 16384, "1.3B": 8192}  # of a pass; a step is two

FULL = {
    "training": [Training(name, SHAPES[name], length, 2 * PASS_TOKENS[name] // length, PASS_TOKENS[name] // length, MFU[name])
                 for length in (1024, 4096) for name in ("124M", "1.3B", "350M")],
    "memory": ("350M", SHAPES["350M"], 1024),
    "decoding": dict(dim=2048, layers=22, heads=32, kv_heads=4, hidden=5632, vocab=32000),  # 1.1B, a head of its own
    "batches": (1, 16, 64), "past": 128, "write": 128,
    "losses": (dict(dim=256, layers=4, heads=4, hidden=768, vocab=4096), 200, 8, 256),  # steps, sequences, length
    "seconds": 3.0, "rounds": 2,
}

TINY = dict(dim=64, layers=2, heads=2, hidden=128, vocab=256)
DRY = {
    "training": [Training("tiny", TINY, length, 2, 1, 0.5) for length in (32, 64)],
    "memory": ("tiny", TINY, 32),
    "decoding": dict(TINY, heads=4, kv_heads=2),
    "batches": (1, 3), "past": 8, "write": 3,
    "losses": (TINY, 3, 2, 32),
    "seconds": 0.1, "rounds": 1,
}

RATIO, MEMORY, DECODE_RATIO, DECODE_SHARE, LOSS = 1.15, 0.8, 1.3, 0.75, 0.01  # wanted

# Stated by their maker: dense bf16 TFLOP/s, and GB/s of memory.
STATED = {"H100 80GB HBM3": (989, 3350), "H200": (989, 4800), "H100 PCIe": (756, 2000), "A100-SXM4-80GB": (312, 2039)}


def stated(gpu):
    """(TFLOP/s, GB/s) of a GPU by the name that its driver gives it; (None, None) for one that is not known."""
    return next((figures for name, figures in STATED.items() if name in gpu), (None, None))


def flops_per_token(shape, length):
    """Forward and backward: 6 for each parameter in a product, and the causal half of attention's two products."""
    layer = 4 * shape["dim"] ** 2 + 3 * shape["dim"] * shape["hidden"]
    return 6 * (shape["layers"] * layer + shape["vocab"] * shape["dim"]) + 6 * shape["layers"] * length * shape["dim"]


def options(shape):
    """As options of persea's benches."""
    return [word for key, value in shape.items() for word in ("--" + key.replace("_", "-"), str(value))]
