"""A real `persea serve` with small models, and clients that speak HTTP by hand: these send what no library would, count every
byte and go away when they like. The load of the bars that ask for thousands of answers.
"""

import asyncio
import json
import os
import signal
import subprocess
import urllib.parse
import urllib.request

import bar

RECIPE = """
[corpus]
source = "smallworld"
documents = 3000

[tokenizer]
vocab = 1024

[model]
dim = {dim}
layers = 2
heads = 2
context = 1024

[pretrain]
steps = {steps}
batch_tokens = 2048
sequence = 256
"""


def train(folder, steps=4, dim=64):
    """A lab with a tiny model in it; after 4 steps what it says is nonsense, after some hundred it is sentences."""
    recipe, lab = os.path.join(folder, "tiny.toml"), os.path.join(folder, "lab")
    with open(recipe, "w") as file:
        file.write(RECIPE.format(steps=steps, dim=dim))
    bar.persea("run", recipe, "--lab", lab, "--threads", 2, "--quiet")
    return lab


class Server:
    """`persea serve` on a free port; what it complains of is in `complaints` once it has ended."""

    def __init__(self, lab, *arguments):
        os.makedirs(lab, exist_ok=True)
        self.process = subprocess.Popen([bar.persea_path(), "serve", *map(str, arguments), "--lab", lab, "--port", "0", "--json", "--quiet",
                                         "--threads", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise bar.CannotMeasure("persea serve: " + self.process.stderr.read().strip())
        self.url = json.loads(line)["url"]
        self.host, self.port = "127.0.0.1", urllib.parse.urlsplit(self.url).port
        self.complaints, self.told = "", False

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.stop()
        self.complaints = self.process.communicate(timeout=120)[1]

    def stop(self):
        """Tells it to finish and end; it takes a second word for the order to end at once, and gets none."""
        if not self.told and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.told = True

    def ended_well(self):
        return self.process.returncode == 0

    def resident(self):
        """Bytes of memory that the server has."""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def figures(self):
        """{name: sum over its labels} of /metrics."""
        figures = {}
        with urllib.request.urlopen(self.url + "/metrics") as reply:
            for line in reply.read().decode().splitlines():
                if line and not line.startswith("#"):
                    name, value = line.rsplit(" ", 1)
                    name = name.split("{")[0]
                    figures[name] = figures.get(name, 0) + float(value)
        return figures


class Gone(Exception):
    """The server ended the connection before the reply was whole."""


class Connection:
    """One connection, kept alive; its address of origin may be any of this machine's own."""

    @classmethod
    async def open(cls, server, origin=None):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(server.host, server.port, limit=1 << 26,
                                                                 local_addr=(origin, 0) if origin else None)
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *ignored):
        self.close()

    def close(self):
        self.writer.transport.abort()

    def write(self, data):
        self.writer.write(data)

    def send(self, path, body=None, **headers):
        """A request with a JSON body (bytes go out as they are), or a GET where there is none."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: localhost"]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    async def reply(self):
        """(status, headers, body), the body whole."""
        try:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            status = int(head[0].split()[1])
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            if "chunked" not in headers.get("transfer-encoding", ""):
                return status, headers, await self.reader.readexactly(int(headers.get("content-length", 0)))
            body = b""
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
            return status, headers, body
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Gone(str(error)) from None

    async def ask(self, path, body=None, **headers):
        """(status, headers, the JSON of the reply)."""
        self.send(path, body, **headers)
        status, headers, text = await self.reply()
        return status, headers, json.loads(text) if text.startswith((b"{", b"[")) else text.decode()


def origin_of(number):
    """An address of this machine alone, one for each number: to the server each is another client."""
    return f"127.{1 + number // 62500 % 200}.{number // 250 % 250}.{2 + number % 250}"
