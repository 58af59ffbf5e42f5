#!/usr/bin/env python3
"""Writes tests/golden/jinja.json: conversations through the templates of tests/golden/jinja, and small templates through
the variables below, by transformers' renderer of chat templates. Null is what it refuses.

Usage: make_jinja_golden.py GOLDEN_FOLDER      (needs transformers)
"""
import json
import pathlib
import sys

from transformers.utils import chat_template_utils

SEARCH = {"type": "function", "function": {
    "name": "search", "description": "Looks things up.\nSlowly.",
    "parameters": {"type": "object", "required": ["query"], "properties": {
        "query": {"type": "string", "description": "what to look for"},
        "limit": {"type": "integer", "default": 3, "description": "at most so many"},
        "order": {"enum": ["new", "old", "größte"], "type": "string", "default": "new"},
        "within": {"type": "array", "items": {"type": "object", "properties": {
            "site": {"type": ["string", "null"]}, "depth": {"type": "number", "nullable": True}}}},
        "items": {"type": "array"}}},
    "return": {"type": "array", "items": {"type": "string"}}}}
CLOCK = {"type": "function", "function": {"name": "clock", "description": "Tells the time.",
                                          "parameters": {"type": "object", "properties": {}}}}


def call(name, arguments, **more):
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


def said(*turns):
    return [{"role": role, "content": content} for role, content in turns]


CONVERSATIONS = {
    "one": {"messages": said(("user", "Hello"))},
    "ask": {"messages": said(("user", "  Hello \n")), "add_generation_prompt": True},
    "system": {"messages": said(("system", "Be brief. "), ("user", "Hi"), ("assistant", "Hi."), ("user", "Bye?")),
               "add_generation_prompt": True},
    "system only": {"messages": said(("system", "Alone."))},
    "long": {"messages": said(*[(("user", "assistant")[i % 2], f"turn {i}") for i in range(9)])},
    "twice the user": {"messages": said(("user", "a"), ("user", "b"))},
    "empty": {"messages": said(("user", ""), ("assistant", ""), ("user", " "))},
    "nothing": {"messages": []},
    "unicode": {"messages": said(("system", "\u2003Γειά σου Κόσμε\u00a0"), ("user", "日本語 😀 <b>&\"'\\ \u2028x"),
                                 ("assistant", "é\u0301 ﬁn\tß İ\r\nzwei\x0bdrei\x85vier"))},
    "null": {"messages": said(("user", "x"), ("assistant", None), ("user", "y"))},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": " What is\n"}, {"type": "image"},
                                                         {"type": "text", "text": "this?"}]},
                           {"role": "assistant", "content": "A cat."}], "add_generation_prompt": True},
    "thoughts": {"messages": said(("user", "2+2?"), ("assistant", "<think>\nfour\n</think>\n\n4"), ("user", "3+3?"),
                                  ("assistant", "<think>\nsix\n</think>\n\n6 ")), "enable_thinking": False},
    "reasoning": {"messages": [{"role": "user", "content": "Why?"},
                               {"role": "assistant", "content": "So.", "reasoning_content": " because\n"}],
                  "add_generation_prompt": True, "enable_thinking": True},
    "no thoughts": {"messages": said(("user", "Why?")), "add_generation_prompt": True, "enable_thinking": False},
    "tools": {"messages": said(("system", "Use tools."), ("user", "What time is it?")), "tools": [SEARCH, CLOCK],
              "add_generation_prompt": True},
    "no tools": {"messages": said(("user", "What time is it?")), "tools": []},
    "calls": {"messages": [{"role": "user", "content": "Cats?"},
                           {"role": "assistant", "content": None, "tool_calls": [
                               call("search", {"query": "cats \"& dogs\" ü", "limit": 2, "deep": {"a": [1, 2.5, None, True]}},
                                    id="abcdefghi")]},
                           {"role": "tool", "name": "search", "content": "[\"tom\"]", "tool_call_id": "abcdefghi"},
                           {"role": "assistant", "content": "Tom."}, {"role": "user", "content": "Thanks"}],
              "tools": [SEARCH], "add_generation_prompt": True},
    "many calls": {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Both"},
                                {"role": "assistant", "content": "", "tool_calls": [call("clock", {}), call("search", "{\"query\": 1}")]},
                                {"role": "tool", "content": {"time": 12.0}}, {"role": "tool", "content": "none"}],
                   "tools": [CLOCK, SEARCH]},
    "documents": {"messages": said(("user", "Summarize.")),
                  "documents": [{"title": "One", "text": "First\nline"}, {"title": "Two", "text": "", "year": 1999}]},
    "own variables": {"messages": said(("user", "x")), "date_string": "1 Jan", "builtin_tools": ["a", "b"], "custom_tools": [],
                      "add_generation_prompt": True},
}
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}

VARIABLES = {
    "text": "Hello  Wide\tWorld", "empty": "", "unicode": "Straße Ωmega ΑΣ 日本 😀", "lines": "a\nb\r\n\n c\x0bd\u2028e", "html": "<a href='x'>&\"",
    "one": 1, "zero": 0, "minus": -7, "big": 9007199254740993, "half": 0.5, "pi": 3.14159265358979, "huge": 1e22, "tiny": 1.5e-7,
    "yes": True, "no": False, "nothing": None, "list": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "mixed": [1, "a", None, 2.0, True, [], {}],
    "nested": [[1, 2], [3, [4, "x'y"]]], "table": {"b": 1, "a": 2, "items": 3, "ünï": "q\"'"}, "empty_list": [], "empty_dict": {},
    "people": [{"name": "Ann", "age": 31, "tags": ["x"]}, {"name": "bob", "age": 5, "at": {"city": "Rome"}}, {"name": "Cy", "age": 31, "tags": []}],
    "json": {"z": [1, 2.0, {"k": None}], "a": "é\n\u0001", "t": True, "e": [], "o": {}},
}


def render(source, messages, tools=None, documents=None, **more):
    try:
        rendered, spans = chat_template_utils.render_jinja_template(
            [messages], tools=tools, documents=documents, chat_template=source, return_assistant_tokens_mask=True, **more)
        return rendered[0], [[len(rendered[0][:i].encode()) for i in span] for span in spans[0]]
    except Exception:  # of Jinja or of Python
        return None, None


def given(conversation):
    """What render_jinja_template() hands to the template, as text: the order of keys counts."""
    variables = {"tools": None, "documents": None, "add_generation_prompt": False, **SPECIAL, **conversation}
    variables["messages"] = chat_template_utils._alias_reasoning_fields(variables["messages"])
    return json.dumps(variables, ensure_ascii=False)


def main(folder: pathlib.Path) -> None:
    cases = []
    for template in sorted((folder / "jinja").glob("*.jinja")):
        for name, conversation in CONVERSATIONS.items():
            rendered, answers = render(template.read_text(), **{**SPECIAL, **conversation})
            case = {"template": template.name, "conversation": name, "rendered": rendered}
            if answers:
                case["answers"] = answers
            cases.append(case)
    snippets = []
    for source in (folder / "jinja" / "snippets.txt").read_text().split("\n====\n"):
        snippets.append({"source": source, "rendered": render(source, [], **VARIABLES)[0]})
    golden = {"conversations": {name: given(conversation) for name, conversation in CONVERSATIONS.items()},
              "variables": json.dumps({"tools": None, "documents": None, "add_generation_prompt": False, "messages": [], **VARIABLES}),
              "cases": cases, "snippets": snippets}
    (folder / "jinja.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
