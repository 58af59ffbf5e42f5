// Tables (CSV, TSV): each row becomes a JSON object of its columns, of which decode() finds the text by its name. Where
// no column has such a name, the one with the longest entries is called "text".
#pragma once

#include <memory>

#include "read/reading.h"

namespace persea::read {

// Null where no column holds text, which is noted.
std::unique_ptr<FormatReader> table_reader(std::unique_ptr<ByteSource> source, Part part);

}  // namespace persea::read
