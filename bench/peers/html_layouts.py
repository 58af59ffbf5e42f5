"""Ten kinds of web pages around a text: honest imitations of what such sites send, each in several manners. It knows nothing of any
program that takes pages apart. Each layout returns (page, texts that belong to the page but not to its text: title, date, captions).
"""

import html

import html_furniture
from html_furniture import esc, tag
from html_text import Piece, write

INGREDIENTS = """flour sugar butter eggs milk salt yeast honey cinnamon vanilla olive-oil garlic onions tomatoes basil chickpeas rice
lentils spinach potatoes carrots cream parmesan thyme ginger lemon almonds walnuts raisins cocoa oats yogurt""".split()
STEPS = ["Heat the oven to {n} °C and line a tin with paper.", "Whisk the {a} with the {b} until pale, about {n} minutes.", "Fold in the {a}.",
         "Add the {a} and the {b} and cook for {n} minutes, stirring often.", "Season with {a} and leave to rest.", "Bake for {n} minutes, until golden.",
         "Chop the {a} finely and set aside.", "Simmer gently, covered, until the {b} is soft.", "Serve warm with a little {a} on top."]


def figure(f, classes=""):
    """A picture with or without a caption: (markup, caption)."""
    caption = f.sentence()[:140] if f.r.random() < .7 else ""
    credit = f.r.choice(["", f" Photo: {f.person()}", f" © {f.person()}/{f.site}"]) if caption else ""
    below = tag(f.r.choice(["figcaption", "figcaption", "p"]), f.r.choice(["", "wp-caption-text", "caption"]), esc(caption + credit)) if caption else ""
    name = "figure" if not below.startswith("<p") else "div"
    return tag(name, classes or f.r.choice(["", "wp-caption alignnone", "image-block"]), tag("img", "", src=f"/img/{f.r.randint(1, 9999)}.jpg", alt=f.title()), below), caption + credit


def body_of(f, pieces, between=(), chance=.12, code="plain"):
    """The pieces' markup with furniture strewn between them."""
    out = []
    for number, piece in enumerate(pieces):
        out.append(write(piece, tag, f.r, code))
        if between and 0 < number < len(pieces) - 1 and pieces[number].kind == "p" and f.r.random() < chance:
            out.append(f.r.choice(between)())
    return "".join(out)


def inline_related(f):
    words = f.r.choice(["Read more: ", "READ ALSO: ", "Related: ", "See also: ", "More: "])
    return f.r.choice([tag("p", "", tag("strong", "", words), f.link(f.title())), tag("div", "inline-related", tag("span", "", words), f.link(f.title())),
                       tag("p", "", f.link(words + f.title()))])


def linked_data(f, title, kind, body=None):
    data = {"@context": "https://schema.org", "@type": kind, "headline": title, "datePublished": f.iso(), "author": {"@type": "Person", "name": f.writer}}
    if body:
        data["articleBody"] = body
    import json
    return f'<script type="application/ld+json">{json.dumps(data).replace("</", "<" + chr(92) + "/")}</script>'


