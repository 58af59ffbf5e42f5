"""PyTorch's training step on the CPU, timed: forward, backward, AdamW, of the architecture in llama.py.

  train_step.py SHAPE [options] --seconds S     warms up, steps for S seconds, prints one line of JSON
  train_step.py SHAPE [options] --serve         warms up, prints "ready", then reads a number of seconds from each line of
                                                its input and answers with a line of JSON: so that rounds can be interleaved

What only the environment can set (allocator, OpenMP) is the caller's: see training_peers.py.
"""

import argparse
import json
import resource
import statistics
import sys
import time

import torch

import llama
from training_peers import SHAPES


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("shape", choices=sorted(SHAPES))
    parser.add_argument("--attention", choices=["manual", "sdpa"], default="manual")
    parser.add_argument("--norm", choices=["manual", "torch"], default="manual")
    parser.add_argument("--head", choices=["logits", "chunked"], default="logits")
    parser.add_argument("--compile", choices=["none", "default", "max-autotune"], default="none")
    parser.add_argument("--optimizer", choices=["fused", "foreach", "single"], default="fused")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32", help="bf16: autocast")
    parser.add_argument("--micro", type=int, default=1, help="micro-batches in a step, their gradients added up")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--serve", action="store_true")
    return parser.parse_args()


class Trainer:
    def __init__(self, args):
        entry = SHAPES[args.shape]
        self.shape, self.batch, self.length = llama.Shape(**entry["shape"]), entry["batch"], entry["length"]
        options = llama.Options(attention=args.attention, norm=args.norm, head=args.head)
        self.model = llama.Llama(self.shape, self.length, options)
        self.loss = self.model
        if args.compile in ("default", "max-autotune"):
            self.loss = torch.compile(self.model, mode=None if args.compile == "default" else args.compile)
        self.optimizer = torch.optim.AdamW(
            llama.parameter_groups(self.model, 0.1), lr=3e-4, betas=(0.9, 0.95),
            fused=args.optimizer == "fused", foreach=args.optimizer == "foreach")
        self.data = torch.randint(0, self.shape.vocab, (16, self.batch, self.length + 1))
        self.micro, self.steps = args.micro, 0
        self.autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.precision == "bf16")

    def step(self):
        tokens = self.data[self.steps % len(self.data)]
        self.steps += 1
        total = 0.0
        for part in tokens.chunk(self.micro):
            with self.autocast:
                loss = self.loss(part[:, :-1], part[:, 1:]) / self.micro
            loss.backward()
            total += loss.item()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total

    def measure(self, seconds):
        times = []
        end = time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            loss = self.step()
            times.append(time.perf_counter() - start)
        median = statistics.median(times)
        tokens = self.batch * self.length
        return {
            "tokens_per_second": tokens / median,
            "best_tokens_per_second": tokens / min(times),
            "median_step_ms": 1e3 * median,
            "steps": len(times),
            "gflops": tokens * self.shape.flops_per_token(self.length) / median / 1e9,
            "loss": loss,
            "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


def main():
    args = parse()
    torch.manual_seed(1)
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    trainer = Trainer(args)
    for _ in range(args.warmup):
        trainer.step()
    if not args.serve:
        print(json.dumps(trainer.measure(args.seconds)))
        return
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(trainer.measure(float(line))), flush=True)


if __name__ == "__main__":
    main()
