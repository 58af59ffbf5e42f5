// The methods of Python's str.
#include <utf8proc.h>

#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"
#include "text/unicode.h"

namespace persea::jinja {
namespace {

using Views = std::vector<std::string_view>;

Value part_of(const Value& self, std::string_view part) {
  Value value = Value::of(part);
  value.safe = self.safe;
  return value;
}
// Marked text escapes what its methods are given; nobody needs that here.
Status check_plain(const Value& self, std::string_view method) {
  return self.safe ? Status(fail("{} of text that is marked safe is not supported", method)) : Status();
}
Result<Value> list_of(Interpreter& in, const Value& self, const Views& parts) {
  PERSEA_CHECK(in.charge(parts.size() * sizeof(Value)));
  std::vector<Value> items;
  for (const std::string_view part : parts) items.push_back(part_of(self, part));
  return in.list(items);
}
size_t search_cost(std::string_view text, std::string_view part) {
  return text.size() + (part.size() <= text.size() ? (text.size() - part.size()) * part.size() / 64 : 0);
}

template <std::string (*cased)(std::string_view)>
Result<Value> in_case(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("a method of case", args, {}));
  (void)none;
  PERSEA_CHECK(in.charge(16 * size_t{self.size}));
  return in.text(cased(self.text()), self.safe);
}

template <bool left, bool right>
Result<Value> strip_method(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("strip", args, {""}));
  std::optional<std::string_view> chars;
  if (bound[0].given() && !bound[0].is(Kind::none)) {
    PERSEA_TRY(chars, text_of(bound[0], "strip"));
  }
  PERSEA_CHECK(in.charge(self.size + (chars ? size_t{self.size} * chars->size() / 16 : 0)));
  return part_of(self, strip(self.text(), left, right, chars));
}

template <bool from_right>
Result<Value> split_method(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("split", args, {"sep", "maxsplit"}));
  PERSEA_TRY(const int64_t most, whole_or(bound[1], -1, "split"));
  std::optional<std::string_view> separator;
  if (bound[0].given() && !bound[0].is(Kind::none)) {
    PERSEA_TRY(separator, text_of(bound[0], "split"));
    if (separator->empty()) return fail("split needs a separator that is not empty");
    PERSEA_CHECK(in.charge(search_cost(self.text(), *separator)));
  }
  PERSEA_CHECK(in.charge(self.size));
  const Views parts = split(self.text(), separator, most, from_right);
  return list_of(in, self, parts);
}

Result<Value> split_lines_method(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("splitlines", args, {"keepends"}));
  PERSEA_CHECK(in.charge(self.size));
  return list_of(in, self, split_lines(self.text(), truth(bound[0])));
}

template <bool from_right>
Result<Value> partition(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("partition", args, {""}, 1));
  PERSEA_TRY(const std::string_view by, text_of(bound[0], "partition"));
  if (by.empty()) return fail("partition needs a separator that is not empty");
  PERSEA_CHECK(in.charge(search_cost(self.text(), by)));
  const std::string_view text = self.text();
  const size_t at = from_right ? text.rfind(by) : text.find(by);
  Value parts[] = {part_of(self, text), part_of(self, ""), part_of(self, "")};
  if (at != std::string_view::npos) {
    parts[0] = part_of(self, text.substr(0, at));
    parts[1] = part_of(self, by);
    parts[2] = part_of(self, text.substr(at + by.size()));
  } else if (from_right) {
    std::swap(parts[0], parts[2]);
  }
  return in.tuple(parts);
}

// The text between two positions that a method is given, and the chars before it; nothing if it begins behind the end.
struct Window {
  std::string_view text;
  int64_t before = 0;
};
Result<std::optional<Window>> window(Interpreter& in, const Value& self, const Value& from, const Value& to) {
  if (!from.given() && !to.given()) return std::optional<Window>({self.text(), 0});
  PERSEA_CHECK(in.charge(self.size));
  const auto size = static_cast<int64_t>(char_count(self.text()));
  const int64_t begin =
      from.is_whole() ? std::max<int64_t>(from.whole() < 0 ? from.whole() + size : from.whole(), 0) : 0;
  PERSEA_TRY(const Value part, slice(in, self, from, to, {}));
  const int64_t end = to.is_whole() ? std::max<int64_t>(to.whole() < 0 ? to.whole() + size : to.whole(), 0) : size;
  if (begin > size || begin > end) return std::optional<Window>();
  return std::optional<Window>({part.text(), begin});
}

