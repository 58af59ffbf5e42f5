"""The official OpenAI client for Python against the server that OPENAI_BASE_URL names. Prints [check, whether it holds, what was
seen] a line."""

import base64
import json
import os
import struct

import openai

client = openai.OpenAI(max_retries=0, timeout=120)
MODEL = "tiny"
HELLO = [{"role": "user", "content": "Where is the red ball?"}]
GREEDY = dict(model=MODEL, messages=HELLO, temperature=0, max_tokens=24)
SCHEMA = {"type": "object", "properties": {"colour": {"enum": ["red", "green", "blue"]}, "count": {"type": "integer", "minimum": 0, "maximum": 9}},
          "required": ["colour", "count"], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "find", "description": "Finds a thing.", "parameters": {
    "type": "object", "properties": {"colour": {"enum": ["red", "green"]}}, "required": ["colour"], "additionalProperties": False}}}
CHECKS = []


def check(name):
    def add(function):
        CHECKS.append((name, function))
        return function
    return add


@check("models")
def models():
    names = [model.id for model in client.models.list()]
    return names == [MODEL] and client.models.retrieve(MODEL).id == MODEL, names


@check("chat")
def chat():
    reply = client.chat.completions.create(**GREEDY)
    choice = reply.choices[0]
    fine = (choice.message.role == "assistant" and choice.finish_reason in ("stop", "length")
            and reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens)
    return fine, reply.model_dump_json()


