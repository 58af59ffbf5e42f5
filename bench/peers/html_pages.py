#!/usr/bin/env python3
"""Makes web pages from known texts: html_pages.py DOCUMENTS.jsonl CHATS.txt COUNT SEED OUT.jsonl [LAYOUT...]. Each line out: layout, html,
main (what a reader came for) and optional (what belongs to it but need not be taken: title, writer, date, captions).
"""

import json
import random
import re
import sys

import html_furniture
import html_late_layouts
import html_layouts
import html_more_layouts
import html_text

LAYOUTS = {name: getattr(module, name) for module, names in (
    (html_layouts, ["news", "blog", "documentation", "forum"]),
    (html_more_layouts, ["wiki", "shop", "recipe", "old", "app", "government"]),
    (html_late_layouts, ["helpcentre", "letter", "longread"])) for name in names}


def main(documents, chats, count, seed, out, layouts):
    with open(documents, encoding="utf-8") as file:
        texts = [json.loads(line) for line in file]
    with open(chats, encoding="utf-8") as file:
        chats = [line.strip() for line in file if line.strip()]
    others = []
    for text in texts:
        sentences = [part for part in re.split(r"(?<=[.!?])\s+", re.sub(r"[#*_`\[\]|>]|\([^)]*\)", "", text["text"])) if 30 < len(part) < 240 and "\n" not in part and "{" not in part]
        if text["title"] and len(sentences) > 3:
            others.append((text["title"], sentences))
    with open(out, "w", encoding="utf-8") as file:
        for layout in layouts or LAYOUTS:
            r = random.Random(f"{seed} {layout}")
            for _ in range(int(count)):
                while True:
                    text = r.choice(texts)
                    words = int(min(1800, max(60, r.lognormvariate(5.9, .8))))
                    pieces = html_text.pieces_of(text["text"], words)
                    while pieces and pieces[-1].kind == "h":
                        pieces.pop()
                    if text["title"] and pieces and sum(piece.words() for piece in pieces) >= 50:
                        break
                furniture = html_furniture.Furniture(r, others, chats)
                plain = html_text.plain_of(pieces)
                page, optional, *given = LAYOUTS[layout](furniture, text["title"], pieces, plain)
                line = {"layout": layout, "html": page, "main": "\n".join([plain, *(given[0] if given else [])]), "optional": "\n".join(optional)}
                file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:6], sys.argv[6:])
