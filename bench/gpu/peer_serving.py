"""What PyTorch's sides of bench/gpu/run have in common: a question in a line of JSON, an answer in another."""

import argparse
import gc
import json
import os
import sys
import traceback

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))


def device_from_arguments(description):
    """"cuda", or with --cpu "cpu", where shapes are tiny and only show that everything runs."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--cpu", action="store_true", help="to see whether it runs")
    torch.manual_seed(1)
    return "cpu" if parser.parse_args().cpu else "cuda"


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def forget(device):
    """Gives back what the allocator keeps: others measure next."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()


def serve(answer, device):
    """Answers each line of the input, a JSON object, with answer(**object), or with the error that it ended in."""
    for line in sys.stdin:
        try:
            reply = answer(**json.loads(line))
        except Exception as error:  # out of memory, what cannot be compiled: the next question may go well
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        forget(device)
        print(json.dumps(reply), flush=True)
