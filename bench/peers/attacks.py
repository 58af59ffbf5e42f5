"""Bad requests of all kinds to a server. Each attack yields (what, whether the server did as it should, what was seen); how
long one may take is its own business: whoever runs it has a clock.
"""

import asyncio
import json
import random

import serving

ATTACKS = []
CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
HELLO = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4, "temperature": 0}
ONCE = {"prompt": "Once", "max_tokens": 4, "temperature": 0}


def attack(name):
    def add(function):
        ATTACKS.append((name, function))
        return function
    return add


async def answer(server, path, body, seconds=30):
    """(status, JSON or text) on a connection of its own; (0, why) where there is none in time."""
    try:
        async with await serving.Connection.open(server, serving.origin_of(random.randrange(1000))) as connection:
            status, _, reply = await asyncio.wait_for(connection.ask(path, body), seconds)
            return status, reply
    except (serving.Gone, ConnectionError) as error:
        return 0, f"gone: {error}"
    except asyncio.TimeoutError:
        return 0, f"no answer in {seconds} s"


def refuses(reply, param=None):
    status, document = reply
    error = document.get("error", {}) if isinstance(document, dict) else {}
    return status in (400, 413, 422) and bool(error.get("message")) and (param is None or error.get("param") == param)


@attack("malformed JSON")
async def malformed(server, draw):
    good = json.dumps({**HELLO, "tools": [{"type": "function", "function": {"name": "f"}}]}).encode()
    bad = [good[:i] for i in range(0, len(good), 7)] + [b"", b"null", b"[]", b"1", b'"x"', b"{}", good + b"}", b"{" * 100_000, b"[" * 1_000_000,
           b'{"a":' * 50_000, good.replace(b"0", b"NaN"), good.replace(b"0", b"1e999"), good.replace(b"0", b"-"), good.replace(b'"', b"'"),
           b'{"messages": [{"role": "user", "content": "' + b"\\" * 9999]
    for body in bad:
        yield f"{body[:40]}", refuses(seen := await answer(server, CHAT, body)), seen
    for _ in range(200):  # and at random: whatever it is, it is answered
        body = bytearray(good)
        for _ in range(draw.randint(1, 8)):
            body[draw.randrange(len(body))] = draw.randrange(256)
        yield f"{bytes(body)}", (seen := await answer(server, CHAT, bytes(body)))[0] in (200, 400), seen


@attack("bad UTF-8")
async def utf8(server, draw):
    for text in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80abc", b"\\ud800", b"\\udc00x", b"\x01"):
        body = b'{"prompt": "a' + text + b'", "max_tokens": 1}'
        yield f"{text}", refuses(seen := await answer(server, TEXT, body)), seen


