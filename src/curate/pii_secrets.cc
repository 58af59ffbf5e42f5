// Keys and tokens: those whose beginning tells what they are, private keys, and values given to a name that says so.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "curate/pii_forms.h"

namespace persea::curate::pii {
namespace {

enum class Letters : uint8_t { upper, alnum, word, dotted };  // A-Z0-9; and a-z; and _ -; and .

struct Form {
  std::string_view begins;
  size_t least, most;  // characters behind that
  Letters letters;
};

// As the services that give them out document them.
constexpr Form kForms[] = {
    {"AKIA", 16, 16, Letters::upper},        {"ASIA", 16, 16, Letters::upper},
    {"AIza", 35, 35, Letters::word},         {"dop_v1_", 64, 64, Letters::alnum},
    {"eyJ", 40, 4096, Letters::dotted},      {"ghp_", 36, 255, Letters::alnum},
    {"gho_", 36, 255, Letters::alnum},       {"ghu_", 36, 255, Letters::alnum},
    {"ghs_", 36, 255, Letters::alnum},       {"ghr_", 36, 255, Letters::alnum},
    {"github_pat_", 22, 255, Letters::word}, {"glpat-", 20, 64, Letters::word},
    {"hf_", 30, 64, Letters::alnum},         {"npm_", 36, 36, Letters::alnum},
    {"pk_live_", 16, 128, Letters::alnum},   {"pypi-AgEI", 50, 512, Letters::word},
    {"rk_live_", 16, 128, Letters::alnum},   {"sk_live_", 16, 128, Letters::alnum},
    {"sk-", 20, 256, Letters::word},         {"shpat_", 32, 32, Letters::alnum},
    {"SG.", 60, 72, Letters::dotted},        {"xoxa-", 10, 256, Letters::word},
    {"xoxb-", 10, 256, Letters::word},       {"xoxp-", 10, 256, Letters::word},
    {"xoxr-", 10, 256, Letters::word},       {"xoxs-", 10, 256, Letters::word},
};

constexpr auto kMayBegin = [] {
  std::array<bool, 256> may{};
  for (const Form& form : kForms) may[static_cast<unsigned char>(form.begins[0])] = true;
  return may;
}();

bool is_of(Letters letters, char c) {
  if (is_digit(c) || is_upper(c)) return true;
  if (letters == Letters::upper) return false;
  if (is_letter(c)) return true;
  if (letters == Letters::alnum) return false;
  return c == '_' || c == '-' || (letters == Letters::dotted && c == '.');
}

// A token of chance: letters and digits both, or both cases of letters all through, and no few of them again and again.
bool looks_random(std::string_view value) {
  std::array<int, 256> counts{};
  size_t digits = 0, letters = 0, upper = 0;
  for (const char c : value) {
    ++counts[static_cast<unsigned char>(c)];
    digits += is_digit(c) ? 1 : 0;
    letters += is_letter(c) ? 1 : 0;
    upper += is_upper(c) ? 1 : 0;
  }
  double bits = 0;  // a character
  for (const int count : counts)
    if (count > 0) bits -= count * std::log2(count / static_cast<double>(value.size()));
  const bool mixed = 10 * upper >= 3 * value.size() && 10 * (letters - upper) >= 3 * value.size();
  return letters > 0 && (digits > 0 || mixed) && bits >= 3 * static_cast<double>(value.size());
}

bool speaks_of_secret(std::string_view name) {
  std::array<char, 40> small{};
  size_t size = 0;
  for (const char c : name)
    if (is_alnum(c)) small[size++] = static_cast<char>(is_letter(c) ? c | 0x20 : c);
  const std::string_view word(small.data(), size);
  constexpr std::string_view kHints[] = {"password", "passwd",    "secret",  "token",
                                         "apikey",   "accesskey", "authkey", "privatekey"};
  return std::any_of(std::begin(kHints), std::end(kHints),
                     [&](std::string_view hint) { return word.find(hint) != std::string_view::npos; });
}

}  // namespace

size_t token_end(std::string_view text, size_t at) {
  if (!kMayBegin[static_cast<unsigned char>(text[at])]) return 0;
  for (const Form& form : kForms) {
    if (text.substr(at, form.begins.size()) != form.begins) continue;
    const size_t first = at + form.begins.size();
    size_t end = first;
    while (end < text.size() && end - first <= form.most && is_of(form.letters, text[end])) ++end;
    if (end - first > form.most) continue;
    while (end - first > form.least && !is_alnum(text[end - 1])) --end;
    const std::string_view value = text.substr(first, end - first);
    if (value.size() < form.least || !ends_at(text, end)) continue;
    const bool token = form.begins == "eyJ"   ? value.find(".eyJ") != std::string_view::npos
                       : form.begins == "sk-" ? looks_random(value)
                                              : true;
    if (token) return end;
  }
  return 0;
}

size_t private_key_end(std::string_view text, size_t at) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kKey = "PRIVATE KEY";
  constexpr size_t kLongestLine = 80, kLongest = 16384;
  if (text.substr(at, kBegin.size()) != kBegin) return 0;
  if (text.substr(at, kLongestLine).find(kKey) == std::string_view::npos) return 0;
  const std::string_view rest = text.substr(at, kLongest);
  const size_t end = rest.find(kEnd);
  if (end == std::string_view::npos) return at + rest.size();  // cut off, but a key
  const size_t dashes = rest.substr(0, end + kLongestLine).find("-----", end + kEnd.size());
  return at + (dashes == std::string_view::npos ? end + kEnd.size() : dashes + 5);
}

std::optional<Place> secret_given(std::string_view text, size_t at) {
  constexpr size_t kLongestName = 40, kLeast = 12, kMost = 512;
  size_t name_end = at;
  while (name_end > 0 && at - name_end < 3 &&
         (text[name_end - 1] == ' ' || text[name_end - 1] == '"' || text[name_end - 1] == '\''))
    --name_end;
  size_t name = name_end;
  while (name > 0 && name_end - name < kLongestName &&
         (is_alnum(text[name - 1]) || text[name - 1] == '_' || text[name - 1] == '-'))
    --name;
  if (name == name_end || !speaks_of_secret(text.substr(name, name_end - name))) return std::nullopt;
  size_t begin = at + 1;
  while (begin < text.size() && begin - at < 4 &&
         (text[begin] == ' ' || text[begin] == '"' || text[begin] == '\'' || text[begin] == '='))
    ++begin;
  size_t end = begin;
  const auto of_value = [](char c) {
    return is_alnum(c) || c == '_' || c == '-' || c == '/' || c == '+' || c == '=' || c == '.' || c == '~' ||
           c == '!' || c == '$';
  };
  while (end < text.size() && end - begin <= kMost && of_value(text[end])) ++end;
  while (end > begin && (text[end - 1] == '.' || text[end - 1] == '!')) --end;
  if (end - begin < kLeast || end - begin > kMost || !looks_random(text.substr(begin, end - begin)))
    return std::nullopt;
  return Place{begin, end};
}

}  // namespace persea::curate::pii