def news(f, title, pieces, plain):
    r, optional = f.r, [title, f.writer]
    lead = f.sentence() if r.random() < .5 else ""
    picture, caption = figure(f, r.choice(["", "hero", "lead-image"]))
    optional += [lead, caption, f.day(0), f.day(1), f.day(2), "By"]
    date = tag("time", "", f.day(r.randint(0, 2)), datetime=f.iso())
    byline = tag(r.choice(["div", "p", "span"]), r.choice(["byline", "author", f.hashed("meta"), "article-info"]), r.choice(["By ", "", "by "]), f.link(f.writer), " ", date)
    extra = [inline_related, html_furniture.Furniture.advert, html_furniture.Furniture.newsletter]
    between = [lambda x=x: x(f) for x in r.sample(extra, r.randint(1, 3))]
    text = body_of(f, pieces, between)
    manner = r.randint(0, 4)
    body = tag(*[("div", "article-body"), ("section", f.hashed("StoryBody")), ("div", "td-post-content"), ("div", f.hashed("dcr") + " content__main"), ("div", "")][manner], text,
               itemprop="articleBody" if r.random() < .3 else None)
    head = tag("h1", r.choice(["", "headline", "entry-title"]), esc(title)) + (tag(r.choice(["p", "h2", "div"]), r.choice(["standfirst", "lead", "sub-headline", ""]), esc(lead)) if lead else "")
    parts = [head, byline, f.share() if r.random() < .7 else "", picture, body, f.tags() if r.random() < .6 else "", f.share() if r.random() < .3 else "",
             f.author_box() if r.random() < .4 else ""]
    if manner in (0, 1):
        main = tag("article", r.choice(["", "story", "article"]), tag("header", "", parts[0], parts[1]) if r.random() < .5 else parts[0] + parts[1], *parts[2:])
    else:
        main = tag("div", r.choice(["story", "post-single", "article-wrapper", f.hashed("layout")]), *parts)
    tail = "".join(r.sample([f.related(), f.comments() if r.random() < .5 else "", f.ranking(), f.newsletter()], r.randint(1, 4)))
    columns = tag("div", "container", f.crumbs() if r.random() < .5 else "", tag(r.choice(["main", "div"]), r.choice(["content", "main-column", ""]), main, tail), f.sidebar() if r.random() < .7 else "")
    page = f.skip() + f.cookies() + f.header() + (f.advert() if r.random() < .5 else "") + columns + f.footer()
    return f.page(title, page, extra=linked_data(f, title, "NewsArticle", plain if r.random() < .2 else None) if r.random() < .6 else ""), optional


def blog(f, title, pieces, _):
    r = f.r
    date = f.day()
    optional = [title, f.writer, date, "Posted on by"]
    meta = tag("div", "entry-meta", "Posted on ", f.link(date), " by ", f.link(f.writer)) if r.random() < .7 else tag("p", "date", esc(date))
    between = [lambda: figure_into(f, optional)]
    text = body_of(f, pieces, between, .08)
    number = r.randint(1, 9999)
    kind = r.randint(0, 3)
    if kind == 0:
        post = tag("article", f"post-{number} post type-post status-publish hentry category-{r.choice(html_furniture.TOPICS).lower()}",
                   tag("header", "entry-header", tag("h1", "entry-title", esc(title)), meta), tag("div", "entry-content", text, f.share()), tag("footer", "entry-footer", f.tags()), id=f"post-{number}")
    elif kind == 1:
        post = tag("div", "post hentry", tag("h3", "post-title entry-title", f.link(title)), tag("h2", "date-header", esc(date)),
                   tag("div", "post-body entry-content", text), tag("div", "post-footer", f"Posted by {esc(f.writer)} at {r.randint(1, 12)}:{r.randint(10, 59)} PM ", f.link(f"{r.randint(0, 30)} comments")))
    elif kind == 2:
        post = tag("main", "", tag("h1", "", esc(title)), meta, f"{r.randint(2, 20)} min read" if r.random() < .5 else "", text)
    else:
        post = tag("div", "single", tag("div", "title", tag("h1", "", esc(title))), meta, tag("div", "text", text), f.tags())
    neighbours = tag(r.choice(["nav", "div"]), "post-navigation", tag("div", "nav-previous", f.link("← " + f.title())), tag("div", "nav-next", f.link(f.title() + " →")))
    after = [f.author_box() if r.random() < .4 else "", f.related("Related posts") if r.random() < .4 else "", neighbours, f.comments(1, 25) if r.random() < .85 else ""]
    page = f.skip() + f.header() + tag("div", "site-content", tag("div", "content-area", post, *after), f.sidebar() if r.random() < .8 else "") + f.footer() + f.cookies()
    return f.page(title, page, body_class=r.choice(["", "post-template-default single single-post has-sidebar", "is-single-post"])), optional


def figure_into(f, optional):
    markup, caption = figure(f)
    optional.append(caption)
    return markup


