"""More kinds of web pages around a text (html_layouts.py says how). It knows nothing of any program that takes pages apart. Where a page
adds text of its own, as a recipe does, that comes third.
"""

import re

import html_furniture
from html_furniture import esc, tag
from html_layouts import INGREDIENTS, STEPS, body_of, figure, linked_data
from html_text import Piece, write


def wiki(f, title, pieces, _):
    r, optional = f.r, [title, "From", f.site, "edit", "[]"]
    out, number = [], 0
    for piece in pieces:
        markup = write(piece, tag, r)
        if piece.kind == "h":
            edit = tag("span", "mw-editsection", "[", f.link("edit"), "]")
            markup = tag("div", "mw-heading", markup, edit) if r.random() < .5 else markup.replace("</h", edit + "</h", 1)
        if piece.kind == "p" and r.random() < .5:
            number += 1
            markup = markup[:-4] + tag("sup", "reference", tag("a", "", f"[{number}]", href=f"#cite_note-{number}")) + "</p>"
            optional.append(str(number))
        if piece.kind == "p" and r.random() < .12:
            caption = f.sentence()[:120]
            optional.append(caption)
            markup = tag("div", "thumb tright", tag("div", "thumbinner", tag("img", "", src="x.jpg"), tag("div", "thumbcaption", esc(caption)))) + markup
        out.append(markup)
    box = [(r.choice(html_furniture.TOPICS), f.sentence()[:30]) for _ in range(r.randint(3, 9))]
    optional += [" ".join(row) for row in box]
    infobox = tag("table", "infobox", tag("tbody", "", *(tag("tr", "", tag("th", "", esc(a)), tag("td", "", esc(b))) for a, b in box))) if r.random() < .6 else ""
    toc = tag("div", "toc", tag("h2", "", "Contents"), tag("ul", "", *(tag("li", "", tag("a", "", f"{i + 1} ", esc(p.text), href="#s")) for i, p in enumerate(pieces) if p.kind == "h")), id="toc")
    references = [f"{f.person()} ({f.date[2]}). \"{f.title()}\"." for _ in range(number)]
    optional += references + ["References", "Retrieved", "^"]
    reflist = tag("h2", "", "References") + tag("ol", "references", *(tag("li", "", tag("a", "", "^", href="#r"), " ", tag("span", "reference-text", esc(text))) for text in references)) if number else ""
    navbox = tag("div", "navbox", tag("table", "", *(tag("tr", "", tag("th", "", esc(r.choice(html_furniture.TOPICS))), tag("td", "", " · ".join(f.link(f.title()) for _ in range(r.randint(4, 12))))) for _ in range(3)))) if r.random() < .6 else ""
    kinds = tag("div", "catlinks", "Categories: ", " | ".join(f.link(t) for t in f.topics(2, 6)), id="catlinks")
    kind = r.randint(0, 2)
    tools = tag("div", "portal", tag("h3", "", "Tools"), f.links(["What links here", "Related changes", "Special pages", "Permanent link", "Page information", "Cite this page"]))
    languages = tag("div", "portal", tag("h3", "", "Languages"), f.links(["Deutsch", "Español", "Français", "日本語", "Русский", "Polski"]))
    foot = tag("div", "footer", tag("ul", "", tag("li", "", f"This page was last edited on {f.day(1)}, at 12:{r.randint(10, 59)}."), tag("li", "", "Text is available under the Creative Commons Attribution-ShareAlike License; additional terms may apply.")), id="footer")
    text = infobox + (out[0] if out else "") + (toc if r.random() < .7 else "") + "".join(out[1:]) + reflist + navbox
    if kind == 0:
        main = tag("div", "mw-body", tag("h1", "firstHeading", esc(title)), tag("div", "", tag("div", "", f"From {esc(f.site)}", id="siteSub"), tag("div", "mw-content-ltr", tag("div", "mw-parser-output", text), id="mw-content-text"), kinds, id="bodyContent"), id="content", role="main")
        side = tag("div", "", tag("div", "portal", tag("h3", "", "Navigation"), f.links(["Main page", "Contents", "Current events", "Random article", "Donate"])), tools, languages, id="mw-panel")
        page = main + tag("div", "", tag("ul", "", *(tag("li", "", f.link(t)) for t in ["Article", "Talk", "Read", "Edit", "View history", "Log in"])), id="mw-head") + side + foot
    elif kind == 1:
        page = f.header("global-navigation") + tag("div", "page", tag("main", "page__main", tag("div", "page-header", f.crumbs(), tag("h1", "page-header__title", esc(title)), f.links(["Edit", "History", "Discuss (3)"])), tag("div", "page-content", tag("div", "mw-parser-output", text)), kinds),
                                                         tag("aside", "page__right-rail", f.ranking(), f.advert())) + f.footer()
    else:
        page = tag("div", "dokuwiki", tag("div", "header", tag("h2", "", f.link(f.site)), f.links(["Recent Changes", "Media Manager", "Sitemap", "Login"])), tag("div", "breadcrumbs", "Trace: ", " • ".join(f.link(f.title()) for _ in range(3))),
                   tag("div", "page", tag("h1", "sectionedit1", esc(title)), toc, "".join(out), reflist), tag("div", "docInfo", f"{title.lower().replace(' ', '_')}.txt · Last modified: {f.day(2)} by {f.writer}"), id="dokuwiki__site")
    return f.page(title, page), optional