@check("chat, streamed")
def streamed():
    whole = client.chat.completions.create(**GREEDY).choices[0].message.content
    text, usage = "", None
    for chunk in client.chat.completions.create(**GREEDY, stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
    return text == whole and usage.completion_tokens > 0, [text, whole]


@check("a stream that is left")
def left():
    stream = client.chat.completions.create(**{**GREEDY, "max_tokens": 900}, stream=True, logit_bias={"0": -100})
    next(iter(stream))
    stream.close()
    return client.chat.completions.create(**{**GREEDY, "max_tokens": 1}).usage.completion_tokens <= 1, ""


@check("n, seed and stop")
def choices():
    asked = dict(model=MODEL, messages=HELLO, n=3, seed=5, max_tokens=12, stop=["."])
    first, second = (client.chat.completions.create(**asked) for _ in range(2))
    texts = [[choice.message.content for choice in reply.choices] for reply in (first, second)]
    return len(texts[0]) == 3 and texts[0] == texts[1] and not any("." in text for text in texts[0]), texts


@check("logprobs")
def logprobs():
    content = client.chat.completions.create(**GREEDY, logprobs=True, top_logprobs=2).choices[0].logprobs.content
    return all(entry.logprob <= 0 and entry.top_logprobs[0].token == entry.token for entry in content), str(content[:2])


@check("tools")
def tools():
    message = client.chat.completions.create(model=MODEL, messages=HELLO, tools=[TOOL], tool_choice="required").choices[0].message
    call = message.tool_calls[0]
    answer = client.chat.completions.create(model=MODEL, max_tokens=8, tools=[TOOL], messages=[
        *HELLO, message, {"role": "tool", "tool_call_id": call.id, "content": "in the box"}])
    return (call.function.name == "find" and json.loads(call.function.arguments)["colour"] in ("red", "green")
            and answer.choices[0].finish_reason is not None), message.model_dump_json()


@check("tools, streamed")
def tools_streamed():
    name, arguments, finish = "", "", None
    for chunk in client.chat.completions.create(model=MODEL, messages=HELLO, tools=[TOOL], parallel_tool_calls=False, stream=True,
                                                tool_choice={"type": "function", "function": {"name": "find"}}):
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            for call in choice.delta.tool_calls or []:
                name += call.function.name or ""
                arguments += call.function.arguments or ""
    return name == "find" and "colour" in json.loads(arguments) and finish == "tool_calls", [name, arguments, finish]


@check("a schema")
def schema():
    reply = client.chat.completions.create(model=MODEL, messages=HELLO, temperature=1.5, response_format={
        "type": "json_schema", "json_schema": {"name": "thing", "strict": True, "schema": SCHEMA}})
    value = json.loads(reply.choices[0].message.content)
    return value["colour"] in ("red", "green", "blue") and 0 <= value["count"] <= 9, value


@check("a schema from a class")
def parsed():
    import pydantic

    class Thing(pydantic.BaseModel):
        name: str = pydantic.Field(max_length=12)
        big: bool

    thing = client.chat.completions.parse(model=MODEL, messages=HELLO, response_format=Thing).choices[0].message.parsed
    return isinstance(thing, Thing), str(thing)


@check("completions")
def completions():
    reply = client.completions.create(model=MODEL, prompt=["Once", "Twice"], max_tokens=6, echo=True)
    text = "".join(chunk.choices[0].text for chunk in client.completions.create(model=MODEL, prompt="Once", max_tokens=6, stream=True))
    return [choice.text[:4] for choice in reply.choices] == ["Once", "Twic"] and isinstance(text, str), reply.model_dump_json()


@check("embeddings")
def embeddings():
    decoded = client.embeddings.create(model=MODEL, input=["one", "two"]).data
    plain = client.embeddings.create(model=MODEL, input="one", encoding_format="float").data[0].embedding
    raw = client.embeddings.with_raw_response.create(model=MODEL, input="one", encoding_format="base64")
    packed = struct.unpack(f"<{len(plain)}f", base64.b64decode(json.loads(raw.content)["data"][0]["embedding"]))
    near = max(abs(a - b) for a, b in zip(plain, packed))
    return len(decoded) == 2 and near < 1e-6 and abs(sum(x * x for x in plain) - 1) < 1e-3, near


@check("responses")
def responses():
    reply = client.responses.create(model=MODEL, instructions="Be brief.", input="Where?", max_output_tokens=16, temperature=0)
    text, last = "", None
    for event in client.responses.create(model=MODEL, instructions="Be brief.", input="Where?", max_output_tokens=16, temperature=0,
                                         stream=True):
        text += event.delta if event.type == "response.output_text.delta" else ""
        last = event
    return text == reply.output_text and last.response.usage.output_tokens == reply.usage.output_tokens, [text, reply.output_text]


@check("responses with tools")
def responses_tools():
    tool = {"type": "function", **TOOL["function"], "strict": True}
    reply = client.responses.create(model=MODEL, input="Where?", tools=[tool], tool_choice="required", parallel_tool_calls=False)
    call = next(item for item in reply.output if item.type == "function_call")
    again = client.responses.create(model=MODEL, max_output_tokens=8, tools=[tool], input=[
        {"role": "user", "content": "Where?"}, call, {"type": "function_call_output", "call_id": call.call_id, "output": "here"}])
    return call.name == "find" and "colour" in json.loads(call.arguments) and again.status in ("completed", "incomplete"), str(call)


def raises(kind, function, **expected):
    try:
        function()
    except kind as error:
        seen = {name: getattr(error, name, None) for name in expected}
        return seen == expected, str(error)
    except Exception as error:  # another kind is what the check is about
        return False, repr(error)
    return False, "nothing was raised"


@check("error: no such model")
def no_model():
    return raises(openai.NotFoundError, lambda: client.chat.completions.create(**{**GREEDY, "model": "none"}), code="model_not_found")


@check("error: a wrong value")
def wrong_value():
    return raises(openai.BadRequestError, lambda: client.chat.completions.create(**{**GREEDY, "temperature": 9}), param="temperature")


@check("error: too long a prompt")
def too_long():
    return raises(openai.BadRequestError, lambda: client.chat.completions.create(**{**GREEDY, "messages": [
        {"role": "user", "content": "word " * 5000}]}), code="context_length_exceeded", param="messages")


@check("error: a wrong key")
def wrong_key():
    return raises(openai.AuthenticationError, lambda: client.with_options(api_key="sk-none").models.list(), code="invalid_api_key")


@check("error: a used-up quota")
def quota():
    narrow = client.with_options(api_key=os.environ["NARROW_KEY"])

    def twice():
        for _ in range(2):
            narrow.chat.completions.create(**GREEDY)
    return raises(openai.RateLimitError, twice, code="rate_limit_exceeded")


for name, function in CHECKS:
    try:
        holds, seen = function()
    except Exception as error:  # one check's failure leaves the others
        holds, seen = False, repr(error)
    print(json.dumps([name, bool(holds), str(seen)]), flush=True)
