#include "text/jinja/pytext.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/unicode.h"

namespace persea::jinja {
namespace {

template <class F>
void each_char(std::string_view text, F f) {  // f(code point, its bytes)
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    const unicode::Decoded c = unicode::decode_utf8(p, end);
    f(c.codepoint, std::string_view(p, c.bytes));
    p += c.bytes;
  }
}

size_t last_char_bytes(std::string_view text) {
  size_t n = 1;
  while (n < text.size() && (static_cast<unsigned char>(text[text.size() - n]) & 0xc0) == 0x80) ++n;
  return n;
}

uint32_t codepoint_of(std::string_view one) {
  return unicode::decode_utf8(one.data(), one.data() + one.size()).codepoint;
}

bool ends_line(uint32_t c) {
  return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

}  // namespace

bool is_space(uint32_t c) {
  if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20);
  return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}

size_t char_count(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; });
}

size_t char_offset(std::string_view text, size_t index) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80 && index-- == 0) break;
  }
  return at;
}

std::vector<std::string_view> chars_of(std::string_view text) {
  std::vector<std::string_view> chars;
  each_char(text, [&](uint32_t, std::string_view bytes) { chars.push_back(bytes); });
  return chars;
}

std::string_view strip(std::string_view text, bool left, bool right, std::optional<std::string_view> chars) {
  const auto goes = [&](std::string_view one) {
    return chars ? chars->find(one) != std::string_view::npos : is_space(codepoint_of(one));
  };
  while (left && !text.empty()) {
    const std::string_view one = text.substr(0, char_offset(text.substr(0, 4), 1));
    if (!goes(one)) break;
    text.remove_prefix(one.size());
  }
  while (right && !text.empty()) {
    const std::string_view one = text.substr(text.size() - last_char_bytes(text));
    if (!goes(one)) break;
    text.remove_suffix(one.size());
  }
  return text;
}

std::vector<std::string_view> split(std::string_view text, std::optional<std::string_view> separator, int64_t most,
                                    bool from_right) {
  std::vector<std::string_view> parts;
  const auto more = [&] { return most < 0 || static_cast<int64_t>(parts.size()) < most; };
  if (separator && from_right) {
    for (size_t at; more() && (at = text.rfind(*separator)) != std::string_view::npos;) {
      parts.push_back(text.substr(at + separator->size()));
      text = text.substr(0, at);
    }
    parts.push_back(text);
  } else if (separator) {
    for (size_t at; more() && (at = text.find(*separator)) != std::string_view::npos;) {
      parts.push_back(text.substr(0, at));
      text.remove_prefix(at + separator->size());
    }
    parts.push_back(text);
  } else {
    // A word at a time; what is left after `most` words is one part, without the white space before (behind) it.
    for (text = strip(text, !from_right, from_right); !text.empty(); text = strip(text, !from_right, from_right)) {
      if (!more()) {
        parts.push_back(text);
        break;
      }
      if (from_right) {
        size_t begin = text.size();
        while (begin > 0 && !is_space(codepoint_of(text.substr(begin - last_char_bytes(text.substr(0, begin)))))) {
          begin -= last_char_bytes(text.substr(0, begin));
        }
        parts.push_back(text.substr(begin));
        text = text.substr(0, begin);
      } else {
        size_t end = 0;
        while (end < text.size()) {
          const unicode::Decoded c = unicode::decode_utf8(text.data() + end, text.data() + text.size());
          if (is_space(c.codepoint)) break;
          end += c.bytes;
        }
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end);
      }
    }
  }
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string_view> lines;
  const char* begin = text.data();
  bool after_return = false;
  each_char(text, [&](uint32_t c, std::string_view bytes) {
    const char* end = bytes.data() + bytes.size();
    if (c == '\n' && after_return) {  // the second half of \r\n
      if (keep_ends) lines.back() = {lines.back().data(), lines.back().size() + 1};
      begin = end;
    } else if (ends_line(c)) {
      lines.emplace_back(begin, (keep_ends ? end : bytes.data()) - begin);
      begin = end;
    }
    after_return = c == '\r';
  });
  if (begin < text.data() + text.size()) lines.emplace_back(begin, text.data() + text.size() - begin);
  return lines;
}

std::string replaced(std::string_view text, std::string_view old, std::string_view fresh, int64_t most) {
  std::string out;
  if (most < 0) most = INT64_MAX;
  if (old.empty()) {  // before each char and at the end
    each_char(text, [&](uint32_t, std::string_view bytes) {
      if (most-- > 0) out += fresh;
      out += bytes;
    });
    if (most > 0) out += fresh;
    return out;
  }
  for (size_t at; most-- > 0 && (at = text.find(old)) != std::string_view::npos;) {
    out.append(text.substr(0, at)).append(fresh);
    text.remove_prefix(at + old.size());
  }
  return out.append(text);
}

size_t occurrences(std::string_view text, std::string_view part) {
  if (part.empty()) return char_count(text) + 1;
  size_t n = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++n;
  return n;
}

std::string repr(std::string_view text) {
  const bool single = text.find('\'') != std::string_view::npos, twofold = text.find('"') != std::string_view::npos;
  const char quote = single && !twofold ? '"' : '\'';
  std::string out(1, quote);
  each_char(text, [&](uint32_t c, std::string_view bytes) {
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\', out += static_cast<char>(c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (is_printable(c)) {
      out += bytes;
    } else {
      out += c < 0x100     ? fmt::format("\\x{:02x}", c)
             : c < 0x10000 ? fmt::format("\\u{:04x}", c)
                           : fmt::format("\\U{:08x}", c);
    }
  });
  return out += quote;
}

// The shortest digits that give the number back, with an exponent below 1e-4 and from 1e16 on.
std::string repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto shortest = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view all(buffer, shortest.ptr - buffer);
  const int exponent = std::atoi(std::string(all.substr(all.find('e') + 1)).c_str());
  if (exponent < -4 || exponent >= 16) return std::string(all);
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  std::string out(buffer, fixed.ptr - buffer);
  return out.find('.') == std::string::npos ? out + ".0" : out;
}

std::string json_quoted(std::string_view text, bool ascii) {
  std::string out = "\"";
  const auto unit = [&](uint32_t u) { out += fmt::format("\\u{:04x}", u); };
  each_char(text, [&](uint32_t c, std::string_view bytes) {
    switch (c) {
      case '"':
        out += "\\\"";
        return;
      case '\\':
        out += "\\\\";
        return;
      case '\n':
        out += "\\n";
        return;
      case '\r':
        out += "\\r";
        return;
      case '\t':
        out += "\\t";
        return;
      case '\f':
        out += "\\f";
        return;
      case '\b':
        out += "\\b";
        return;
      default:
        break;
    }
    if (c < 0x20 || (ascii && c >= 0x7f && c < 0x10000)) {
      unit(c);
    } else if (ascii && c >= 0x10000) {
      unit(0xd800 + ((c - 0x10000) >> 10));
      unit(0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
      out += bytes;
    }
  });
  return out += '"';
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace persea::jinja