def documentation(f, title, pieces, _):
    r = f.r
    heads = [piece for piece in pieces if piece.kind == "h"]
    contents = tag("ul", "", *(tag("li", "", tag("a", "", esc(piece.text), href="#s")) for piece in heads))
    out = []
    for piece in pieces:
        markup = write(piece, tag, r, r.choice(["plain", "spans"]))
        if piece.kind == "h":
            mark = r.choice([tag("a", "headerlink", "¶", href="#s", title="Permalink to this heading"), tag("a", "hash-link", "#", href="#s", aria_hidden="true"), ""])
            markup = markup.replace("</h", mark + "</h", 1)
        if piece.kind == "code" and r.random() < .5:
            markup = tag("div", "code-block", markup, tag("button", "copy", "Copy"))
        if piece.kind == "p" and r.random() < .06:
            markup = tag("div", r.choice(["admonition note", "alert alert--info", "callout tip"]), tag("p", "admonition-title", ""), markup)
        out.append(markup)
    tree = []
    for _ in range(r.randint(4, 9)):
        tree.append(tag("li", "", tag("span", "caption", esc(r.choice(html_furniture.TOPICS))) if r.random() < .5 else f.link(r.choice(html_furniture.TOPICS)), f.links([f.title() for _ in range(r.randint(3, 12))])))
    kind = r.randint(0, 3)
    edit = f.link(r.choice(["Edit this page", "Edit on GitHub", "View page source"]))
    pager = tag("nav", "pagination-nav", f.link("Previous " + f.title()), f.link("Next " + f.title())) if r.random() < .7 else tag("div", "rst-footer-buttons", f.link("« Previous"), " ", f.link("Next »"))
    text = "".join(out)
    helpful = tag("div", "feedback", tag("p", "", "Was this page helpful?"), tag("button", "", "Yes"), tag("button", "", "No"))
    if kind == 0:
        main = tag("div", "rst-content", f.crumbs(), tag("div", "document", tag("div", "body", tag("section", "", tag("h1", "", esc(title)), text), role="main")), tag("footer", "", pager, tag("p", "", f"© Copyright {f.date[2]}, {f.writer}. Built with Sphinx using a theme.")))
        side = tag("nav", "wy-nav-side", tag("ul", "", *tree))
    elif kind == 1:
        main = tag("main", "", tag("article", "", f.crumbs(), tag("div", "theme-doc-markdown markdown", tag("h1", "", esc(title)), text), tag("footer", "", edit, f"Last updated on {f.day(0)}")), pager, tag("div", "table-of-contents", contents))
        side = tag("aside", "theme-doc-sidebar-container", tag("ul", "menu__list", *tree))
    elif kind == 2:
        main = tag("div", "md-content", tag("article", "md-content__inner md-typeset", tag("h1", "", esc(title)), tag("div", "toc", tag("p", "", "On this page"), contents), text, helpful), tag("p", "edit-link", edit))
        side = tag("div", "md-sidebar", tag("ul", "", *tree))
    else:
        main = tag("div", "content", tag("div", "on-this-page", tag("h5", "", "In this article"), contents), tag("h1", "", esc(title)), tag("p", "metadata", f"{f.day(0)} · {r.randint(2, 20)} minutes to read · {r.randint(1, 30)} contributors"), text, helpful)
        side = tag("div", "sidebar", tag("input", "", placeholder="Filter by title"), tag("ul", "tree", *tree))
    return f.page(title, f.skip() + f.header() + tag("div", "wrapper", side, main) + f.footer()), [title, "Note", "¶", "#"]


def split_posts(r, pieces, most=9):
    """The pieces dealt out to several writers."""
    posts, at = [], 0
    while at < len(pieces) and len(posts) < most:
        take = r.randint(1, 4)
        posts.append(pieces[at:at + take])
        at += take
    if at < len(pieces):
        posts[-1] += pieces[at:]
    return posts


