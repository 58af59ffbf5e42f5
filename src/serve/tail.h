// The end of a file of lines that somebody else is still writing, read in parts of whole lines. It follows no link,
// opens nothing but regular files, and remembers nothing: where it stood is the caller's to say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace persea {

struct TailPart {
  std::string lines = {};   // whole ones, each with its end
  int64_t next = 0;         // the byte behind them: where the next part begins
  std::string file = {};    // which file of this name it was: another one after a resume
  bool from_start = false;  // the part begins the file: what was read before holds no more
  bool more = false;        // there was more than one part may hold
};

// The lines from byte `after` of the file `file` on, at most `most` bytes of them; from the start where that file was
// replaced or cut short. Nothing where there is no such file. Errors: no regular file, a line longer than `most`.
Result<std::optional<TailPart>> read_tail(const std::filesystem::path& path, int64_t after, std::string_view file,
                                          size_t most);

// Those of `lines` that are JSON objects; what a kill cut off, or is none, is left out.
Json json_lines(std::string_view lines);

}  // namespace persea