def shop(f, title, pieces, _):
    r = f.r
    price = f"${r.randint(5, 900)}.{r.randint(10, 99)}"
    optional = [title, price, "Description", "Details", "Specifications", "Features", "Product", f.site]
    rows = [(r.choice(["Material", "Weight", "Width", "Height", "Colour", "Model", "Voltage", "Capacity", "Warranty", "Origin"]), f"{r.randint(1, 500)} {r.choice(['cm', 'kg', 'W', 'ml', 'mm', 'years'])}") for _ in range(r.randint(3, 8))]
    bullets = [f.sentence()[:90] for _ in range(r.randint(0, 5))]
    features = tag("ul", r.choice(["a-unordered-list", "features", ""]), *(tag("li", "", tag("span", "", esc(text))) for text in bullets)) if bullets else ""
    specs = tag("table", r.choice(["specs", "shop_attributes", "product-attributes"]), *(tag("tr", "", tag("th", "", a), tag("td", "", b)) for a, b in rows))
    buy = tag("form", "cart", tag("label", "", "Quantity"), tag("select", "", *(tag("option", "", str(n)) for n in range(1, 6))), tag("button", "", "Add to cart"), f.link("Add to wishlist"), f.link("Compare"))
    offers = tag("ul", "usp", tag("li", "", "Free delivery over $50"), tag("li", "", "30 day returns"), tag("li", "", f"In stock: {r.randint(1, 90)}"))
    gallery = tag("div", "gallery", *(tag("img", "", src=f"p{n}.jpg") for n in range(4)))
    text = body_of(f, pieces)
    reviews = tag("div", r.choice(["reviews", "product-reviews", "customer-reviews"]), tag("h2", "", "Customer reviews"), tag("p", "", f"{r.randint(3, 5)}.{r.randint(0, 9)} out of 5 stars, {r.randint(3, 999)} ratings"),
                  *(tag("div", "review", tag("span", "author", esc(f.person())), tag("span", "date", f"Reviewed on {f.day(1)}"), tag("p", "", esc(f.chat(1, 4))), tag("button", "", "Helpful")) for _ in range(r.randint(1, 6))), id="reviews")
    cards = tag("div", "product-grid", *(tag("div", "product-card", tag("a", "", tag("img", "", src="x.jpg"), tag("h3", "", esc(f.title())), href="/p"), tag("span", "price", f"${r.randint(5, 500)}.00"), tag("button", "", "Add to cart")) for _ in range(r.randint(3, 8))))
    also = tag("section", r.choice(["related products", "recommendations", "cross-sell"]), tag("h2", "", r.choice(["Related products", "Customers also bought", "You may also like"])), cards)
    shipping = tag("div", "shipping-info", tag("h3", "", "Shipping & returns"), tag("p", "", "Orders placed before noon leave our warehouse the same day. You can return unused goods within 30 days; please keep the packaging."))
    kind = r.randint(0, 2)
    if kind == 0:
        top = tag("div", "summary entry-summary", tag("h1", "product_title", esc(title)), tag("p", "price", price), buy, offers)
        tabs = tag("div", "woocommerce-tabs", tag("ul", "tabs", tag("li", "", tag("a", "", "Description", href="#d")), tag("li", "", tag("a", "", "Reviews (3)", href="#r"))), tag("div", "panel", tag("h2", "", "Description"), text, features, id="tab-description"), tag("div", "panel", specs, id="tab-additional"), tag("div", "panel", reviews))
        main = tag("div", "product type-product", gallery, top, tabs, also)
    elif kind == 1:
        main = tag("main", "", tag("div", "product-page", gallery, tag("div", "product-info", tag("h1", "", esc(title)), tag("div", "price", price), offers, buy, tag("div", "product-description rte", text, features), specs), shipping if r.random() < .4 else ""), reviews, also)
    else:
        main = tag("div", "", tag("div", "", tag("h1", "", tag("span", "", esc(title))), tag("span", "", price), features, buy), tag("div", "", tag("h2", "", "Product description"), text, id="productDescription"), tag("div", "", tag("h2", "", "Product details"), specs, id="prodDetails"), also, reviews, id="dp-container")
    page = f.header() + f.crumbs() + main + f.newsletter() + f.footer() + f.cookies()
    given = bullets + [" ".join(row) for row in rows]
    return f.page(title, page, extra=linked_data(f, title, "Product")), optional, given


