// Any bytes as rows of a table: rows follow each other without a gap, however the bytes come.
#include <cstdint>
#include <cstdlib>

#include "read/table_rows.h"

using namespace persea::read;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  const char delimiter = sniff_delimiter(left);
  std::vector<std::string> fields;
  size_t length = 0;
  while (!left.empty()) {
    const RowEnd end = read_row(left, delimiter, true, fields, length);
    if (end == RowEnd::needs_more) std::abort();
    if (end != RowEnd::complete) break;
    if (length == 0 || length > left.size() || fields.empty()) std::abort();
    left.remove_prefix(length);
  }
  return 0;
}