@attack("too long a prompt")
async def long(server, draw):
    for over in (0, 1, 500):
        seen = await answer(server, TEXT, {**ONCE, "prompt": [5] * (1024 + over)})
        yield f"{1024 + over} tokens", refuses(seen, "prompt") and f" {over + 1} more than" in seen[1]["error"]["message"], seen
    for name, unit in (("words", "word "), ("one letter", "a"), ("spaces", " "), ("line ends", "\n"), ("letters", "abcdefghij" * 9),
                       ("accents", "e\u0301"), ("one accent", "\u0301"), ("emoji", "\U0001f468\u200d"), ("digits", "1234567")):
        text = unit * (10_000_000 // len(json.dumps(unit, ensure_ascii=False).encode()[1:-1]))
        for path, body, param in ((TEXT, {**ONCE, "prompt": text}, "prompt"), (CHAT, {"messages": [{"role": "user", "content": text}]}, "messages"),
                                  ("/v1/embeddings", {"input": text}, "input"), ("/v1/responses", {"input": text}, "input")):
            seen = await answer(server, path, body)
            blank = text.isspace() and param in ("messages", "input") and path != "/v1/embeddings"  # the lab's chats cut white space off
            fine = seen[0] == 200 if blank else refuses(seen, param) and seen[1]["error"]["code"] == "context_length_exceeded"
            yield f"10 MB of {name} to {path}", fine, str(seen)[:300]
        yield f"10 MB of {name} to tokenize", (seen := await answer(server, "/tokenize", {"prompt": text}))[0] == 200, str(seen)[:300]
    yield "17 MB", (seen := await answer(server, TEXT, b'{"prompt": "' + b"a" * (17 << 20) + b'"}'))[0] in (0, 413), seen


@attack("unknown fields")
async def unknown(server, draw):
    wanted = await answer(server, CHAT, HELLO)
    seen = await answer(server, CHAT, {**HELLO, "zebra": {"stripes": [1]}, "seed": 1, "metadata": {"a": "b"}, "service_tier": "auto"})
    yield "ignored", wanted[0] == seen[0] == 200 and wanted[1]["choices"] == seen[1]["choices"], seen


@attack("wrong types")
async def types(server, draw):
    def message(**more):
        return {"messages": [HELLO["messages"][0], {"role": "user", "content": "x", **more}]}

    def tool(**more):
        return {"tools": [{"type": "function", "function": {"name": "f", **more}}]}
    cases = [("temperature", {"temperature": "hot"}), ("temperature", {"temperature": 3}), ("top_p", {"top_p": []}), ("n", {"n": 0}), ("n", {"n": 1.5}),
             ("n", {"n": 10**9}), ("max_tokens", {"max_tokens": -1}), ("max_tokens", {"max_tokens": "4"}), ("stream", {"stream": 1}),
             ("stop", {"stop": 5}), ("stop", {"stop": [""]}), ("seed", {"seed": "x"}), ("logit_bias", {"logit_bias": {"x": 1}}),
             ("logit_bias", {"logit_bias": [1]}), ("top_logprobs", {"logprobs": True, "top_logprobs": 99}), ("logprobs", {"logprobs": 2}),
             ("user", {"user": {}}), ("messages", {"messages": {}}), ("messages", {"messages": []}), ("messages[0]", {"messages": [1]}),
             ("messages[1].role", message(role=7)), ("messages[1].role", message(role="king")), ("messages[1].content", message(content=3)),
             ("messages[1].content[0].type", message(content=[{"text": "x"}])), ("messages[1].content[0]", message(content=["x"])),
             ("messages[1].tool_calls", message(role="assistant", tool_calls=5)), ("tools", {"tools": "f"}), ("tools[0]", {"tools": ["f"]}),
             ("tools[0].function.name", tool(name=1)), ("tools[0].function.name", tool(name="a b")),
             ("tools[0].function.parameters", tool(parameters=[])), ("tool_choice", {**tool(), "tool_choice": 5}),
             ("response_format", {"response_format": "json"}), ("response_format.type", {"response_format": {"type": 4}}),
             ("response_format.json_schema", {"response_format": {"type": "json_schema"}}),
             ("response_format.json_schema.schema", {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": []}}}),
             ("stream_options.include_usage", {"stream": True, "stream_options": {"include_usage": "yes"}}), ("model", {"model": 5}),
             ("grammar", {"grammar": 5})]
    for path, change in cases:
        yield f"{json.dumps(change)[:80]}", refuses(seen := await answer(server, CHAT, {**HELLO, **change}), path), seen


@attack("grammars without measure")
async def grammars(server, draw):
    deep = {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"type": "array", "items": {"$ref": "#"}}}}
    wide = {"type": "object", "properties": {f"k{i}": {"type": "string", "pattern": "(a|b|ab)*c"} for i in range(500)}}
    schemas = [deep, wide, {"$ref": "#"}, {"allOf": [{"$ref": "#"}]}, {"type": "string", "pattern": "(a+)+$"}, {"type": "string", "pattern": "(" * 5000},
               {"type": "string", "pattern": "((a{1,1000}){1,1000}){1,1000}"}, {"type": "string", "maxLength": 10**9}, {"enum": list(range(20_000))},
               {"type": "array", "minItems": 10**6}, {"type": "string", "pattern": "[\ud7ff-\uffff]{5000}"},
               {"oneOf": [{"properties": {f"p{i}": {"type": "integer"}}} for i in range(200)]}, {"not": {"not": {"not": {}}}}]
    nested = {}
    for _ in range(300):
        nested = {"type": "array", "items": nested}
    for schema in [*schemas, nested]:
        body = {**HELLO, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}
        yield f"{json.dumps(schema)[:60]}", (seen := await answer(server, CHAT, body))[0] in (200, 400), str(seen)[:200]
    for grammar in ("root ::= root", "root ::= root root | \"a\"", "root ::= a\na ::= b\nb ::= a | \"x\"", "root ::= (" * 10_000, "x", "root ::= \"a\"{1000000}",
                    "root ::= (\"a\"*)*", "root ::= [^\\x00-\\U0010FFFF]", "root ::= \"" + "a" * 1_000_000 + "\"",
                    "root ::= " + " | ".join(f'"{i}" root' for i in range(3000))):
        yield grammar[:40], (seen := await answer(server, TEXT, {**ONCE, "grammar": grammar}))[0] in (200, 400), str(seen)[:200]


@attack("no HTTP")
async def http(server, draw):
    head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    whole = [b"\x16\x03\x01\x02\x00\x01\x00\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
             b"\r\n" * 1000, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
             b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
             b"DELETE /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n", b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n",
             head + b"Content-Length: -1\r\n\r\n", head + b"Content-Length: 99999999999999999999\r\n\r\n", head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
             head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", head + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
             head + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", head + b"Transfer-Encoding: gzip\r\n\r\n", head.replace(b"json", b"xml") + b"Content-Length: 2\r\n\r\n{}",
             b"GET / HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"]
    whole += [bytes(draw.randrange(256) for _ in range(draw.randint(1, 400))) + b"\r\n\r\n" for _ in range(50)]
    for text in whole:
        connection = await serving.Connection.open(server)
        connection.write(text)
        connection.writer.write_eof()
        try:
            seen = await asyncio.wait_for(connection.reader.read(1 << 16), 20)
        except (asyncio.TimeoutError, ConnectionError) as error:
            seen = b"" if isinstance(error, ConnectionError) else b"HTTP/1.1 000 no answer"
        connection.close()
        status = seen[9:12]
        yield f"{text[:50]}", not seen or status[:1] == b"4" or status == b"501" or status == b"505" or (status == b"200" and text[:3] == b"GET"), seen[:200]


@attack("slow clients")
async def slow(server, draw):
    starts = [b"GET / HTTP/1.1\r\nHost: loc", b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"]
    ended = []

    async def drip(number):
        connection = await serving.Connection.open(server, serving.origin_of(number))
        connection.write(starts[number % 2])
        for _ in range(32):
            await asyncio.sleep(0.5)
            if connection.reader.at_eof():
                ended.append(number % 2)
                break
            connection.write(b"a")
            try:
                await asyncio.wait_for(connection.reader.read(4096), 0.01)
            except asyncio.TimeoutError:
                pass
            except ConnectionError:
                ended.append(number % 2)
                break
        connection.close()

    async def sip(number):  # asks for a long stream and does not read it
        connection = await serving.Connection.open(server, serving.origin_of(number))
        connection.reader._transport.pause_reading()
        connection.send(TEXT, {**ONCE, "n": 4, "max_tokens": 900, "stream": True, "logprobs": 10})
        await asyncio.sleep(10)
        connection.close()

    await asyncio.gather(*(drip(number) for number in range(400)), *(sip(number) for number in range(8)))
    yield "slow heads are ended", ended.count(0) == 200, f"{ended.count(0)} of 200 ended in 16 s"


@attack("clients that leave")
async def leave(server, draw):
    async def one(number):
        connection = await serving.Connection.open(server, serving.origin_of(number))
        body = json.dumps({**ONCE, "max_tokens": 900, "stream": number % 2 == 0, "n": draw.randint(1, 4)}).encode()
        text = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        connection.write(text[:draw.randrange(len(text))] if draw.random() < 0.5 else text)
        await asyncio.sleep(draw.random() * 0.3)
        connection.close()

    for _ in range(10):
        await asyncio.gather(*(one(number) for number in range(100)))
    for _ in range(40):  # what nobody waits for is not written
        await asyncio.sleep(0.25)
        figures = server.figures()
        if figures["persea_requests_running"] + figures["persea_requests_waiting"] <= 1:  # the neighbour's
            break
    yield "their texts end", figures["persea_requests_running"] + figures["persea_requests_waiting"] <= 1, str(figures["persea_requests_running"])


@attack("1,000 connections at once")
async def crowd(server, draw):
    connections = [await serving.Connection.open(server, serving.origin_of(number)) for number in range(1000)]

    async def one(connection):
        try:
            status, headers, reply = await asyncio.wait_for(connection.ask(TEXT, ONCE), 60)
            return "refused" if status == 429 and "retry-after" in headers else status
        except (serving.Gone, asyncio.TimeoutError) as error:
            return repr(error)

    seen = await asyncio.gather(*map(one, connections))
    for connection in connections:
        connection.close()
    counts = {str(kind): seen.count(kind) for kind in set(seen)}
    yield "each is answered, or told when to come again", set(counts) <= {"200", "refused"} and counts.get("200", 0) >= 64, str(counts)
    flood = [await serving.Connection.open(server, serving.origin_of(number)) for number in range(2500)]
    for connection in flood:
        connection.send("/health")
    status = {}
    for connection in flood:
        try:
            code = (await asyncio.wait_for(connection.reply(), 20))[0]
        except (serving.Gone, asyncio.TimeoutError) as error:
            code = type(error).__name__
        status[code] = status.get(code, 0) + 1
        if code != 200:
            connection.close()
    for connection in flood:
        connection.close()
    yield "more connections than it takes", status.get(200, 0) >= 1900 and set(status) <= {200, 503, "Gone"}, str(status)