template <bool end>
Result<Value> has_affix(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind(end ? "endswith" : "startswith", args, {"", "", ""}, 1));
  PERSEA_TRY(const auto part, window(in, self, bound[1], bound[2]));
  const std::span<const Value> affixes =
      bound[0].is(Kind::tuple) ? bound[0].sequence() : std::span(bound).subspan(0, 1);
  bool any = false;
  for (const Value& affix : affixes) {
    PERSEA_TRY(const std::string_view text, text_of(affix, end ? "endswith" : "startswith"));
    PERSEA_CHECK(in.charge(16 + std::min(text.size(), size_t{self.size}) / 8));
    any = any || (part && (end ? part->text.ends_with(text) : part->text.starts_with(text)));
  }
  return Value::of(any);
}

template <bool from_right, bool must>
Result<Value> find_method_of(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("find", args, {"", "", ""}, 1));
  PERSEA_TRY(const std::string_view what, text_of(bound[0], "find"));
  PERSEA_TRY(const auto part, window(in, self, bound[1], bound[2]));
  PERSEA_CHECK(in.charge(search_cost(self.text(), what)));
  size_t at = std::string_view::npos;
  if (part) at = from_right ? part->text.rfind(what) : part->text.find(what);
  if (at != std::string_view::npos)
    return Value::of(part->before + static_cast<int64_t>(char_count(part->text.substr(0, at))));
  if (must) return fail("the text has no {}", repr(what.substr(0, char_offset(what, 40))));
  return Value::of(int64_t{-1});
}

Result<Value> count(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("count", args, {"", "", ""}, 1));
  PERSEA_TRY(const std::string_view what, text_of(bound[0], "count"));
  PERSEA_TRY(const auto part, window(in, self, bound[1], bound[2]));
  PERSEA_CHECK(in.charge(search_cost(self.text(), what)));
  return Value::of(part ? static_cast<int64_t>(occurrences(part->text, what)) : 0);
}

Result<Value> replace(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_CHECK(check_plain(self, "replace"));
  PERSEA_TRY(const auto bound, bind("replace", args, {"", "", "count"}, 2));
  PERSEA_TRY(const std::string_view old, text_of(bound[0], "replace"));
  PERSEA_TRY(const std::string_view fresh, text_of(bound[1], "replace"));
  PERSEA_TRY(const int64_t most, whole_or(bound[2], -1, "replace"));
  return replaced_text(in, self.text(), old, fresh, most);
}

Result<Value> join(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_CHECK(check_plain(self, "join"));
  PERSEA_TRY(const auto bound, bind("join", args, {""}, 1));
  PERSEA_TRY(const std::vector<Value> items, items_of(in, bound[0]));
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!items[i].is(Kind::text)) return fail("join needs text, not {}", type_name(items[i]));
    PERSEA_CHECK(in.charge(size_t{self.size} + items[i].size));
    if (i > 0) out += self.text();
    out += items[i].text();
  }
  return in.text(out);
}

template <bool end>
Result<Value> remove_affix(Interpreter&, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("removeprefix or removesuffix", args, {""}, 1));
  PERSEA_TRY(const std::string_view affix, text_of(bound[0], "removeprefix or removesuffix"));
  std::string_view text = self.text();
  if (end && text.ends_with(affix)) text.remove_suffix(affix.size());
  if (!end && text.starts_with(affix)) text.remove_prefix(affix.size());
  return part_of(self, text);
}

template <int side>
Result<Value> pad(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("ljust, rjust or center", args, {"", ""}, 1));
  PERSEA_TRY(const int64_t width, whole_or(bound[0], 0, "ljust, rjust or center"));
  PERSEA_TRY(const std::string_view fill,
             bound[1].given() ? text_of(bound[1], "ljust, rjust or center") : Result<std::string_view>(" "));
  if (char_count(fill) != 1) return fail("text is filled up with one character");
  return padded(in, self, width, fill, side);
}

