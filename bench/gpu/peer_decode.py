"""PyTorch's decoding on a GPU: Llama's blocks with grouped queries in bf16, compiled, keys and values in a cache of fixed size,
a whole step (the argmax too) recorded as a CUDA graph, and the faster of two ways of attention.

Each line of the input asks for a round, in JSON: {"shape": {"dim", "layers", "heads", "kv_heads", "hidden", "vocab"}, "batch",
"past", "write", "seconds"}: as many texts write `write` tokens behind `past` of them, again and again for so many seconds.
"""

import functools
import json
import statistics
import time

import torch
import torch.nn.functional as F

import peer_serving as serving

EPS = 1e-5


def grouped_attention(q, keys, values, mask):
    """q [batch, heads, size], keys and values [batch, kv_heads, length, size], mask [length]: two batched products."""
    batch, heads, size = q.shape
    q = q.view(batch, keys.shape[1], heads // keys.shape[1], size)
    scores = (q @ keys.transpose(-2, -1)).float() * size**-0.5 + mask
    return (scores.softmax(-1).to(q.dtype) @ values).view(batch, heads * size)


def fused_attention(q, keys, values, mask):
    batch, heads, size = q.shape
    groups = heads // keys.shape[1]
    y = F.scaled_dot_product_attention(q[:, :, None], keys, values, attn_mask=mask.to(q.dtype).expand(batch, 1, 1, -1),
                                       enable_gqa=groups > 1)
    return y.reshape(batch, heads * size)


ATTENTIONS = {"products": grouped_attention, "fused": fused_attention}


def rotate(x, cos, sin):
    low, high = x.chunk(2, -1)
    return torch.cat((low * cos - high * sin, high * cos + low * sin), -1)


def block(attend, heads, kv_heads, x, weights, keys, values, position, cos, sin, mask):
    """x [batch, dim] at `position` [1]; its keys and values join the cache."""
    norm, qkv, o, mlp_norm, up, down = weights
    batch, size = x.shape[0], keys.shape[-1]
    h = F.linear(F.rms_norm(x, (x.shape[1],), norm, EPS), qkv).view(batch, heads + 2 * kv_heads, size)
    q, k, v = h.split((heads, kv_heads, kv_heads), 1)
    keys.index_copy_(2, position, rotate(k, cos, sin)[:, :, None])
    values.index_copy_(2, position, v[:, :, None])
    x = x + F.linear(attend(rotate(q, cos, sin), keys, values, mask), o)
    gate, up = F.linear(F.rms_norm(x, (x.shape[1],), mlp_norm, EPS), up).chunk(2, -1)
    return x + F.linear(F.silu(gate) * up, down)


def head(x, norm, weight):
    return F.linear(F.rms_norm(x, (x.shape[1],), norm, EPS), weight).argmax(-1)


class Weights:
    def __init__(self, shape, device):
        def matrix(rows, columns):
            return torch.empty(rows, columns, device=device, dtype=torch.bfloat16).normal_(0, 0.02)

        def gain():
            return torch.ones(shape["dim"], device=device, dtype=torch.bfloat16)

        dim, hidden, size = shape["dim"], shape["hidden"], shape["dim"] // shape["heads"]
        self.layers = [(gain(), matrix((shape["heads"] + 2 * shape["kv_heads"]) * size, dim), matrix(dim, dim), gain(),
                        matrix(2 * hidden, dim), matrix(dim, hidden)) for _ in range(shape["layers"])]
        self.embedding, self.norm, self.head = matrix(shape["vocab"], dim), gain(), matrix(shape["vocab"], dim)


class Decoding:
    """Texts that write together: what a step reads and writes stays where it is, so that it can be recorded."""

    def __init__(self, shape, weights, batch, length, attend, device):
        self.shape, self.weights, self.device, self.length = shape, weights, device, length
        size = shape["dim"] // shape["heads"]
        self.cache = [tuple(torch.zeros(batch, shape["kv_heads"], length, size, device=device, dtype=torch.bfloat16)
                            for _ in range(2)) for _ in range(shape["layers"])]
        angles = torch.outer(torch.arange(length).double(), 10000.0 ** (-torch.arange(0, size, 2).double() / size))
        self.cos, self.sin = (t.to(device, torch.bfloat16) for t in (angles.cos(), angles.sin()))
        self.places = torch.arange(length, device=device)
        self.tokens = torch.zeros(batch, dtype=torch.long, device=device)
        self.position = torch.zeros(1, dtype=torch.long, device=device)
        self.block = torch.compile(functools.partial(block, attend, shape["heads"], shape["kv_heads"]), dynamic=False)
        self.head = torch.compile(head, dynamic=False)
        self.replay = self.record() if device == "cuda" else self.step

    @torch.inference_mode()
    def step(self):
        x = F.embedding(self.tokens, self.weights.embedding)
        cos, sin = self.cos[self.position], self.sin[self.position]
        mask = torch.zeros(self.length, device=self.device).masked_fill_(self.places > self.position, float("-inf"))
        for weights, (keys, values) in zip(self.weights.layers, self.cache):
            x = self.block(x, weights, keys, values, self.position, cos, sin, mask)
        self.tokens.copy_(self.head(x, self.weights.norm, self.weights.head))
        self.position += 1

    def record(self):
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step()
        return graph.replay

    def tokens_per_second(self, past, write):
        self.position.fill_(past)
        serving.wait(self.device)
        start = time.perf_counter()
        for _ in range(write):
            self.replay()
        serving.wait(self.device)
        return write * len(self.tokens) / (time.perf_counter() - start)


def main():
    device = serving.device_from_arguments(__doc__)
    torch._dynamo.config.recompile_limit = 64

    @functools.lru_cache(maxsize=None)
    def weights_of(shape):
        return Weights(json.loads(shape), device)

    @functools.lru_cache(maxsize=None)
    def decoding_of(shape, batch, length):
        """The faster of the attentions, and what each reached."""
        found, speeds = {}, {}
        for name, attend in ATTENTIONS.items():
            found[name] = Decoding(json.loads(shape), weights_of(shape), batch, length, attend, device)
            speeds[name] = max(found[name].tokens_per_second(0, length) for _ in range(3))
        best = max(speeds, key=speeds.get)
        return found[best], best, speeds

    def answer(shape, batch, past, write, seconds):
        decoding, best, speeds = decoding_of(json.dumps(shape), batch, past + write)
        rates, end = [], time.perf_counter() + seconds
        while len(rates) < 2 or time.perf_counter() < end:
            rates.append(decoding.tokens_per_second(past, write))
        return {"tokens_per_second": statistics.median(rates), "attention": best, "attention_tokens_per_second": speeds}

    serving.serve(answer, device)


if __name__ == "__main__":
    main()
