"""Validation loss of a model directory on a text, by transformers alone: a check on what Persea says of its own model.

  text_loss.py MODEL_DIR TEXT [--part 0.1]     prints one line of JSON: nats per token over the last part of the text, read in
                                               windows of the model's context, one behind the other
"""

import argparse
import json

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("text")
    parser.add_argument("--part", type=float, default=0.1)
    args = parser.parse_args()
    torch.set_num_threads(2)
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{args.model}/tokenizer.json")
    with open(args.text, encoding="utf-8") as file:
        text = file.read()
    text = text[int(len(text) * (1 - args.part)):]
    ids = torch.tensor(tokenizer.encode(text, add_special_tokens=False))
    length = model.config.max_position_embeddings
    rows = (len(ids) - 1) // length
    inputs, targets = ids[: rows * length].view(rows, length), ids[1: rows * length + 1].view(rows, length)
    total = 0.0
    with torch.no_grad():
        for i in range(0, rows, 16):
            logits = model(inputs[i: i + 16]).logits
            total += torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets[i: i + 16].flatten(), reduction="sum").item()
    print(json.dumps({"loss": total / (rows * length), "tokens": rows * length, "characters": len(text)}))


if __name__ == "__main__":
    main()