def recipe(f, title, pieces, _):
    r = f.r
    optional = [title, f.writer, f.day(0), "Ingredients", "Instructions", "Method", "Notes", "Servings"]
    amounts = [f"{r.randint(1, 500)} {r.choice(['g', 'ml', 'tbsp', 'cups', 'tsp', ''])} {r.choice(INGREDIENTS)}{r.choice(['', ', chopped', ', melted', ' (optional)'])}" for _ in range(r.randint(5, 14))]
    steps = [r.choice(STEPS).format(n=r.randint(5, 200), a=r.choice(INGREDIENTS), b=r.choice(INGREDIENTS)) for _ in range(r.randint(4, 9))]
    facts = f"Prep time {r.randint(5, 40)} mins Cook time {r.randint(10, 90)} mins Servings {r.randint(2, 12)} Difficulty {r.choice(['easy', 'medium'])}"
    optional.append(facts)
    ingredients = tag("ul", r.choice(["wprm-recipe-ingredients", "ingredients", ""]), *(tag("li", "", *(tag("span", "", esc(word) + " ") for word in text.split())) if r.random() < .3 else tag("li", "", esc(text)) for text in amounts))
    method = tag("ol", r.choice(["wprm-recipe-instructions", "method", ""]), *(tag("li", "", tag("div", "", esc(text)) if r.random() < .5 else esc(text)) for text in steps))
    jump = tag("div", "jump-links", tag("a", "", "Jump to Recipe", href="#recipe"), " ", f.link("Print Recipe"), " ", f.link("Pin it"))
    nutrition = tag("div", "nutrition", tag("h4", "", "Nutrition"), tag("p", "", f"Calories: {r.randint(90, 900)}kcal | Carbohydrates: {r.randint(1, 90)}g | Protein: {r.randint(1, 40)}g | Fat: {r.randint(1, 40)}g"))
    optional.append(re.sub("<[^>]+>", " ", nutrition))
    card = tag("div", r.choice(["wprm-recipe-container", "recipe-card", "tasty-recipes", f.hashed("card")]), tag("h2", "", esc(title)), tag("div", "rating", f"{r.randint(3, 5)}.{r.randint(0, 9)} from {r.randint(2, 300)} votes"), tag("div", "recipe-meta", facts),
               tag("h3", "", "Ingredients"), ingredients, tag("h3", "", r.choice(["Instructions", "Method"])), method, nutrition if r.random() < .5 else "", tag("div", "", f.link("Print"), f.link("Pin")), id="recipe")
    story = body_of(f, pieces, [lambda: f.advert(), lambda: tag("p", "", f.link(f.title()))], .1)
    head = tag("h1", "", esc(title)) + tag("div", "byline", "by ", f.link(f.writer), " · ", f.day(0), " · ", f.link(f"{r.randint(2, 300)} Comments"))
    kind = r.randint(0, 2)
    if kind == 0:
        main = tag("article", "post type-post hentry", tag("header", "entry-header", head, jump), tag("div", "entry-content", story, card), tag("footer", "", f.tags()))
    elif kind == 1:
        main = tag("main", "", head, f.share(), tag("div", "recipe", story, card))
    else:
        main = tag("div", "content-wrap", tag("div", "intro", head, story), tag("div", "row", tag("div", "col-4", tag("h3", "", "Ingredients"), ingredients), tag("div", "col-8", tag("h3", "", "Method"), method)))
    page = f.header() + f.crumbs() + tag("div", "site", main, f.sidebar() if r.random() < .7 else "") + f.related("More recipes to try") + f.comments(2, 20) + f.footer() + f.cookies()
    return f.page(title, page, extra=linked_data(f, title, "Recipe") if r.random() < .6 else ""), optional, amounts + steps


