#include "curate/minhash.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "base/hash.h"
#include "base/random.h"
#include "curate/char_flags.h"
#include "curate/minhash_kernel.h"
#include "curate/simplify.h"

namespace persea::curate {
namespace {

constexpr int64_t kMostHashes = 4096, kMostUnits = 1000;
constexpr size_t kChunk = 1 << 16;  // bytes that are split into words at once
constexpr size_t kKeptUnits = 1 << 20;
constexpr uint64_t kStep = 0x9e3779b97f4a7c15, kSpread = 0xd1b54a32d192ed03;

struct Published {
  std::string name;
  MinHashSettings settings;
};

const std::vector<Published>& published() {
  static const std::vector<Published> all = [] {
    const auto words = [](int64_t shingle, const Banding& banding) {
      MinHashSettings settings;
      settings.shingle = shingle;
      settings.bands = banding.bands;
      settings.rows = banding.rows;
      return settings;
    };
    MinHashSettings nemo = words(24, {20, 13});
    nemo.unit = "characters";
    nemo.simplify = false;
    return std::vector<Published>{
        {"datatrove", words(5, {14, 8})},      {"nemo", nemo},
        {"redpajama-0.7", words(13, {14, 9})}, {"redpajama-0.8", words(13, {9, 13})},
        {"redpajama-0.9", words(13, {5, 25})}, {"text-dedup", words(5, best_banding(240, 0.7))}};
  }();
  return all;
}

Status check(const MinHashSettings& settings) {
  if (settings.unit != "words" && settings.unit != "characters")
    return fail("minhash: `unit` is \"{}\": say \"words\" or \"characters\"", settings.unit);
  if (settings.shingle < 1 || settings.shingle > kMostUnits)
    return fail("minhash: `shingle` is {}: say 1 to {}", settings.shingle, kMostUnits);
  for (const auto& [name, value] : {std::pair{"bands", settings.bands}, std::pair{"rows", settings.rows}})
    if (value < 1 || value > kMostHashes) return fail("minhash: `{}` is {}: say 1 to {}", name, value, kMostHashes);
  if (settings.bands * settings.rows > kMostHashes)
    return fail("minhash: {} bands of {} rows are more than {} hashes", settings.bands, settings.rows, kMostHashes);
  return {};
}

// Every bit of the sum reaches the upper half.
uint32_t spread(uint64_t sum) {
  sum ^= sum >> 32;
  sum *= kSpread;
  return static_cast<uint32_t>((sum ^ sum >> 29) >> 16);
}

uint64_t load64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, 8);
  return value;
}

// A word's hash, which is fixed for ever: keys are kept.
uint64_t word_hash(std::string_view word) {
  if (word.size() > 16) return hash64(word);
  uint64_t low = 0, high = 0;
  if (word.size() >= 8) {
    low = load64(word.data());
    high = load64(word.data() + word.size() - 8);
  } else {
    for (size_t i = word.size(); i-- > 0;) low = low << 8 | static_cast<unsigned char>(word[i]);
  }
  uint64_t state = (low + word.size()) * kStep;
  state = ((state ^ state >> 32) + high) * kSpread;
  return state ^ state >> 32;
}

// Where the small letters of ASCII end that stand at `at`.
size_t skip_small_letters(std::string_view text, size_t at) {
  constexpr uint64_t kOnes = 0x0101010101010101, kTop = 0x80 * kOnes;
  for (; at + 8 <= text.size(); at += 8) {
    const uint64_t bytes = load64(text.data() + at), low = bytes & ~kTop;
    const uint64_t from_a = low + (0x80 - 'a') * kOnes, above_z = low + (0x80 - 'z' - 1) * kOnes;
    if (const uint64_t stop = (~from_a | above_z | bytes) & kTop)
      return at + static_cast<size_t>(std::countr_zero(stop)) / 8;
  }
  while (at < text.size() && text[at] >= 'a' && text[at] <= 'z') ++at;
  return at;
}

