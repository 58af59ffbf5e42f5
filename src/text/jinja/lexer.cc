#include "text/jinja/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "text/jinja/pytext.h"
#include "text/unicode.h"

namespace persea::jinja {
namespace {

using Is = Token::Is;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) { return is_digit(c) || c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

// Line ends as \n, without the last one.
std::string normalized(std::string_view source) {
  std::string text;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      text += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      text += source[i];
    }
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

class Lexer {
 public:
  Lexer(std::string_view source, std::string_view where) : source_(normalized(source)), where_(where), rest_(source_) {}

  Result<std::vector<Token>> run() {
    if (unicode::to_valid_utf8(source_) != source_) return fail("{}: the template is not UTF-8", where_);
    while (!rest_.empty()) {
      const size_t open = next_tag();
      if (open == std::string_view::npos) {
        push(Is::data, std::string(rest_));
        break;
      }
      PERSEA_CHECK(tag(open));
    }
    push(Is::end, "");
    return std::move(tokens_);
  }

 private:
  template <class... Args>
  Error error(fmt::format_string<Args...> format, Args&&... args) const {
    return fail("{}:{}: {}", where_, line_, fmt::format(format, std::forward<Args>(args)...));
  }

  void push(Is is, std::string value) {
    if (is != Is::data || !value.empty()) tokens_.push_back({is, line_, std::move(value)});
  }
  void skip(size_t bytes) {
    line_ += static_cast<int>(std::count(rest_.begin(), rest_.begin() + static_cast<ptrdiff_t>(bytes), '\n'));
    begins_line_ = bytes > 0 ? rest_[bytes - 1] == '\n' : begins_line_;
    rest_.remove_prefix(bytes);
  }
  size_t spaces(size_t at = 0) const { return rest_.size() - at - strip(rest_.substr(at), true, false).size(); }
  bool at(std::string_view what, size_t offset = 0) const { return rest_.substr(offset).starts_with(what); }

  size_t next_tag() const {
    for (size_t i = 0; (i = rest_.find('{', i)) != std::string_view::npos; ++i) {
      if (i + 1 < rest_.size() && (rest_[i + 1] == '%' || rest_[i + 1] == '{' || rest_[i + 1] == '#')) return i;
    }
    return std::string_view::npos;
  }

  // The text before a tag, as the sign within the tag has it.
  std::string_view before_tag(std::string_view text, char sign, bool print) const {
    if (sign == '-') return strip(text, false, true);
    if (sign == '+' || print) return text;
    const size_t line = text.rfind('\n') + 1;
    if (line == 0 && !begins_line_) return text;
    return strip(text.substr(line), true, false).empty() ? text.substr(0, line) : text;
  }

  // The bytes of "WORD %}" with white space around the word, if that is what follows `offset`. After {% raw %} the line
  // end stays.
  std::optional<size_t> word_and_close(std::string_view word, size_t offset, bool raw) const {
    size_t end = offset + spaces(offset);
    if (!at(word, end)) return {};
    end += word.size();
    end += spaces(end);
    if (at("-%}", end)) return end + 3 + spaces(end + 3);
    if (at("%}", end)) return end + 2 + (!raw && at("\n", end + 2));
    if (!raw && at("+%}", end)) return end + 3;
    return {};
  }

  Status tag(size_t open) {
    const char kind = rest_[open + 1];
    const char sign =
        open + 2 < rest_.size() && (rest_[open + 2] == '-' || rest_[open + 2] == '+') ? rest_[open + 2] : 0;
    const size_t inside = open + 2 + (sign != 0);
    const std::string_view text = before_tag(rest_.substr(0, open), sign, kind == '{');
    push(Is::data, std::string(text));
    if (kind == '%') {
      if (const auto body = word_and_close("raw", inside, true)) return raw(*body);
    }
    skip(inside);
    if (kind == '#') return comment();
    push(kind == '%' ? Is::block_begin : Is::print_begin, "");
    return expression(kind == '%');
  }

  Status raw(size_t body) {
    skip(body);
    if (rest_.empty()) return {};
    for (size_t i = 0; (i = rest_.find("{%", i)) != std::string_view::npos; ++i) {
      const char sign = i + 2 < rest_.size() && (rest_[i + 2] == '-' || rest_[i + 2] == '+') ? rest_[i + 2] : 0;
      if (const auto end = word_and_close("endraw", i + 2 + (sign != 0), false)) {
        push(Is::data, std::string(before_tag(rest_.substr(0, i), sign, false)));
        skip(*end);
        return {};
      }
    }
    return error("{{% raw %}} without {{% endraw %}}");
  }

  Status comment() {
    if (rest_.empty()) return {};
    const size_t end = rest_.find("#}");
    if (end == std::string_view::npos) return error("a comment without its end #}}");
    const char sign = end > 0 ? rest_[end - 1] : 0;
    const size_t after = end + 2;
    skip(after + (sign == '-' ? spaces(after) : sign != '+' && at("\n", after)));
    return {};
  }

  Status expression(bool block) {
    std::string open;  // brackets
    while (!rest_.empty()) {
      if (open.empty()) {
        const std::string_view close = block ? "%}" : "}}";
        size_t end = 0;
        if (at("-") && at(close, 1)) end = 3 + spaces(3);
        if (at(close)) end = 2 + (block && at("\n", 2));
        if (block && at("+%}")) end = 3;
        if (end > 0) {
          push(block ? Is::block_end : Is::print_end, "");
          skip(end);
          return {};
        }
      }
      if (const size_t blank = spaces(); blank > 0) {
        skip(blank);
      } else if (const size_t real = real_size(); real > 0) {
        PERSEA_CHECK(number(Is::real, real));
      } else if (is_digit(rest_[0])) {
        PERSEA_CHECK(number(Is::integer, integer_size()));
      } else if (is_name_char(rest_[0])) {
        const size_t size = std::find_if_not(rest_.begin(), rest_.end(), is_name_char) - rest_.begin();
        push(Is::name, std::string(rest_.substr(0, size)));
        skip(size);
      } else if (rest_[0] == '"' || rest_[0] == '\'') {
        PERSEA_CHECK(quoted());
      } else {
        PERSEA_CHECK(sign(open));
      }
    }
    return error("the template ends within {}", block ? "{% %}" : "{{ }}");
  }

  // Digits with single "_" between them.
  size_t digits(size_t at) const {
    size_t end = at;
    while (end < rest_.size() && (is_digit(rest_[end]) || (end > at && rest_[end] == '_' && end + 1 < rest_.size() &&
                                                           is_digit(rest_[end + 1])))) {
      ++end;
    }
    return end - at;
  }
  size_t real_size() const {
    const size_t before = digits(0);
    if (before == 0 || (rest_.data() > source_.data() && rest_.data()[-1] == '.')) return 0;
    size_t size = before;
    if (at(".", size) && digits(size + 1) > 0) size += 1 + digits(size + 1);
    if (size < rest_.size() && (rest_[size] | 32) == 'e') {
      const size_t signs = at("+", size + 1) || at("-", size + 1) ? 1 : 0;
      if (const size_t power = digits(size + 1 + signs); power > 0) return size + 1 + signs + power;
    }
    return size > before ? size : 0;
  }
  size_t integer_size() const {
    if (rest_[0] != '0') return digits(0);
    const char base = rest_.size() > 1 ? static_cast<char>(rest_[1] | 32) : 0;
    const auto fits = [&](char c) {
      return base == 'x' ? is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f')
                         : c >= '0' && c <= (base == 'o' ? '7' : '1');
    };
    size_t size = 1;
    if (base == 'x' || base == 'o' || base == 'b') {
      size = 2;
      while (size < rest_.size() &&
             (fits(rest_[size]) || (rest_[size] == '_' && size + 1 < rest_.size() && fits(rest_[size + 1]))))
        ++size;
      if (size > 2) return size;
      size = 1;
    }
    while (at("0", size) || at("_0", size)) ++size;
    return size;
  }
  Status number(Is is, size_t size) {
    std::string value(rest_.substr(0, size));
    std::erase(value, '_');
    push(is, std::move(value));
    skip(size);
    return {};
  }

  Status sign(std::string& open) {
    static constexpr std::array<std::string_view, 26> kSigns = {"**", "//", "==", "!=", ">=", "<=", "+", "-", "/",
                                                                "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                                ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};
    const auto* found = std::find_if(kSigns.begin(), kSigns.end(), [&](std::string_view s) { return at(s); });
    if (found == kSigns.end()) return error("unexpected {}", repr(chars_of(rest_.substr(0, 4))[0]));
    if (const size_t opens = std::string_view("([{").find(*found); opens != std::string_view::npos) {
      open += ")]}"[opens];
    } else if (std::string_view(")]}").find(*found) != std::string_view::npos) {
      if (open.empty()) return error("unexpected '{}'", *found);
      if (open.back() != (*found)[0]) return error("unexpected '{}', expected '{}'", *found, open.back());
      open.pop_back();
    }
    push(Is::sign, std::string(*found));
    skip(found->size());
    return {};
  }

  Status quoted() {
    const char quote = rest_[0];
    std::string value;
    size_t i = 1;
    for (; i < rest_.size() && rest_[i] != quote; ++i) {
      if (rest_[i] != '\\') {
        value += rest_[i];
        continue;
      }
      if (++i == rest_.size()) break;
      PERSEA_CHECK(escape(i, value));
    }
    if (i >= rest_.size()) return error("text without its closing {}", quote);
    push(Is::text, std::move(value));
    skip(i + 1);
    return {};
  }

  // Of the escape whose letter is at `i`; `i` is its last byte then.
  Status escape(size_t& i, std::string& value) {
    const char c = rest_[i];
    static constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeant = "\\'\"\a\b\f\n\r\t\v";
    if (const size_t known = kLetters.find(c); known != std::string_view::npos) {
      value += kMeant[known];
    } else if (c >= '0' && c <= '7') {
      uint32_t code = 0;
      for (int n = 0; n < 3 && i < rest_.size() && rest_[i] >= '0' && rest_[i] <= '7'; ++n)
        code = code * 8 + (rest_[i++] - '0');
      --i;
      unicode::append_utf8(code, value);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const int length = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      uint32_t code = 0;
      for (int n = 0; n < length; ++n) {
        const char d = ++i < rest_.size() ? static_cast<char>(rest_[i] | 32) : 0;
        if (!is_digit(d) && !(d >= 'a' && d <= 'f'))
          return error("a \\{} escape needs {} hexadecimal digits", c, length);
        code = code * 16 + (is_digit(d) ? d - '0' : d - 'a' + 10);
      }
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return error("the escape \\{}{:x} is no character", c, code);
      unicode::append_utf8(code, value);
    } else if (c == 'N' || static_cast<unsigned char>(c) >= 0x80) {
      return error("an escape of a character by its name, or before a character beyond ASCII, is not supported");
    } else if (c != '\n') {
      value += '\\', value += c;
    }
    return {};
  }

  const std::string source_;
  const std::string_view where_;
  std::string_view rest_;
  int line_ = 1;
  bool begins_line_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view source, std::string_view where) {
  return Lexer(source, where).run();
}

}  // namespace persea::jinja