def old(f, title, pieces, _):
    r = f.r
    upper = r.random() < .6
    font = f'<font face="{r.choice(["Arial, Helvetica", "Verdana", "Times New Roman"])}" size="{r.choice([2, 3, "-1"])}">'
    links = [f'<a href="{f.href()}">{font}{esc(text)}</font></a>' for text in ["Home", *f.topics(4, 12), "Links", "Guestbook", "E-mail me"]]
    side = r.choice(["<br>\n", "<br><img src=dot.gif><br>", "<p>"]).join(links)
    out = []
    for piece in pieces:
        if piece.kind == "p":
            out.append(r.choice(["<p>", "<p>", f"<p align=justify>{font}"]) + piece.markup + "\n" if r.random() < .8 else f"{font}{piece.markup}</font><br><br>\n")
        elif piece.kind == "li":
            out.append("<ul>\n" + "\n".join("<li>" + item for item in piece.markup) + "\n</ul>\n")
        elif piece.kind == "h":
            out.append(r.choice([f"<h{piece.level}>{piece.markup}</h{piece.level}>\n", f"<p><b>{font}{piece.markup}</font></b><br>\n", f"<center><b>{piece.markup}</b></center><p>\n"]))
        else:
            out.append(write(piece, tag, r))
    hits, date = r.randint(100, 99999), f.day(0)
    foot = f'<hr><center><font size="1">You are visitor number {hits} since {r.choice(html_furniture.MONTHS)} 1997.<br>Last updated {date} by <a href="mailto:web@{f.host}">{esc(f.writer)}</a><br>Best viewed with Netscape Navigator at 800x600<br>' \
           f'&copy; {f.date[2]} {esc(f.site)} | <a href="/legal.html">Disclaimer</a></font></center>'
    ring = f'<table border=1 align=center><tr><td><a href="/prev">&lt;&lt; Prev</a> | <a href="/ring">The {esc(r.choice(html_furniture.TOPICS))} Web Ring</a> | <a href="/next">Next &gt;&gt;</a></td></tr></table>' if r.random() < .5 else ""
    body = f'<a name="top"></a><h1>{esc(title)}</h1>' if r.random() < .5 else f'<center><font size="+2"><b>{esc(title)}</b></font></center><p>'
    body += "".join(out) + '<p><a href="#top">Back to top</a>'
    bar = " | ".join(f'<a href="{f.href()}">{esc(text)}</a>' for text in f.topics(4, 8))
    kind = r.randint(0, 3)
    if kind == 0:
        page = f'<table width="100%" border=0 cellpadding=4><tr bgcolor="#003366"><td colspan=2><img src="logo.gif" alt="{esc(f.site)}"></td></tr><tr><td width=150 valign=top bgcolor="#ccccff">{side}</td><td valign=top>{body}{foot}</td></tr></table>'
    elif kind == 1:
        page = f'<center><table width=600><tr><td align=center>[ {bar} ]</td></tr><tr><td>{body}</td></tr><tr><td>{ring}{foot}</td></tr></table></center>'
    elif kind == 2:
        news_box = "".join(f'<tr><td><img src=b.gif> <a href="{f.href()}"><font size=1>{esc(f.title())}</font></a></td></tr>' for _ in range(r.randint(3, 9)))
        page = f'<table><tr><td colspan=3>{bar}</td></tr><tr><td valign=top><table>{"".join(f"<tr><td>{link}</td></tr>" for link in links)}</table></td><td valign=top>{body}</td><td valign=top><table border=1><tr><td><b>What&#146;s new</b></td></tr>{news_box}</table></td></tr></table>{foot}'
    else:
        page = f'<center>[ {bar} ]</center><hr>{body}{ring}{foot}'
    if upper:
        page = re.sub(r"<(/?)([a-z]+\d?)", lambda found: f"<{found[1]}{found[2].upper()}", page)
    return f'<HTML><HEAD><TITLE>{esc(title)}</TITLE></HEAD>\n<BODY BGCOLOR="#FFFFFF" LINK="#0000EE">{page}</BODY></HTML>', [title, date, f.writer, "Back to top"]


