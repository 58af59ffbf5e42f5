"""What stands around the text of web pages: menus, adverts, notes about cookies, comments, footers. Made from a seed out of
vocabularies and of other documents' titles and sentences. It knows nothing of any program that takes pages apart.
"""

import html
import re

TOPICS = """World Politics Business Economy Markets Technology Science Health Culture Arts Books Film Music Travel Food Sport
Football Tennis Opinion Editorials Letters Weather Climate Education Property Cars Fashion Beauty Games Photography Gardening
History Philosophy Religion Law Crime Energy Space Animals Family Parenting Money Jobs Motoring Obituaries Puzzles Crosswords
Podcasts Video Gallery Live Local Europe Africa Asia Americas Oceania Research Data Security Privacy Software Hardware Mobile
Cloud Design Startups Reviews Guides Tutorials Events Workshops Community Projects Downloads Support Forum Wiki Shop Gifts Sale
Kitchen Baking Soups Salads Vegan Desserts Drinks Breakfast Dinner Snacks Outdoor Hiking Cycling Running Sailing Woodwork
Knitting Pottery Painting Drawing Astronomy Chemistry Physics Biology Mathematics Statistics Geography Linguistics""".split()
ADJECTIVES = """daily northern open bright little green blue silver early common quiet modern first grand royal united free
independent national coastal central river garden honest curious plain simple steady rapid global urban rural""".split()
NOUNS = """Herald Tribune Post Gazette Chronicle Courier Observer Journal Review Digest Monitor Beacon Ledger Register Record
Notebook Workshop Kitchen Garden Lab Studio House Corner Almanac Index Archive Signal Compass Lantern Harbour Bridge""".split()
FIRST = """Anna Ben Carla David Elena Farid Grace Hiro Ingrid Jonas Keiko Liam Mara Nikhil Olga Pedro Quinn Rosa Samuel Tessa
Umar Vera Walter Xenia Yusuf Zoe Amelie Bruno Chidi Dorothea""".split()
LAST = """Abbott Berger Castillo Dvorak Eriksen Fontaine Garcia Huang Ibrahim Jansen Kowalski Lindqvist Moreau Nakamura Okafor
Petrov Quispe Rossi Schneider Takahashi Ueda Vargas Weber Xu Yilmaz Zimmermann Hartley Osborne Whitfield Marsh""".split()
NICKS = """skywalker pixelcat oldtimer mrbean42 tundra nightowl codewitch gardengnome rustbucket lemonade zed quark bytebite
frostie drummerboy sailorjo kettle wanderlust omega77 papillon marmot quixote hazelnut""".split()
MONTHS = "January February March April May June July August September October November December".split()
COOKIES = ["We use cookies to make this site work and to improve your experience.",
           "This website uses cookies. By continuing to browse you agree to our use of cookies.",
           "We and our {n} partners store and access information on your device to personalise ads and content.",
           "We value your privacy. Choose which cookies you allow; you can change your mind at any time in the settings.",
           "Some of our cookies are necessary, while others help us to understand how this site is used."]
NEWSLETTER = ["Sign up for our {topic} newsletter", "Get the best of {site} in your inbox every week. No spam, unsubscribe any time.",
              "Enter your email address to subscribe", "Join {n},000 readers who get our {topic} briefing every morning.",
              "Never miss a story: subscribe to {site} today and save 50%."]
ADVERTS = ["Advertisement", "Sponsored content", "ADVERTISEMENT - CONTINUE READING BELOW", "Paid partnership with {site}",
           "Try {site} Premium free for {n} days", "Compare {topic} deals from ${n}", "Story continues below advertisement"]
FOOTERS = ["About us", "Contact", "Careers", "Advertise with us", "Terms of use", "Privacy policy", "Cookie settings",
           "Accessibility", "Imprint", "Help centre", "Press", "Sitemap", "RSS", "Licensing", "Do not sell my information",
           "Modern slavery statement", "Affiliates", "Corrections", "Code of conduct", "Site feedback"]
LEGAL = ["All rights reserved. No part of this site may be reproduced without written permission.",
         "{site} is a trading name of {site} Media Ltd, registered in England and Wales.",
         "Content is available under CC BY-SA 4.0 unless otherwise noted.",
         "{site} may earn a commission from links on this page.", "Quotes delayed at least {n} minutes. Powered by {site} Data."]
SHARE = ["Share", "Tweet", "Facebook", "Twitter", "WhatsApp", "Email", "Copy link", "LinkedIn", "Reddit", "Pinterest", "Print", "Save",
         "Bookmark", "Pocket", "Telegram"]


