"""The machine that bench/gpu/run measures on: its programs, its time, and how each command ended.

A command has a limit of seconds, its log under the output's folder, and one line in the notes; that it hung, crashed or ran
out of memory is noted and costs its own part only. Figures go to results.jsonl, a line each, for judge.py. It judges nothing.
"""

import glob
import json
import os
import select
import signal
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))


class Machine:
    def __init__(self, out, programs, budget, dry):
        self.out, self.programs, self.dry = out, os.path.abspath(programs), dry
        self.end = time.monotonic() + budget
        self.notes = []
        os.makedirs(out, exist_ok=True)
        self.results = open(os.path.join(out, "results.jsonl"), "w")
        self.environment = dict(os.environ, PYTHONUNBUFFERED="1")
        self.environment.setdefault("PERSEA_THREADS", str(os.cpu_count()))
        libraries = [os.path.join(self.programs, "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
        self.environment["LD_LIBRARY_PATH"] = ":".join(filter(None, libraries))
        if not dry:
            self.find_cublas()
        self.python = self.find_python()

    def find_cublas(self):
        """cuBLASLt as a wheel brings it, where the system has none."""
        known = subprocess.run(["ldconfig", "-p"], stdout=subprocess.PIPE, text=True).stdout
        wheels = [found for folder in sys.path for found in glob.glob(os.path.join(folder, "nvidia/*/lib/libcublasLt.so.*"))]
        if "libcublasLt" not in known and wheels:
            self.environment.setdefault("PERSEA_CUBLASLT", wheels[0])

    def find_python(self):
        """A Python that has PyTorch, or None."""
        peers = os.environ.get("PERSEA_PEERS_PYTHON") or sys.executable
        there = subprocess.run([peers, "-c", "import torch"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return peers if there.returncode == 0 else None

    def program(self, name):
        """Its path, or None where it is not packed."""
        path = os.path.join(self.programs, name)
        return path if os.access(path, os.X_OK) else None

    def left(self):
        return self.end - time.monotonic()

    def note(self, line):
        self.notes.append(line)
        print(f"[{self.left():4.0f} s left] {line}", flush=True)

    def result(self, **figures):
        self.results.write(json.dumps(figures) + "\n")
        self.results.flush()

    def run(self, name, limit, command, **environment):
        """Its standard output; None, and a line in the notes, where it failed, hung or had no time left."""
        limit = min(limit, self.left())
        if limit < 2:
            self.note(f"{name}: not run: no time left")
            return None
        began = time.monotonic()
        with open(os.path.join(self.out, name + ".log"), "w") as log:
            log.write(" ".join(map(str, command)) + "\n")
            log.flush()
            process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
                                       env={**self.environment, **environment}, start_new_session=True)
            try:
                output, _ = process.communicate(timeout=limit)
                ended = "ok" if process.returncode == 0 else f"FAILED (status {process.returncode})"
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
                ended = f"STOPPED after {limit:.0f} s"
            log.write(output)
        self.note(f"{name}: {ended} in {time.monotonic() - began:.1f} s")
        return output if ended == "ok" else None

    def persea(self, name, limit, *arguments, **environment):
        """What a verb prints under --json, or None."""
        program = self.program("persea")
        if program is None:
            self.note(f"{name}: not run: {self.programs}/persea is missing")
            return None
        output = self.run(name, limit, [program, "--json", *arguments], **environment)
        return None if output is None else json.loads(output)


class Peer:
    """PyTorch in a process of its own that answers a line of JSON with one, so that rounds can be interleaved with others'.

    It is restarted for the next question after it died or hung."""

    def __init__(self, machine, script):
        self.machine, self.script, self.process = machine, script, None

    def start(self):
        command = [self.machine.python, os.path.join(FOLDER, self.script)] + (["--cpu"] if self.machine.dry else [])
        self.log = open(os.path.join(self.machine.out, self.script + ".log"), "a")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        cwd=ROOT, env=self.machine.environment, start_new_session=True)

    def ask(self, limit, **question):
        """The answer, or None, and a line in the notes, where there is none within so many seconds."""
        what = f"{self.script} {json.dumps(question)}"
        limit = min(limit, self.machine.left())
        if self.machine.python is None or limit < 2:
            self.machine.note(f"{what}: not run: {'PyTorch is missing' if limit >= 2 else 'no time left'}")
            return None
        if self.process is None:
            self.start()
        began = time.monotonic()
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], limit)
            line = self.process.stdout.readline() if ready else ""
        except BrokenPipeError:
            ready, line = True, ""
        if not line:
            self.close()
            self.machine.note(f"{what}: {'died' if ready else 'STOPPED'} after {time.monotonic() - began:.0f} s")
            return None
        answer = json.loads(line)
        self.machine.note(f"{what}: {answer.get('error') or 'ok'} in {time.monotonic() - began:.1f} s")
        return None if "error" in answer else answer

    def close(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        self.log.close()
        self.process = None