def app(f, title, pieces, _):
    r = f.r
    words = "flex grid block items-center justify-between px-4 py-2 mt-8 mb-6 text-sm text-gray-500 font-semibold rounded-lg border w-full max-w-3xl mx-auto md:flex lg:px-8 space-y-4 relative z-10 bg-white shadow hover:underline leading-7 tracking-tight dark:text-white overflow-hidden sm:grid-cols-2".split()
    utility = r.random() < .6

    def classes():
        return " ".join(r.sample(words, r.randint(2, 7))) if utility else f"{r.choice(['css', 'sc', 'styles', 'jss'])}-{''.join(r.choices('abcdef0123456789', k=6))} {''.join(r.choices('abcdefgh', k=5))}"

    def div(*inside, depth=None):
        out = "".join(inside)
        for _ in range(r.randint(1, 3) if depth is None else depth):
            out = tag("div", classes(), out)
        return out

    def row(texts):
        return div(*(tag(r.choice(["a", "div", "span"]) if n else "a", classes(), esc(text), href=f.href()) for n, text in enumerate(texts)))

    optional = [title, f.writer, f.day(0), f"{r.randint(2, 20)} min read"]
    out = []
    for piece in pieces:
        if piece.kind == "p" and r.random() < .5:
            out.append(div(tag(r.choice(["div", "span", "p"]), classes(), piece.markup), depth=1))
        else:
            out.append(div(write(piece, tag, r), depth=r.randint(0, 1)))
    top = div(tag("svg", "", tag("title", "", "Logo")), row([f.site, *f.topics(3, 8)]), tag("button", classes(), "Sign in"), tag("button", classes(), "Get started"))
    head = div(tag(r.choice(["h1", "h1", "div"]), classes(), esc(title)), div(tag("span", "", esc(f.writer)), tag("span", "", "·"), tag("span", "", optional[2]), tag("span", "", optional[3])))
    bar = div(*(tag("button", classes(), f.icon(), tag("span", "", text)) for text in ["Like", str(r.randint(1, 900)), "Share", "Bookmark"]))
    cards = div(tag("h2" if r.random() < .5 else "div", classes(), r.choice(["Keep reading", "More like this", "Recommended from " + f.site, "Up next"])), div(*(div(tag("a", classes(), tag("h3", "", esc(f.title())) if r.random() < .5 else esc(f.title()), href=f.href()), tag("p" if r.random() < .5 else "div", classes(), esc(f.sentence()[:110])), tag("span", "", f.ago())) for _ in range(r.randint(3, 8)))))
    foot = div(*(div(tag("div", classes(), esc(r.choice(html_furniture.TOPICS))), row(r.sample(html_furniture.FOOTERS, 4))) for _ in range(3)), tag("div", classes(), f"© {f.date[2]} {esc(f.site)}, Inc."))
    sheet = div(tag("div", classes(), esc(f.fill(r.choice(html_furniture.COOKIES)))), tag("button", "", "Reject"), tag("button", "", "Accept"))
    call = div(tag("div", classes(), esc(f.fill(r.choice(html_furniture.NEWSLETTER)))), tag("input", ""), tag("button", "", "Join")) if r.random() < .6 else ""
    text = "".join(out[:len(out) // 2]) + (call if r.random() < .4 else "") + "".join(out[len(out) // 2:])
    main = tag(r.choice(["main", "div", "div", "article"]), classes(), head, bar, div(text), bar)
    side = div(row(f.topics(4, 9)), call) if r.random() < .5 else ""
    data = f'<script id="__DATA__" type="application/json">{{"props":{{"n":{r.randint(1, 99)}}}}}</script>'
    body = tag("div", "", div(top, div(main, side), cards, foot, sheet), id=r.choice(["root", "__next", "app"])) + data + "<noscript>You need to enable JavaScript to run this app.</noscript>"
    return f.page(title, body), optional


def government(f, title, pieces, _):
    r = f.r
    place, date = r.choice(html_furniture.LAST).upper() + "VILLE", f.day(0)
    agency = f"Department of {r.choice(html_furniture.TOPICS)}"
    about = f"About the {agency}: {f.sentence()}"
    contact = f"Media contact: {f.person()}, press@{f.host}, +1 202 555 {r.randint(1000, 9999)}"
    optional = [title, date, place, "FOR IMMEDIATE RELEASE", "Press release", "###", about, contact, agency]
    gov = tag("section", "usa-banner", tag("header", "", tag("p", "", "An official website of the government"), tag("button", "", "Here's how you know")), tag("div", "usa-banner__content", tag("p", "", tag("strong", "", "Official websites use .gov"), " A .gov website belongs to an official government organization."), tag("p", "", "Secure .gov websites use HTTPS. Share sensitive information only on official, secure websites.")))
    text = body_of(f, pieces)
    if r.random() < .6 and text.startswith("<p>"):
        text = "<p>" + tag("strong", "", f"{place}, {date}") + " – " + text[3:]
    end = (tag("p", "", "###") if r.random() < .5 else "") + (tag("p", "", esc(about)) if r.random() < .5 else "") + (tag("p", "", esc(contact)) if r.random() < .6 else "")
    documents = tag("div", r.choice(["related-documents", "block-views", "attachments"]), tag("h3", "", "Related documents"), f.links([f"{f.title()} (PDF, {r.randint(20, 900)} KB)" for _ in range(r.randint(1, 4))]))
    kind = r.randint(0, 2)
    if kind == 0:
        main = tag("main", "", tag("article", "node node--type-press-release", tag("h1", "", tag("span", "field field--name-title", esc(title))), tag("div", "field field--name-field-date", date), tag("div", "field field--name-body field__item", text, end), documents), f.share())
        layout = tag("div", "layout-container", tag("aside", "layout-sidebar-first", f.menu(4, 9, "nav", "usa-sidenav")), main)
    elif kind == 1:
        main = tag("div", "maincontent", tag("p", "release", "FOR IMMEDIATE RELEASE"), tag("p", "", date), tag("h1", "", esc(title)), text, end, id="maincontent")
        layout = tag("div", "grid-row", tag("div", "leftnav", f.links(["Newsroom", "Press releases", "Speeches", "Fact sheets", *f.topics(2, 4)])), main, tag("div", "right", documents, tag("div", "contact-box", tag("h3", "", "Contact"), tag("p", "", esc(contact)))))
    else:
        main = tag("div", "govuk-grid-column-two-thirds", tag("span", "govuk-caption-xl", "Press release"), tag("h1", "", esc(title)), tag("div", "metadata", tag("dl", "", tag("dt", "", "From:"), tag("dd", "", f.link(agency)), tag("dt", "", "Published"), tag("dd", "", date))), tag("div", "govspeak", text, end),
                   tag("div", "share", tag("h2", "", "Share this page"), f.links(["Facebook", "Twitter"])))
        layout = tag("div", "govuk-width-container", f.crumbs(), tag("main", "", main, tag("div", "govuk-grid-column-one-third", tag("aside", "", tag("h2", "", "Related content"), f.links([f.title() for _ in range(4)])))))
    survey = tag("div", "feedback", tag("p", "", "Is this page useful?"), tag("button", "", "Yes"), tag("button", "", "No"), tag("p", "", "Don't include personal or financial information like your National Insurance number.")) if r.random() < .5 else ""
    return f.page(title, f.skip() + gov + f.header() + layout + survey + f.footer() + f.cookies()), optional
