// The mode `aligned`: pairs of telling words of an item lead to places of a text, and there the item's words are
// aligned with the text's. What stands there in order, weighted by what each word says, is the score.
#include <algorithm>
#include <cmath>
#include <map>

#include "curate/contamination_forms.h"
#include "curate/contamination_mode.h"
#include "curate/rule_pack.h"
#include "curate/seed_table.h"
#include "curate/settings.h"
#include "curate/word_alignment.h"

namespace persea::curate {
namespace {

constexpr int kVersion = 1;

struct Settings {
  std::string action = "drop";
  double min_share = 0.5;       // of what an item says has to stand there,
  int64_t more_bits = 8;        // and so much more: of a short item nearly all
  int64_t min_bits = 24;        // what says less is a phrase that anybody may write,
  int64_t min_words = 7;        // and so is what is shorter
  double min_numbers = 0.5;     // of the numbers there have to be the item's: with other ones it is another item
  bool contexts = false;        // passages that questions are about count too
  bool answers = true;          // so do long answers alone
  int64_t cut_chars = 0;        // on each side of what is cut
  int64_t min_piece_chars = 0;  // shorter pieces between are cut too

  static constexpr bool kZeroIsOff = false;
  template <class Visit>
  void fields(const Visit& visit) {
    visit("action", action);
    visit("min_share", min_share);
    visit("more_bits", more_bits);
    visit("min_bits", min_bits);
    visit("min_words", min_words);
    visit("min_numbers", min_numbers);
    visit("contexts", contexts);
    visit("answers", answers);
    visit("cut_chars", cut_chars);
    visit("min_piece_chars", min_piece_chars);
  }
};

constexpr int kEnough = 80;           // bits that a form says by which every copy of the item is found
constexpr int kMissing = 3;           // bits that each missing word costs: a copy lacks few, a likeness many
constexpr size_t kSeeds = 12;         // of a form, in as many parts of it
constexpr size_t kMostPostings = 64;  // of a seed: what more forms have does not lead to any
constexpr size_t kLooked = 256;       // places that are remembered
constexpr size_t kReach = 5;          // words on each side that are looked at first
constexpr size_t kNumberReach = 2;    // words beyond the place where another number may stand instead of the item's
constexpr uint64_t kLookCost = 8;     // of that, in cells of an alignment
// The cells that a text may cost: some for its own sake, and more for each word. Texts from life need about one a word.
constexpr uint64_t kCells = 1 << 20, kCellsPerWord = 256;

constexpr size_t kMarks = 8;  // bytes of punctuation on each side that are cut with an item

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

enum Tellable : uint8_t { kTellable, kTooShort, kTooCommon };

struct Form {
  uint32_t item, first;  // its first word in words_
  uint16_t words, bits, numbers;
};

// The place with the marks that touch it.
Place with_marks(std::string_view text, Place place) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  for (size_t i = 0; i < kMarks && place.begin > 0 && !blank(text[place.begin - 1]); ++i) --place.begin;
  for (size_t i = 0; i < kMarks && place.end < text.size() && !blank(text[place.end]); ++i) ++place.end;
  while (place.begin > 0 && continues_character(text[place.begin])) --place.begin;
  while (place.end < text.size() && continues_character(text[place.end])) ++place.end;
  return place;
}

class AlignedMode final : public ContaminationMode {
 public:
  explicit AlignedMode(const Settings& settings) : settings_(settings) {}

  Status build(const ContaminationItems& all);

