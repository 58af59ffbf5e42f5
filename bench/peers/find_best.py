#!/usr/bin/env python3
"""Which way of running PyTorch trains fastest here? Rounds of all ways given, interleaved, and their medians.

  find_best.py SHAPE [--rounds 5] [--seconds 3] WAY...      a WAY is words of training_peers.py joined by "+"
"""

import argparse
import statistics
import subprocess
import os

import training_peers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=sorted(training_peers.SHAPES))
    parser.add_argument("ways", nargs="+", metavar="WAY")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()
    python = subprocess.check_output([os.path.join(training_peers.FOLDER, "venv.sh")], text=True).strip()
    peers = []
    for way in training_peers.available(args.ways, python, len(args.ways)):
        peers.append(training_peers.TrainingPeer(args.shape, way, python))
    for _ in range(args.rounds):
        for peer in peers:
            peer.round(args.seconds)
    rows = []
    for peer in peers:
        speeds = [answer["tokens_per_second"] for answer in peer.rounds]
        best = max(answer["best_tokens_per_second"] for answer in peer.rounds)
        memory = max(answer["peak_memory_bytes"] for answer in peer.rounds) / 1e6
        rows.append((statistics.median(speeds), best, memory, peer.way))
        peer.close()
    print(f"{'tok/s':>8} {'best':>8} {'MB':>6}  way at shape {args.shape}")
    for median, best, memory, way in sorted(rows, reverse=True):
        print(f"{median:8.0f} {best:8.0f} {memory:6.0f}  {way}")


if __name__ == "__main__":
    main()
