"""Documents in Markdown as pieces of a page, each with the plain text that a reader sees: the truth that what a program takes out of the
page is held against.
"""

import html
import re


class Piece:
    """kind: p, h, li (a list of texts), code, table (rows), quote. `markup` holds inline elements, `text` none."""

    def __init__(self, kind, text, markup=None, level=2, ordered=False):
        self.kind, self.text, self.markup, self.level, self.ordered = kind, text, markup, level, ordered

    def words(self):
        return len(" ".join(self.text).split()) if isinstance(self.text, list) else len(self.text.split())


def inline(text):
    """(plain, markup) of a run of Markdown."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)|\{\{.*?\}\}|\{%.*?%\}|<[^>]+>|\[\^[^\]]*\]|\{[#:][^}]*\}", "", text)
    plain, markup = "", ""
    pattern = re.compile(r"\[([^\[\]]+)\](?:\([^()\s]*(?:\([^()]*\))?[^()]*\)|\[[^\]]*\])|\*\*(.+?)\*\*|`([^`]+)`|(?<![\w*])[*_](\w[^*_]*?)[*_](?!\w)")
    at = 0
    for found in pattern.finditer(text):
        before = text[at:found.start()]
        plain += before
        markup += html.escape(before, quote=False)
        value = next(group for group in found.groups() if group is not None)
        value = re.sub(r"[*`]", "", value)
        name = {1: "a", 2: "strong", 3: "code", 4: "em"}[found.lastindex]
        plain += value
        markup += f'<{name}{" href=/wiki/" + str(len(value)) if name == "a" else ""}>{html.escape(value, quote=False)}</{name}>'
        at = found.end()
    plain += text[at:]
    markup += html.escape(text[at:], quote=False)
    return re.sub(r"\s+", " ", plain).strip(), re.sub(r"\s+", " ", markup).strip()


def pieces_of(text, most_words):
    """The pieces of a document's beginning."""
    pieces, words = [], 0
    fenced = re.split(r"^```[^\n]*\n(.*?)^```[^\n]*$", text, flags=re.S | re.M)
    for number, part in enumerate(fenced):
        blocks = [part] if number % 2 else re.split(r"\n\s*\n", part)
        for block in blocks:
            if words > most_words:
                return pieces
            made = Piece("code", block.strip("\n")) if number % 2 else piece_of(block.strip())
            if made and made.text:
                words += made.words()
                pieces.append(made)
    return pieces


def piece_of(block):
    if not block or re.match(r"[<{}:|!\[]|---|===|- -|\d{4}-", block) and not block.startswith("|"):
        return None
    found = re.match(r"(#+)\s+([^\n]+)$", block)
    if found:
        plain, markup = inline(found[2])
        return Piece("h", plain, markup, min(max(len(found[1]), 2), 4))
    lines = block.split("\n")
    if block.startswith("|"):
        rows = [[inline(cell)[0] for cell in line.strip().strip("|").split("|")] for line in lines if not re.match(r"[|\s:-]+$", line)]
        return Piece("table", [" ".join(row) for row in rows], rows) if len(rows) > 1 else None
    if re.match(r"([-*+]|\d+[.)])\s", lines[0]):
        items = re.split(r"\n\s*(?:[-*+]|\d+[.)])\s+", "\n" + block)[1:]
        made = [inline(item) for item in items]
        made = [item for item in made if item[0]]
        return Piece("li", [plain for plain, _ in made], [markup for _, markup in made], ordered=lines[0][0].isdigit()) if made else None
    if block.startswith("#") or re.search(r"^\s{4}", block) or "{{" in block or block.count("|") > 4:
        return None
    if block.startswith(">"):
        plain, markup = inline(re.sub(r"^>\s?", "", block, flags=re.M))
        return Piece("quote", plain, markup) if plain else None
    plain, markup = inline(block)
    return Piece("p", plain, markup) if plain else None


def plain_of(pieces):
    return "\n".join("\n".join(piece.text) if isinstance(piece.text, list) else piece.text for piece in pieces)


def write(piece, tag, r, code="plain"):
    """A piece as markup. `tag` makes elements; `code` is the manner of code blocks: plain, spans, lines."""
    if piece.kind == "h":
        return tag(f"h{piece.level}", "", piece.markup)
    if piece.kind == "li":
        return tag("ol" if piece.ordered else "ul", "", *(tag("li", "", tag("p", "", item) if r.random() < .1 else item) for item in piece.markup))
    if piece.kind == "quote":
        return tag("blockquote", "", tag("p", "", piece.markup))
    if piece.kind == "table":
        head, *rows = piece.markup
        cells = [tag("tr", "", *(tag("td", "", html.escape(cell, quote=False)) for cell in row)) for row in rows]
        top = tag("tr", "", *(tag("th", "", html.escape(cell, quote=False)) for cell in head))
        return tag("table", "", tag("thead", "", top), tag("tbody", "", *cells))
    if piece.kind == "code":
        text = html.escape(piece.text, quote=False)
        if code == "spans":
            text = re.sub(r"\b([A-Za-z_]\w+)\b(?!;)", lambda found: f'<span class="{r.choice(["n", "k", "nf", "o"])}">{found[1]}</span>', text)
            return tag("div", "highlight", tag("pre", "", "<span></span>", text))
        return tag("pre", "", tag("code", "language-text", text))
    return tag("p", "", piece.markup)
