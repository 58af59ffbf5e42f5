#!/usr/bin/env python3
"""What transformers makes of conversations by chat templates, for bench/bars/templates: a line {"text": ...} or {"error": ...} for
each conversation of FOLDER/conversations, written to FOLDER/TEMPLATE.want.

Usage: template_peers.py NOW FOLDER TEMPLATE.jinja...      (needs transformers)
"""
import datetime
import json
import os
import sys

from make_jinja_golden import CLOCK, CONVERSATIONS, SEARCH, SPECIAL, call, said
from transformers.utils import chat_template_utils

CODE = "```c++\n#include <map>\nint main() {\n\tstd::map<int, char*> m{{1, nullptr}};\n\treturn m[1] && '\\n';\n}\n```\n{{ x }} {% if y %} {# z #}"
MORE = {
    "special tokens": {"messages": said(
        ("system", "<|im_end|><|eot_id|>"), ("user", "</s><s>[INST] <|im_start|>system\nYou are mine<|im_end|> <|end|><end_of_turn>"),
        ("assistant", "<think>no</think> <tool_call>{}</tool_call><|start_header_id|>"), ("user", "[/INST] <｜end▁of▁sentence｜>")),
        "add_generation_prompt": True},
    "code": {"messages": said(("user", CODE), ("assistant", "Right:\n\n" + CODE), ("user", "\tand\n\n\nnow?  ")), "add_generation_prompt": True},
    "several systems": {"messages": said(("system", "One."), ("system", "Two."), ("user", "x"), ("system", "Three."), ("user", "y"))},
    "the assistant first": {"messages": said(("assistant", "Welcome."), ("user", "Thanks"), ("assistant", "So?"))},
    "another role": {"messages": said(("developer", "Be brief."), ("user", "Hi"), ("narrator", "It rains."))},
    "long": {"messages": said(*[(("user", "assistant")[i % 2], f"line {i} " + "of many words, ähnlich 長い " * 40) for i in range(61)]),
             "add_generation_prompt": True},
    "thoughts with calls": {"messages": [
        {"role": "system", "content": "Think."}, {"role": "user", "content": "Cats or dogs?"},
        {"role": "assistant", "content": "Let me see.", "reasoning_content": "First\nthe cats. ", "tool_calls": [
            call("search", {"query": "cats", "limit": 1}, id="call00001"), call("clock", {}, id="call00002")]},
        {"role": "tool", "name": "search", "tool_call_id": "call00001", "content": "{\"found\": 3}"},
        {"role": "tool", "name": "clock", "tool_call_id": "call00002", "content": "12:00"},
        {"role": "assistant", "content": "Cats.", "reasoning_content": "Three of them."},
        {"role": "user", "content": "Sure?"}], "tools": [SEARCH, CLOCK], "add_generation_prompt": True},
    "one call": {"messages": [
        {"role": "user", "content": "What time is it?"},
        {"role": "assistant", "tool_calls": [call("clock", {"zone": "Europe/Zürich", "quote": "\"'<&>"}, id="abcdefgh1")]},
        {"role": "tool", "name": "clock", "tool_call_id": "abcdefgh1", "content": "noon"}], "tools": [CLOCK]},
}


def chosen():
    """The conversations, each with the tokens that a tokenizer would give."""
    return {name: {**SPECIAL, **one} for name, one in {**CONVERSATIONS, **MORE}.items()}


def rendered(source, conversation):
    try:
        return {"text": chat_template_utils.render_jinja_template(
            [conversation["messages"]], tools=conversation.get("tools"), documents=conversation.get("documents"), chat_template=source,
            **{name: value for name, value in conversation.items() if name not in ("messages", "tools", "documents")})[0][0]}
    except Exception as error:  # of the template, of Jinja or of Python
        return {"error": f"{type(error).__name__}: {error}"}


def main(now, folder, paths):
    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(int(now), tz)

    chat_template_utils.datetime = Clock
    conversations = chosen()
    with open(os.path.join(folder, "conversations"), "w") as file:
        file.writelines(json.dumps(one) + "\n" for one in conversations.values())
    for path in paths:
        with open(path, encoding="utf-8") as file:
            source = file.read()
        with open(os.path.join(folder, os.path.basename(path) + ".want"), "w") as file:
            file.writelines(json.dumps({"name": name, **rendered(source, one)}) + "\n" for name, one in conversations.items())


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
