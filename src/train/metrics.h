// metrics.jsonl: one JSON object a line, in the order of steps: what a step cost and gave ("loss", "lr", "grad_norm",
// ...), a validation ("valid_loss", "bits_per_byte"), or an event ("event": "skip", "rollback"). A run that resumes
// cuts off what came after its checkpoint. The format is in docs/formats/metrics.md.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace persea {

class MetricsWriter {
 public:
  // Opens for appending; keeps only the whole lines whose "tokens", which only grow, are at most `last_tokens`.
  static Result<MetricsWriter> open(const std::filesystem::path& path, int64_t last_tokens);
  // A line is in the system's hands when this returns: a kill does not lose it.
  Status append(const Json& line);
  Status sync();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

// The lines of a metrics.jsonl that are whole; a line that a kill cut off is left out.
Result<std::vector<Json>> read_metrics(const std::filesystem::path& path);

}  // namespace persea
