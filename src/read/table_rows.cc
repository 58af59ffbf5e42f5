#include "read/table_rows.h"

#include <algorithm>
#include <array>

namespace persea::read {

RowEnd read_row(std::string_view text, char delimiter, bool last, std::vector<std::string>& fields, size_t& length) {
  size_t count = 0;
  const auto field = [&]() -> std::string& {  // strings are used again and again
    if (count == fields.size()) fields.emplace_back();
    fields[count].clear();
    return fields[count++];
  };
  const std::array<char, 3> ends{delimiter, '\n', '\r'};
  const std::string_view stops(ends.data(), ends.size());
  size_t at = 0;
  for (;;) {
    std::string& value = field();
    if (at < text.size() && text[at] == '"') {
      ++at;
      for (;;) {
        const size_t quote = text.find('"', at);
        if (quote == std::string_view::npos) return last ? RowEnd::unclosed : RowEnd::needs_more;
        value.append(text, at, quote - at);
        at = quote + 1;
        if (at == text.size() && !last) return RowEnd::needs_more;
        if (at >= text.size() || text[at] != '"') break;
        value += '"';
        ++at;
      }
    }
    const size_t stop = text.find_first_of(stops, at);  // what follows a closing quote belongs to the field too
    if (stop == std::string_view::npos && !last) return RowEnd::needs_more;
    const size_t end = std::min(stop, text.size());
    value.append(text, at, end - at);
    at = end;
    if (at < text.size() && text[at] == delimiter) {
      if (count == kMostFields) return RowEnd::too_wide;
      ++at;
      continue;
    }
    if (at < text.size() && text[at] == '\r') {
      ++at;
      if (at == text.size() && !last) return RowEnd::needs_more;
      if (at < text.size() && text[at] == '\n') ++at;
    } else if (at < text.size()) {
      ++at;
    }
    break;
  }
  fields.resize(count);
  length = at;
  return RowEnd::complete;
}

char sniff_delimiter(std::string_view head) {
  char best = ',';
  double best_score = 0;
  std::vector<std::string> fields;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    std::string_view left = head.substr(0, 1 << 16);
    std::vector<size_t> counts;
    size_t length = 0;
    while (counts.size() < 50 && !left.empty() &&
           read_row(left, delimiter, false, fields, length) == RowEnd::complete && length > 0) {
      if (fields.size() > 1 || !fields[0].empty()) counts.push_back(fields.size());
      left.remove_prefix(length);
    }
    if (counts.empty() && read_row(left, delimiter, true, fields, length) == RowEnd::complete) {
      counts.push_back(fields.size());
    }
    if (counts.empty() || counts[0] < 2) continue;
    const auto same = static_cast<double>(std::count(counts.begin(), counts.end(), counts[0]));
    const double score = same / static_cast<double>(counts.size()) * (1 + 0.01 * static_cast<double>(counts[0]));
    if (score > best_score) {
      best_score = score;
      best = delimiter;
    }
  }
  return best;
}

}  // namespace persea::read
