#include "curate/words.h"

#include <algorithm>
#include <cstddef>

#include "curate/char_flags.h"

namespace persea::curate {
namespace {

constexpr size_t kPairBits = 1 << 14;

Word made_of(std::string_view text, uint64_t hash, size_t chars, uint16_t any, uint16_t all) {
  Word word;
  word.text = text;
  word.hash = hash;
  word.chars = static_cast<uint32_t>(chars);
  word.space = (all & kSpace) != 0;
  word.letter = (any & kLetter) != 0;
  word.symbols = (all & kSymbol) != 0;
  word.punct = (all & kPunct) != 0;
  word.ends_sentence = chars == 1 && (all & kSentenceEnd) != 0;
  return word;
}

// Whether the ASCII mark at the end of `run`, letters of ASCII before it, is cut off. Units, "US$" and most periods
// depend on more.
bool mark_is_cut(std::string_view run, uint16_t mark_flags) {
  const char mark = run.back();
  if (mark == '.') return run[run.size() - 2] >= 'a' && run[run.size() - 2] <= 'z';
  return (mark_flags & kSuffix) && mark != '$' && mark != '+';
}

}  // namespace

Word word_of(std::string_view text) {
  uint16_t any = 0, all = 0xffff;
  size_t chars = 0;
  for (size_t at = 0; at < text.size(); ++chars) {
    const CharAt c = first_char(text.substr(at));
    any |= c.flags;
    all &= c.flags;
    at += c.bytes;
  }
  return made_of(text, TableHash::get().of(text), chars, any, all);
}

// A special word that the affixes' rules would cut is cut by them wherever it is not a run of its own; the pieces are
// found again by what they are without the list of special words.
const RejoinedWords& WordSplitter::rejoined_words() {
  static const RejoinedWords built = [] {
    RejoinedWords all;
    std::vector<std::pair<uint64_t, RejoinedWords::Entry>> sorted;
    std::vector<Word> pieces;
    WordSplitter splitter;
    for (const SpecialWord& word : splitter.special_->all()) {
      pieces.clear();
      splitter.split_affixes(word.text, false, pieces);
      if (pieces.size() < 2) continue;  // never cut
      RejoinedWords::Entry entry{&word, {}};
      for (const Word& piece : pieces) entry.pieces.push_back(piece.text);
      sorted.emplace_back(TableHash::chain(pieces[0].hash, pieces[1].hash), std::move(entry));
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    all.bits.assign(kPairBits / 64, 0);
    for (auto& [hash, entry] : sorted) {
      all.hashes.push_back(hash);
      all.bits[hash % kPairBits / 64] |= 1ULL << (hash % 64);
      all.entries.push_back(std::move(entry));
    }
    return all;
  }();
  return built;
}

void WordSplitter::push_parts(const SpecialWord& special, std::string_view text, std::vector<Word>& words) const {
  for (int i = 0; i < special.count; ++i) {
    const size_t bytes = special.parts[static_cast<size_t>(i)];
    words.push_back(word_of(text.substr(0, bytes)));
    text.remove_prefix(bytes);
  }
}

Word WordSplitter::part_of_run(size_t begin, size_t end) const {
  uint16_t any = 0, all = 0xffff;
  for (size_t i = begin; i < end; ++i) {
    any |= run_.flags(i);
    all &= run_.flags(i);
  }
  const std::string_view text = run_.text(begin, end);
  return made_of(text, hash_->of(text), end - begin, any, all);
}

void WordSplitter::split(std::string_view text, std::vector<Word>& words) {
  words.clear();
  tokenize(text, words);
  std::erase_if(words, [](const Word& word) { return word.space; });
}

// A sentence ends behind a word that ends sentences and the punctuation that follows it.
void WordSplitter::split_sentences(std::string_view text, std::vector<std::string_view>& sentences) {
  sentences.clear();
  sentence_words_.clear();
  tokenize(text, sentence_words_);
  size_t start = 0, behind = 0;  // bytes: where the sentence begins, and behind the word before
  bool ended = false;
  for (const Word& word : sentence_words_) {
    if (word.ends_sentence) {
      ended = true;
    } else if (ended && !word.punct) {
      sentences.push_back(text.substr(start, behind - start));
      start = behind;
      ended = false;
    }
    behind = static_cast<size_t>(word.text.data() + word.text.size() - text.data());
  }
  sentences.push_back(text.substr(start));
}

// Runs of spaces and of other characters in turn; the one space ' ' between two words belongs to neither, and what
// more there is of white space is a word.
void WordSplitter::tokenize(std::string_view text, std::vector<Word>& words) {
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    CharAt c = first_char(text.substr(at));
    if (c.flags & kSpace) {
      const size_t own = start > 0 && c.codepoint == ' ' ? start + 1 : start;  // behind a word one space is passed over
      do {
        at += c.bytes;
        if (at < text.size()) c = first_char(text.substr(at));
      } while (at < text.size() && (c.flags & kSpace));
      if (at > own) words.push_back(word_of(text.substr(own, at - own)));
      continue;
    }
    RunFlags flags;
    do {
      flags.but_last = flags.all;
      flags.last = c.flags;
      flags.all &= c.flags;
      flags.ascii &= c.codepoint < 0x80;
      at += c.bytes;
      if (at < text.size()) c = first_char(text.substr(at));
    } while (at < text.size() && !(c.flags & kSpace));
    split_run(text.substr(start, at - start), flags, words);
  }
  rejoin(words);
}

// Most runs are letters, perhaps with one mark behind them; the others are looked at character by character.
void WordSplitter::split_run(std::string_view run, const RunFlags& flags, std::vector<Word>& words) {
  const uint64_t hash = hash_->of(run);
  if (const SpecialWord* special = special_->find(run, hash)) return push_parts(*special, run, words);
  if (flags.ascii && (flags.all & kAlpha)) {
    words.push_back(made_of(run, hash, run.size(), kLetter, kLetter));
    return;
  }
  if (!flags.ascii || run.size() < 2 || !(flags.but_last & kAlpha) || !mark_is_cut(run, flags.last))
    return split_affixes(run, true, words);
  const std::string_view stem = run.substr(0, run.size() - 1), mark = run.substr(stem.size());
  const uint64_t stem_hash = hash_->of(stem);
  if (const SpecialWord* special = special_->find(stem, stem_hash)) {
    push_parts(*special, stem, words);
  } else {
    words.push_back(made_of(stem, stem_hash, stem.size(), kLetter, kLetter));
  }
  words.push_back(made_of(mark, hash_->of(mark), 1, flags.last, flags.last));
}

// `with_special` tells whether special words count; of the whole run it is known then that it is none.
void WordSplitter::split_affixes(std::string_view run, bool with_special, std::vector<Word>& words) {
  run_.read(run);
  suffixes_.clear();
  size_t begin = 0, end = run_.size();
  const auto find = [&](size_t from, size_t to) {
    return with_special && from < to ? special_->find(run_.text(from, to)) : nullptr;
  };
  const SpecialWord* special = nullptr;
  while (begin < end) {
    const size_t prefix = prefix_of(run_, begin, end);
    if (prefix > 0 && (special = find(begin + prefix, end))) {
      words.push_back(part_of_run(begin, begin + prefix));
      begin += prefix;
      break;
    }
    const size_t suffix = suffix_of(run_, begin + prefix, end);
    if (suffix > 0 && (special = find(begin, end - suffix))) {
      suffixes_.emplace_back(end - suffix, end);
      end -= suffix;
      break;
    }
    if (prefix + suffix == 0) break;
    if (prefix > 0) words.push_back(part_of_run(begin, begin + prefix));
    if (suffix > 0) suffixes_.emplace_back(end - suffix, end);
    begin += prefix;
    end -= suffix;
    // Where only one was cut off, what is left has been looked up above.
    if (prefix > 0 && suffix > 0 && (special = find(begin, end))) break;
  }
  if (special) {
    push_parts(*special, run_.text(begin, end), words);
  } else if (begin < end) {
    split_middle(begin, end, words);
  }
  for (auto it = suffixes_.rbegin(); it != suffixes_.rend(); ++it) words.push_back(part_of_run(it->first, it->second));
}

void WordSplitter::split_middle(size_t begin, size_t end, std::vector<Word>& words) {
  if (is_address(run_, begin, end)) {
    words.push_back(part_of_run(begin, end));
    return;
  }
  size_t start = begin;
  for (size_t from = begin; from < end;) {
    const auto [first, last] = infix_of(run_, begin, end, from);
    if (first == end) break;
    from = last;
    if (first == begin) continue;  // what would be a beginning is none here
    if (first > start) words.push_back(part_of_run(start, first));
    words.push_back(part_of_run(first, last));
    start = last;
  }
  if (start < end) words.push_back(part_of_run(start, end));
}

void WordSplitter::find_matches(const std::vector<Word>& words) {
  const RejoinedWords& rejoined = rejoined_words();
  matches_.clear();
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const uint64_t hash = TableHash::chain(words[i].hash, words[i + 1].hash);
    if (!(rejoined.bits[hash % kPairBits / 64] >> (hash % 64) & 1)) continue;
    const auto [low, high] = std::equal_range(rejoined.hashes.begin(), rejoined.hashes.end(), hash);
    for (auto it = low; it != high; ++it) {
      const RejoinedWords::Entry& entry = rejoined.entries[static_cast<size_t>(it - rejoined.hashes.begin())];
      const size_t count = entry.pieces.size();
      if (i + count > words.size()) continue;
      const auto first = words.begin() + static_cast<ptrdiff_t>(i);
      if (std::equal(entry.pieces.begin(), entry.pieces.end(), first,
                     [](std::string_view piece, const Word& word) { return piece == word.text; }))
        matches_.push_back({i, i + count, &entry});
    }
  }
}

