// The stage `import`: a model made elsewhere, a Hugging Face directory or a GGUF file, becomes an artifact of the lab.
#pragma once

#include <filesystem>

#include "base/json.h"
#include "base/result.h"
#include "ledger/lab.h"

namespace persea {

// The digests of the files that a model is read from, as one value. Of the content: a file's own name means nothing,
// those in a directory do.
Result<Json> source_digests(const std::filesystem::path& source);

// The source's content, not its place, tells whether it is there already. Weights become F32.
Result<StageResult> run_import_stage(Lab& lab, const std::filesystem::path& source);

}  // namespace persea
