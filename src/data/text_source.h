// Documents from one file of text: plain text is one document, .jsonl holds one a line. What is no text is skipped with
// a reason. Memory is bounded by the settings, whatever the file's size. It judges form only, never content.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "read/text_normalizer.h"

namespace persea {

using read::cut_point;
using read::TextNormalizer;

struct SourceLimits {
  int64_t document_bytes = 1 << 18;  // a longer document is cut, at a paragraph where there is one
  int64_t line_bytes = 1 << 26;      // a longer line of .jsonl is left out
};

// What became of a file.
struct SourceReport {
  std::string path;     // as it stands in the corpus
  std::string skipped;  // why nothing was read; "" where something was
  std::string problem;  // why not all was read: "is truncated: ..."
  int64_t bytes = 0;    // of text
  int64_t documents = 0;
  int64_t cut = 0;       // documents that are a piece of a longer one
  int64_t replaced = 0;  // bytes that were no UTF-8, each turned into U+FFFD (with the others of a broken character)
  int64_t bad_lines = 0;
};

// Calls `sink` with every document. Fails only where the sink does; what is wrong with the file stands in the report.
Result<SourceReport> read_source(const fs::path& path, std::string_view name, const SourceLimits& limits,
                                 const std::function<Status(std::string_view)>& sink);

}  // namespace persea
