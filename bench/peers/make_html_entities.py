#!/usr/bin/env python3
"""Writes src/read/html_entities_data.h: the named character references of HTML, from Python's html.entities (which has them from the
HTML standard). Run: make_html_entities.py > src/read/html_entities_data.h
"""

from html.entities import html5

print("""// The named character references of HTML, sorted by name; without the semicolon those that are known without it too.
// Written by bench/peers/make_html_entities.py.
#pragma once

#include <array>
#include <string_view>

namespace persea::read {

struct NamedCharacter {
  std::string_view name;
  std::string_view text;  // UTF-8
};

// clang-format off
inline constexpr auto kNamedCharacters = std::to_array<NamedCharacter>({""")
line = "   "
for name in sorted(html5):
    text = "".join(f"\\{byte:03o}" if byte > 126 or byte < 32 or byte in b'"\\?' else chr(byte) for byte in html5[name].encode())
    entry = f' {{"{name}", "{text}"}},'
    if len(line) + len(entry) > 118:
        print(line)
        line = "   "
    line += entry
print(line)
print("""});
// clang-format on

}  // namespace persea::read""")
