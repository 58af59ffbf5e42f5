#include "data/shard_stage.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/progress.h"
#include "base/threads.h"
#include "data/corpus.h"
#include "data/tokens.h"
#include "text/bpe_train.h"
#include "text/tokenizer.h"

namespace persea {
namespace {

// Raised whenever the same settings would give other bytes.
constexpr int kTokenizerVersion = 1, kShardVersion = 1;
constexpr const char* kTokenizerFile = "tokenizer.json";

// The training documents, one after the other; where markers stand for special tokens, what lies between them, because
// no merge may reach across a special token.
class TrainingText {
 public:
  TrainingText(const CorpusReader& corpus, Progress& progress) : corpus_(corpus), progress_(progress) {
    if (corpus.markers()) markers_ = chat_special_tokens();
  }
  Result<bool> next(std::string& piece) {
    while (rest_.empty()) {
      if (document_ == corpus_.documents()) return false;
      const CorpusReader::Document document = corpus_[document_++];
      if (!document.valid) rest_ = document.text;
      done_ += static_cast<double>(document.text.size());
      if (document_ % 256 == 0) progress_.update(done_);
    }
    size_t end = rest_.size(), skip = 0;
    for (const std::string& marker : markers_) {
      const size_t at = rest_.substr(0, end).find(marker);
      if (at != std::string_view::npos) {
        end = at;
        skip = marker.size();
      }
    }
    piece = rest_.substr(0, end);
    rest_.remove_prefix(end + skip);
    return true;
  }

 private:
  const CorpusReader& corpus_;
  Progress& progress_;
  std::vector<std::string> markers_;
  std::string_view rest_;
  int64_t document_ = 0;
  double done_ = 0;
};

Status learn_tokenizer(const TokenizerSettings& settings, StageContext& context, bool quiet) {
  if (settings.kind == "bytes") {
    const Tokenizer tokenizer = byte_tokenizer(chat_special_tokens());
    context.fact("vocab_size", tokenizer.vocab_size());
    return tokenizer.save(context.out() / kTokenizerFile);
  }
  PERSEA_TRY(const CorpusReader corpus, CorpusReader::open(context.input("corpus").path));
  BpeTraining training;
  training.vocab_size = settings.vocab_size;
  training.special_tokens = chat_special_tokens();
  Progress progress("learning the vocabulary", static_cast<double>(corpus.bytes()), quiet);
  TrainingText text(corpus, progress);
  BpeTrainingFacts facts;
  auto trained = train_bpe(
      training, [&](std::string& piece) { return text.next(piece); }, pool(), &facts);
  progress.finish();
  if (!trained) return fail("tokenizer.vocab: {}", trained.error().message);
  context.add_bytes(facts.bytes);
  context.fact("vocab_size", trained->vocab_size());
  context.fact("bytes", facts.bytes);
  context.fact("words", facts.words);
  context.fact("distinct_words", facts.distinct_words);
  context.fact("long_words", facts.long_words);
  return trained->save(context.out() / kTokenizerFile);
}

Status encode_corpus(const ShardSettings& settings, StageContext& context, bool quiet) {
  PERSEA_TRY(const CorpusReader corpus, CorpusReader::open(context.input("corpus").path));
  PERSEA_TRY(const Tokenizer tokenizer, Tokenizer::load(context.input("tokenizer").file(kTokenizerFile)));
  const std::optional<int32_t> begin = tokenizer.special(kEndOfText);
  if (settings.separate && !begin) {
    return fail("{}: has no {} to part documents with: set shard.separate = false, or learn a tokenizer",
                context.input("tokenizer").id, kEndOfText);
  }
  PERSEA_TRY(TokenWriter train, TokenWriter::create(context.out(), "train", tokenizer.vocab_size()));
  PERSEA_TRY(TokenWriter valid, TokenWriter::create(context.out(), "valid", tokenizer.vocab_size()));

  // Blocks of documents: encoded by all threads, written in order.
  constexpr int64_t kBlockDocuments = 4096;
  constexpr size_t kBlockBytes = 16 << 20;
  Progress progress("encoding", static_cast<double>(corpus.bytes()), quiet);
  std::vector<std::vector<int32_t>> ids;
  std::array<int64_t, 2> bytes{};
  for (int64_t first = 0, last = 0; first < corpus.documents(); first = last) {
    size_t block_bytes = 0;
    while (last < corpus.documents() && last - first < kBlockDocuments && block_bytes < kBlockBytes) {
      block_bytes += corpus[last++].text.size();
    }
    ids.resize(std::max<size_t>(ids.size(), last - first));
    pool().parallel_for(last - first, [&](int64_t i) {
      std::vector<int32_t>& out = ids[i];
      out.clear();
      if (settings.separate) out.push_back(*begin);
      const std::string_view text = corpus[first + i].text;
      if (corpus.markers()) {
        tokenizer.encode_with_specials(text, out);
      } else {
        tokenizer.encode(text, out);
      }
    });
    for (int64_t i = first; i < last; ++i) {
      const CorpusReader::Document document = corpus[i];
      PERSEA_CHECK((document.valid ? valid : train).add(ids[i - first], settings.separate));
      bytes[document.valid ? 1 : 0] += static_cast<int64_t>(document.text.size());
    }
    progress.update(static_cast<double>(bytes[0] + bytes[1]));
  }
  progress.finish();
  PERSEA_CHECK(train.finish());
  PERSEA_CHECK(valid.finish());
  context.add_tokens(train.tokens() + valid.tokens());
  context.add_bytes(bytes[0] + bytes[1]);
  context.fact("vocab_size", tokenizer.vocab_size());
  context.fact("train_tokens", train.tokens());
  context.fact("train_documents", train.documents());
  context.fact("train_bytes", bytes[0]);
  context.fact("valid_tokens", valid.tokens());
  context.fact("valid_documents", valid.documents());
  context.fact("valid_bytes", bytes[1]);
  context.fact("bytes_per_token",
               static_cast<double>(bytes[0] + bytes[1]) / static_cast<double>(train.tokens() + valid.tokens()));
  return {};
}

}  // namespace

Result<StageResult> run_tokenizer_stage(Lab& lab, std::string_view corpus, const TokenizerSettings& settings,
                                        bool quiet) {
  if (settings.kind != "bpe" && settings.kind != "bytes") {
    return fail("tokenizer.kind = \"{}\": is neither \"bpe\" nor \"bytes\"", settings.kind);
  }
  StageSpec spec;
  spec.kind = "tokenizer";
  spec.version = kTokenizerVersion;
  spec.settings = {{"kind", settings.kind}};
  if (settings.kind == "bpe") {
    spec.settings["vocab"] = settings.vocab_size;
    spec.inputs = {{"corpus", std::string(corpus)}};
  }
  return lab.run(spec, [&](StageContext& context) { return learn_tokenizer(settings, context, quiet); });
}

Result<StageResult> run_shard_stage(Lab& lab, std::string_view corpus, std::string_view tokenizer,
                                    const ShardSettings& settings, bool quiet) {
  StageSpec spec;
  spec.kind = "tokens";
  spec.version = kShardVersion;
  spec.settings = {{"separate", settings.separate}};
  spec.inputs = {{"corpus", std::string(corpus)}, {"tokenizer", std::string(tokenizer)}};
  return lab.run(spec, [&](StageContext& context) { return encode_corpus(settings, context, quiet); });
}

}  // namespace persea
