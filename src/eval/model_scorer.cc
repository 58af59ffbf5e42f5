#include "eval/model_scorer.h"

#include <algorithm>
#include <stdexcept>

#include "base/threads.h"
#include "eval/import_stage.h"
#include "infer/sampler.h"

namespace persea {
namespace {

// Rows of a pass: enough for products at their fastest, few enough that a large vocabulary's logits fit in memory.
constexpr int64_t kMostRows = 2048, kFewestRows = 32, kMostLogits = int64_t{1} << 26;
constexpr double kLn2 = 0.69314718055994530942;
constexpr size_t kBytesPerToken = 32;  // of a text so many are read for each token that is wanted

// The beginning of a text in whole characters.
std::string_view beginning(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

ModelScorer::ModelScorer(std::string name, TextModel model, DecoderWeights weights, int64_t tokens, Json settings)
    : name_(std::move(name)),
      model_(std::move(model)),
      tokens_(tokens),
      settings_(std::move(settings)),
      decoder_(std::move(weights)),
      pages_(std::make_shared<KvPool>(decoder_.config(), 0, KvPool::Format::f32, decoder_.weights().device)) {
  model_.model.reset();
}

Result<std::unique_ptr<ModelScorer>> ModelScorer::open(const std::filesystem::path& place, std::string name,
                                                       const ModelScorerOptions& options) {
  if (options.tokens < 2) return fail("perplexity: {} tokens of a text leave nothing to judge", options.tokens);
  PERSEA_TRY(Json digest, source_digests(place));
  PERSEA_TRY(TextModel model, TextModel::load(place));
  PERSEA_TRY(DecoderWeights weights, on_device(DecoderWeights::of(*model.model, options.weights), options.device));
  const int64_t tokens = std::min(options.tokens, model.model->config().context);
  Json settings = {{"model", std::move(digest)}, {"tokens", tokens}, {"weights", static_cast<int>(options.weights)}};
  return std::unique_ptr<ModelScorer>(
      new ModelScorer(std::move(name), std::move(model), std::move(weights), tokens, std::move(settings)));
}

ModelScorer::Sequence ModelScorer::sequence_of(std::string_view text) const {
  Sequence sequence;
  if (text.empty()) return sequence;
  if (model_.roles.begin) sequence.tokens.push_back(*model_.roles.begin);
  model_.tokenizer.encode(beginning(text, static_cast<size_t>(tokens_) * kBytesPerToken), sequence.tokens);
  const auto most = static_cast<size_t>(tokens_) + (model_.roles.begin ? 1 : 0);
  if (sequence.tokens.size() > most) sequence.tokens.resize(most);
  for (size_t i = 1; i < sequence.tokens.size(); ++i)
    sequence.bytes += model_.tokenizer.token_bytes(sequence.tokens[i]).size();
  return sequence;
}

// Passes over as many sequences as there is room for, in their order; the last of a pass goes on in the next.
Status ModelScorer::run(std::vector<Sequence>& sequences) {
  const int64_t rows = std::clamp(kMostLogits / decoder_.config().vocab, kFewestRows, kMostRows);
  std::vector<Decoder::Piece> pieces;
  std::vector<std::pair<Sequence*, int64_t>> wanted;  // whose logits a row has, after which of its tokens
  std::vector<double> losses;
  for (size_t first = 0; first < sequences.size();) {
    pieces.clear();
    wanted.clear();
    for (size_t i = first; i < sequences.size() && static_cast<int64_t>(wanted.size()) < rows; ++i) {
      Sequence& sequence = sequences[i];
      const int64_t count = std::min(sequence.fed() - sequence.done, rows - static_cast<int64_t>(wanted.size()));
      if (count <= 0) continue;
      if (!sequence.cache) sequence.cache.emplace(pages_, decoder_.config().context);
      pieces.push_back(
          {&*sequence.cache,
           std::span(sequence.tokens).subspan(static_cast<size_t>(sequence.done), static_cast<size_t>(count)), count});
      for (int64_t k = 0; k < count; ++k) wanted.emplace_back(&sequence, sequence.done + k);
      sequence.done += count;
    }
    if (!pieces.empty()) {
      PERSEA_TRY(const Tensor logits, decoder_.forward(pieces));
      losses.resize(wanted.size());
      pool().parallel_for(logits.rows(), [&](int64_t row) {
        const auto at = static_cast<size_t>(row);
        const auto values =
            logits.span().subspan(at * static_cast<size_t>(logits.columns()), static_cast<size_t>(logits.columns()));
        const int32_t next = wanted[at].first->tokens[static_cast<size_t>(wanted[at].second) + 1];
        losses[at] = log_sum(values) - static_cast<double>(values[static_cast<size_t>(next)]);
      });
      for (size_t at = 0; at < losses.size(); ++at) wanted[at].first->nats += losses[at];
    }
    while (first < sequences.size() && sequences[first].done >= sequences[first].fed())
      sequences[first++].cache.reset();
  }
  return {};
}

Status ModelScorer::score(std::span<const std::string_view> texts, std::span<double> figures) {
  if (texts.size() != figures.size()) throw std::logic_error("ModelScorer: as many figures as texts are needed");
  std::vector<Sequence> sequences(texts.size());
  pool().parallel_for(static_cast<int64_t>(texts.size()), [&](int64_t i) {
    sequences[static_cast<size_t>(i)] = sequence_of(texts[static_cast<size_t>(i)]);
  });
  PERSEA_CHECK(run(sequences));
  for (size_t i = 0; i < texts.size(); ++i)
    figures[i] = sequences[i].bytes == 0 ? 0 : sequences[i].nats / kLn2 / static_cast<double>(sequences[i].bytes);
  return {};
}

}  // namespace persea
