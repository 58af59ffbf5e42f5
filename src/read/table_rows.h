// Rows of CSV and TSV text (RFC 4180, and what programs really write): quotes, line ends within them, any delimiter.
// Bytes in, bytes out; it knows no columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace persea::read {

// The delimiter with which the lines that `head` begins with fall into as many fields each: one of , ; tab |
char sniff_delimiter(std::string_view head);

enum class RowEnd { complete, needs_more, unclosed, too_wide };
inline constexpr size_t kMostFields = 1 << 16;  // of a row

// Takes apart the row that `text` begins with: its fields (unquoted) and its length with the line's end. needs_more: it
// does not end in `text` (with `last`: it does then, or a quote is unclosed). too_wide: it has more than kMostFields.
RowEnd read_row(std::string_view text, char delimiter, bool last, std::vector<std::string>& fields, size_t& length);

}  // namespace persea::read
