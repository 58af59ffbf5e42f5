"""What llama.cpp makes of a GGUF file that Persea wrote: the same model in other types, its perplexity, the tokens of a text, the
text it goes on with. Speeds are others' business, so its threads may sleep while they wait.
"""

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import bar
from inference_peers import llama_program

RECIPE = """
[corpus]
valid_fraction = 0.002

[tokenizer]
vocab = 4096

[model]
dim = 256
hidden = 768
layers = 4
heads = 4
context = 512

[pretrain]
steps = {steps}
batch_tokens = 4096
sequence = 512
optimizer = "muon"
lr = 0.004
muon_lr = 0.02
warmup_steps = 20
eval_tokens = 16384

[report]
sample_tokens = 16
"""
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "passive"}


def trained_model(folder, text, steps):
    """A model whose rows are made of whole blocks of every type, as an F32 file; made once, as inference_peers.model_file."""
    folder = os.environ.get("PERSEA_BENCH_MODELS") or folder
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"english-{steps}-F32.gguf")
    if not os.path.exists(path):
        recipe, lab = (os.path.join(folder, f"english-{steps}") + end for end in (".toml", "-lab"))
        with open(recipe, "w") as file:
            file.write(RECIPE.format(steps=steps))
        bar.persea("run", recipe, "--text", text, "--lab", lab, "--threads", 2, "--quiet")
        bar.persea("export", "model", "--lab", lab, "--gguf", path + ".part", "--type", "f32")
        os.rename(path + ".part", path)
    return path


def quantized(folder, path, name):
    """The F32 file with all its matrices in the type `name`, as llama.cpp rounds them."""
    made = os.path.join(folder, f"model-{name}.gguf")
    bar.run([llama_program("llama-quantize"), "--pure", path, made, name, "2"])
    return made


def llama_perplexity(path, text, context):
    """(perplexity, pieces). It writes from a thread that it does not wait for at its end, so that its last lines may be missing."""
    command = [llama_program("llama-perplexity"), "-m", path, "-t", "2", "-c", str(context), "-f", text]
    for _ in range(3):
        printed = bar.run(["sh", "-c", 'exec "$0" "$@" 2>&1', *command], env=ENVIRONMENT)
        pieces = re.search(r"perplexity over (\d+) chunks", printed)
        found = pieces and re.search(rf"\[{pieces[1]}\]([^,\s]+),|Final estimate: PPL = (\S+)", printed)
        if found:
            return float(found[1] or found[2]), int(pieces[1])
    raise bar.CannotMeasure(f"llama-perplexity printed no perplexity: {printed[-200:]}")


class LlamaServer:
    """llama-server with one model on a free port, keys and values in f32."""

    def __init__(self, path, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url, self.log = f"http://127.0.0.1:{port}", open(os.path.join(folder, "llama-server.log"), "w")
        self.process = subprocess.Popen([llama_program("llama-server"), "-m", path, "-t", "2", "--port", str(port), "-np", "1", "-ctk", "f32",
                                         "-ctv", "f32", "-fa", "off"], stdout=self.log, stderr=self.log, env=ENVIRONMENT)

    def __enter__(self):
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(self.url + "/health").close()
                return self
            except urllib.error.URLError:
                time.sleep(0.2)
        self.__exit__()
        raise bar.CannotMeasure("llama-server does not start")

    def __exit__(self, *ignored):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def ask(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def tokens(self, text):
        """Ids of a text, the beginning token first where the model has one; names of special tokens are common text."""
        return self.ask("/tokenize", {"content": text, "add_special": True, "parse_special": False})["tokens"]

    def greedy(self, prompt, count):
        return self.ask("/completion", {"prompt": prompt, "n_predict": count, "temperature": 0, "cache_prompt": False})["content"]
