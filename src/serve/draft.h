// Who guesses ahead for a served model: the text itself, or a smaller model with the same tokens. What is guessed
// changes no text.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "eval/text_model.h"
#include "infer/drafter.h"

namespace persea {

struct DraftSource {
  enum class Kind { none, lookup, model } kind = Kind::none;
  std::filesystem::path path = {};  // of the model: a directory or a GGUF file
};

// One for `target`, or null for none. `cache_tokens`: room for what the smaller model keeps of texts; 0: 8 contexts or
// what 512 MiB hold, the smaller of the two. Errors: a model that cannot be read, has other tokens, or does not run
// where it has to.
Result<std::shared_ptr<Drafter>> make_drafter(const DraftSource& source, const TextModel& target, int64_t cache_tokens,
                                              const kernels::DeviceChoice& device);

}  // namespace persea
