#!/usr/bin/env python3
"""trafilatura's main text of pages: html_peers.py PAGES.jsonl OUT.jsonl [default]. A line of OUT for each page: {mode: text}. Prints, as JSON, the
CPU seconds of each mode and trafilatura's version. "default" is what extract() does; it takes readers' comments along.
"""

import json
import sys
import time

import trafilatura

MODES = {"default": {}, "no comments": {"include_comments": False}, "precision": {"include_comments": False, "favor_precision": True},
         "recall": {"include_comments": False, "favor_recall": True}, "fast": {"include_comments": False, "fast": True}}


def main(pages, out, *only):
    modes = {name: options for name, options in MODES.items() if not only or name in only}
    seconds = dict.fromkeys(modes, 0.0)
    trafilatura.extract("<html><body><p>warm</p></body></html>")
    with open(pages, encoding="utf-8") as file, open(out, "w", encoding="utf-8") as answers:
        for line in file:
            page, texts = json.loads(line)["html"], {}
            for name, options in modes.items():
                started = time.process_time()
                texts[name] = trafilatura.extract(page, **options) or ""
                seconds[name] += time.process_time() - started
            answers.write(json.dumps(texts) + "\n")
    print(json.dumps({"seconds": seconds, "version": trafilatura.__version__}))


if __name__ == "__main__":
    main(*sys.argv[1:])
