// Texts that measurements run on.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace persea {

// The texts of a file, one a line: {"text": ...}, or what `field` names. Fails with the line that has none.
Result<std::vector<std::string>> read_texts(const std::string& path, const std::string& field = "text");

}  // namespace persea