  std::string_view name() const override { return "aligned"; }
  int version() const override { return kVersion; }
  Json settings() const override { return settings_json(settings_); }
  size_t bytes() const override {
    return words_.size() * 4 + bits_.size() + forms_.size() * sizeof(Form) + tellable_.size() + seeds_.bytes();
  }
  std::string_view untellable(uint32_t item) const override {
    static constexpr std::string_view kWhy[] = {"", "says too little to be told from other texts",
                                                "has only words that many other items have too"};
    return kWhy[tellable_[item]];
  }
  void find(std::string_view text, ContaminationScratch& scratch, std::vector<ContaminationHit>& hits) const override;
  void judge(std::string_view text, ContaminationScratch& scratch, Decision& decision) const override;
  void hash(Sha256& digest) const override {
    add_vector(digest, words_);
    add_vector(digest, bits_);
    for (const Form& form : forms_) add_vector(digest, std::vector<uint32_t>{form.item, form.first, form.words});
    seeds_.hash(digest);
  }

 private:
  void follow(const SeedTable::Posting& seed, size_t place, uint64_t& budget, ContaminationScratch& scratch) const;
  bool has_other_numbers(const Form& form, const Alignment& found, const std::vector<PlainWord>& words) const;
  bool looks_alike(const Form& form, size_t at, const PlainWords& plain, size_t place) const;
  double needed(int bits) const { return settings_.min_share * bits + static_cast<double>(settings_.more_bits); }
  Status add_task(const ContaminationItems& all, const std::vector<uint32_t>& task);
  // Says how many bits it has; 0 where that is too few.
  int add_form(uint32_t item, const PlainForm& form);
  // Behind the word before it; 0: behind none.
  int bits_of(PlainWord before, PlainWord word) const {
    const int most = task_.bits(word, all_.bits(word, plain_word_bits(word)));
    return before == 0 ? most : all_.bits_behind(before, word, most);
  }
  void choose_seeds();
  std::span<const PlainWord> words_of(const Form& form) const { return {words_.data() + form.first, form.words}; }

