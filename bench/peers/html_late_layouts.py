"""Kinds of web pages that were written when the extractor was finished (html_layouts.py says how they are made): what it had not been
tried on. It knows nothing of any program that takes pages apart.
"""

import html_furniture
from html_furniture import esc, tag
from html_layouts import body_of
from html_text import write


def helpcentre(f, title, pieces, _):
    """Answers of a help centre that fold out: <details>, buttons in headings, definition lists."""
    r, optional, out = f.r, [title, f.day(0)], []
    questions, answers, number = [], [], 0
    while number < len(pieces):
        take = r.randint(1, 3)
        question = f.sentence()[:70].rstrip(".!?") + "?"
        questions.append(question)
        answers.append(body_of(f, pieces[number:number + take]))
        number += take
    kind = r.randint(0, 2)
    for question, answer in zip(questions, answers):
        if kind == 0:
            out.append(tag("details", "faq-item", tag("summary", "", esc(question)), tag("div", "faq-answer", answer)))
        elif kind == 1:
            out.append(tag("div", "accordion-item", tag("h3", "accordion-header", tag("button", "accordion-button collapsed", esc(question), type="button", aria_expanded="false")), tag("div", "accordion-collapse collapse", tag("div", "accordion-body", answer))))
        else:
            out.append(tag("dt", "", esc(question)) + tag("dd", "", answer))
    text = tag("dl", "faq", *out) if kind == 2 else "".join(out)
    vote = tag("div", "article-votes", tag("span", "article-votes-question", "Was this article helpful?"), tag("button", "", "Yes"), tag("button", "", "No"), tag("span", "", f"{r.randint(1, 90)} out of {r.randint(91, 200)} found this helpful"))
    more = tag("div", "article-more-questions", "Have more questions? ", f.link("Submit a request"))
    side = tag("section", "section-articles collapsible-sidebar", tag("h3", "", "Articles in this section"), f.links([f.title() for _ in range(r.randint(4, 12))]))
    recent = tag("div", "recent-articles", tag("h3", "", "Recently viewed articles"), f.links([f.title() for _ in range(4)]))
    search = tag("section", "hero", tag("form", "search", tag("input", "", type="search", placeholder="How can we help?"), tag("button", "", "Search")))
    main = tag("main", "", search, tag("div", "sub-nav", f.crumbs()), tag("div", "article-container", side, tag("article", "article", tag("header", "article-header", tag("h1", "article-title", esc(title)), tag("div", "article-meta", tag("time", "", f.day(0)), " Updated")), tag("section", "article-info", tag("div", "article-content", tag("div", "article-body", text))), tag("footer", "", vote, more))), tag("section", "", recent, f.related("Related articles", teasers=False)))
    return f.page(title, f.skip() + f.header() + main + f.footer() + f.cookies()), optional, questions


def letter(f, title, pieces, _):
    """A newsletter as its archive shows it: tables in tables, styles in attributes, nothing that says what it is."""
    r, rows = f.r, []
    style = f"font-family:{r.choice(['Georgia,serif', 'Helvetica,Arial,sans-serif'])};font-size:{r.randint(14, 18)}px;line-height:1.5;color:#{r.randint(100, 999)}"
    for piece in pieces:
        markup = write(piece, tag, r)
        if piece.kind == "p":
            markup = tag(r.choice(["p", "div", "span"]), "", piece.markup, style=style)
        rows.append(tag("tr", "", tag("td", "", markup, style="padding:0 24px 12px", align="left")))
        if r.random() < .06:
            rows.append(tag("tr", "", tag("td", "", tag("a", "", esc(r.choice(["Shop now", "Read the full story", "Reserve your seat", "Donate today"])), href="https://click.example/x", style="background:#e33;color:#fff;padding:12px"), align="center")))
        if r.random() < .05:
            rows.append(tag("tr", "", tag("td", "", tag("table", "", tag("tr", "", tag("td", "", "SPONSOR"), tag("td", "", esc(f.sentence()), " ", f.link("Learn more")))), style="border:1px solid #ccc")))
    inner = tag("table", "", *rows, width="600", cellpadding="0", cellspacing="0", border="0", role=r.choice([None, "presentation"]))
    hidden = tag("div", "", esc(f.sentence()), style="display:none;max-height:0;overflow:hidden")
    top = tag("tr", "", tag("td", "", esc(f.sentence()[:60]), " ", f.link("View this email in your browser"), align="center", style="font-size:11px"))
    head = tag("tr", "", tag("td", "", tag("img", "", src="logo.png", alt=f.site), tag("h1", "", esc(title)), tag("p", "", f"Issue {r.randint(1, 400)} · {f.day(0)}")))
    social = tag("tr", "", tag("td", "", *(tag("a", "", tag("img", "", src="s.png", alt=name), esc(name), href="#") for name in ["Twitter", "Facebook", "Instagram", "Website"])))
    foot = tag("tr", "", tag("td", "", tag("em", "", f"Copyright © {f.date[2]} {esc(f.site)}, All rights reserved."), "<br>You are receiving this email because you opted in at our website.<br><br>", tag("strong", "", "Our mailing address is:"), f"<br>{r.randint(1, 99)} {r.choice(html_furniture.LAST)} Street<br><br>Want to change how you receive these emails?<br>You can ", f.link("update your preferences"), " or ", f.link("unsubscribe from this list"), "."))
    bar = tag("ul", "", *(tag("li", "", f.link(text)) for text in ["Subscribe", "Past Issues", "Translate", "RSS"]), id="awesomebar") if r.random() < .6 else ""
    body = bar + hidden + tag("center", "", tag("table", "", tag("tr", "", tag("td", "", tag("table", "", top, head), inner, tag("table", "", social, foot), align="center", valign="top")), width="100%", height="100%", id="bodyTable"))
    return f'<!doctype html><html><head><title>{esc(title)}</title><style>td{{mso-line-height-rule:exactly}}</style></head><body>{body}</body></html>', [title, f.day(0), f.site]


