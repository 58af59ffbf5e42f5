"""PyTorch's training steps on a GPU: the architecture in bench/peers/llama.py compiled as a whole, autocast to bf16 with a
residual stream of bf16, fused AdamW over float32 weights, and the faster of FlashAttention and cuDNN's attention.

Each line of the input asks one thing, in JSON:
  {"what": "warm", SETTING}                 compiles; the step is kept
  {"what": "round", SETTING, "seconds": S}  steps for S seconds: tokens per second, the median step, memory
  {"what": "largest", SHAPE, "length": T}   the most sequences of one pass that fit the GPU, and the memory that they take
with SETTING = SHAPE, "length", "batch", "micro" and SHAPE = "shape": {"dim", "layers", "heads", "hidden", "vocab"}.
"""

import functools
import json
import statistics
import time

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

import peer_serving as serving

import llama  # bench/peers, which serving has put on the path


class Attentions:
    """The fastest of PyTorch's attentions at a shape, by a measurement of attention alone, forward and backward."""

    BACKENDS = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}

    def __init__(self, shape, length, micro):
        self.milliseconds = {}
        q, k, v = (torch.randn(micro, shape.heads, length, shape.dim // shape.heads, device="cuda", dtype=torch.bfloat16,
                               requires_grad=True) for _ in range(3))
        for name, backend in self.BACKENDS.items():
            try:
                with sdpa_kernel(backend):
                    self.milliseconds[name] = 1e3 * self.seconds_of(q, k, v)
            except RuntimeError:
                pass  # not of this shape, or not in this build
        self.best = min(self.milliseconds, key=self.milliseconds.get)

    @staticmethod
    def seconds_of(q, k, v):
        times = []
        for _ in range(8):
            torch.cuda.synchronize()
            start = time.perf_counter()
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            torch.autograd.grad(y, (q, k, v), y)
            torch.cuda.synchronize()
            times.append(time.perf_counter() - start)
        return statistics.median(times[3:])


class Trainer:
    def __init__(self, shape, length, device, micro):
        self.shape, self.length, self.device = shape, length, device
        options = llama.Options(attention="sdpa", norm="torch", head="logits")
        with torch.device(device):
            self.model = llama.Llama(shape, length, options)
        # Autocast leaves the sum of the blocks' outputs in the embedding's float32; in bf16 it is faster and smaller.
        self.model.embedding.register_forward_hook(lambda module, inputs, out: out.to(torch.bfloat16))
        self.compiled = torch.compile(self.model)
        self.optimizer = torch.optim.AdamW(llama.parameter_groups(self.model, 0.1), lr=3e-4, betas=(0.9, 0.95),
                                           fused=device == "cuda")
        self.attentions = Attentions(shape, length, micro) if device == "cuda" else None
        self.any_micro = False  # one compilation for any number of sequences

    def step(self, tokens, micro):
        """One update from tokens [batch, length + 1], so many sequences at once; the mean loss in nats per token."""
        parts = tokens.split(micro)
        total = 0.0
        for part in parts:
            with torch.autocast(self.device, dtype=torch.bfloat16):
                loss = self.attending(part[:, :-1].contiguous(), part[:, 1:].contiguous()) / len(parts)
            loss.backward()
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total.item()

    def attending(self, inputs, targets):
        if self.any_micro:
            torch._dynamo.mark_dynamic(inputs, 0)
            torch._dynamo.mark_dynamic(targets, 0)
        if self.attentions is None:
            return self.compiled(inputs, targets)
        with sdpa_kernel(Attentions.BACKENDS[self.attentions.best]):
            return self.compiled(inputs, targets)

    def random_tokens(self, batch):
        return torch.randint(0, self.shape.vocab, (batch, self.length + 1), device=self.device)

    def measure(self, batch, micro, seconds):
        data = [self.random_tokens(batch) for _ in range(4)]
        for i in range(2):
            self.step(data[i], micro)
        if self.device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        times, end = [], time.perf_counter() + seconds
        while len(times) < 3 or time.perf_counter() < end:
            start = time.perf_counter()
            loss = self.step(data[len(times) % 4], micro)
            serving.wait(self.device)
            times.append(time.perf_counter() - start)
        median = statistics.median(times)
        return {"tokens_per_second": batch * self.length / median, "median_step_ms": 1e3 * median, "steps": len(times),
                "loss": loss, **self.memory(), **self.chosen()}

    def memory(self):
        if self.device == "cpu":
            return {}
        return {"allocated_bytes": torch.cuda.max_memory_allocated(), "reserved_bytes": torch.cuda.max_memory_reserved()}

    def chosen(self):
        return {} if self.attentions is None else {"attention": self.attentions.best,
                                                   "attention_ms": self.attentions.milliseconds}


class LargestPass:
    """The most sequences that pass through the model at once: estimated from two small passes, then tried."""

    def __init__(self, trainer):
        self.trainer = trainer
        trainer.any_micro = True

    def peak_of(self, micro):
        """Memory of a step of one pass, allocated and reserved; None where it does not fit."""
        torch.cuda.reset_peak_memory_stats()
        tokens = self.trainer.random_tokens(micro)
        try:
            for _ in range(2):
                self.trainer.step(tokens, micro)
            return self.trainer.memory()
        except torch.OutOfMemoryError:
            return None
        finally:
            self.trainer.optimizer.zero_grad(set_to_none=True)
            serving.forget("cuda")

    def find(self):
        self.peak_of(2)  # moments are made by the first step
        few, some = (self.peak_of(n)["allocated_bytes"] for n in (4, 8))
        room = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved()
        micro, tried = int(8 + (room - some) / ((some - few) / 4)), []
        for _ in range(12):
            peak = self.peak_of(micro)
            tried.append(micro)
            if peak is not None:
                return {"micro": micro, "tried": tried, **peak, **self.trainer.chosen()}
            micro -= max(1, micro // 50)
        raise RuntimeError(f"nothing fits: {tried}")


@functools.lru_cache(maxsize=None)
def trainer_of(shape, length, device, micro):
    return Trainer(llama.Shape(**dict(json.loads(shape))), length, device, micro)


def main():
    device = serving.device_from_arguments(__doc__)
    torch.set_float32_matmul_precision("high")
    torch._dynamo.config.recompile_limit = 64  # one class of model, many shapes
    torch._dynamo.config.automatic_dynamic_shapes = False  # each shape is compiled for itself

    def answer(what, shape, length, batch=2, micro=1, seconds=0.0):
        if what == "largest":
            if device == "cpu":
                return {"micro": 2}
            return LargestPass(Trainer(llama.Shape(**shape), length, device, 4)).find()
        trainer = trainer_of(json.dumps(shape), length, device, micro)
        if what == "warm":
            trainer.step(trainer.random_tokens(micro), micro)
            return trainer.chosen()
        return trainer.measure(batch, micro, seconds)

    serving.serve(answer, device)


if __name__ == "__main__":
    main()
