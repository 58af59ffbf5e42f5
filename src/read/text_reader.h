// Plain text: pieces of at most ReadLimits::document_bytes, cut where a text is best cut; already UTF-8. Its encoding
// is found where the first bytes come that are no ASCII. And lines of JSON, each an item.
#pragma once

#include <memory>

#include "read/reading.h"

namespace persea::read {

std::unique_ptr<FormatReader> text_reader(std::unique_ptr<ByteSource> source, Part part);
std::unique_ptr<FormatReader> json_lines_reader(std::unique_ptr<ByteSource> source, Part part);

}  // namespace persea::read
