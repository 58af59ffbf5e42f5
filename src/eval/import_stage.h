// The stage `import`: a model made elsewhere, a Hugging Face directory or a GGUF file, becomes an artifact of the lab.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "ledger/lab.h"

namespace persea {

// The source's content, not its place, tells whether it is there already. Weights become F32.
Result<StageResult> run_import_stage(Lab& lab, const std::filesystem::path& source);

}  // namespace persea
