#include "curate/words.h"

#include <algorithm>

#include "base/hash.h"
#include "curate/char_flags.h"

namespace persea::curate {
namespace {

constexpr size_t kPairBits = 1 << 14;

bool plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void push_parts(const SpecialWord& special, std::string_view text, std::vector<Word>& words) {
  for (int i = 0; i < special.count; ++i) {
    const size_t bytes = special.parts[static_cast<size_t>(i)];
    words.push_back(word_of(text.substr(0, bytes)));
    text.remove_prefix(bytes);
  }
}

uint64_t pair_hash(uint64_t first, uint64_t second) { return first * 0x9e3779b97f4a7c15 + second; }

}  // namespace

Word word_of(std::string_view text) {
  uint16_t any = 0, all = 0xffff;
  uint32_t chars = 0;
  for (size_t at = 0; at < text.size(); ++chars) {
    const CharAt c = first_char(text.substr(at));
    any |= c.flags;
    all &= c.flags;
    at += c.bytes;
  }
  return {text,
          hash64(text),
          chars,
          (all & kSpace) != 0,
          (any & kLetter) != 0,
          (all & kSymbol) != 0,
          (all & kPunct) != 0,
          chars == 1 && (all & kSentenceEnd) != 0};
}

// A special word that the affixes' rules would cut is cut by them wherever it is not a run of its own; the pieces are
// found again by what they are without the list of special words.
WordSplitter::WordSplitter() : special_(SpecialWords::english()), pair_bits_(kPairBits / 64, 0) {
  std::vector<std::pair<uint64_t, Rejoined>> sorted;
  std::vector<Word> pieces;
  for (const SpecialWord& word : special_.all()) {
    pieces.clear();
    split_run(word.text, false, pieces);
    if (pieces.size() < 2) continue;  // never cut
    Rejoined rejoined{&word, {}};
    for (const Word& piece : pieces) rejoined.pieces.push_back(piece.text);
    sorted.emplace_back(pair_hash(pieces[0].hash, pieces[1].hash), std::move(rejoined));
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [hash, rejoined] : sorted) {
    pair_hashes_.push_back(hash);
    pair_bits_[hash % kPairBits / 64] |= 1ULL << (hash % 64);
    rejoined_.push_back(std::move(rejoined));
  }
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
  size_t start = 0, at = 0;
  bool in_space = false;
  const auto end_run = [&](size_t end) {
    if (start == end) return;
    const std::string_view run = text.substr(start, end - start);
    if (in_space) {
      words.push_back(word_of(run));
    } else {
      split_run(run, true, words);
    }
  };
  while (at < text.size()) {
    const CharAt c = first_char(text.substr(at));
    const bool space = (c.flags & kSpace) != 0;
    if (at == 0) in_space = space;
    if (space != in_space) {
      end_run(at);
      start = c.codepoint == ' ' ? at + 1 : at;
      in_space = space;
    }
    at += c.bytes;
  }
  end_run(text.size());
  rejoin(words);
}

void WordSplitter::split_run(std::string_view run, bool with_special, std::vector<Word>& words) {
  if (const SpecialWord* special = with_special ? special_.find(run) : nullptr) return push_parts(*special, run, words);
  if (std::all_of(run.begin(), run.end(), plain)) {
    words.push_back({run, hash64(run), static_cast<uint32_t>(run.size()), false, true, false, false, false});
    return;
  }
  run_.read(run);
  suffixes_.clear();
  size_t begin = 0, end = run_.size();
  const auto find = [&](size_t from, size_t to) {
    return with_special && from < to ? special_.find(run_.text(from, to)) : nullptr;
  };
  const SpecialWord* special = nullptr;
  while (begin < end) {
    if ((special = find(begin, end))) break;
    const size_t prefix = prefix_of(run_, begin, end);
    if (prefix > 0 && (special = find(begin + prefix, end))) {
      words.push_back(word_of(run_.text(begin, begin + prefix)));
      begin += prefix;
      break;
    }
    const size_t suffix = suffix_of(run_, begin + prefix, end);
    if (suffix > 0 && (special = find(begin, end - suffix))) {
      suffixes_.push_back(run_.text(end - suffix, end));
      end -= suffix;
      break;
    }
    if (prefix + suffix == 0) break;
    if (prefix > 0) words.push_back(word_of(run_.text(begin, begin + prefix)));
    if (suffix > 0) suffixes_.push_back(run_.text(end - suffix, end));
    begin += prefix;
    end -= suffix;
  }
  if (special) {
    push_parts(*special, run_.text(begin, end), words);
  } else if (begin < end) {
    split_middle(begin, end, words);
  }
  for (auto it = suffixes_.rbegin(); it != suffixes_.rend(); ++it) words.push_back(word_of(*it));
}

void WordSplitter::split_middle(size_t begin, size_t end, std::vector<Word>& words) {
  if (is_address(run_, begin, end)) {
    words.push_back(word_of(run_.text(begin, end)));
    return;
  }
  size_t start = begin;
  for (size_t from = begin; from < end;) {
    const auto [first, last] = infix_of(run_, begin, end, from);
    if (first == end) break;
    from = last;
    if (first == begin) continue;  // what would be a beginning is none here
    if (first > start) words.push_back(word_of(run_.text(start, first)));
    words.push_back(word_of(run_.text(first, last)));
    start = last;
  }
  if (start < end) words.push_back(word_of(run_.text(start, end)));
}

void WordSplitter::find_matches(const std::vector<Word>& words) {
  matches_.clear();
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const uint64_t hash = pair_hash(words[i].hash, words[i + 1].hash);
    if (!(pair_bits_[hash % kPairBits / 64] >> (hash % 64) & 1)) continue;
    const auto [low, high] = std::equal_range(pair_hashes_.begin(), pair_hashes_.end(), hash);
    for (auto it = low; it != high; ++it) {
      const Rejoined& rejoined = rejoined_[static_cast<size_t>(it - pair_hashes_.begin())];
      const size_t count = rejoined.pieces.size();
      if (i + count > words.size()) continue;
      const auto first = words.begin() + static_cast<ptrdiff_t>(i);
      if (std::equal(rejoined.pieces.begin(), rejoined.pieces.end(), first,
                     [](std::string_view piece, const Word& word) { return piece == word.text; }))
        matches_.push_back({i, i + count, &rejoined});
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
