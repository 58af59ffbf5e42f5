#!/usr/bin/env python3
"""Writes a GGUF file of a Llama model of random weights, for speeds: both sides read the same file.

Usage: make_gguf.py SHAPE TYPE FILE      SHAPE: 15M, 110M or 1.1B; TYPE: Q8_0, Q4_0, F16 or F32      (needs gguf)
"""
import sys

import gguf
import numpy

# width, blocks, heads, heads of keys and values, width of the MLP, whether the head shares the embedding
SHAPES = {"15M": (288, 6, 6, 6, 768, True), "110M": (768, 12, 12, 12, 2048, True), "1.1B": (2048, 22, 32, 4, 5632, False)}
VOCAB = 32000


def main(shape, type_name, path):
    dim, blocks, heads, kv_heads, hidden, tied = SHAPES[shape]
    kind = gguf.GGMLQuantizationType[type_name]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(blocks)
    writer.add_context_length(4096)
    writer.add_embedding_length(dim)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(dim // heads)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(VOCAB)
    letters = [chr(c) for c in [*range(33, 127), *range(161, 173), *range(174, 256), *range(256, 324)]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*letters, "ab", *(f"token{i}" for i in range(len(letters) + 1, VOCAB))])
    writer.add_token_types([gguf.TokenType.NORMAL] * VOCAB)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(VOCAB - 2)
    writer.add_eos_token_id(VOCAB - 1)
    writer.add_add_bos_token(False)

    random = numpy.random.default_rng(42)

    def matrix(name, rows, columns):
        values = random.standard_normal((rows, columns), dtype=numpy.float32) * numpy.float32(0.02)
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    def gain(name):
        writer.add_tensor(name, numpy.ones(dim, dtype=numpy.float32))

    matrix("token_embd.weight", VOCAB, dim)
    if not tied:
        matrix("output.weight", VOCAB, dim)
    gain("output_norm.weight")
    for block in range(blocks):
        start = f"blk.{block}."
        matrix(start + "attn_q.weight", dim, dim)
        matrix(start + "attn_k.weight", kv_heads * dim // heads, dim)
        matrix(start + "attn_v.weight", kv_heads * dim // heads, dim)
        matrix(start + "attn_output.weight", dim, dim)
        matrix(start + "ffn_gate.weight", hidden, dim)
        matrix(start + "ffn_up.weight", hidden, dim)
        matrix(start + "ffn_down.weight", dim, hidden)
        gain(start + "attn_norm.weight")
        gain(start + "ffn_norm.weight")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(*sys.argv[1:4])