Result<Value> zero_fill(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("zfill", args, {""}, 1));
  PERSEA_TRY(const int64_t width, whole_or(bound[0], 0, "zfill"));
  const bool sign = self.text().starts_with('-') || self.text().starts_with('+');
  PERSEA_TRY(const Value digits, padded(in, part_of(self, self.text().substr(sign)), width - sign, "0", 1));
  return in.text(std::string(self.text().substr(0, sign)) + std::string(digits.text()), self.safe);
}

Result<Value> format(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_CHECK(check_plain(self, "format"));
  return format_braces(in, self.text(), args);
}

// Whether the text is not empty and all its chars are of a kind.
enum class Chars : uint8_t { space, letter, digit, number, word, ascii, printable };
template <Chars kind>
Result<Value> all_of(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("a method of characters", args, {}));
  (void)none;
  PERSEA_CHECK(in.charge(16 * size_t{self.size}));
  bool all = self.size > 0 || kind == Chars::ascii || kind == Chars::printable;
  for (const std::string_view one : chars_of(self.text())) {
    const uint32_t c = unicode::decode_utf8(one.data(), one.data() + one.size()).codepoint;
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    const bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    const bool digit = category == UTF8PROC_CATEGORY_ND;
    const bool unclear = category == UTF8PROC_CATEGORY_NL || category == UTF8PROC_CATEGORY_NO;
    if (((kind == Chars::digit || kind == Chars::word) && unclear) || (kind == Chars::number && c >= 0x80))
      return fail("whether {} is a digit is not supported", one);
    switch (kind) {
      case Chars::space:
        all = all && is_space(c);
        break;
      case Chars::letter:
        all = all && letter;
        break;
      case Chars::digit:
      case Chars::number:
        all = all && digit;
        break;
      case Chars::word:
        all = all && (letter || digit);
        break;
      case Chars::ascii:
        all = all && c < 0x80;
        break;
      case Chars::printable:
        all = all && is_printable(c);
        break;
    }
  }
  return Value::of(all);
}
template <bool (*cased)(std::string_view)>
Result<Value> is_cased(Interpreter& in, const Value& self, const Args&) {
  PERSEA_CHECK(in.charge(16 * size_t{self.size}));
  return Value::of(cased(self.text()));
}

constexpr Builtin kMethods[] = {
    {"strip", strip_method<true, true>},
    {"lstrip", strip_method<true, false>},
    {"rstrip", strip_method<false, true>},
    {"split", split_method<false>},
    {"rsplit", split_method<true>},
    {"splitlines", split_lines_method},
    {"partition", partition<false>},
    {"rpartition", partition<true>},
    {"startswith", has_affix<false>},
    {"endswith", has_affix<true>},
    {"find", find_method_of<false, false>},
    {"rfind", find_method_of<true, false>},
    {"index", find_method_of<false, true>},
    {"rindex", find_method_of<true, true>},
    {"count", count},
    {"replace", replace},
    {"join", join},
    {"upper", in_case<upper>},
    {"lower", in_case<lower>},
    {"title", in_case<title>},
    {"capitalize", in_case<capitalize>},
    {"removeprefix", remove_affix<false>},
    {"removesuffix", remove_affix<true>},
    {"ljust", pad<-1>},
    {"rjust", pad<1>},
    {"center", pad<0>},
    {"zfill", zero_fill},
    {"format", format},
    {"isspace", all_of<Chars::space>},
    {"isalpha", all_of<Chars::letter>},
    {"isdigit", all_of<Chars::digit>},
    {"isdecimal", all_of<Chars::digit>},
    {"isnumeric", all_of<Chars::number>},
    {"isalnum", all_of<Chars::word>},
    {"isascii", all_of<Chars::ascii>},
    {"isprintable", all_of<Chars::printable>},
    {"isupper", is_cased<is_upper>},
    {"islower", is_cased<is_lower>},
    {"casefold", nullptr},
    {"encode", nullptr},
    {"expandtabs", nullptr},
    {"format_map", nullptr},
    {"isidentifier", nullptr},
    {"istitle", nullptr},
    {"maketrans", nullptr},
    {"swapcase", nullptr},
    {"translate", nullptr},
};

}  // namespace

std::span<const Builtin> text_methods() { return kMethods; }

}  // namespace persea::jinja
