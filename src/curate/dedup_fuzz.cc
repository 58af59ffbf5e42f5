// Any bytes as texts, parted at 0xff: what is simplified is simple, keys are the same each time, cut places lie in
// their texts and are those of compared windows, and what differs between two texts lies in both.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "curate/altered_copies.h"
#include "curate/minhash.h"
#include "curate/repeated_spans.h"
#include "curate/simplify.h"
#include "curate/span_tokens.h"

namespace {

using namespace persea::curate;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_keys(std::string_view text) {
  static const auto hashers = [] {
    std::vector<MinHasher> all;
    for (const persea::Json& said : {persea::Json("datatrove"), persea::Json{{"set", "nemo"}, {"shingle", 3}},
                                     persea::Json{{"short_texts", true}}})
      all.push_back(*MinHasher::create(*minhash_settings(said)));
    return all;
  }();
  for (const MinHasher& made : hashers) {
    MinHasher fresh = made;
    std::vector<uint64_t> keys(fresh.bands()), again(fresh.bands());
    const bool has = fresh.keys(text, keys);
    check(has == fresh.keys(text, again) && (!has || keys == again));
  }
  std::string once;
  simplify_text(text, once);
  for (const char c : once) check(!(c >= 'A' && c <= 'Z') && !(c >= '1' && c <= '9') && c != '\n' && c != '!');
}

// Windows of three tokens by a map of their bytes.
void check_spans(const std::vector<std::string_view>& texts) {
  constexpr size_t kTokens = 3;
  std::map<std::vector<std::string_view>, std::pair<size_t, size_t>> first;
  std::vector<std::vector<bool>> wanted;
  for (size_t i = 0; i < texts.size(); ++i) {
    std::vector<std::string_view> tokens;
    for (SpanTokens all(texts[i]); all.next();) tokens.push_back(all.token());
    std::vector<bool> cut(texts[i].size(), false);
    for (size_t k = 0; k + kTokens <= tokens.size(); ++k) {
      const auto begin = tokens.begin() + static_cast<ptrdiff_t>(k);
      const auto at = first.emplace(std::vector(begin, begin + kTokens), std::pair(i, k)).first->second;
      if (at.first == i && k < at.second + kTokens) continue;
      const auto* from = tokens[k].data();
      const auto* to = k + kTokens < tokens.size() ? tokens[k + kTokens].data() : texts[i].data() + texts[i].size();
      for (const char* p = from; p < to; ++p) cut[static_cast<size_t>(p - texts[i].data())] = true;
    }
    wanted.push_back(cut);
  }
  const auto done = find_repeated_spans(
      texts.size(), [&](size_t i) { return texts[i]; }, {kTokens, "first"}, std::filesystem::temp_directory_path(),
      1 << 16,
      [&](size_t document, std::span<const Place> places) -> persea::Status {
        for (const Place& place : places)
          for (size_t at = place.begin; at < place.end; ++at) {
            check(wanted[document][at]);
            wanted[document][at] = false;
          }
        return {};
      });
  check(done.ok());
  for (const auto& cut : wanted)
    for (const bool still : cut) check(!still);
}

void check_difference(std::string_view a, std::string_view b) {
  AlteredCopySettings settings;
  settings.min_words = 1;
  settings.max_masked_share = 1;
  settings.max_other_share = 1;
  TextAligner aligner(settings);
  std::vector<Difference> differences;
  aligner.compare(a, b, differences);
  Place before_a{0, 0}, before_b{0, 0};
  for (const Difference& one : differences) {
    check(before_a.end <= one.original.begin && one.original.begin <= one.original.end && one.original.end <= a.size());
    check(before_b.end <= one.copy.begin && one.copy.begin <= one.copy.end && one.copy.end <= b.size());
    before_a = one.original;
    before_b = one.copy;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> texts;
  for (size_t begin = 0; begin <= size;) {
    const size_t end = std::min(all.find('\xff', begin), size);
    texts.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  check_keys(texts[0]);
  check_spans(texts);
  if (texts.size() > 1) check_difference(texts[0], texts[1]);
  return 0;
}
