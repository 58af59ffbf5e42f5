"""The shapes that training is measured at, and PyTorch's ways to run there. No dependency but the standard library.

A way is an allocator, an OpenMP setting and options of train_step.py, joined by "+": "jemalloc+active+sdpa+compile". The best
two at each shape, found with find_best.py, are in BEST; the bars run both and hold Persea to the faster one.
"""

import json
import os
import signal
import subprocess

FOLDER = os.path.dirname(os.path.abspath(__file__))

SHAPES = {
    "a": {"shape": dict(dim=128, layers=4, heads=4, hidden=384, vocab=2048), "batch": 16, "length": 256},
    "b": {"shape": dict(dim=256, layers=6, heads=8, hidden=704, vocab=4096), "batch": 16, "length": 256},
    "c": {"shape": dict(dim=512, layers=8, heads=8, hidden=1408, vocab=8192), "batch": 16, "length": 256},
    "d": {"shape": dict(dim=768, layers=12, heads=12, hidden=3072, vocab=50257, activation="relu_squared"), "batch": 4,
          "length": 256},
}

KEEP_PAGES = "glibc.malloc.mmap_threshold=8589934592:glibc.malloc.trim_threshold=17179869184"

ENVIRONMENT = {
    # Allocators. Fresh pages cost a training step up to a third of its time: each of these keeps what it once had.
    "glibc-keep": {"GLIBC_TUNABLES": KEEP_PAGES},
    "glibc-huge": {"GLIBC_TUNABLES": KEEP_PAGES + ":glibc.malloc.hugetlb=1"},
    "tcmalloc": {"LD_PRELOAD": "libtcmalloc_minimal.so.4", "TCMALLOC_RELEASE_RATE": "0"},
    "jemalloc": {"LD_PRELOAD": "libjemalloc.so.2",
                 "MALLOC_CONF": "oversize_threshold:0,dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always,metadata_thp:always"},
    # OpenMP: threads bound to cores, and whether an idle one spins.
    "bound": {"OMP_PROC_BIND": "close", "OMP_PLACES": "cores"},
    "active": {"OMP_PROC_BIND": "close", "OMP_PLACES": "cores", "OMP_WAIT_POLICY": "active"},
    "intel-omp": {"LD_PRELOAD": "libiomp5.so", "KMP_BLOCKTIME": "200", "KMP_AFFINITY": "granularity=fine,compact"},
    # MKL runs AVX2 code on processors of other makers than Intel, whatever they can do. This preloads a function that
    # answers MKL's question with yes: no setting that PyTorch or MKL offers, so it is shown and does not count.
    "mkl-override": {"LD_PRELOAD": "mkl_override"},
}

OPTIONS = {
    "sdpa": ["--attention", "sdpa"],
    "rms_norm": ["--norm", "torch"],
    "chunked": ["--head", "chunked"],
    "compile": ["--compile", "default"],
    "autotune": ["--compile", "max-autotune"],
    "micro4": ["--micro", "4"],
    "micro16": ["--micro", "16"],
    "foreach": ["--optimizer", "foreach"],
    "bf16": ["--precision", "bf16"],
}


# The fastest ways found at each shape, best first; the last needs no library that may not be installed.
BEST = {
    name: ["jemalloc+active+sdpa+compile", "tcmalloc+active+sdpa+compile", "glibc-huge+active+sdpa+compile"]
    for name in SHAPES
}


def find_library(name, python):
    """The path of a shared library to preload, or None where this machine has none of that name."""
    if name == "mkl_override":
        path = os.path.join(FOLDER, "..", "..", "build", "mkl_override.so")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        source = "int mkl_serv_intel_cpu_true(void) { return 1; }"
        done = subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", path], input=source, text=True)
        return os.path.abspath(path) if done.returncode == 0 else None
    own = os.path.join(os.path.dirname(os.path.dirname(python)), "lib")
    for folder in (own, "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"):
        if os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    return None


def environment_and_options(way, python):
    """(environment, options of train_step.py) of a way, or None where a library it preloads is not installed."""
    environment = dict(os.environ, OMP_NUM_THREADS="2")
    options, preloads = [], []
    for word in way.split("+") if way else []:
        if word in OPTIONS:
            options += OPTIONS[word]
            continue
        for key, value in ENVIRONMENT[word].items():
            if key == "LD_PRELOAD":
                library = find_library(value, python)
                if library is None:
                    return None
                preloads.append(library)
            else:
                environment[key] = value
    if preloads:
        environment["LD_PRELOAD"] = ":".join(preloads)
    return environment, options


def available(ways, python, count):
    """The first `count` of the ways that this machine has the libraries for."""
    return [way for way in ways if environment_and_options(way, python) is not None][:count]


class TrainingPeer:
    """PyTorch training in a process of its own, which is stopped whenever it is not asked for a round."""

    def __init__(self, shape, way, python):
        self.shape, self.way = shape, way
        environment, options = environment_and_options(way, python)
        command = [python, os.path.join(FOLDER, "train_step.py"), shape, "--serve"] + options
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.read_until_ready()
        self.rounds = []
        self.pause()

    def read_until_ready(self):
        line = self.process.stdout.readline()
        if line.strip() != "ready":
            raise RuntimeError(f"PyTorch ({self.way}) did not start: its own message stands above")

    def pause(self):
        """A spinning OpenMP thread would take a core from whatever is measured next."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def round(self, seconds):
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.pause()
        self.rounds.append(answer)
        return answer

    def close(self):
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
