#!/usr/bin/env python3
"""Makes tests/golden/blocks.gguf: random blocks of each type and, as F32 tensors NAME.values, what the library gguf reads in
them, and the blocks F32.TYPE that it makes of the values in F32;
and tests/golden/models/NAME.gguf of each model there, checked by transformers where it can read it.

Usage: make_gguf_golden.py tests/golden      (needs gguf, torch and transformers)
"""
import json
import math
import pathlib
import sys

import gguf
import numpy
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

ROWS, COLUMNS = 3, 512
SCALES = {"Q8_0": (0,), "Q4_0": (0,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}  # where a block's 16-bit floats lie


def random_blocks(name, random):
    kind = gguf.GGMLQuantizationType[name]
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (ROWS * COLUMNS // elements, size), dtype=numpy.uint8)
    for at in SCALES.get(name, ()):  # finite ones, some below the smallest normal
        scales = numpy.float16(random.normal(0, 0.05, len(blocks)))
        scales[::5] = numpy.float16(3e-6)
        blocks[:, at:at + 2] = scales[:, None].view(numpy.uint8)
    return kind, blocks.reshape(ROWS, -1)


def write_blocks(path):
    random = numpy.random.default_rng(1)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint32("test.whole", 7)
    writer.add_int64("test.negative", -(1 << 40))
    writer.add_float32("test.float", 0.5)
    writer.add_bool("test.truth", True)
    writer.add_string("test.text", "péché")
    writer.add_array("test.texts", ["a", "", "b c"])
    writer.add_array("test.numbers", [1, -2, 3])
    values = random.normal(0, 1, (ROWS, COLUMNS)).astype(numpy.float32)
    values[0, :4] = [0, -0.0, 1e-6, -65504]
    writer.add_tensor("F32", values)
    writer.add_tensor("F16", values.astype(numpy.float16))
    writer.add_tensor("F16.values", values.astype(numpy.float16).astype(numpy.float32))
    for name in ("F16", "BF16", "Q8_0", "Q4_0"):
        kind = gguf.GGMLQuantizationType[name]
        blocks = gguf.quants.quantize(values, kind)
        writer.add_tensor("F32." + name, blocks.view(numpy.float16) if name == "F16" else blocks, raw_dtype=kind)
    for name in ("BF16", "Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"):
        if name == "BF16":
            kind, blocks = gguf.GGMLQuantizationType.BF16, gguf.quants.quantize(values, gguf.GGMLQuantizationType.BF16)
        else:
            kind, blocks = random_blocks(name, random)
        writer.add_tensor(name, blocks, raw_dtype=kind)
        writer.add_tensor(name + ".values", gguf.quants.dequantize(blocks, kind).astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def interleaved(rows, heads):
    """Rows of q or k for rotation by halves, in the order for rotation of neighbours."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, -1).transpose(0, 2, 1, 3).reshape(rows.shape)


def llama3_factors(config):
    rope, half = config["rope_parameters"], config["head_dim"] // 2
    for i in range(half):
        length = 2 * math.pi * rope["rope_theta"] ** (i / half)
        low = rope["original_max_position_embeddings"] / rope["low_freq_factor"]
        high = rope["original_max_position_embeddings"] / rope["high_freq_factor"]
        if length < high:
            yield 1.0
        elif length > low:
            yield rope["factor"]
        else:
            smooth = (rope["original_max_position_embeddings"] / length - rope["low_freq_factor"]) / (
                rope["high_freq_factor"] - rope["low_freq_factor"])
            yield 1 / ((1 - smooth) / rope["factor"] + smooth)


def write_model(folder, path):
    config = json.loads((folder / "config.json").read_text())
    kind, layers = config["model_type"], config["num_hidden_layers"]
    writer = gguf.GGUFWriter(path, kind)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_block_count(layers)
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config["rope_parameters"]
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", numpy.array(list(llama3_factors(config)), dtype=numpy.float32))
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[kind.upper()], layers)
    for name, tensor in load_file(folder / "model.safetensors").items():
        rows = tensor.float().numpy()
        if kind not in ("qwen2", "qwen3") and name.endswith("q_proj.weight"):
            rows = interleaved(rows, config["num_attention_heads"])
        if kind not in ("qwen2", "qwen3") and name.endswith("k_proj.weight"):
            rows = interleaved(rows, config["num_key_value_heads"])
        writer.add_tensor(names.get_name(name, (".weight", ".bias")), numpy.ascontiguousarray(rows))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check(folder, path):
    """transformers' own reading of the new file: its weights, as it does not read every config in there."""
    read = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).state_dict()
    wanted = load_file(folder / "model.safetensors")
    return all(torch.equal(read[name], tensor.float()) for name, tensor in wanted.items())


def main(root):
    write_blocks(root / "blocks.gguf")
    for folder in sorted(path for path in (root / "models").iterdir() if path.is_dir()):
        path = root / "models" / (folder.name + ".gguf")
        if json.loads((folder / "config.json").read_text())["model_type"] not in ("llama", "qwen2", "qwen3", "arcee"):
            continue  # no architecture of GGUF computes such a small one
        write_model(folder, path)
        try:
            print(f"{path}: transformers reads {'the same' if check(folder, path) else 'other'} weights")
        except Exception as error:  # it reads fewer architectures and widths of heads than there are
            print(f"{path}: transformers cannot read it: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
