// A text as rules see it: its words, its length, its lines in the several senses that the published rules have. Parts
// are found when they are first asked for, once for all rules. Nothing is judged here.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "curate/decision.h"
#include "curate/words.h"

namespace persea::curate {

// One for each thread: it keeps its memory from text to text.
class TextParts {
 public:
  void read(std::string_view text);  // UTF-8 that has to outlive what is asked below

  std::string_view text() const { return text_; }
  size_t chars() const { return chars_; }
  std::span<const Word> words();  // of English
  std::span<const Word> runs();   // what stands between white space
  WordSplitter& splitter() { return splitter_; }
  Place place_of(std::string_view part) const;        // of a part of text()
  Place place_or_whole(std::string_view part) const;  // the whole where there is no part: one of no data
  Place whole() const { return {0, text_.size()}; }

 private:
  std::string_view text_;
  size_t chars_ = 0;
  bool words_known_ = false, runs_known_ = false;
  WordSplitter splitter_;
  std::vector<Word> words_, runs_;
  std::vector<std::string_view> pieces_;
};

// Python's str.splitlines: at any line break of Unicode, and no empty line behind the last one.
void split_lines(std::string_view text, std::vector<std::string_view>& lines);

// At each '\n': one line more than there are of these.
void split_at_newlines(std::string_view text, std::vector<std::string_view>& lines);

// At each row of at least `count` '\n', however long it is.
void split_at_newline_rows(std::string_view text, size_t count, std::vector<std::string_view>& pieces);

// At white space; what is between it is never empty.
void split_at_spaces(std::string_view text, std::vector<std::string_view>& pieces);

// How many pieces there are between white space, but no more than `most` are counted.
size_t count_runs(std::string_view text, size_t most);

// How often `part`, which is not empty, stands in `text`, without overlaps.
size_t count_of(std::string_view text, std::string_view part);

}  // namespace persea::curate
