"""Speeds of one stream, Persea's and llama.cpp's, in turns on the same files of random weights (make_gguf.py).

llama.cpp's programs are taken by their path: PERSEA_LLAMA_CPP names the folder that they lie in.
"""

import json
import os
import statistics

import bar

END_TOKEN = 31999  # of the files that make_gguf.py writes
TYPES = {"q8": "Q8_0", "q4": "Q4_0", "f16": "F16", "f32": "F32"}


def llama_program(name):
    path = os.path.join(os.environ.get("PERSEA_LLAMA_CPP", ""), name)
    if not os.access(path, os.X_OK):
        raise bar.CannotMeasure(f"{name} is missing: build llama.cpp and name the folder of its programs in PERSEA_LLAMA_CPP")
    return path


def llama_bench():
    return llama_program("llama-bench")


def model_file(folder, shape, weights):
    """A file of random weights, made once: PERSEA_BENCH_MODELS names a folder that keeps them for the next bar."""
    folder = os.environ.get("PERSEA_BENCH_MODELS") or folder
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{shape}-{TYPES[weights]}.gguf")
    if not os.path.exists(path):
        bar.run([bar.peers_python(), os.path.join(bar.FOLDER, "make_gguf.py"), shape, TYPES[weights], path + ".part"])
        os.rename(path + ".part", path)
    return path


def persea_speed(path, weights, prompt, write, seconds):
    return bar.persea_json("bench", "inference", path, "--weights", weights, "--threads", 2, "--prompt", prompt, "--write",
                           write, "--seconds", seconds)


def llama_speed(path, prompt, write, repeat):
    """Tokens/s of reading (write = 0) or writing (prompt = 0)."""
    made = bar.run([llama_program("llama-bench"), "-m", path, "-t", "2", "-p", str(prompt), "-n", str(write), "-r", str(repeat), "-o", "json"])
    return json.loads(made)[0]["avg_ts"]


def median(values):
    return statistics.median(values)