def longread(f, title, pieces, _):
    """An essay with numbered notes, a drop capital, a list of its parts, a player that reads it aloud, and the next one below it."""
    r, optional, notes, out = f.r, [title, f.writer, f.day(0), f.day(1), "Words by Notes"], [], []
    for number, piece in enumerate(pieces):
        markup = write(piece, tag, r)
        if piece.kind == "p":
            if number == 0 and piece.markup[:1].isalpha():
                markup = tag("p", "first", tag("span", "dropcap", piece.markup[0]), piece.markup[1:])
            if r.random() < .2:
                notes.append(f.sentence())
                markup = markup[:-4] + f'<sup><a href="#fn{len(notes)}" id="ref{len(notes)}">{len(notes)}</a></sup></p>'
            if r.random() < .08:
                quote = piece.text[:90]
                optional.append(quote)
                markup += tag("aside", "pullquote", tag("p", "", esc(quote)))
        out.append(markup)
        if r.random() < .05:
            out.append(tag("div", "membership-banner", tag("p", "", esc(f.fill("{site} is reader-supported. To receive new posts and support our work, consider becoming a free or paid subscriber."))), tag("button", "", "Subscribe")))
    optional += notes + [str(number + 1) for number in range(len(notes))] + ["↩"]
    ends = tag("section", "footnotes", tag("h2", "", "Notes"), tag("ol", "", *(tag("li", "", tag("p", "", esc(note), " ", tag("a", "", "↩", href="#ref")), id="fn") for note in notes))) if notes else ""
    listen = tag("div", "audio-player", tag("span", "", "Listen to this essay"), tag("span", "", f"{r.randint(10, 59)} minutes listen"), tag("button", "", "Play"))
    kind = r.randint(0, 1)
    credit = tag("div", "credits", "Words by ", f.link(f.writer), tag("span", "", f.day(0)), tag("span", "", f"{r.randint(1000, 9000)} words"))
    follow = tag("div", "next-essay", tag("span", "", "Next essay"), tag("h2", "", f.link(f.title())), tag("p", "", esc(f.sentences(2, 4))), tag("span", "", esc(f.person())))
    if kind == 0:
        main = tag("article", "essay", tag("header", "essay__header", tag("h1", "", esc(title)), credit, listen), tag("div", "essay__body has-dropcap", *out), ends)
    else:
        main = tag("div", "single-post", tag("div", "post-header", tag("h1", "post-title published", esc(title)), credit, f.share()), tag("div", "available-content", tag("div", "body markup", *out, ends)), tag("div", "post-footer", f.share()))
    page = f.header() + tag("main", "", main, f.author_box() if r.random() < .5 else "", f.newsletter(), follow, f.comments(1, 8) if r.random() < .5 else "") + f.footer() + f.cookies()
    return f.page(title, page), optional