// How much of `text` is split into words at once: up to a space, so that words stay whole, unless there is none for
// long.
size_t part_of(std::string_view text) {
  if (text.size() <= 2 * kChunk) return text.size();
  size_t end = text.substr(0, 2 * kChunk).find(' ', kChunk);
  if (end != std::string_view::npos) return end;
  end = kChunk;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80 && end > kChunk - 3) --end;
  return end;
}

// Which words of small letters may be cut in pieces.
class SmallSpecialWords {
 public:
  static const SmallSpecialWords& get() {
    static const SmallSpecialWords words;
    return words;
  }
  bool may_have(uint64_t hash) const { return bits_[hash % kBits / 64] >> (hash % 64) & 1; }

 private:
  static constexpr size_t kBits = 1 << 14;
  SmallSpecialWords() : bits_(kBits / 64) {
    for (const SpecialWord& word : SpecialWords::english().all()) {
      const uint64_t hash = word_hash(word.text);
      if (skip_small_letters(word.text, 0) == word.text.size()) bits_[hash % kBits / 64] |= uint64_t{1} << (hash % 64);
    }
  }
  std::vector<uint64_t> bits_;
};

}  // namespace

const std::vector<std::string>& minhash_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Published& one : published()) all.push_back(one.name);
    return all;
  }();
  return names;
}

Result<MinHashSettings> minhash_settings(const Json& said) {
  if (!said.is_string() && !said.is_object()) return fail("minhash: settings have to be an object or a name");
  const Json name = said.is_string() ? said : said.value("set", Json("datatrove"));
  const auto base = std::find_if(published().begin(), published().end(), [&](const Published& one) {
    return name.is_string() && name.get_ref<const std::string&>() == one.name;
  });
  if (base == published().end())
    return fail("minhash: {} is no published set: say one of {}", canonical_json(name),
                fmt::join(minhash_names(), ", "));
  Json all = settings_json(base->settings);
  if (said.is_object()) all.update(said);
  all.erase("set");
  PERSEA_TRY(const MinHashSettings settings, read_settings<MinHashSettings>(all, "minhash"));
  PERSEA_CHECK(check(settings));
  return settings;
}

double found_probability(double similarity, const Banding& banding) {
  return 1 - std::pow(1 - std::pow(similarity, static_cast<double>(banding.rows)), static_cast<double>(banding.bands));
}

Banding best_banding(int64_t hashes, double threshold) {
  if (hashes < 1 || hashes > kMostHashes || !(threshold > 0 && threshold < 1))
    throw std::logic_error("best_banding: 1 to 4096 hashes and a threshold inside 0 and 1 are needed");
  constexpr size_t kSteps = 200;  // on either side of the threshold, each taken at its middle
  std::vector<double> similarities, weights;
  for (size_t i = 0; i < 2 * kSteps; ++i) {
    const double middle = (static_cast<double>(i % kSteps) + 0.5) / kSteps;
    similarities.push_back(i < kSteps ? threshold * middle : threshold + (1 - threshold) * middle);
    weights.push_back(i < kSteps ? threshold : 1 - threshold);
  }
  Banding best{1, 1};
  double least = std::numeric_limits<double>::infinity();
  std::vector<double> band_equal(2 * kSteps, 1), none_equal(2 * kSteps);
  for (int64_t rows = 1; rows <= hashes; ++rows) {
    for (size_t i = 0; i < 2 * kSteps; ++i) band_equal[i] *= similarities[i];
    std::fill(none_equal.begin(), none_equal.end(), 1);
    for (int64_t bands = 1; bands <= hashes / rows; ++bands) {
      double wrong = 0;
      for (size_t i = 0; i < 2 * kSteps; ++i) {
        none_equal[i] *= 1 - band_equal[i];
        wrong += weights[i] * (i < kSteps ? 1 - none_equal[i] : none_equal[i]);
      }
      if (wrong < least) {
        least = wrong;
        best = {bands, rows};
      }
    }
  }
  return best;
}

Result<MinHasher> MinHasher::create(const MinHashSettings& settings) {
  PERSEA_CHECK(check(settings));
  return MinHasher(settings);
}