// The longest first, of these the first: what stands in a longer or earlier match is no match, even where that one
// comes to nothing itself.
void WordSplitter::keep_longest(size_t words) {
  std::sort(matches_.begin(), matches_.end(), [](const Match& a, const Match& b) {
    const size_t a_length = a.last - a.first, b_length = b.last - b.first;
    return a_length != b_length ? a_length > b_length : a.first < b.first;
  });
  seen_.assign(words, false);
  std::erase_if(matches_, [&](const Match& match) {
    const bool taken = seen_[match.first] || seen_[match.last - 1];
    std::fill(seen_.begin() + static_cast<ptrdiff_t>(match.first), seen_.begin() + static_cast<ptrdiff_t>(match.last),
              true);
    return taken;
  });
  std::sort(matches_.begin(), matches_.end(), [](const Match& a, const Match& b) { return a.first < b.first; });
}

void WordSplitter::rejoin(std::vector<Word>& words) {
  find_matches(words);
  if (matches_.empty()) return;
  keep_longest(words.size());
  rebuilt_.clear();
  size_t next = 0;
  for (const Match& match : matches_) {
    rebuilt_.insert(rebuilt_.end(), words.begin() + static_cast<ptrdiff_t>(next),
                    words.begin() + static_cast<ptrdiff_t>(match.first));
    next = match.first;
    const std::string_view first = words[match.first].text, last = words[match.last - 1].text;
    const auto bytes = static_cast<size_t>(last.data() + last.size() - first.data());
    const SpecialWord& special = *match.rejoined->word;
    if (bytes != special.text.size()) continue;  // a space stands between the pieces
    push_parts(special, {first.data(), bytes}, rebuilt_);
    next = match.last;
  }
  rebuilt_.insert(rebuilt_.end(), words.begin() + static_cast<ptrdiff_t>(next), words.end());
  words.swap(rebuilt_);
}

}  // namespace persea::curate