def esc(text):
    return html.escape(text, quote=False)


def tag(name, classes="", *inside, **attributes):
    """An element; an attribute's name may end with _ (for_), and _ inside it becomes -."""
    values = {"class": classes} if classes else {}
    values.update((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None)
    written = "".join(f' {key}="{html.escape(str(value))}"' for key, value in values.items())
    if name in ("img", "input", "br", "hr", "meta", "link"):
        return f"<{name}{written}>"
    return f"<{name}{written}>{''.join(inside)}</{name}>"


class Furniture:
    """One page's surroundings. `r` draws, `others` are documents that are not this page's: (title, sentences)."""

    def __init__(self, r, others, chats):
        self.r, self.others, self.chats = r, others, chats
        self.site = f"{'The ' if r.random() < .4 else ''}{r.choice(ADJECTIVES).title()} {r.choice(NOUNS)}"
        self.host = re.sub(r"[^a-z]", "", self.site.lower()) + r.choice([".com", ".org", ".net", ".de", ".co.uk"])
        self.date = (r.randint(1, 28), r.randint(1, 12), r.randint(1998, 2026))
        self.writer = self.person()
        self.hashes = r.random() < .3

    # Words.
    def person(self):
        return f"{self.r.choice(FIRST)} {self.r.choice(LAST)}"

    def fill(self, text):
        return text.format(site=self.site, topic=self.r.choice(TOPICS).lower(), n=self.r.randint(2, 900))

    def topics(self, low, high):
        return self.r.sample(TOPICS, self.r.randint(low, high))

    def title(self):
        return self.r.choice(self.others)[0]

    def sentence(self):
        return self.r.choice(self.r.choice(self.others)[1])

    def sentences(self, low, high):
        return " ".join(self.sentence() for _ in range(self.r.randint(low, high)))

    def chat(self, low, high):
        return " ".join(self.r.choice(self.chats) for _ in range(self.r.randint(low, high)))

    def day(self, form=None):
        d, m, y = self.date
        forms = [f"{MONTHS[m - 1]} {d}, {y}", f"{d} {MONTHS[m - 1]} {y}", f"{y}-{m:02}-{d:02}", f"{d:02}.{m:02}.{y}",
                 f"{MONTHS[m - 1][:3]} {d}, {y} at {self.r.randint(1, 12)}:{self.r.randint(10, 59)} pm"]
        return forms[form] if form is not None else self.r.choice(forms)

    def iso(self):
        return f"{self.date[2]}-{self.date[1]:02}-{self.date[0]:02}T{self.r.randint(0, 23):02}:15:00Z"

    def ago(self):
        return f"{self.r.randint(2, 23)} {self.r.choice(['hours', 'days', 'weeks', 'months'])} ago"

    def hashed(self, name):
        """The name as a build tool leaves it, or as it is."""
        return f"{name}_{''.join(self.r.choices('abcdefghijkXYZ0123456789', k=5))}" if self.hashes else name

    def href(self):
        return "/" + re.sub(r"[^a-z0-9]+", "-", self.title().lower())[:40].strip("-") + self.r.choice(["", "/", ".html", f"-{self.r.randint(100, 99999)}"])

    def link(self, text, classes="", **attributes):
        return tag("a", classes, esc(text), href=self.href(), **attributes)

    def icon(self):
        return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><title>{self.r.choice(SHARE)}</title><path d="M{self.r.randint(1, 9)} 4h12v2z"/></svg>'

    # Parts.
    def links(self, texts, item="li", around="ul", classes="", item_class=""):
        return tag(around, classes, *(tag(item, item_class, self.link(text)) for text in texts))

    def menu(self, low=5, high=14, element=None, classes=None):
        element = element or self.r.choice(["nav", "nav", "div"])
        classes = classes if classes is not None else self.r.choice(["main-nav", "navbar", "menu-primary", "site-navigation", "nav-bar", "header__nav"])
        items = []
        for topic in self.topics(low, high):
            inner = self.link(topic)
            if self.r.random() < .2:
                inner += self.links(self.topics(2, 6), classes="sub-menu")
            items.append(tag("li", self.r.choice(["", "menu-item", "nav-item"]), inner))
        return tag(element, classes, tag("ul", "", *items))

    def header(self, classes=None):
        classes = classes or self.r.choice(["site-header", "header", "masthead", "page-header", "top-bar", "global-header"])
        logo = tag("div", "logo", self.link(self.site))
        extras = "".join(self.r.sample([
            tag("form", "search-form", tag("label", "", "Search"), tag("input", "", type="text", placeholder="Search"), tag("button", "", "Go")),
            tag("div", "user-links", self.link("Log in"), " ", self.link("Subscribe")), tag("span", "tagline", esc(self.fill("All about {topic}"))),
            tag("div", "weather", f"{self.r.randint(-5, 33)}°C ", esc(self.r.choice(["Sunny", "Cloudy", "Rain"])))], self.r.randint(0, 3)))
        return tag(self.r.choice(["header", "header", "div"]), classes, logo, extras, self.menu())

    def skip(self):
        return tag("a", self.r.choice(["skip-link", "screen-reader-text", "sr-only"]), "Skip to content", href="#content") if self.r.random() < .5 else ""

    def cookies(self):
        if self.r.random() < .3:
            return ""
        classes = self.r.choice(["cookie-banner", "cc-window cc-banner", "gdpr-consent", "cookie-notice-container", "consent-layer", self.hashed("banner")])
        text = tag("p", "", esc(self.fill(self.r.choice(COOKIES))), " ", self.link("Learn more"))
        return tag("div", classes, text, tag("button", "", "Accept all"), tag(self.r.choice(["button", "a"]), "", "Manage settings"),
                   role=self.r.choice([None, "dialog", "alertdialog"]))

    def crumbs(self):
        path = ["Home", *self.topics(1, 3)]
        kind = self.r.randint(0, 3)
        if kind == 0:
            return self.links(path, around="ol", classes="breadcrumb")
        if kind == 1:
            return tag("nav", "", self.links(path, around="ol"), aria_label="breadcrumb")
        return tag("div", self.r.choice(["breadcrumbs", "crumbs", "path", "you-are-here"]), self.r.choice([" » ", " > ", " / ", " :: "]).join(map(self.link, path)))

    def share(self):
        names = self.r.sample(SHARE, self.r.randint(2, 7))
        kind = self.r.randint(0, 2)
        classes = self.r.choice(["share-bar", "social-share", "sharedaddy", "share-buttons", "article-tools", self.hashed("share")])
        if kind == 0:
            return tag("div", classes, tag("h3", "", "Share this:"), self.links(names))
        if kind == 1:
            return tag("div", classes, *(tag("button", "", self.icon(), tag("span", "", name)) for name in names))
        return tag("ul", classes, *(tag("li", "", tag("a", "", self.icon(), " ", name, href="#")) for name in names))

    def advert(self):
        inner = esc(self.fill(self.r.choice(ADVERTS)))
        if self.r.random() < .4:
            inner = tag("span", "", inner) + tag("a", "", esc(self.fill(self.sentence()[:90])), href="https://ads.example/click")
        return tag(self.r.choice(["div", "aside"]), self.r.choice(["ad", "ad-slot", "advert", "dfp-ad mb-3", "sponsor-box", "ad_container"]), inner,
                   id=f"ad-{self.r.randint(1, 99)}" if self.r.random() < .5 else None)

    def newsletter(self):
        lines = [esc(self.fill(text)) for text in self.r.sample(NEWSLETTER, self.r.randint(1, 3))]
        return tag(self.r.choice(["div", "section", "aside"]), self.r.choice(["newsletter", "newsletter-signup", "subscribe-box", "inline-cta", self.hashed("signup")]),
                   tag("h4", "", lines[0]), *(tag("p", "", line) for line in lines[1:]), tag("form", "", tag("input", "", type="email"), tag("button", "", "Subscribe")))

    def related(self, heading=None, teasers=None):
        teasers = self.r.random() < .5 if teasers is None else teasers
        heading = heading or self.r.choice(["Related articles", "You may also like", "More on this story", "Recommended for you", "Read next", "More from " + self.site,
                                            "Related posts", "Further reading", "Don't miss", "Trending now"])
        cards = []
        for _ in range(self.r.randint(3, 8)):
            inner = tag("h4", "", self.link(self.title()))
            if teasers:
                inner += tag("p", "excerpt", esc(self.sentence()[:160])) + tag("span", "date", self.ago())
            cards.append(tag(self.r.choice(["li", "li", "div", "article"]) if not teasers else "article", self.r.choice(["card", "related-item", "teaser", "post-preview"]), inner))
        return tag(self.r.choice(["div", "section", "aside"]), self.r.choice(["related", "related-posts", "more-stories", "recommendations", "recirc", self.hashed("more")]),
                   tag(self.r.choice(["h2", "h3"]), "", esc(heading)), tag("div", "grid", *cards))

    def ranking(self):
        return tag(self.r.choice(["div", "section"]), self.r.choice(["most-read", "popular-posts widget", "trending", "top-stories"]),
                   tag("h3", "", self.r.choice(["Most read", "Popular", "Top stories", "Latest news"])), self.links([self.title() for _ in range(self.r.randint(4, 10))], around="ol"))

    def sidebar(self):
        parts = [self.ranking(), self.advert(), self.newsletter(),
                 tag("div", "widget", tag("h3", "", "Categories"), self.links([f"{t} ({self.r.randint(1, 99)})" for t in self.topics(4, 12)])),
                 tag("div", "widget", tag("h3", "", "Archives"), self.links([f"{m} {self.date[2]}" for m in MONTHS[:self.r.randint(3, 12)]])),
                 tag("div", "widget about-me", tag("h3", "", "About"), tag("p", "", esc(self.sentence()))),
                 tag("div", "widget", tag("h3", "", "Recent comments"), tag("ul", "", *(tag("li", "", esc(self.person()), " on ", self.link(self.title())) for _ in range(4))))]
        return tag(self.r.choice(["aside", "div", "div"]), self.r.choice(["sidebar", "secondary widget-area", "col-md-4 right-col", "rail", "aside-column"]),
                   *self.r.sample(parts, self.r.randint(2, 5)))

    def author_box(self):
        return tag(self.r.choice(["div", "section", "footer"]), self.r.choice(["author-box", "about-author", "author-bio", "bio"]),
                   tag("h4", "", self.r.choice(["About the author", esc(self.writer)])),
                   tag("p", "", esc(f"{self.writer} writes about {self.r.choice(TOPICS).lower()} for {self.site}. {self.sentence()}")), self.link(f"More by {self.writer}"))

    def tags(self):
        return tag("div", self.r.choice(["tags", "post-tags", "entry-tags", "topics"]), self.r.choice(["Tags: ", "Filed under: ", "Topics: "]),
                   ", ".join(self.link(topic.lower(), rel="tag") for topic in self.topics(2, 6)))

    def comments(self, low=2, high=14):
        count = self.r.randint(low, high)
        items = []
        for _ in range(count):
            who = self.r.choice([self.person(), self.r.choice(NICKS)])
            items.append(tag("li", "comment", tag("div", "comment-body", tag("div", "comment-author vcard", tag("cite", "fn", esc(who)), tag("span", "says", " says:")),
                                                  tag("div", "comment-meta", self.link(self.day())), tag("div", "comment-content", tag("p", "", esc(self.chat(1, 4)))),
                                                  tag("div", "reply", self.link("Reply")))))
        form = tag("div", "comment-respond", tag("h3", "", "Leave a Reply"), tag("p", "", "Your email address will not be published. Required fields are marked *"),
                   tag("form", "", tag("textarea", ""), tag("button", "", "Post comment")), id="respond")
        return tag(self.r.choice(["div", "section"]), self.r.choice(["comments-area", "comments", "comment-section"]), tag("h2", "comments-title", f"{count} comments"),
                   tag("ol", "comment-list", *items), form, id="comments")

    def footer(self):
        columns = [tag("div", "footer-col", tag("h4", "", esc(self.r.choice(TOPICS))), self.links(self.r.sample(FOOTERS, self.r.randint(3, 7)))) for _ in range(self.r.randint(1, 4))]
        legal = "".join(tag("p", self.r.choice(["copyright", "legal", "small"]), esc(self.fill(text))) for text in [f"© {self.date[2]} {self.site}.", *self.r.sample(LEGAL, self.r.randint(1, 2))])
        return tag(self.r.choice(["footer", "footer", "div"]), self.r.choice(["site-footer", "footer", "global-footer", "page-foot"]), *columns, legal)

    def scripts(self):
        return (f'<script>window.dataLayer=window.dataLayer||[];function gtag(){{dataLayer.push(arguments)}}gtag("config","UA-{self.r.randint(10000, 99999)}");</script>'
                f'<style>.{self.r.choice(NICKS)}{{color:#{self.r.randint(100, 999)}}} body>p{{margin:0}}</style>')

    def head(self, title, language="en", extra=""):
        return (f'<head><meta charset="utf-8"><title>{esc(title)} {self.r.choice(["|", "-", "–", "::"])} {esc(self.site)}</title>'
                f'<meta name="description" content="{html.escape(self.sentence()[:150])}"><link rel="stylesheet" href="/style.css">{self.scripts()}{extra}</head>')

    def page(self, title, body, language="en", body_class="", extra=""):
        return (f'<!DOCTYPE html>\n<html lang="{language}">{self.head(title, language, extra)}'
                f'<body class="{body_class}">{body}{self.scripts()}</body></html>')
