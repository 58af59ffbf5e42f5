// Filters that make text of text.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"
#include "text/unicode.h"

namespace persea::jinja {
namespace {

// Anything as text; text keeps its mark.
Result<Value> soft(Interpreter& in, const Value& value) {
  if (value.is(Kind::text)) return value;
  PERSEA_TRY(const std::string made, str(in, value));
  return in.text(made);
}

template <std::string (*cased)(std::string_view)>
Result<Value> in_case(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("a filter of case", args, {}));
  (void)none;
  PERSEA_TRY(const Value text, soft(in, self));
  PERSEA_CHECK(in.charge(16 * size_t{text.size}));
  return in.text(cased(text.text()), text.safe);
}

// Each word of the text with its first letter in upper case; words begin after white space and - ( { [ <.
std::string title_words(std::string_view text) {
  std::string out, word;
  const auto finish = [&] {
    if (word.empty()) return;
    const size_t first = char_offset(word, 1);
    out += upper(std::string_view(word).substr(0, first)) + lower(std::string_view(word).substr(first));
    word.clear();
  };
  for (const std::string_view one : chars_of(text)) {
    const uint32_t c = unicode::decode_utf8(one.data(), one.data() + one.size()).codepoint;
    if (is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<') {
      finish();
      out += one;
    } else {
      word += one;
    }
  }
  finish();
  return out;
}

Result<Value> trim(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("trim", args, {"chars"}));
  PERSEA_TRY(const Value text, soft(in, self));
  PERSEA_CHECK(in.charge(text.size));
  std::optional<std::string_view> chars;
  if (bound[0].given() && !bound[0].is(Kind::none)) {
    PERSEA_TRY(chars, text_of(bound[0], "trim"));
    PERSEA_CHECK(in.charge(size_t{text.size} * chars->size() / 16));
  }
  Value trimmed = Value::of(strip(text.text(), true, true, chars));
  trimmed.safe = text.safe;
  return trimmed;
}

Result<Value> replace(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("replace", args, {"old", "new", "count"}, 2));
  PERSEA_TRY(const std::string text, str(in, self));
  PERSEA_TRY(const std::string old, str(in, bound[0]));
  PERSEA_TRY(const std::string fresh, str(in, bound[1]));
  PERSEA_TRY(const int64_t most, whole_or(bound[2].is(Kind::none) ? Value() : bound[2], -1, "replace"));
  return replaced_text(in, text, old, fresh, most);
}

Result<Value> indent(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("indent", args, {"width", "first", "blank"}));
  PERSEA_TRY(const std::string_view text, text_of(self, "indent"));
  std::string by;
  if (bound[0].is(Kind::text)) {
    by = bound[0].text();
  } else {
    PERSEA_TRY(const int64_t width, whole_or(bound[0], 4, "indent"));
    PERSEA_CHECK(in.charge(std::max<int64_t>(width, 0)));
    by.assign(std::max<int64_t>(width, 0), ' ');
  }
  const std::string whole = std::string(text) + "\n";
  PERSEA_CHECK(in.charge(whole.size() * 20));
  const std::vector<std::string_view> lines = split_lines(whole, false);
  PERSEA_CHECK(in.charge(lines.size() * (by.size() + 1)));
  const bool blank = truth(bound[2]);
  std::string out = truth(bound[1]) ? by : "";
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (i > 0 && (blank || !lines[i].empty())) out += by;
    out += lines[i];
  }
  return in.text(out, self.safe);
}

Result<Value> center(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("center", args, {"width"}));
  PERSEA_TRY(const Value text, soft(in, self));
  PERSEA_TRY(const int64_t width, whole_or(bound[0], 80, "center"));
  return padded(in, text, width, " ", 0);
}

Result<Value> word_count(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("wordcount", args, {}));
  (void)none;
  PERSEA_TRY(const Value text, soft(in, self));
  PERSEA_CHECK(in.charge(16 * size_t{text.size}));
  int64_t words = 0;
  bool inside = false;
  for (const std::string_view one : chars_of(text.text())) {
    const bool word = is_word(unicode::decode_utf8(one.data(), one.data() + one.size()).codepoint);
    words += word && !inside;
    inside = word;
  }
  return Value::of(words);
}

