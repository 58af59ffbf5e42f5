"""What every bar has in common: its arguments, the program it measures, its table and its last line.

A bar prints a table, then `NAME: figure (bar: ...)`, and exits 1 where the figure falls short, 2 where it could not measure.
Bars run under the system's Python with its standard library; the peers live in a virtual environment (venv.sh).
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))


class CannotMeasure(Exception):
    """The bar has no figure: a program is missing or failed. Its text is the line the reader sees."""


def persea_path():
    path = os.environ.get("PERSEA_BIN") or os.path.join(ROOT, "build", "release", "persea")
    if not os.access(path, os.X_OK):
        raise CannotMeasure(f"{path} is missing: build it (cmake --preset release; ninja -C build/release persea) or name "
                            "another in PERSEA_BIN")
    return path


def shared(*parts):
    """A file of the data folder that the bars measure on: PERSEA_SHARED, else ../shared beside the repository."""
    path = os.path.join(os.environ.get("PERSEA_SHARED") or os.path.join(os.path.dirname(ROOT), "shared"), *parts)
    if not os.path.exists(path):
        raise CannotMeasure(f"{path} is missing: name the data folder in PERSEA_SHARED")
    return path


def peers_python():
    done = subprocess.run([os.path.join(FOLDER, "venv.sh")], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise CannotMeasure("the peers' virtual environment could not be made (bench/peers/venv.sh)")
    return done.stdout.strip()


def run(command, **options):
    """A command's standard output; CannotMeasure with its last line of complaint where it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        complaint = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise CannotMeasure(f"{' '.join(command[:4])} ...: {complaint}")
    return done.stdout


def persea(*arguments, **options):
    return run([persea_path(), *map(str, arguments)], **options)


def persea_json(*arguments, **options):
    """The document that a verb prints under --json."""
    return json.loads(persea(*arguments, "--json", **options))


def train_arguments(entry):
    shape = entry["shape"]
    arguments = ["--threads", 2, "--batch", entry["batch"], "--seq", entry["length"]]
    for key in ("dim", "layers", "heads", "hidden", "vocab"):
        arguments += ["--" + key, shape[key]]
    if shape.get("activation", "swiglu") != "swiglu":
        arguments += ["--activation", shape["activation"]]
    return arguments


class Noise:
    """How much of the processors others had while something was measured: without it no figure can be judged."""

    def __enter__(self):
        self.before, self.own = self.counters(), self.children()
        return self

    def __exit__(self, *ignored):
        spent = [after - before for after, before in zip(self.counters(), self.before)]
        total = max(1, sum(spent))
        idle, waiting, stolen = spent[3], spent[4], spent[7]
        busy = (total - idle - waiting - stolen) / os.sysconf("SC_CLK_TCK")
        others = max(0.0, busy - (self.children() - self.own))
        self.text = (f"machine: {model()}, {os.cpu_count()} threads; other processes had "
                     f"{100 * others * os.sysconf('SC_CLK_TCK') / total:.0f}% of it, the host took {100 * stolen / total:.0f}%")

    @staticmethod
    def counters():
        with open("/proc/stat") as stat:
            return [int(field) for field in stat.readline().split()[1:9]]

    @staticmethod
    def children():
        """CPU seconds of this process and of its finished children: close the peers before the noise is read."""
        own, done = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime + done.ru_utime + done.ru_stime


def model():
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def table(headings, rows):
    cells = [list(map(str, row)) for row in [headings, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]
    for row in cells:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip(), flush=True)


class TemporaryFolder:
    """A folder that goes when the bar ends; --keep leaves it and says where."""

    def __init__(self, args):
        self.keep = args.keep

    def __enter__(self):
        os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
        self.path = tempfile.mkdtemp(prefix="bar-", dir=os.path.join(ROOT, "build"))
        return self.path

    def __exit__(self, *ignored):
        if self.keep:
            print(f"kept: {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)


def main(name, measure, extra=None):
    """Runs measure(args) -> (figure, bar, met), all the rest is here."""
    parser = argparse.ArgumentParser(prog=name, description=sys.modules["__main__"].__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a shorter run of at most a minute with the same meaning")
    parser.add_argument("--keep", action="store_true", help="keep the folder that the bar works in")
    if extra:
        extra(parser)
    args = parser.parse_args()
    started = time.time()
    try:
        figure, bar, met = measure(args)
    except CannotMeasure as reason:
        print(f"{name}: no figure: {reason}")
        sys.exit(2)
    print(f"measured on {time.strftime('%Y-%m-%d', time.gmtime(started))} in {time.time() - started:.0f} s"
          + (" (quick)" if args.quick else ""))
    print(f"{name}: {figure} (bar: {bar})")
    sys.exit(0 if met else 1)
