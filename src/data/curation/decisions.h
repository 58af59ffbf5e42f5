// decisions.jsonl read back, line by line in constant memory (docs/formats/curation.md). decision_log.h writes it. What
// is asked of many lines and answered by few of them is looked for in their bytes first: a line is canonical JSON, so
// that `"step":"c4"` can stand nowhere but where it means that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"

namespace persea::curation {

// One line. Which fields it has follows from the verdict; the others are empty.
struct DecisionLine {
  struct Cut {
    std::string reason;
    int64_t count = 0, bytes = 0;
  };
  struct Other {
    std::string source, file, place, id;
    Json json() const;
  };
  std::string source, file, place;
  std::string id;             // of the text as it was read, 32 hex digits; nothing of what was not read
  std::string step, verdict;  // "drop", "change" or "skip"
  std::string reason;
  std::optional<double> figure, limit;
  std::vector<Cut> cuts;
  int64_t bytes = 0;
  std::string excerpt;
  size_t mark_begin = 0, mark_end = 0;  // within the excerpt, in this order; equal: no one place
  std::optional<Other> of;

  // What it was dropped or skipped for, or what was cut out of it: "gopher_short_doc", "email, phone".
  std::string reasons() const;
  Json json() const;
};

// Refuses what has no source, file, step or verdict, or a field of another type; a mark is held to its excerpt.
Result<DecisionLine> parse_decision(std::string_view line, std::string_view where);

// The bytes by which a line says that a field is this text: "step":"c4".
std::string says(std::string_view field, std::string_view text);
// The same for a text that begins so.
std::string says_beginning(std::string_view field, std::string_view text);

class DecisionReader {
 public:
  // Of an artifact's folder. Fails where it holds no decisions, with what that means.
  static Result<DecisionReader> open(const fs::path& folder);
  // The same from bytes that outlive it; `where` stands in messages.
  static DecisionReader parse(std::string_view text, std::string where);

  // Only lines with all of these in their bytes come (says()).
  void demand(std::string bytes) { demanded_.push_back(std::move(bytes)); }
  // Only lines with at least one of these.
  void demand_any(std::vector<std::string> bytes) { any_.push_back(std::move(bytes)); }

  // The next line's bytes, without its end; false at the end. Memory of what lies behind goes back to the system.
  bool next(std::string_view& line);
  // The same, read. False at the end.
  Result<bool> next(DecisionLine& line);
  int64_t number() const { return number_; }  // of the line that came last, from 1
  const std::string& where() const { return where_; }

 private:
  bool passes(std::string_view line) const;
  MappedFile file_;
  bool mapped_ = false;
  std::string where_;
  std::string_view rest_;
  std::vector<std::string> demanded_;
  std::vector<std::vector<std::string>> any_;
  int64_t number_ = 0;
  size_t since_release_ = 0;
};

}  // namespace persea::curation