  Settings settings_;
  std::vector<Form> forms_;
  std::vector<PlainWord> words_;   // of all forms
  std::vector<uint8_t> bits_;      // what each of them says
  std::vector<uint8_t> tellable_;  // of each item
  SeedTable seeds_;
  WordShares all_, task_;  // while it is built
};

// Whether the words around a seed are mostly those of the form, each in its place or beside it.
bool AlignedMode::looks_alike(const Form& form, size_t at, const PlainWords& plain, size_t place) const {
  const PlainWord* words = words_.data() + form.first;
  const uint8_t* bits = bits_.data() + form.first;
  const size_t from = at - std::min(at, kReach), to = std::min<size_t>(form.words, at + kReach + 3);
  int all = 0, met = 0;
  for (size_t i = from; i < to; ++i) {
    all += bits[i];
    const size_t middle = place + i - at;  // below 0 it is very large
    for (const size_t j : {middle - 1, middle, middle + 1}) {
      if (j >= plain.words.size() || plain.words[j] != words[i]) continue;
      met += bits[i];
      break;
    }
  }
  return 2 * met >= all;
}

// Whether too few of the numbers that stand where the item's should be are its own. One that is missing is no other
// one.
bool AlignedMode::has_other_numbers(const Form& form, const Alignment& found,
                                    const std::vector<PlainWord>& words) const {
  const int missing = form.numbers - found.numbers;
  if (missing == 0) return false;
  const size_t behind = std::min(words.size(), found.end + kNumberReach);
  int others = -found.numbers;
  for (size_t i = found.begin - std::min(found.begin, kNumberReach); i < behind; ++i) others += is_number(words[i]);
  others = std::clamp(others, 0, missing);
  return found.numbers < settings_.min_numbers * (found.numbers + others);
}

void AlignedMode::follow(const SeedTable::Posting& seed, size_t place, uint64_t& budget,
                         ContaminationScratch& scratch) const {
  const Form& form = forms_[seed.text()];
  const size_t at = seed.word();
  const int64_t shift = static_cast<int64_t>(place) - static_cast<int64_t>(at);
  ContaminationScratch::Looked& looked = scratch.looked[seed.text() % kLooked];
  const auto slack = static_cast<int64_t>(alignment_slack(form.words));
  if (looked.form == seed.text() && place < looked.until && std::abs(looked.shift - shift) <= slack / 2) return;
  if (budget < kLookCost) {
    ++scratch.unverified;
    return;
  }
  budget -= kLookCost;
  if (!looks_alike(form, at, scratch.plain, place)) return;
  const uint64_t cost = (2 * static_cast<uint64_t>(slack) + 1) * form.words;
  if (budget < cost) {
    ++scratch.unverified;
    return;
  }
  budget -= cost;
  const std::span<const uint8_t> bits(bits_.data() + form.first, form.words);
  const Alignment found = align(words_of(form), bits, scratch.plain.words, at, place, scratch.rows);
  looked = {seed.text(), shift, static_cast<uint32_t>(place - at + form.words)};
  if (found.bits - kMissing * (form.words - found.words) < needed(form.bits)) return;
  if (has_other_numbers(form, found, scratch.plain.words)) return;
  scratch.kept.push_back({form.item,
                          {scratch.plain.begins[found.begin], scratch.plain.ends[found.end - 1]},
                          static_cast<double>(found.bits) / form.bits,
                          form.bits,
                          form.words - found.words});
}

void AlignedMode::find(std::string_view text, ContaminationScratch& scratch,
                       std::vector<ContaminationHit>& hits) const {
  PlainWords& plain = scratch.plain;
  plain.read(text);
  scratch.unverified = 0;
  scratch.kept.clear();
  scratch.looked.assign(kLooked, {});
  uint64_t budget = kCells + kCellsPerWord * plain.words.size();
  // In blocks, one step for all of a block: what each step reads lies anywhere in the index, and is fetched meanwhile.
  constexpr size_t kBlock = 64;
  uint64_t keys[kBlock];
  size_t passed[kBlock];
  std::vector<ContaminationScratch::Candidate>& candidates = scratch.candidates;
  const std::vector<uint32_t>& telling = plain.telling;
  for (size_t first = 1; first < telling.size(); first += kBlock) {
    const size_t count = std::min(kBlock, telling.size() - first);
    for (size_t i = 0; i < count; ++i) {
      keys[i] = SeedTable::key(plain.words[telling[first + i - 1]], plain.words[telling[first + i]]);
      seeds_.prefetch(keys[i]);
    }
    size_t passing = 0;
    for (size_t i = 0; i < count; ++i) {
      passed[passing] = i;
      passing += seeds_.maybe(keys[i]) ? 1 : 0;
    }
    for (size_t i = 0; i < passing; ++i) seeds_.prefetch_bucket(keys[passed[i]]);
    for (size_t i = 0; i < passing; ++i) seeds_.prefetch_seeds(keys[passed[i]]);
    candidates.clear();
    for (size_t i = 0; i < passing; ++i) {
      for (const SeedTable::Posting seed : seeds_.find(keys[passed[i]])) {
        __builtin_prefetch(&forms_[seed.text()]);
        candidates.push_back({seed.packed, telling[first + passed[i] - 1]});
      }
    }
    for (const auto& candidate : candidates) {
      const SeedTable::Posting seed{candidate.seed};
      __builtin_prefetch(&words_[forms_[seed.text()].first + seed.word()]);
      __builtin_prefetch(&bits_[forms_[seed.text()].first + seed.word()]);
    }
    for (const auto& candidate : candidates)
      follow(SeedTable::Posting{candidate.seed}, candidate.place, budget, scratch);
  }
  keep_best(scratch.kept, hits);
}

void AlignedMode::judge(std::string_view text, ContaminationScratch& scratch, Decision& decision) const {
  std::vector<ContaminationHit>& hits = scratch.hits;
  hits.clear();
  find(text, scratch, hits);
  if (hits.empty()) return;
  if (settings_.action == "drop") {
    const auto best =
        std::max_element(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.score < b.score; });
    drop(decision, kContamination, best->score, needed(best->bits) / best->bits, best->place);
    return;
  }
  scratch.places.clear();
  for (const ContaminationHit& hit : hits) scratch.places.push_back(with_marks(text, hit.place));
  cut_contamination(text, scratch.places, {settings_.cut_chars, settings_.min_piece_chars, 0, false}, decision);
}

