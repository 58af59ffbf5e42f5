"""PyTorch's side of bench/gpu/run, one line of JSON each: matrix products, attention, and whole training steps of the
architecture in bench/peers/llama.py, compiled, with autocast to bf16, fused AdamW and its fastest attention."""

import argparse
import json
import os
import statistics
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import llama


def seconds_of(call, seconds):
    for _ in range(3):
        call()
    torch.cuda.synchronize()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(10):
            call()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) / 10)
    return statistics.median(times)


def show(name, seconds, flops):
    print(json.dumps({"kernel": name, "microseconds": round(seconds * 1e6, 1), "teraflops": round(flops / seconds / 1e12, 1)}), flush=True)


def kernels(seconds):
    def tensor(*shape):
        return torch.randn(*shape, device="cuda", dtype=torch.bfloat16)

    a, b = tensor(8192, 8192), tensor(8192, 8192)
    show("peak bf16", seconds_of(lambda: a @ b.T, seconds), 2 * 8192**3)
    for outputs, inputs in [(2304, 768), (768, 2048), (6144, 2048), (2048, 5632)]:
        x, w = tensor(16384, inputs), tensor(outputs, inputs)
        show(f"product bf16 [16384, {inputs}] x [{outputs}]", seconds_of(lambda: F.linear(x, w), seconds), 2 * 16384 * outputs * inputs)
    for sequences, length, heads, width in [(16, 1024, 12, 64), (4, 4096, 16, 128)]:
        q, k, v = (tensor(sequences, heads, length, width).requires_grad_() for _ in range(3))
        flops = 2 * sequences * length * length * heads * width
        name = f"bf16, {sequences} x {length} tokens, {heads} heads of {width}"
        with torch.no_grad():
            show("attention forward " + name, seconds_of(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True), seconds), flops)
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        gradient = torch.randn_like(out)
        show("attention backward " + name,
             seconds_of(lambda: torch.autograd.grad(out, (q, k, v), gradient, retain_graph=True), seconds), 2.5 * flops)


def training(args):
    shape = llama.Shape(dim=args.dim, layers=args.layers, heads=args.heads, hidden=args.hidden, vocab=args.vocab)
    torch.set_float32_matmul_precision("high")
    model = llama.Llama(shape, args.length, llama.Options(attention="sdpa", norm="torch", head="logits")).cuda()
    loss_of = torch.compile(model)
    optimizer = torch.optim.AdamW(llama.parameter_groups(model, 0.1), lr=3e-4, betas=(0.9, 0.95), fused=True)
    data = torch.randint(0, args.vocab, (4, args.batch, args.length + 1), device="cuda")
    micro = args.batch // args.micro

    def step(i):
        total = 0.0
        for part in data[i % 4].split(args.micro):
            with torch.autocast("cuda", dtype=torch.bfloat16):
                loss = loss_of(part[:, :-1], part[:, 1:]) / micro
            loss.backward()
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return total.item()

    for i in range(3):
        loss = step(i)
    times, end = [], time.perf_counter() + args.seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        loss = step(len(times))
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    rate = args.batch * args.length / statistics.median(times)
    print(json.dumps({"tokens_per_second": round(rate), "median_step_ms": round(1e3 * statistics.median(times), 2),
                      "teraflops": round(rate * shape.flops_per_token(args.length) / 1e12, 1), "loss": loss,
                      "peak_memory_bytes": torch.cuda.max_memory_allocated()}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["kernels", "train"])
    for name, value in dict(dim=768, layers=12, heads=12, hidden=2048, vocab=32768, batch=32, micro=16, length=1024).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    torch.manual_seed(1)
    kernels(min(args.seconds, 0.5)) if args.what == "kernels" else training(args)


if __name__ == "__main__":
    main()
