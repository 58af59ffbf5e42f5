#!/usr/bin/env python3
"""Fills in "rendered" of tests/golden/chat_template.json: each conversation by transformers' renderer of chat templates.

Usage: make_chat_golden.py FILE      (needs transformers)
"""
import json
import pathlib
import sys

from transformers.utils.chat_template_utils import render_jinja_template


def main(path: pathlib.Path) -> None:
    golden = json.loads(path.read_text())
    for case in golden["cases"]:
        rendered, _ = render_jinja_template(conversations=[case["messages"]], chat_template=golden["template"],
                                            add_generation_prompt=case["ask"], bos_token="<|endoftext|>")
        case["rendered"] = rendered[0]
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
