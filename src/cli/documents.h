// The documents of a file of any format, for verbs that look at each: read in order, decoded on all threads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "read/item.h"

namespace persea {

// Calls `sink` with some hundred documents at a time, in their order; their places begin with the path. Fails where the
// file cannot be read to its end, or the sink fails.
Status for_documents(const std::string& path, const std::function<Status(std::vector<read::Document>&)>& sink);

}  // namespace persea
