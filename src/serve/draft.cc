#include "serve/draft.h"

#include <algorithm>

namespace persea {
namespace {

bool same_tokens(const Tokenizer& a, const Tokenizer& b) {
  if (a.vocab_size() != b.vocab_size()) return false;
  for (int32_t id = 0; id < a.vocab_size(); ++id) {
    if (a.token_bytes(id) != b.token_bytes(id) || a.is_special(id) != b.is_special(id)) return false;
  }
  return true;
}

int64_t usual_cache(const ModelConfig& config) {
  constexpr int64_t kBytes = int64_t{512} << 20, kContexts = 8;
  const int64_t pages = kBytes / KvPool::page_bytes(config, KvPool::Format::f32);
  return std::min(kContexts * config.context, pages * KvPool::kTokens);
}

}  // namespace

Result<std::shared_ptr<Drafter>> make_drafter(const DraftSource& source, const TextModel& target, int64_t cache_tokens,
                                              const kernels::DeviceChoice& device) {
  if (source.kind == DraftSource::Kind::none) return std::shared_ptr<Drafter>();
  if (source.kind == DraftSource::Kind::lookup) return std::shared_ptr<Drafter>(std::make_shared<LookupDrafter>());
  PERSEA_TRY(const TextModel small, TextModel::load(source.path));
  if (!same_tokens(small.tokenizer, target.tokenizer)) {
    return fail("{}: has other tokens than the model that it is to guess for: choose one of the same family",
                source.path.string());
  }
  PERSEA_TRY(DecoderWeights weights, on_device(DecoderWeights::of(*small.model, small.weights), device));
  return std::shared_ptr<Drafter>(std::make_shared<ModelDrafter>(
      std::move(weights), cache_tokens > 0 ? cache_tokens : usual_cache(small.model->config())));
}

}  // namespace persea
