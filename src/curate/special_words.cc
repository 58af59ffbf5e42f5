#include "curate/special_words.h"

#include <algorithm>
#include <map>
#include <set>

#include "curate/english_words.h"

namespace persea::curate {
namespace {

constexpr size_t kSlots = 8192;  // over four for each word

std::string without(std::string_view text, char unwanted) {
  std::string kept(text);
  std::erase(kept, unwanted);
  return kept;
}

std::string capitalized(std::string_view text) {
  std::string changed(text);
  if (changed[0] >= 'a' && changed[0] <= 'z') changed[0] = static_cast<char>(changed[0] - 'a' + 'A');
  return changed;
}

}  // namespace

SpecialWords::SpecialWords() {
  for (const ContractionGroup& group : kContractions) {
    each_listed(group.stems, [&](std::string_view stem) {
      each_listed(group.endings, [&](std::string_view ending) {
        for (const std::string& start : {std::string(stem), capitalized(stem)})
          for (const std::string& end : {std::string(ending), without(ending, '\'')}) add(start + end, '|');
      });
    });
  }
  for (int hour = 1; hour <= 12; ++hour)
    each_listed(kHourEndings,
                [&](std::string_view ending) { add(std::to_string(hour) + "|" + std::string(ending), '|'); });
  each_listed(kCutWords, [&](std::string_view cut) { add(cut, '|'); });
  each_listed(kWholeWords, [&](std::string_view word) { add(word, ' '); });
  each_listed(kFaces, [&](std::string_view face) { add(face, ' '); });  // '|' is a mouth in them
  index();
}

void SpecialWords::add(std::string_view cut, char between) {
  static constexpr std::string_view kCurved = "\u2019";
  SpecialWord straight, curved;  // apostrophes
  size_t part = 0;
  for (const char c : cut) {
    if (c == between) {
      ++part;
      continue;
    }
    straight.text += c;
    ++straight.parts[part];
    if (c == '\'') {
      curved.text += kCurved;
      curved.parts[part] = static_cast<uint8_t>(curved.parts[part] + kCurved.size());
    } else {
      curved.text += c;
      ++curved.parts[part];
    }
  }
  straight.count = curved.count = static_cast<int>(part) + 1;
  if (curved.text != straight.text) words_.push_back(std::move(curved));
  words_.push_back(std::move(straight));
}

// One entry a text, the last one said, less those that are common words.
void SpecialWords::index() {
  std::set<std::string, std::less<>> common;
  each_listed(kNoContractions, [&](std::string_view word) { common.emplace(word); });
  std::map<std::string, SpecialWord, std::less<>> last;
  for (SpecialWord& word : words_)
    if (!common.contains(word.text)) last.insert_or_assign(word.text, word);
  words_.clear();
  slots_.assign(kSlots, 0);
  for (const auto& [text, word] : last) {
    words_.push_back(word);
    longest_ = std::max(longest_, text.size());
    lengths_[static_cast<unsigned char>(text[0])] |= uint64_t{1} << text.size();
    size_t slot = TableHash::get().of(text) % kSlots;
    while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
    slots_[slot] = static_cast<uint16_t>(words_.size());
  }
}

const SpecialWords& SpecialWords::english() {
  static const SpecialWords words;
  return words;
}

const SpecialWord* SpecialWords::find(std::string_view text, uint64_t hash) const {
  if (!may_be(text)) return nullptr;
  for (size_t slot = hash % kSlots; slots_[slot] != 0; slot = (slot + 1) % kSlots)
    if (words_[slots_[slot] - 1U].text == text) return &words_[slots_[slot] - 1U];
  return nullptr;
}

}  // namespace persea::curate
