#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

namespace persea {
namespace {

bool emphasis() {
  static const bool on = [] {
    const char* term = std::getenv("TERM");
    return isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR") && term && std::string_view(term) != "dumb";
  }();
  return on;
}

std::string wrap(const char* code, std::string_view text) {
  return emphasis() && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::string with_separators(std::string digits) {
  const size_t first = digits.starts_with('-') ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

bool printable(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return false;
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

void flatten_into(const std::string& prefix, const Json& value, std::vector<std::pair<std::string, Json>>& leaves) {
  if (!value.is_object() || value.empty()) {
    leaves.emplace_back(prefix, value);
    return;
  }
  for (const auto& [key, member] : value.items()) {
    flatten_into(prefix.empty() ? key : prefix + "." + key, member, leaves);
  }
}

}  // namespace

std::string bold(std::string_view text) { return wrap("1", text); }
std::string dim(std::string_view text) { return wrap("2", text); }
std::string red(std::string_view text) { return wrap("31", text); }
std::string green(std::string_view text) { return wrap("32", text); }
std::string highlight(std::string_view text) {
  return emphasis() || text.empty() ? wrap("7", text) : fmt::format("⟦{}⟧", text);
}

size_t terminal_width() {
  winsize size{};
  return isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if (starts_character(text[i])) {
      ++width;
    }
  }
  return width;
}

std::string cut(std::string_view text, size_t width) {
  if (width == 0 || display_width(text) <= width) return std::string(text);
  size_t end = 0;
  for (size_t column = 0; column + 1 < width && end < text.size(); ++column) {
    do {
      ++end;
    } while (end < text.size() && !starts_character(text[end]));
  }
  return std::string(text.substr(0, end)) + "…";
}

void Table::header(std::vector<std::string> cells) {
  rows_.insert(rows_.begin(), std::move(cells));
  header_ = true;
}

std::string Table::text() const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c]));
  }
  const size_t edge = terminal_width();
  std::string text;
  for (size_t r = 0; r < rows_.size(); ++r) {
    std::string line(indent_, ' ');
    size_t column = indent_;
    for (size_t c = 0; c < rows_[r].size(); ++c) {
      const bool last = c + 1 == rows_[r].size();
      std::string cell = rows_[r][c];
      if (last && edge > column && columns_[c] == Align::left && cell.find('\x1b') == std::string::npos) {
        cell = cut(cell, edge - column);
      }
      const std::string gap(widths[c] - std::min(widths[c], display_width(cell)), ' ');
      if (header_ && r == 0) cell = dim(cell);
      line += columns_[c] == Align::right ? gap + cell : last ? cell : cell + gap;
      if (!last) line += "  ";
      column += widths[c] + 2;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string readable(const Json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return printable(text) ? text : canonical_json(value);
  }
  if (value.is_number_integer()) return with_separators(value.dump());
  if (value.is_number_float()) {
    const double number = value.get<double>();
    const bool whole = std::trunc(number) == number && std::abs(number) < 1e15;
    return whole ? with_separators(fmt::format("{:.0f}", number)) : fmt::format("{:.4g}", number);
  }
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_null()) return "-";
  return canonical_json(value);
}

std::string age(std::string_view created) {
  std::tm parts{};
  if (!strptime(std::string(created).c_str(), "%Y-%m-%dT%H:%M:%S", &parts)) return std::string(created);
  const double seconds = std::max(0.0, std::difftime(std::time(nullptr), timegm(&parts)));
  if (seconds < 60) return fmt::format("{:.0f} s", seconds);
  if (seconds < 3600) return fmt::format("{:.0f} min", std::floor(seconds / 60));
  if (seconds < 48 * 3600) return fmt::format("{:.0f} h", std::floor(seconds / 3600));
  return fmt::format("{:.0f} d", std::floor(seconds / 86400));
}

std::vector<std::pair<std::string, Json>> flatten(const Json& object) {
  std::vector<std::pair<std::string, Json>> leaves;
  if (!object.empty()) flatten_into("", object, leaves);
  return leaves;
}

std::string short_facts(const Json& facts) {
  constexpr size_t kLongest = 32;
  std::string line;
  for (const auto& [key, value] : facts.items()) {
    if (value.is_structured() || value.is_null()) continue;
    const std::string text = readable(value);
    if (display_width(text) > kLongest) continue;
    line += (line.empty() ? "" : " · ") + key + " " + text;
  }
  return line;
}

}  // namespace persea
