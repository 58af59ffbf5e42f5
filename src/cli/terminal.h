// How results look on standard output: emphasis where a terminal shows it, tables whose columns line up, and values as
// a person reads them. What is printed for programs (--json) does not pass through here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace persea {

// The text itself where standard output is no terminal, or NO_COLOR is set.
std::string bold(std::string_view text);
std::string dim(std::string_view text);
std::string red(std::string_view text);
std::string green(std::string_view text);
// A marked place in a text: in reverse, or where emphasis is not shown, between ⟦ and ⟧.
std::string highlight(std::string_view text);

// Columns of the terminal on standard output; 0 where it is none: then nothing is cut.
size_t terminal_width();
// Columns that UTF-8 text takes, emphasis not counted (one a character: near enough for what is printed here).
size_t display_width(std::string_view text);
// Cut to `width` columns, with an ellipsis; `width` 0 cuts nothing. For text without emphasis.
std::string cut(std::string_view text, size_t width);

// Rows of cells printed in columns, two spaces apart; the last column is cut at the terminal's edge.
class Table {
 public:
  enum class Align { left, right };
  explicit Table(std::vector<Align> columns, size_t indent = 0) : columns_(std::move(columns)), indent_(indent) {}
  void header(std::vector<std::string> cells);
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<Align> columns_;
  size_t indent_;
  bool header_ = false;
  std::vector<std::vector<std::string>> rows_;
};

// A JSON value on one line: numbers with separators of thousands or four digits, text as it is (escaped where it is not
// printable), the rest as JSON.
std::string readable(const Json& value);
// "3 min", "5 h", "2 d" from a manifest's "created" to now.
std::string age(std::string_view created);
// The leaves of an object as ("a.b", value) in order.
std::vector<std::pair<std::string, Json>> flatten(const Json& object);
// The scalar facts on one line: "documents 1,204 · language en".
std::string short_facts(const Json& facts);

}  // namespace persea