Result<Value> truncate(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("truncate", args, {"length", "killwords", "end", "leeway"}));
  PERSEA_TRY(const std::string_view text, text_of(self, "truncate"));
  PERSEA_TRY(const int64_t length, whole_or(bound[0], 255, "truncate"));
  PERSEA_TRY(const std::string_view end,
             bound[2].given() ? text_of(bound[2], "truncate") : Result<std::string_view>("..."));
  PERSEA_TRY(const int64_t leeway, whole_or(bound[3].is(Kind::none) ? Value() : bound[3], 5, "truncate"));
  PERSEA_CHECK(in.charge(text.size()));
  const auto own = static_cast<int64_t>(char_count(text)), tail = static_cast<int64_t>(char_count(end));
  if (length < tail || leeway < 0 || length > INT32_MAX || leeway > INT32_MAX)
    return fail("truncate: the length {} or the leeway {} is out of range", length, leeway);
  if (own <= length + leeway) return self;
  std::string_view kept = text.substr(0, char_offset(text, length - tail));
  if (!truth(bound[1])) kept = kept.substr(0, std::min(kept.rfind(' '), kept.size()));
  return in.text(std::string(kept) + std::string(end), self.safe);
}

Result<Value> safe(Interpreter& in, const Value& self, const Args&) {
  PERSEA_TRY(Value text, soft(in, self));
  text.safe = true;
  return text;
}
Result<Value> escape(Interpreter& in, const Value& self, const Args&) {
  PERSEA_TRY(const Value text, soft(in, self));
  PERSEA_CHECK(in.charge(5 * size_t{text.size}));
  return text.safe ? text : in.text(html_escaped(text.text()), true);
}
Result<Value> force_escape(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(Value text, soft(in, self));
  text.safe = false;
  return escape(in, text, args);
}
Result<Value> string(Interpreter& in, const Value& self, const Args&) { return soft(in, self); }

Result<Value> format(Interpreter& in, const Value& self, const Args& args) {
  if (self.is(Kind::text) && self.safe) return fail("format of text that is marked safe is not supported");
  if (!args.positional.empty() && !args.named.empty())
    return fail("format takes arguments either with or without names");
  PERSEA_TRY(const Value text, soft(in, self));
  return format_percent(in, text.text(), args);
}

constexpr Builtin kFilters[] = {
    {"trim", trim},
    {"upper", in_case<upper>},
    {"lower", in_case<lower>},
    {"title", in_case<title_words>},
    {"capitalize", in_case<capitalize>},
    {"replace", replace},
    {"indent", indent},
    {"center", center},
    {"wordcount", word_count},
    {"truncate", truncate},
    {"safe", safe},
    {"e", escape},
    {"escape", escape},
    {"forceescape", force_escape},
    {"string", string},
    {"format", format},
    {"striptags", nullptr},
    {"urlencode", nullptr},
    {"urlize", nullptr},
    {"wordwrap", nullptr},
    {"xmlattr", nullptr},
};

}  // namespace

std::span<const Builtin> text_filters() { return kFilters; }

Result<Value> replaced_text(Interpreter& in, std::string_view text, std::string_view old, std::string_view fresh,
                            int64_t most) {
  PERSEA_CHECK(in.charge(text.size() + (old.size() <= text.size() ? (text.size() - old.size()) * old.size() / 64 : 0)));
  const size_t times = most < 0 ? occurrences(text, old) : std::min<size_t>(occurrences(text, old), most);
  PERSEA_CHECK(in.charge(times * fresh.size()));
  return in.text(replaced(text, old, fresh, most));
}

Result<Value> padded(Interpreter& in, const Value& text, int64_t width, std::string_view fill, int side) {
  const auto own = static_cast<int64_t>(char_count(text.text()));
  if (width <= own) return text;
  PERSEA_CHECK(in.charge(text.size + static_cast<size_t>(std::min<int64_t>(width, INT32_MAX)) * fill.size()));
  const int64_t gap = width - own;
  const int64_t left = side < 0 ? 0 : side > 0 ? gap : gap / 2 + (gap & width & 1);
  std::string out;
  for (int64_t i = 0; i < left; ++i) out += fill;
  out += text.text();
  for (int64_t i = left; i < gap; ++i) out += fill;
  return in.text(out, text.safe);
}

}  // namespace persea::jinja