def forum(f, title, pieces, _):
    r, optional, out = f.r, [title], []
    kind = r.randint(0, 4)
    for number, post in enumerate(split_posts(r, pieces)):
        who, date = r.choice([r.choice(html_furniture.NICKS), f.person()]), f.day()
        optional += [who, date]
        text = body_of(f, post)
        sign = tag("div", "signature", esc(f.sentence()[:80])) if r.random() < .4 else ""
        facts = f"Posts: {r.randint(1, 9999)} Joined: {f.day(0)} Location: {r.choice(html_furniture.LAST)}ville"
        if kind == 0:
            out.append(tag("div", f"post has-profile bg{number % 2 + 1}", tag("dl", "postprofile", tag("dt", "", f.link(who)), tag("dd", "", facts)),
                           tag("div", "postbody", tag("h3", "", f.link("Re: " + title)), tag("p", "author", "by ", f.link(who), " » ", esc(date)), tag("div", "content", text), sign, f.links(["Quote", "Report"], classes="post-buttons")), id=f"p{number}"))
        elif kind == 1:
            out.append(tag("table", "tborder", tag("tr", "", tag("td", "thead", esc(date)), tag("td", "thead", f"#{number + 1}")),
                           tag("tr", "", tag("td", "alt2", f.link(who), "<br>Senior Member<br>", facts), tag("td", "alt1", tag("div", "", text, id=f"post_message_{number}"), "__________________<br>" if sign else "", sign)),
                           tag("tr", "", tag("td", "alt2", ""), tag("td", "alt1", f.link("Reply With Quote")))))
        elif kind == 2:
            out.append(tag("div", "topic-post clearfix", tag("article", "boxed", tag("div", "topic-avatar", tag("img", "avatar", src="a.png")), tag("div", "topic-body", tag("div", "topic-meta-data", tag("span", "username", f.link(who)), tag("span", "post-date", f.ago())),
                           tag("div", "cooked", text), tag("div", "post-controls", tag("button", "", f"{r.randint(0, 40)} Likes"), tag("button", "", "Reply"))))))
        elif kind == 3:
            out.append(tag("article", "message message--post", tag("div", "message-user", tag("h4", "message-name", f.link(who)), tag("h5", "userTitle", "Well-known member"), tag("dl", "", tag("dt", "", "Messages"), tag("dd", "", str(r.randint(1, 9999))))),
                           tag("div", "message-main", tag("ul", "message-attribution", tag("li", "", f.link(date)), tag("li", "", f.link(f"#{number + 1}"))), tag("div", "message-content", tag("div", "bbWrapper", text)), tag("footer", "message-footer", f.link("Like"), f.link("Reply")))))
        else:
            votes = tag("div", "votecell", tag("button", "", "▲"), tag("div", "vote-count", str(r.randint(-2, 400))), tag("button", "", "▼"))
            card = tag("div", "user-info", ("asked " if number == 0 else "answered ") + esc(date), " ", f.link(who), f" {r.randint(1, 99)}k {r.randint(1, 60)} {r.randint(1, 99)}")
            notes = tag("div", "comments", tag("ul", "comments-list", *(tag("li", "comment", tag("span", "comment-copy", esc(f.chat(1, 2))), " – ", f.link(r.choice(html_furniture.NICKS))) for _ in range(r.randint(0, 3)))))
            out.append(tag("div", "question" if number == 0 else "answer", votes, tag("div", "postcell post-layout", tag("div", "s-prose js-post-body", text), f.tags() if number == 0 else "", card), notes))
            if number == 0:
                out.append(tag("h2", "", f"{r.randint(1, 9)} Answers"))
    online = tag("div", "stat-block online-list", tag("h3", "", "Who is online"), tag("p", "", f"Users browsing this forum: No registered users and {r.randint(1, 50)} guests"))
    pages = tag("div", "pagination", f"{len(out)} posts • Page 1 of {r.randint(1, 9)} ", f.link("2"), f.link("Next"))
    page = f.header() + f.crumbs() + tag("h1" if kind != 0 else "h2", "topic-title", f.link(title) if kind == 0 else esc(title)) + pages + tag("div", r.choice(["", "topic", "posts"]), *out) + pages + (f.related("Similar threads") if r.random() < .6 else "") + online + f.footer() + f.cookies()
    return f.page(title, page, body_class=r.choice(["", "nojs notouch section-viewtopic"])), optional
