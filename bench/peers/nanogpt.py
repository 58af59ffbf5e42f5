"""nanoGPT's published CPU configuration for Shakespeare by characters, our own implementation of it in PyTorch.

4 blocks of LayerNorm, attention and GELU, 4 heads, width 128, no biases, learned positions, tied head; batches of 12 windows
of 64 characters; AdamW (0.9, 0.99), weight decay 0.1 on matrices, clip 1; 2000 iterations, learning rate 1e-3 after 100 of
warm-up, along a cosine to 1e-4; no dropout. The first 90% of the text is trained on, the last 10% validates.

  nanogpt.py TEXT --target 1.88 [--compile] [--threads N]

Prints one line of JSON: the seconds of training until the validation loss first is at most the target (null: never), and
where it ended. Validation, compilation and reading do not count as training time. Each validation reads the same windows,
64 characters each, one behind the other over all of the last 10%.
"""

import argparse
import json
import math
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

LAYERS, HEADS, DIM, BLOCK, BATCH = 4, 4, 128, 64, 12
ITERATIONS, WARMUP, RATE, LEAST_RATE = 2000, 100, 1e-3, 1e-4


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(DIM, bias=False), nn.LayerNorm(DIM, bias=False)
        self.qkv, self.out = nn.Linear(DIM, 3 * DIM, bias=False), nn.Linear(DIM, DIM, bias=False)
        self.up, self.down = nn.Linear(DIM, 4 * DIM, bias=False), nn.Linear(4 * DIM, DIM, bias=False)

    def forward(self, x):
        batch, length, _ = x.shape
        q, k, v = (t.view(batch, length, HEADS, DIM // HEADS).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(DIM, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(batch, length, DIM))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.embedding, self.position = nn.Embedding(vocab, DIM), nn.Embedding(BLOCK, DIM)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(DIM, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                into_residual = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(parameter, 0.0, 0.02 / (math.sqrt(2 * LAYERS) if into_residual else 1.0))

    def forward(self, tokens, targets):
        x = self.embedding(tokens) + self.position.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.embedding.weight)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


def rate(step):
    if step < WARMUP:
        return RATE * (step + 1) / (WARMUP + 1)
    return LEAST_RATE + 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (ITERATIONS - WARMUP))) * (RATE - LEAST_RATE)


def windows(data, starts):
    index = starts[:, None] + torch.arange(BLOCK)
    return data[index], data[index + 1]


@torch.no_grad()
def validate(model, data):
    starts = torch.arange(0, len(data) - BLOCK - 1, BLOCK)
    total = 0.0
    for part in starts.split(256):
        total += model(*windows(data, part)).item() * len(part)
    return total / len(starts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--target", type=float, default=1.88)
    parser.add_argument("--iterations", type=int, default=ITERATIONS, help="stop early; the schedule stays that of 2000")
    parser.add_argument("--eval-every", type=int, default=25)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(1337)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    with open(args.text, encoding="utf-8") as file:
        text = file.read()
    ids = {c: i for i, c in enumerate(sorted(set(text)))}
    data = torch.tensor([ids[c] for c in text])
    train, valid = data[: int(0.9 * len(data))], data[int(0.9 * len(data)):]

    model = Gpt(len(ids))
    loss_of = torch.compile(model) if args.compile else model
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    gains = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": gains, "weight_decay": 0.0}],
                                  lr=RATE, betas=(0.9, 0.99), fused=True)
    for _ in range(3):  # compiles and takes memory; the gradients are dropped
        loss_of(*windows(train, torch.randint(len(train) - BLOCK - 1, (BATCH,)))).backward()
    optimizer.zero_grad(set_to_none=True)

    seconds, reached, best = 0.0, None, float("inf")
    start = time.perf_counter()
    for step in range(args.iterations):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        loss = loss_of(*windows(train, torch.randint(len(train) - BLOCK - 1, (BATCH,))))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if (step + 1) % args.eval_every == 0 or step + 1 == args.iterations:
            seconds += time.perf_counter() - start
            valid_loss = validate(model, valid)
            best = min(best, valid_loss)
            if reached is None and valid_loss <= args.target:
                reached = {"seconds": seconds, "step": step + 1, "valid_loss": valid_loss}
            start = time.perf_counter()
    print(json.dumps({"reached": reached, "seconds": seconds, "steps": args.iterations, "best_valid_loss": best,
                      "step_ms": 1e3 * seconds / args.iterations}))


if __name__ == "__main__":
    main()
