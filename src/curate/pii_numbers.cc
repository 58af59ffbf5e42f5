// Numbers that are somebody's: IBANs (ISO 13616) and payment cards (ISO/IEC 7812) by their check digits, and phone
// numbers, which have none, by how they are written.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "curate/pii_forms.h"

namespace persea::curate::pii {
namespace {

struct IbanLength {
  char country[3];
  size_t length;
};

// The registry of ISO 13616.
constexpr IbanLength kIbans[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22},
    {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DJ", 27},
    {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27},
    {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22},
    {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32},
    {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19},
    {"MN", 20}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
    {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
    {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28}, {"TL", 23},
    {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30},
};

size_t iban_length(std::string_view country) {
  const auto* found = std::find_if(std::begin(kIbans), std::end(kIbans),
                                   [&](const IbanLength& iban) { return country == iban.country; });
  return found == std::end(kIbans) ? 0 : found->length;
}

// Whether the digits, each second one from the right doubled, add up to a multiple of ten (Luhn).
bool luhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    const int digit = digits[i] - '0', value = twice ? 2 * digit : digit;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

int leading(std::string_view digits, size_t count) {
  int value = 0;
  for (const char c : digits.substr(0, count)) value = value * 10 + (c - '0');
  return value;
}

// Whether a brand's cards begin like this and are as long.
bool is_card(std::string_view digits) {
  const size_t n = digits.size();
  const int two = leading(digits, 2), three = leading(digits, 3), four = leading(digits, 4);
  if (digits[0] == '4') return n == 13 || n == 16 || n == 19;                      // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return n == 16;  // Mastercard
  if (two == 34 || two == 37) return n == 15;                                      // American Express
  if (two == 36 || two == 38 || two == 39 || (three >= 300 && three <= 305)) return n == 14 || n == 16;  // Diners Club
  if (four >= 3528 && four <= 3589) return n >= 16;                                                      // JCB
  if (four == 6011 || two == 65 || (three >= 644 && three <= 649)) return n >= 16;                       // Discover
  if (two == 62 || two == 81) return n >= 16;                                                            // UnionPay
  if (two == 50 || (two >= 56 && two <= 69)) return n >= 16;  // Maestro, but for shorter ones: goods have such numbers
  return false;
}

// Digits as they are written: in groups, with a sign or two between.
struct Written {
  std::array<char, 20> digits{};
  std::array<uint8_t, 20> groups{};  // how many digits each has
  size_t count = 0, parts = 0, end = 0;
  bool parentheses = false, only_dots = true;

  std::string_view all() const { return {digits.data(), count}; }
};

// At most 19 digits from `at` on; signs of `between`, of which up to `most` stand between two groups. `end` is 0 where
// more digits follow.
Written read_written(std::string_view text, size_t at, const char* between, size_t most) {
  Written w;
  size_t i = at, signs = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (is_digit(c)) {
      if (w.count == 19) return w.end = 0, w;
      if (w.count == 0 || signs > 0) ++w.parts;
      w.digits[w.count++] = c;
      ++w.groups[w.parts - 1];
      w.end = i + 1;
      signs = 0;
    } else {
      if (c == '\0' || std::strchr(between, c) == nullptr || ++signs > most) break;
      if (c == '(' || c == ')') w.parentheses = true;
      if (w.count > 0 && is_digit(at_or_zero(text, i + 1))) w.only_dots &= c == '.';
    }
  }
  return w;
}

template <size_t N>
bool groups_are(const Written& w, const int (&sizes)[N]) {
  return w.parts == N && std::equal(std::begin(sizes), std::end(sizes), w.groups.begin());
}

// ITU-T E.164: the codes of one and of two digits; of those of three only by what they begin with.
bool is_country_code(std::string_view digits) {
  if (digits[0] == '1' || digits[0] == '7') return true;
  constexpr int kTwo[] = {20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54,
                          55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98};
  constexpr int kBegins[] = {21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50,
                             59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99};
  const int two = leading(digits, 2);
  const auto among = [&](const auto& codes) {
    return std::find(std::begin(codes), std::end(codes), two) != std::end(codes);
  };
  return among(kTwo) || among(kBegins);
}

bool is_north_american(std::string_view ten) { return ten[0] >= '2' && ten[3] >= '2'; }

bool is_date(const Written& w) {
  if (w.parts < 3) return false;
  const auto part = [&](size_t begin, size_t size) { return leading(w.all().substr(begin), size); };
  const size_t a = w.groups[0], b = w.groups[1], c = w.groups[2];
  const auto year = [](int value) { return value >= 1900 && value < 2100; };
  if (a <= 2 && b <= 2 && c == 4) return part(0, a) <= 31 && part(a, b) <= 31 && year(part(a + b, 4));
  return a == 4 && b <= 2 && c <= 2 && year(part(0, 4)) && part(4, b) <= 12 && part(4 + b, c) <= 31;
}

// "x12", "ext. 12" behind a number.
size_t extension_end(std::string_view text, size_t at) {
  size_t i = at;
  if (at_or_zero(text, i) == ' ') ++i;
  if (text.substr(i, 3) == "ext") {
    i += 3;
    if (at_or_zero(text, i) == '.') ++i;
    if (at_or_zero(text, i) == ' ') ++i;
  } else if (at_or_zero(text, i) == 'x') {
    ++i;
  } else {
    return at;
  }
  const size_t first = i;
  while (i - first < 7 && is_digit(at_or_zero(text, i))) ++i;
  return i > first && ends_at(text, i) ? i : at;
}

// Whether the words before `at` tell of a telephone: "Tel.: ", "call me at ", "phone number ".
bool is_told(std::string_view text, size_t at) {
  constexpr std::string_view kTelling[] = {"phone",   "telephone", "telefon",  "tel",  "fon",     "fax",
                                           "telefax", "mobile",    "mobil",    "cell", "call",    "dial",
                                           "ring",    "handy",     "whatsapp", "sms",  "hotline", "text"};
  constexpr std::string_view kBetween[] = {"at", "on", "is",     "me",     "us", "under",
                                           "no", "nr", "number", "nummer", "or", "unter"};
  size_t end = at;
  for (int words = 0; words < 4; ++words) {
    for (int signs = 0; signs < 4 && end > 0 && std::strchr(" :.-(#+\t", text[end - 1]) != nullptr; ++signs) --end;
    std::array<char, 12> word{};
    size_t size = 0, begin = end;
    while (begin > 0 && is_letter(text[begin - 1]) && end - begin < word.size()) --begin;
    for (size_t i = begin; i < end; ++i) word[size++] = static_cast<char>(text[i] | 0x20);
    const auto is = [&](std::string_view one) { return one == std::string_view(word.data(), size); };
    if (begin > 0 && is_letter(text[begin - 1])) return false;
    if (std::any_of(std::begin(kTelling), std::end(kTelling), is)) return true;
    if (std::none_of(std::begin(kBetween), std::end(kBetween), is)) return false;
    end = begin;
  }
  return false;
}

bool is_phone(const Written& w, std::string_view text, size_t at, bool plus) {
  const std::string_view all = w.all();
  if (plus) return w.count >= 8 && w.count <= 15 && is_country_code(all);
  if (is_date(w)) return false;
  const auto told = [&] { return is_told(text, at); };
  const bool first_of_one = all[0] == '1' && w.count == 11, ten = w.count == 10;
  if ((ten || first_of_one) && is_north_american(all.substr(first_of_one ? 1 : 0))) {
    if (groups_are(w, {3, 3, 4}) || groups_are(w, {1, 3, 3, 4})) return true;
    if (w.parentheses && groups_are(w, {3, 7})) return true;
  }
  if (all.substr(0, 2) == "00" && w.groups[0] >= 2 && w.count >= 10 && w.count <= 17 && all[2] != '0' &&
      is_country_code(all.substr(2)))
    return w.parts > 1 || told();
  // A trunk's 0 and an area: longer than a date, in no more groups than people write.
  if (all[0] == '0' && all[1] != '0' && w.count >= 9 && w.count <= 12 && w.parts > 1 && w.groups[0] >= 2 &&
      w.groups[0] <= 6 && (!w.only_dots || w.parts >= 4))
    return true;
  return w.count >= 6 && w.count <= 15 && told();
}

}  // namespace

bool says_before(std::string_view text, size_t at, size_t window, std::initializer_list<std::string_view> words) {
  std::array<char, 32> small{};
  const size_t size = std::min({window, at, small.size()});
  for (size_t i = 0; i < size; ++i) {
    const char c = text[at - size + i];
    small[i] = is_upper(c) ? static_cast<char>(c | 0x20) : c;
  }
  const std::string_view before(small.data(), size);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return before.find(word) != std::string_view::npos; });
}

