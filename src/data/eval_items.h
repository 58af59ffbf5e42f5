// Evaluation items out of the files that tests come in: JSON lines (also gzip or zstd) or a JSON array of objects. What
// is a question, a choice, an answer is told by the members' names, as the known tests have them; an object without any
// of these is one text of all its strings, in the order of their names. It asks nobody anything, and judges no answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "curate/contamination.h"

namespace persea {

struct EvalItemOptions {
  std::vector<std::string> fields;  // these members alone, in this order, are an item's text; none: as their names say
};

struct EvalItems {
  std::vector<curate::EvaluationItem> items;
  std::vector<std::string> files;  // that were read, as they were named
};

// One item. Without `id` or `task` of its own it has those given. Fails where it holds no text.
Result<curate::EvaluationItem> eval_item(const Json& value, const EvalItemOptions& options, std::string_view id,
                                         std::string_view task);

// Appends the items of a file, or of all .json, .jsonl and .ndjson files of a folder, packed or not, in the order of
// their names. A task is named after its file. Fails with the file and line of what is no item: a test of which a part
// is missing would be taken for a clean one.
Status read_eval_items(const fs::path& path, const EvalItemOptions& options, EvalItems& out);

// The questions of smallworld that models of the lab are asked.
void add_smallworld_items(uint64_t seed, int count, EvalItems& out);

}  // namespace persea