int AlignedMode::add_form(uint32_t item, const PlainForm& form) {
  const size_t count = form.words.size();
  const size_t pieces = (count + kMostFormWords - 1) / kMostFormWords;
  int bits = 0;
  for (size_t piece = 0; piece < pieces; ++piece) {
    Form added{item, static_cast<uint32_t>(words_.size()), 0, 0, 0};
    for (size_t i = count * piece / pieces; i < count * (piece + 1) / pieces; ++i) {
      words_.push_back(form.words[i]);
      bits_.push_back(static_cast<uint8_t>(bits_of(i > 0 ? form.words[i - 1] : 0, form.words[i])));
      added.bits = static_cast<uint16_t>(added.bits + bits_.back());
      added.numbers = static_cast<uint16_t>(added.numbers + (is_number(form.words[i]) ? 1 : 0));
    }
    added.words = static_cast<uint16_t>(words_.size() - added.first);
    if (added.words >= settings_.min_words && added.bits >= std::max<double>(settings_.min_bits, needed(added.bits))) {
      forms_.push_back(added);
      bits += added.bits;
    } else {
      words_.resize(added.first);
      bits_.resize(added.first);
    }
  }
  return bits;
}

Status AlignedMode::add_task(const ContaminationItems& all, const std::vector<uint32_t>& task) {
  const FormOptions options{settings_.contexts, settings_.answers};
  std::vector<std::vector<PlainForm>> forms;
  forms.reserve(task.size());
  task_.clear();
  for (const uint32_t item : task) {
    forms.push_back(plain_forms(all[item], options));
    task_.add(forms.back());
  }
  for (size_t i = 0; i < task.size(); ++i) {
    const size_t before = forms_.size();
    std::vector<const PlainForm*> enough;
    for (const PlainForm& form : forms[i]) {
      // What begins with a form that is enough by itself is found by that one.
      const bool known = std::any_of(enough.begin(), enough.end(), [&](const PlainForm* one) {
        return one->joined == form.joined && one->words.size() <= form.words.size() &&
               std::equal(one->words.begin(), one->words.end(), form.words.begin());
      });
      if (!known && add_form(task[i], form) >= kEnough) enough.push_back(&form);
    }
    if (forms_.size() == before) tellable_[task[i]] = kTooShort;
  }
  if (forms_.size() >= SeedTable::kMostTexts || words_.size() >= UINT32_MAX)
    return fail("aligned: there are too many evaluation texts for one index: part them");
  return {};
}