MinHasher::MinHasher(const MinHashSettings& settings) : settings_(settings) {
  const auto hashes = static_cast<size_t>(settings.bands * settings.rows);
  const size_t padded = (hashes + kMinHashGroup - 1) / kMinHashGroup * kMinHashGroup;
  Random random(static_cast<uint64_t>(settings.seed), "minhash");
  for (size_t i = 0; i < padded; ++i) {
    factors_.push_back(static_cast<uint32_t>(random.next() >> 32) | 1);
    terms_.push_back(static_cast<uint32_t>(random.next() >> 32));
  }
}

// A shingle's hash is that of a polynomial in the hashes of its units, which rolls from one to the next.
void MinHasher::add_rows(size_t first) {
  const auto n = static_cast<size_t>(settings_.shingle);
  if (units_.size() < first + n) return;
  uint64_t power = 1, sum = 0;
  for (size_t i = 0; i < n; ++i) power *= kStep;
  for (size_t i = first; i + 1 < first + n; ++i) sum = sum * kStep + units_[i];
  const size_t before = shingles_.size();
  shingles_.resize(before + units_.size() - first - n + 1);
  uint32_t* out = shingles_.data() + before;
  uint64_t gone = 0;
  for (size_t i = first + n - 1; i < units_.size(); ++i) {
    sum = sum * kStep + units_[i] - gone * power;
    gone = units_[i + 1 - n];
    *out++ = spread(sum);
  }
}

// A long text is split part by part, so that what is known of its words stays in the cache and in bounds.
void MinHasher::hash_words(std::string_view text) {
  while (!text.empty()) {
    const size_t end = part_of(text);
    splitter_.split(text.substr(0, end), words_);
    for (const Word& word : words_) units_.push_back(word_hash(word.text));
    text.remove_prefix(end);
  }
}

// Of a simplified text: nearly all of what stands between its spaces is letters of ASCII, which are one word if no
// special one.
void MinHasher::hash_simplified_words(std::string_view text) {
  const SmallSpecialWords& special = SmallSpecialWords::get();
  for (size_t begin = 0; begin < text.size();) {
    size_t end = skip_small_letters(text, begin);
    const bool letters = end == text.size() || text[end] == ' ';
    if (!letters) end = std::min(text.find(' ', end), text.size());
    const std::string_view run = text.substr(begin, end - begin);
    const uint64_t hash = word_hash(run);
    if (letters && !special.may_have(hash)) {
      if (!run.empty()) units_.push_back(hash);
    } else {
      hash_words(run);
    }
    begin = end + 1;
  }
}

void MinHasher::hash_characters(std::string_view text) {
  while (!text.empty()) {
    const CharAt c = first_char(text);
    units_.push_back(c.codepoint + 1);
    text.remove_prefix(c.bytes);
  }
}

const std::vector<uint32_t>& MinHasher::shingles(std::string_view text) {
  if (units_.capacity() > kKeptUnits) units_ = {}, shingles_ = {}, simplified_ = {};
  units_.clear();
  shingles_.clear();
  if (settings_.simplify) {
    simplify_text(text, simplified_);
    text = simplified_;
  }
  if (settings_.unit == "characters") {
    hash_characters(text);
  } else {
    settings_.simplify ? hash_simplified_words(text) : hash_words(text);
  }
  add_rows(0);
  if (shingles_.empty() && settings_.short_texts && !units_.empty()) {
    uint64_t sum = 0;
    for (const uint64_t unit : units_) sum = sum * kStep + unit;
    shingles_.push_back(spread(sum));
  }
  return shingles_;
}

bool MinHasher::keys(std::string_view text, std::span<uint64_t> out) {
  if (out.size() != bands()) throw std::logic_error("MinHasher::keys: one place for each band is needed");
  if (shingles(text).empty()) return false;
  least_.assign(factors_.size(), UINT32_MAX);
  lower_minima(shingles_.data(), shingles_.size(), factors_.data(), terms_.data(), least_.data(), least_.size());
  const auto rows = static_cast<size_t>(settings_.rows);
  for (size_t band = 0; band < out.size(); ++band)
    out[band] = hash64({reinterpret_cast<const char*>(least_.data() + band * rows), rows * sizeof(uint32_t)}, band);
  return true;
}

}  // namespace persea::curate
