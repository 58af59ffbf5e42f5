#include "curate/language.h"

#include <cld2/public/encodings.h>

#include <cstdio>  // the next header wants it

#include <cld2/public/compact_lang_det.h>

#include <algorithm>
#include <utility>

#include "curate/char_flags.h"
#include "curate/sample.h"

namespace persea::curate {
namespace {

constexpr size_t kMostBytes = 1 << 30;  // CLD2 counts in int

// What is given to CLD2: parts of a text that keep their lengths, so that places can be found again.
struct Given {
  struct Part {
    size_t at;
    Place place;  // in the text that is judged
  };
  std::string text;
  std::vector<Part> parts;

  Place place_of(size_t at, size_t bytes) const {
    size_t index = parts.size();
    while (index > 1 && parts[index - 1].at > at) --index;
    const Part& part = parts[index - 1];
    const size_t begin = std::min(part.place.begin + (at - part.at), part.place.end);
    return {begin, std::min(begin + bytes, part.place.end)};
  }
};

// CLD2 takes nothing but "interchange-valid" UTF-8: without control characters and what is no character. (C0 and C1 but
// tab and line ends; U+FDD0 to U+FDEF, and the last two of each plane.)
bool is_fit(uint32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return !(c >= 0x7f && c < 0xa0) && !(c >= 0xfdd0 && c <= 0xfdef) && (c & 0xfffe) != 0xfffe;
}

// Spaces for whatever CLD2 does not take, byte for byte.
void add_part(std::string_view text, Place place, Given& given) {
  given.parts.push_back({given.text.size(), place});
  const size_t from = given.text.size();
  given.text.append(text.substr(place.begin, place.end - place.begin));
  for (size_t at = from; at < given.text.size();) {
    const auto byte = static_cast<unsigned char>(given.text[at]);
    if (byte >= 0x20 && byte < 0x7f) {
      ++at;
      continue;
    }
    const CharAt c = first_char(std::string_view(given.text).substr(at));
    if (!is_fit(c.codepoint) || (c.codepoint == 0xfffd && given.text.compare(at, c.bytes, "\xef\xbf\xbd") != 0))
      std::fill_n(given.text.begin() + static_cast<std::ptrdiff_t>(at), c.bytes, ' ');
    at += c.bytes;
  }
  given.text += '\n';
}

Given given_of(std::string_view text, size_t most) {
  if (most == 0 || most > kMostBytes) most = kMostBytes;
  Given given;
  given.text.reserve(std::min(text.size(), most) + 2 * Sample::kParts);
  for (const Place& place : sample_of(text, most)) add_part(text, place, given);
  return given;
}

// CLD2 has some names from before ISO changed them, and scripts for languages where it knows no more.
std::string_view code_of(CLD2::Language language) {
  if (language == CLD2::UNKNOWN_LANGUAGE) return "und";
  const std::string_view code = CLD2::LanguageCode(language);
  if (code == "un" || code.starts_with("xx")) return "und";
  if (code == "iw") return "he";
  if (code == "in") return "id";
  if (code == "jw") return "jv";
  if (code == "ji") return "yi";
  return code;
}

struct Found {
  CLD2::Language top[3] = {CLD2::UNKNOWN_LANGUAGE, CLD2::UNKNOWN_LANGUAGE, CLD2::UNKNOWN_LANGUAGE};
  int percent[3] = {0, 0, 0}, letters = 0;
  bool reliable = false;
};

Found detect(const std::string& text, const LanguageOptions& options, CLD2::ResultChunkVector* chunks) {
  const CLD2::CLDHints hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
  Found found;
  double likeness[3];
  (void)CLD2::ExtDetectLanguageSummary(text.data(), static_cast<int>(text.size()), true, &hints,
                                       options.guess_short ? CLD2::kCLDFlagBestEffort : 0, found.top, found.percent,
                                       likeness, chunks, &found.letters, &found.reliable);
  return found;
}

}  // namespace

Languages languages_of(std::string_view text, const LanguageOptions& options) {
  const Found found = detect(given_of(text, options.sample_bytes).text, options, nullptr);
  Languages languages;
  languages.reliable = found.reliable;
  languages.letters = static_cast<size_t>(std::max(found.letters, 0));
  size_t next = 0;
  for (size_t i = 0; i < languages.top.size(); ++i) {
    const std::string_view code = code_of(found.top[i]);
    const double share = std::clamp(found.percent[i], 0, 100) / 100.0;
    if (code != "und" && share > 0) languages.top[next++] = {code, found.reliable ? share : share / 2};
  }
  return languages;
}

Language language_of(std::string_view text, const LanguageOptions& options) {
  return languages_of(text, options).top[0];
}

bool means_language(std::string_view wanted, std::string_view code) {
  return code.starts_with(wanted) && (code.size() == wanted.size() || code[wanted.size()] == '-');
}

Place foreign_stretch(std::string_view text, std::span<const std::string> kept, const LanguageOptions& options) {
  const Given given = given_of(text, options.sample_bytes);
  if (given.parts.empty()) return {};
  CLD2::ResultChunkVector chunks;
  (void)detect(given.text, options, &chunks);
  Place longest;
  for (const CLD2::ResultChunk& chunk : chunks) {
    const std::string_view code = code_of(static_cast<CLD2::Language>(chunk.lang1));
    const auto at = static_cast<size_t>(std::max(chunk.offset, 0));
    if (code == "und" || chunk.bytes <= 0 || at >= given.text.size()) continue;
    if (std::any_of(kept.begin(), kept.end(), [&](const std::string& one) { return means_language(one, code); }))
      continue;
    const Place place = given.place_of(at, static_cast<size_t>(chunk.bytes));
    if (place.end - place.begin > longest.end - longest.begin) longest = place;
  }
  return longest;
}

const std::vector<std::string>& language_codes() {
  static const std::vector<std::string> codes = [] {
    std::vector<std::string> all;
    for (int i = 0; i < CLD2::NUM_LANGUAGES; ++i) {
      const std::string_view code = code_of(static_cast<CLD2::Language>(i));
      if (code != "und") all.emplace_back(code);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }();
  return codes;
}

}  // namespace persea::curate
