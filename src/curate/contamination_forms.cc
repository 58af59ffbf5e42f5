#include "curate/contamination_forms.h"

#include <algorithm>
#include <cmath>

#include "curate/char_flags.h"
#include "text/fold.h"

namespace persea::curate {
namespace {

constexpr uint32_t kEnoughItems = 20;  // to know what their words say
constexpr size_t kAnswerWords = 12;    // a shorter answer is no text of its own
constexpr double kBetter = 0.02;       // a score that is higher by as much is better
constexpr size_t kCompared = 64;       // hits before a hit that it is compared with

// Without what is neither letter, digit nor white space.
std::string without_punctuation(std::string_view text) {
  const unicode::FoldTable& fold = unicode::FoldTable::get();
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const CharAt character = first_char(text.substr(at));
    if ((character.flags & kSpace) || fold.at(character.codepoint).kind != unicode::Folded::Kind::separator)
      out += text.substr(at, character.bytes);
    at += character.bytes;
  }
  return out;
}

void add_form(const std::string& text, std::vector<PlainForm>& forms) {
  PlainWords plain;
  plain.read(text);
  const size_t count = plain.words.size();
  if (count == 0) return;
  forms.push_back({plain.words, false});
  plain.read(without_punctuation(text));
  // Few of many words that ran together are taken for words that were changed.
  if (plain.words.size() + count / 20 < count) forms.push_back({plain.words, true});
}

}  // namespace

std::vector<PlainForm> plain_forms(const EvaluationItem& item, const FormOptions& options) {
  std::vector<PlainForm> forms;
  const std::string space = item.question.empty() ? "" : " ";
  add_form(item.question, forms);
  if (!item.answer.empty()) add_form(item.question + space + item.answer, forms);
  std::string all = item.question;
  for (const std::string& choice : item.choices) {
    if (choice != item.answer) add_form(item.question + space + choice, forms);
    all += " " + choice;
  }
  if (item.choices.size() > 1 && !item.question.empty()) add_form(all, forms);
  if (options.answers) {
    std::vector<PlainForm> answer;
    add_form(item.answer, answer);
    for (PlainForm& form : answer)
      if (form.words.size() >= kAnswerWords) forms.push_back(std::move(form));
  }
  if (options.contexts) add_form(item.context, forms);
  return forms;
}

void WordShares::Table::add(size_t slot) {
  if (counts.empty() || counts[slot]++ == 0) counted.push_back(static_cast<uint32_t>(slot));
}

void WordShares::Table::take_memory() {
  if (!counts.empty()) return;
  counts.resize(size_t{1} << kTableBits);
  for (const uint32_t slot : counted) ++counts[slot];
}

void WordShares::Table::clear() {
  if (!counts.empty())
    for (const uint32_t slot : counted) counts[slot] = 0;
  counted.clear();
}

void WordShares::add(const std::vector<PlainForm>& forms) {
  const auto count = [this](Table& table) {
    std::sort(once_.begin(), once_.end());
    once_.erase(std::unique(once_.begin(), once_.end()), once_.end());
    for (const size_t at : once_) table.add(at);
    once_.clear();
  };
  once_.clear();
  for (const PlainForm& form : forms)
    for (const PlainWord word : form.words) once_.push_back(slot(word));
  count(counts_);
  for (const PlainForm& form : forms)
    for (size_t i = 1; i < form.words.size(); ++i) once_.push_back(slot(form.words[i - 1], form.words[i]));
  count(pairs_);
  if (++items_ < kEnoughItems) return;
  counts_.take_memory();
  pairs_.take_memory();
}

int WordShares::bits_behind(PlainWord before, PlainWord word, int most) const {
  const uint32_t all = counts_.at(slot(before)), together = pairs_.at(slot(before, word));
  if (all < kEnoughItems || together == 0) return most;
  const double share = std::min(1.0, static_cast<double>(together) / all);
  return std::clamp(1 + static_cast<int>(std::lround(-std::log2(share))), 1, most);
}

int WordShares::bits(PlainWord word, int most) const {
  if (items_ < kEnoughItems) return most;
  const double share = static_cast<double>(std::max(1u, counts_.at(slot(word)))) / items_;
  return std::clamp(1 + static_cast<int>(std::lround(-std::log2(share))), 1, most);
}

void WordShares::clear() {
  counts_.clear();
  pairs_.clear();
  items_ = 0;
}

void keep_best(std::vector<ContaminationHit>& found, std::vector<ContaminationHit>& hits) {
  // By place, and by item where that is the same, so that the order does not depend on how they were met.
  std::sort(found.begin(), found.end(), [](const ContaminationHit& a, const ContaminationHit& b) {
    if (a.place.begin != b.place.begin) return a.place.begin < b.place.begin;
    if (a.place.end != b.place.end) return a.place.end < b.place.end;
    return a.item != b.item ? a.item < b.item : a.score > b.score;
  });
  const auto overlap = [](const ContaminationHit& a, const ContaminationHit& b) {
    const size_t begin = std::max(a.place.begin, b.place.begin), end = std::min(a.place.end, b.place.end);
    return begin < end && 2 * (end - begin) > std::min(a.place.end - a.place.begin, b.place.end - b.place.begin);
  };
  std::vector<bool> worse(found.size());
  for (size_t i = 0; i < found.size(); ++i) {
    for (size_t j = i - std::min(i, kCompared); j < i; ++j) {
      if (!overlap(found[i], found[j])) continue;
      // Of two forms of one item the one of which more stands there.
      const bool same = found[i].item == found[j].item;
      const double a = found[i].score * (same ? found[i].bits : 1), b = found[j].score * (same ? found[j].bits : 1);
      if (a > b + (same ? 0 : kBetter)) {
        worse[j] = true;
      } else if (same || b > a + kBetter) {
        worse[i] = true;
      }
    }
  }
  for (size_t i = 0; i < found.size(); ++i)
    if (!worse[i]) hits.push_back(found[i]);
}

}  // namespace persea::curate