size_t iban_end(std::string_view text, size_t at) {
  const size_t length =
      is_upper(at_or_zero(text, at + 1)) && is_digit(at_or_zero(text, at + 2)) && is_digit(at_or_zero(text, at + 3))
          ? iban_length(text.substr(at, 2))
          : 0;
  if (length == 0) return 0;
  std::array<char, 34> written{};
  size_t count = 0, i = at;
  bool spaced = false;
  for (; count < length; ++i) {
    const char c = at_or_zero(text, i);
    if (is_digit(c) || is_upper(c)) {
      written[count++] = c;
    } else if ((c == ' ' || c == '-') && count > 0 && count % 4 == 0 && (spaced || count == 4) && i > at &&
               is_alnum(text[i - 1])) {
      spaced = true;
    } else {
      return 0;
    }
  }
  if (!ends_at(text, i)) return 0;
  std::rotate(written.begin(), written.begin() + 4, written.begin() + static_cast<std::ptrdiff_t>(length));
  int rest = 0;
  for (const char c : std::string_view(written.data(), length))
    rest = is_digit(c) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
  return rest == 1 ? i : 0;
}

size_t card_end(std::string_view text, size_t at) {
  for (const char* sign : {"", " ", "-"}) {
    const Written w = read_written(text, at, sign, 1);
    if (w.end == 0 || w.count < 12 || (*sign != '\0' && w.parts == 1) || !ends_at(text, w.end)) continue;
    if (at_or_zero(text, w.end) == '-' && is_digit(at_or_zero(text, w.end + 1))) continue;
    const auto four = [](uint8_t size) { return size == 4; };
    const bool fours =
        std::all_of(w.groups.begin(), w.groups.begin() + static_cast<std::ptrdiff_t>(w.parts) - 1, four) &&
        w.groups[w.parts - 1] <= 4;
    if (w.parts > 1 && !fours && !groups_are(w, {4, 6, 5}) && !groups_are(w, {4, 6, 4})) continue;
    if (is_card(w.all()) && luhn(w.all())) return w.end;
  }
  return 0;
}

size_t phone_end(std::string_view text, size_t at) {
  const bool plus = text[at] == '+';
  if (at > 0 && !plus && std::strchr(".-/$_=", text[at - 1]) != nullptr) return 0;
  if (at > 1 && is_digit(text[at]) && text[at - 1] == ' ' && is_digit(text[at - 2])) return 0;  // the rest of another
  const Written w = read_written(text, at + (plus ? 1 : 0), " -./()", 2);
  if (w.end == 0 || w.count < 6) return 0;
  const size_t end = extension_end(text, w.end);
  if (!ends_at(text, end) || !is_phone(w, text, at, plus)) return 0;
  return end;
}

}  // namespace persea::curate::pii