// Of each form the rarest pair of neighbouring telling words in each of its parts, all pairs of a short one, and pairs
// over one word of a very short one.
void AlignedMode::choose_seeds() {
  struct Pair {
    uint64_t key;
    uint32_t word;
    int bits;  // what both words say in any text
  };
  std::vector<uint32_t> places;
  const auto pairs_of = [&](const Form& form, std::vector<Pair>& pairs) {
    pairs.clear();
    places.clear();
    const std::span<const PlainWord> words = words_of(form);
    for (uint32_t i = 0; i < words.size(); ++i)
      if (is_telling(words[i])) places.push_back(i);
    const auto add = [&](uint32_t a, uint32_t b) {
      pairs.push_back({SeedTable::key(words[a], words[b]), a, plain_word_bits(words[a]) + plain_word_bits(words[b])});
    };
    for (size_t i = 1; i < places.size(); ++i) add(places[i - 1], places[i]);
    if (pairs.size() < kSeeds / 2)
      for (size_t i = 2; i < places.size(); ++i) add(places[i - 2], places[i]);
  };
  // How many forms have a pair, as far as a table of counters tells: never too few.
  std::vector<uint8_t> counts(std::bit_ceil(std::max<size_t>(1 << 16, words_.size() * 2)));
  std::vector<Pair> pairs;
  for (const Form& form : forms_) {
    pairs_of(form, pairs);
    for (const Pair& pair : pairs) {
      uint8_t& count = counts[pair.key & (counts.size() - 1)];
      if (count < 255) ++count;
    }
  }
  std::vector<SeedTable::Seed> seeds;
  std::vector<uint8_t> with_seed(tellable_.size());
  for (uint32_t number = 0; number < forms_.size(); ++number) {
    pairs_of(forms_[number], pairs);
    const size_t parts = std::min(kSeeds, pairs.size());
    for (size_t part = 0; part < parts; ++part) {
      const auto rarer = [&](const Pair& a, const Pair& b) {
        const int in_a = counts[a.key & (counts.size() - 1)], in_b = counts[b.key & (counts.size() - 1)];
        return in_a != in_b ? in_a < in_b : a.bits > b.bits;
      };
      const auto pair =
          std::min_element(pairs.begin() + static_cast<int64_t>(pairs.size() * part / parts),
                           pairs.begin() + static_cast<int64_t>(pairs.size() * (part + 1) / parts), rarer);
      if (counts[pair->key & (counts.size() - 1)] > kMostPostings) continue;
      seeds.push_back({pair->key, SeedTable::posting(number, pair->word)});
      with_seed[forms_[number].item] = 1;
    }
  }
  for (const Form& form : forms_)
    if (!with_seed[form.item]) tellable_[form.item] = kTooCommon;
  seeds_.build(std::move(seeds));
}

Status AlignedMode::build(const ContaminationItems& all) {
  tellable_.assign(all.size(), kTellable);
  std::map<std::string_view, std::vector<uint32_t>> tasks;
  const FormOptions options{settings_.contexts, settings_.answers};
  for (uint32_t i = 0; i < all.size(); ++i) {
    tasks[all[i].task].push_back(i);
    all_.add(plain_forms(all[i], options));
  }
  for (const auto& [name, task] : tasks) PERSEA_CHECK(add_task(all, task));
  all_ = task_ = WordShares();
  choose_seeds();
  return {};
}

}  // namespace

Result<std::unique_ptr<ContaminationMode>> make_aligned_mode(const ContaminationItems& items, const Json& said) {
  PERSEA_TRY(const Settings settings, read_settings<Settings>(said, "aligned"));
  PERSEA_CHECK(check_contamination_action("aligned", settings.action));
  if (settings.min_share < 0.3 || settings.min_share > 1) return fail("aligned: `min_share` has to lie in [0.3, 1]");
  if (settings.more_bits < 5 || settings.more_bits > 1000) return fail("aligned: `more_bits` has to lie in [5, 1000]");
  if (settings.min_bits < 5 || settings.min_bits > 1000) return fail("aligned: `min_bits` has to lie in [5, 1000]");
  if (settings.min_words < 3 || settings.min_words > static_cast<int64_t>(kMostFormWords))
    return fail("aligned: `min_words` has to lie in [3, {}]", kMostFormWords);
  if (settings.min_numbers < 0 || settings.min_numbers > 1) return fail("aligned: `min_numbers` has to lie in [0, 1]");
  if (settings.cut_chars < 0 || settings.min_piece_chars < 0 || settings.cut_chars > 1 << 20 ||
      settings.min_piece_chars > 1 << 20)
    return fail("aligned: `cut_chars` and `min_piece_chars` have to lie in [0, 1048576]");
  auto mode = std::make_unique<AlignedMode>(settings);
  PERSEA_CHECK(mode->build(items));
  return std::unique_ptr<ContaminationMode>(std::move(mode));
}

}  // namespace persea::curate
