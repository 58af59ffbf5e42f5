#!/usr/bin/env python3
"""The table of the GPU's bars from the results of one or several calls of bench/gpu/run: judge.py OUT/results.jsonl...

Each bar has its figure, what is wanted and a verdict: "holds", "does not", or "not run" where something it needs is missing.
The exit status is 0 where all hold. A share is of what the GPU's maker states; what was measured stands beside it.
"""

import json
import os
import statistics
import sys

import shapes

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import bar


class Results:
    def __init__(self, paths):
        self.lines = [json.loads(line) for path in paths for line in open(path)]
        machine = next((line for line in self.lines if line["part"] == "machine"), {"gpu": "unknown", "dry": False})
        self.gpu, self.dry = machine["gpu"], machine["dry"]
        self.plan = shapes.DRY if self.dry else shapes.FULL

    def of(self, **wanted):
        return [line for line in self.lines if all(line.get(key) == value for key, value in wanted.items())]

    def median(self, key, **wanted):
        """Of the rounds; None where there are none."""
        values = [line[key] for line in self.of(**wanted)]
        return statistics.median(values) if values else None


def at_least(name, figure, wanted, form, beside=""):
    verdict = "not run" if figure is None else "holds" if figure >= wanted else "does not"
    return (name, "-" if figure is None else form.format(figure), "at least " + form.format(wanted), verdict, beside)


def at_most(name, figure, wanted, form, beside=""):
    verdict = "not run" if figure is None else "holds" if figure <= wanted else "does not"
    return (name, "-" if figure is None else form.format(figure), "at most " + form.format(wanted), verdict, beside)


def checks(results):
    for part, name in (("checks", "kernels right on the GPU"), ("sanitize", "no wrong access, no race")):
        ran = results.of(part=part)
        failed = [line["name"] for line in ran if not line["passed"]]
        skipped = [line["name"] for line in ran if line["skipped"]]
        verdict = "not run" if not ran else "does not" if failed else "holds"
        beside = ", ".join([f"failed: {name}" for name in failed] + [f"some skipped: {name}" for name in skipped])
        yield (name, f"{len(ran) - len(failed)} of {len(ran)} programs", "all", verdict, beside)


def training(results):
    flops, _ = shapes.stated(results.gpu)
    for s in results.plan["training"]:
        own, other = (results.median("tokens_per_second", part="train", shape=s.name, length=s.length, side=side)
                      for side in ("persea", "pytorch"))
        ratio = own / other if own and other else None
        attention = next((line["attention"] for line in results.of(part="train", shape=s.name, length=s.length, side="pytorch")
                          if "attention" in line), "")
        yield at_least(f"training {s.name}, {s.length}", ratio, shapes.RATIO, "{:.2f}x",
                       f"{own or 0:,.0f} to {other or 0:,.0f} tokens/s {attention}")
        rate = own * shapes.flops_per_token(s.shape, s.length) / 1e12 if own else None
        measured = results.median("peak_gflops", part="train", shape=s.name, length=s.length, side="persea")
        beside = f"{rate:.1f} TFLOP/s; of a measured product's {measured / 1e3:.0f}: {1e3 * rate / measured:.1%}" if rate else ""
        yield at_least(f"MFU {s.name}, {s.length}", rate / flops if rate and flops else None, s.mfu, "{:.1%}", beside)


def memory(results):
    found = results.of(part="memory")
    figure, beside = None, ""
    if found and "allocated_bytes" in found[-1]["other"]:
        own, other = found[-1]["own"], found[-1]["other"]
        figure = own / other["allocated_bytes"]
        beside = (f"{found[-1]['shape']}, {found[-1]['micro']} x {found[-1]['length']} tokens: {own / 2**30:.1f} GiB to "
                  f"{other['allocated_bytes'] / 2**30:.1f} allocated, {other['reserved_bytes'] / 2**30:.1f} reserved "
                  f"({own / other['reserved_bytes']:.2f}x)")
    yield at_most("memory at PyTorch's largest pass", figure, shapes.MEMORY, "{:.2f}x", beside)


def decoding(results):
    _, stated = shapes.stated(results.gpu)
    for batch in results.plan["batches"]:
        own, other = (results.median("tokens_per_second", part="decode", side=side, weights="bf16", batch=batch)
                      for side in ("persea", "pytorch"))
        yield at_least(f"decoding bf16, batch {batch}", own / other if own and other else None, shapes.DECODE_RATIO, "{:.2f}x",
                       f"{own or 0:,.0f} to {other or 0:,.0f} tokens/s")
    for weights in ("bf16", "q8", "q4"):
        for batch in results.plan["batches"]:
            rounds = dict(part="decode", side="persea", weights=weights, batch=batch)
            share, bandwidth = (results.median(key, **rounds) for key in ("bandwidth_share", "bandwidth_gb_per_second"))
            rate = results.median("tokens_per_second", **rounds)
            beside = ""
            if rate:
                beside = f"{rate:,.0f} tokens/s; measured {bandwidth:,.0f} GB/s"
                beside += f", of the stated {stated:,}: {share * bandwidth / stated:.1%}" if stated else ""
            if batch == 1 and weights == "bf16":
                yield at_least("share of bandwidth, bf16, batch 1", share, shapes.DECODE_SHARE, "{:.1%}", beside)
            elif rate:
                yield (f"  {weights}, batch {batch}", f"{share:.1%}", "", "", beside)


def loss(results):
    """The largest relative difference of a step's losses."""
    found = results.of(part="loss")
    figure, beside = None, ""
    if found:
        pairs = list(zip(found[-1]["cuda"], found[-1]["cpu"]))
        figure = max(abs(a - b) / b for a, b in pairs)
        beside = f"{len(pairs)} steps; the last {pairs[-1][0]:.4f} to {pairs[-1][1]:.4f} from {pairs[0][1]:.4f} nats"
    yield at_most("losses, bf16 on the GPU to f32 on the CPU", figure, shapes.LOSS, "{:.2%}", beside)


def judge(paths):
    results = Results(paths)
    rows = [row for part in (checks, training, memory, decoding, loss) for row in part(results)]
    print(f"\nGPU: {results.gpu}" + (" (dry: tiny shapes, no figure means anything)" if results.dry else ""))
    bar.table(("bar", "figure", "wanted", "verdict", ""), rows)
    return 0 if all(row[3] in ("holds", "") for row in rows) else 1


if __name__ == "__main__":
    sys.exit(judge(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
