#!/usr/bin/env python3
"""Writes texts with planted personal data, and what was planted where: pii_texts.py SENTENCES COUNT SEED OUT.

SENTENCES is a file of sentences without digits and signs of addresses, a line each. Each text has some of them, one thing of each
kind that Faker makes up (or the decoys below: forms that look alike and are nobody's), and the places of what was planted, in bytes.
"""

import json
import random
import string
import sys

from faker import Faker

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR", "ja_JP", "sv_SE")
TOKENS = (("ghp_", 36, string.ascii_letters + string.digits), ("AKIA", 16, string.ascii_uppercase + string.digits),
          ("AIza", 35, string.ascii_letters + string.digits + "_-"), ("xoxb-", 40, string.digits + string.ascii_letters),
          ("hf_", 34, string.ascii_letters), ("sk-proj-", 48, string.ascii_letters + string.digits),
          ("glpat-", 20, string.ascii_letters + string.digits), ("sk_live_", 24, string.ascii_letters + string.digits))


def luhn(digits):
    total = sum(d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(map(int, reversed(digits))))
    return total % 10 == 0


def in_fours(text, sign):
    return sign.join(text[i:i + 4] for i in range(0, len(text), 4))


class Planter:
    def __init__(self, seed):
        self.draw = random.Random(seed)
        Faker.seed(seed)
        self.fakers = [Faker(locale) for locale in LOCALES]

    def faker(self):
        return self.draw.choice(self.fakers)

    def email(self):
        name = self.faker().ascii_free_email() if self.draw.random() < 0.5 else self.faker().ascii_company_email()
        return "email", self.draw.choice(("write to {}", "<{}>", "contact: {}", "mailto:{}", "({})")), name

    def ip(self):
        fake = self.faker()
        if self.draw.random() < 0.7:
            return "ip", self.draw.choice(("from {}", "host {} answered", "http://{}/index", "{}:8080")), fake.ipv4_public()
        groups = ["2a02"] + [f"{self.draw.randrange(1, 65536):x}" for _ in range(7)]
        address = ":".join(groups) if self.draw.random() < 0.5 else ":".join(groups[:4]) + "::" + groups[-1]
        return "ip", self.draw.choice(("from {}", "host {} answered", "http://[{}]/")), address

    def phone(self):
        """As written in the country; where that has neither a +, an area's 0 nor North America's groups, a word tells."""
        number = self.faker().phone_number()
        told = ("Tel. {}", "phone: {}", "call {}", "mobile {}", "Telefon: {}", "fax {}")
        digits = sum(c.isdigit() for c in number)
        if number.startswith("+") and digits >= 8:
            return "phone", self.draw.choice((*told, "{}", "reach us at {}")), number
        return "phone", self.draw.choice(told), number

    def iban(self):
        while True:
            number = self.faker().iban()
            if number[:2].isalpha():
                break
        return "iban", self.draw.choice(("IBAN {}", "account {}", "pay to {}")), number if self.draw.random() < 0.5 else in_fours(number, " ")

    def card(self):
        brand = self.draw.choice(("visa16", "visa13", "mastercard", "amex", "discover", "jcb16", "diners"))
        number = self.faker().credit_card_number(brand)
        while brand == "jcb16" and not 3528 <= int(number[:4]) <= 3589:  # Faker makes up any that begins with 35
            number = self.faker().credit_card_number(brand)
        if len(number) == 16 and self.draw.random() < 0.6:
            number = in_fours(number, self.draw.choice(" -"))
        return "card", self.draw.choice(("card {}", "paid with {}", "number {}")), number

    def secret(self):
        if self.draw.random() < 0.6:
            begins, length, letters = self.draw.choice(TOKENS)
            return "secret", self.draw.choice(("key {}", "export KEY={}", "use {} there")), begins + "".join(self.draw.choices(letters, k=length))
        value = "".join(self.draw.choices(string.ascii_letters + string.digits, k=self.draw.randrange(24, 48)))
        return "secret", self.draw.choice(('api_key = "{}"', "SECRET_TOKEN={}", "client_secret: {}", '"password": "{}"')), value

    def decoy(self):
        draw, fake = self.draw, self.faker()
        digits = lambda count: "".join(draw.choices(string.digits, k=count))  # noqa: E731
        while luhn(wrong := "4" + digits(15)):
            pass
        iban = list(fake.iban())
        at = max(i for i, c in enumerate(iban) if c.isdigit())
        iban[at] = str((int(iban[at]) + 1) % 10)  # one digit never goes unnoticed
        choices = [
            "on " + fake.date(), "on " + fake.date("%d.%m.%Y") + " at " + fake.time("%H:%M"), "at " + fake.time(), "ISBN " + fake.isbn13(),
            "ISBN " + fake.isbn10(), f"version {draw.randrange(20)}.{draw.randrange(20)}.{draw.randrange(99)}.{draw.randrange(99)}",
            f"order {digits(draw.randrange(5, 10))}", f"${draw.randrange(1, 999)},{digits(3)}.{digits(2)}", "card " + in_fours(wrong, " "), wrong,
            "sha1 " + fake.sha1(), "md5 " + fake.md5(), fake.uuid4(), "host " + fake.ipv4_private(), "127.0.0.1", "192.168.0.12", "@" + fake.user_name(),
            f"{digits(1)}.{digits(12)}", f"pages {draw.randrange(100, 200)}-{draw.randrange(200, 300)}", f"{draw.randrange(1900, 2000)}-{draw.randrange(2000, 2026)}",
            "password: the usual one", "token = next_token_of_line", "std::vector::size", f"{draw.randrange(10, 99)} x {draw.randrange(10, 99)} cm",
            fake.mac_address(), "fe80::1", "EAN " + fake.ean13(), f"{digits(3)} {digits(3)} inhabitants", "see a@b for more", "IBAN " + "".join(iban), f"{draw.uniform(0, 90):.6f}, {draw.uniform(0, 90):.6f}",
        ]
        return None, "{}", draw.choice(choices)


def main():
    sentences, count, seed, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    with open(sentences, encoding="utf-8") as file:
        lines = file.read().split("\n")
    planter = Planter(seed)
    kinds = [planter.email, planter.ip, planter.phone, planter.iban, planter.card, planter.secret]
    with open(out, "w", encoding="utf-8") as file:
        for _ in range(count):
            plants = [make() for make in kinds] + [planter.decoy() for _ in kinds]
            planter.draw.shuffle(plants)
            text, planted = b"", []
            for kind, frame, value in plants:
                before, behind = frame.split("{}")
                text += (planter.draw.choice(lines) + planter.draw.choice((" ", "\n", ". ")) + before).encode()
                if kind:
                    planted.append({"kind": kind, "place": [len(text), len(text) + len(value.encode())]})
                text += (value + behind + planter.draw.choice((". ", "\n", ", "))).encode()
            file.write(json.dumps({"text": text.decode(), "planted": planted}) + "\n")


main()
