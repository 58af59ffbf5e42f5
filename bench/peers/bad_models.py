"""Models that are no good, as somebody might hand them over: files cut off, with bytes changed, with lengths beyond measure, and
with chat templates that would never end. Loading one has to fail in a line of words, or to work; never to crash or to hang.
"""

import json
import os
import random
import resource
import shutil
import struct
import subprocess

import bar

MEMORY, SECONDS = 8 << 30, 60  # that loading a model of some hundred kilobytes may take

# Templates that are refused when they are parsed, and those that fail when they are rendered.
UNPARSED = ["{% if x %}", "{{ " + "(" * 100_000, "{{ x|sparkle }}", "{% include 'a' %}", "{{ '" + "a" * 300_000 + "' }}", "{" * 50_000 + "% for",
            "{% if a %}" * 5000 + "{% endif %}" * 5000]
ENDLESS = ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 2) }}{% endmacro %}{{ m(0) }}",
           "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}x{% endfor %}{% endfor %}{% endfor %}",
           "{% set n = namespace(x='ab') %}{% for i in range(999) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}", "{{ 'a' * 10 ** 12 }}",
           "{{ [0] * 10 ** 12 }}", "{{ '%999999999d' % 1 }}", "{{ '{:>999999999}'.format(1) }}", "{{ 'x'.center(10 ** 12) }}", "{{ range(10 ** 15)|list }}",
           "{{ range(10 ** 9)|map('string')|join(',') }}", "{{ 2 ** 10 ** 10 }}", "{{ ('a' * 99999).replace('a', 'b' * 99999) }}",
           "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x|tojson }}",
           "{% for i in range(99999) %}{{ ('ab' * i)|upper|lower|title|wordcount }}{% endfor %}", "{{ 'a'|indent(10 ** 12) }}", "{{ ''.join(['a' * 9999] * 99999) }}"]


def damaged(data, draw):
    """The bytes of a file, made bad in one of several ways."""
    data, header = bytearray(data), min(len(data), 4096)
    way = draw.randrange(5)
    if way == 0:
        return data[:draw.randrange(len(data)) if draw.random() < 0.5 else draw.randrange(header)]
    if way == 1:
        at = draw.randrange(max(1, header - 8))
        data[at:at + 8] = struct.pack("<Q", draw.choice([0, 1, 2**31, 2**32, 2**40, 2**63, 2**64 - 1, draw.randrange(2**64)]))
    elif way == 2:
        at, size = draw.randrange(header), draw.randint(1, 64)
        data[at:at] = data[at:at + size] * draw.randint(1, 3)
    elif way == 3:
        at = draw.randrange(header)
        del data[at:at + draw.randint(1, 64)]
    else:
        for _ in range(draw.randint(1, 16)):
            data[draw.randrange(header if draw.random() < 0.7 else len(data))] = draw.randrange(256)
    return data


def load(model):
    """What is wrong with how a model is loaded, or ""; and whether it was."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        done = subprocess.run([bar.persea_path(), "generate", model, "-p", "a", "-n", "1", "--threads", "1"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=SECONDS, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return f"took more than {SECONDS} s", False
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode == 0:
        return "", True
    if done.returncode == 1 and said.startswith("persea: ") and "\n" not in said:
        return "", False
    return f"exit status {done.returncode}: {said[-200:]}", False


def files(folder, lab, count, seed):
    """Rows (kind, tried, loaded all the same, [what was wrong]) for `count` bad files of each kind."""
    draw, rows = random.Random(seed), []
    gguf, directory = os.path.join(folder, "good.gguf"), os.path.join(folder, "good")
    bar.persea("export", "--lab", lab, "--gguf", gguf)
    bar.persea("export", "--lab", lab, "--hf", directory)
    kinds = [("GGUF", gguf)] + [(name, os.path.join(directory, name)) for name in ("model.safetensors", "tokenizer.json", "config.json", "tokenizer_config.json")]
    for kind, path in kinds:
        with open(path, "rb") as file:
            good = file.read()
        loaded, wrong = 0, []
        for number in range(count):
            bad = damaged(good, draw)
            with open(path, "wb") as file:
                file.write(bad)
            fault, worked = load(path if kind == "GGUF" else directory)
            loaded += worked
            if fault:
                kept = os.path.join(bar.ROOT, "build", f"bad-{kind}-{number}")
                shutil.copy(path, kept)
                wrong.append(f"{fault}: {kept}")
        with open(path, "wb") as file:
            file.write(good)
        rows.append((kind, count, loaded, wrong))
    return rows


def with_template(folder, source):
    """The model directory, with this chat template."""
    directory = os.path.join(folder, "good")
    with open(os.path.join(directory, "chat_template.jinja"), "w") as file:
        file.write(source)
    return directory
