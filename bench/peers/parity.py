"""The same training steps in PyTorch, in double precision, to hold Persea's losses and weights to.

  parity.py make DIR [--steps N]    writes DIR/model, DIR/batches.bin and DIR/settings.json: where both start from
  parity.py compare DIR             runs the steps in float64 (and in float32, as a yardstick of what rounding alone does),
                                    reads DIR/losses.json and DIR/out, prints one line of JSON
"""

import argparse
import json
import os

import numpy
import safetensors.numpy
import safetensors.torch
import torch

import llama

SHAPE = llama.Shape(dim=128, layers=4, heads=4, hidden=384, vocab=2048)


def make(folder, steps):
    torch.manual_seed(20)
    settings = {
        "steps": steps, "sequences": 8, "length": 128, "lr": 1e-3, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8,
        "weight_decay": 0.1, "clip": 1.0,
        "algorithm": "AdamW: p -= lr * (m' / (sqrt(v') + eps) + weight_decay * p) with bias-corrected m', v', after the gradient "
                     "is scaled to a global norm of at most clip; weight decay on matrices (the tied embedding among them), not "
                     "on the gains of norms; the learning rate is constant",
    }
    model = llama.Llama(SHAPE, settings["length"])
    os.makedirs(os.path.join(folder, "model"), exist_ok=True)
    safetensors.torch.save_file(llama.hugging_face_tensors(model), os.path.join(folder, "model", "model.safetensors"),
                                metadata={"format": "pt"})
    with open(os.path.join(folder, "model", "config.json"), "w") as file:
        json.dump(llama.hugging_face_config(SHAPE, settings["length"]), file, indent=2)
    with open(os.path.join(folder, "settings.json"), "w") as file:
        json.dump(settings, file, indent=2)
    # Tokens as text has them: few of them often, many of them seldom, and each partly told by the one before it.
    random = numpy.random.default_rng(20)
    size = (steps, settings["sequences"], settings["length"] + 1)
    tokens = numpy.minimum(random.zipf(1.3, size) - 1, SHAPE.vocab - 1)
    follows = random.random(size) < 0.5
    for i in range(1, size[2]):
        tokens[:, :, i] = numpy.where(follows[:, :, i], (tokens[:, :, i - 1] * 7 + 3) % SHAPE.vocab, tokens[:, :, i])
    tokens.astype("<i4").tofile(os.path.join(folder, "batches.bin"))


def train(folder, settings, dtype):
    """The losses before each step and the weights after all, from DIR/model."""
    torch.set_default_dtype(dtype)
    model = llama.Llama(SHAPE, settings["length"])
    with torch.no_grad():
        start = safetensors.torch.load_file(os.path.join(folder, "model", "model.safetensors"))
        load(model, start)
    optimizer = torch.optim.AdamW(llama.parameter_groups(model, settings["weight_decay"]), lr=settings["lr"],
                                  betas=(settings["beta1"], settings["beta2"]), eps=settings["eps"], foreach=False, fused=False)
    tokens = numpy.fromfile(os.path.join(folder, "batches.bin"), dtype="<i4").astype(numpy.int64)
    tokens = torch.from_numpy(tokens.reshape(settings["steps"], settings["sequences"], settings["length"] + 1))
    losses = []
    for batch in tokens:
        loss = model(batch[:, :-1], batch[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings["clip"])
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    weights = {name: tensor.numpy().astype(numpy.float64) for name, tensor in llama.hugging_face_tensors(model).items()}
    torch.set_default_dtype(torch.float32)
    return losses, weights


def load(model, tensors):
    """Fills the model from tensors by their Hugging Face names."""
    model.embedding.weight.copy_(tensors["model.embed_tokens.weight"])
    model.norm.weight.copy_(tensors["model.norm.weight"])
    for i, block in enumerate(model.blocks):
        at = f"model.layers.{i}."
        block.attention_norm.weight.copy_(tensors[at + "input_layernorm.weight"])
        block.qkv.weight.copy_(torch.cat([tensors[at + f"self_attn.{part}_proj.weight"] for part in "qkv"]))
        block.o.weight.copy_(tensors[at + "self_attn.o_proj.weight"])
        block.mlp_norm.weight.copy_(tensors[at + "post_attention_layernorm.weight"])
        block.up.weight.copy_(torch.cat([tensors[at + f"mlp.{part}_proj.weight"] for part in ("gate", "up")]))
        block.down.weight.copy_(tensors[at + "mlp.down_proj.weight"])


def worst(weights, reference):
    """The largest relative error of a tensor, norm(difference) / norm(reference), and the tensor's name."""
    missing = sorted(set(reference) - set(weights))
    if missing:
        raise SystemExit(f"{missing[0]} is missing in what was written")
    errors = {}
    for name, expected in reference.items():
        got = weights[name].astype(numpy.float64)
        if got.shape != expected.shape:
            raise SystemExit(f"{name} has the shape {got.shape}, not {expected.shape}")
        errors[name] = float(numpy.linalg.norm(got - expected) / numpy.linalg.norm(expected))
    name = max(errors, key=lambda key: errors[key] if errors[key] == errors[key] else float("inf"))
    return errors[name], name


def compare(folder):
    with open(os.path.join(folder, "settings.json")) as file:
        settings = json.load(file)
    losses, weights = train(folder, settings, torch.float64)
    losses32, weights32 = train(folder, settings, torch.float32)
    with open(os.path.join(folder, "losses.json")) as file:
        own_losses = json.load(file)["losses"]
    if len(own_losses) != len(losses):
        raise SystemExit(f"{len(own_losses)} losses were written, not {len(losses)}")
    own = safetensors.numpy.load_file(os.path.join(folder, "out", "model.safetensors"))
    start = safetensors.numpy.load_file(os.path.join(folder, "model", "model.safetensors"))
    loss_error = lambda found: max(abs(a - b) / abs(b) for a, b in zip(found, losses))
    print(json.dumps({
        "first_loss": losses[0], "last_loss": losses[-1],
        "moved": worst(start, weights)[0],
        "loss_error": loss_error(own_losses), "weight_error": worst(own, weights),
        "float32_loss_error": loss_error(losses32), "float32_weight_error": worst(weights32, weights),
    }))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["make", "compare"])
    parser.add_argument("folder")
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    make(args.folder, args.steps) if args.action == "make" else compare(args.folder)


if __name__ == "__main__":
    main()
