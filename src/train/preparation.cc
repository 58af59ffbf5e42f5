#include "train/preparation.h"

#include <algorithm>

#include "base/clock.h"
#include "base/file.h"
#include "data/corpus_stage.h"
#include "data/smallworld.h"
#include "data/text_source.h"
#include "text/bpe_train.h"

namespace persea {
namespace {

constexpr int64_t kSampleBytes = 6 << 20, kSampleDocuments = 4000;
constexpr std::string_view kEnough = "enough";  // how the sink stops the reading

struct Sample {
  std::vector<std::string> documents;
  int64_t bytes = 0;      // of text
  double seconds = 0;     // to read or write it
  int64_t all_bytes = 0;  // estimated for the whole corpus
};

Sample sample_smallworld(const CorpusRecipe& recipe) {
  Sample sample;
  const double start = wall_seconds();
  const int64_t count = std::min(recipe.documents, kSampleDocuments);
  for (int64_t i = 0; i < count; ++i) {
    sample.documents.push_back(smallworld_document(static_cast<uint64_t>(recipe.seed), i * recipe.documents / count));
    sample.bytes += static_cast<int64_t>(sample.documents.back().size());
  }
  sample.seconds = wall_seconds() - start;
  sample.all_bytes = sample.bytes * recipe.documents / count;
  return sample;
}

// Documents from files all over the folder, an equal part of the sample from each; files are compressed to different
// degrees, so the whole is estimated from how much text came out of how many bytes.
Result<Sample> sample_files(const CorpusRecipe& recipe) {
  Sample sample;
  PERSEA_TRY(const std::vector<FoundFile> files, list_files(recipe.path));
  const bool folder = fs::is_directory(recipe.path);
  const int64_t part = kSampleBytes / static_cast<int64_t>(std::min<size_t>(files.size(), 64)) + 1;
  const size_t stride = (files.size() + 63) / 64;
  const double start = wall_seconds();
  double estimated = 0, seen_files = 0, all_files = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    all_files += static_cast<double>(files[i].bytes);
    if (i % stride != 0) continue;
    int64_t bytes = 0;
    const fs::path path = folder ? fs::path(recipe.path) / files[i].name : fs::path(recipe.path);
    const auto report = read_source(path, path.string(), {}, [&](std::string_view text) -> Status {
      sample.documents.emplace_back(text);
      bytes += static_cast<int64_t>(text.size());
      return bytes < part ? Status() : Status(Error{std::string(kEnough)});
    });
    sample.bytes += bytes;
    // A file that was read whole tells its size; one that was left in the middle is taken to hold as much text a byte
    // as it has bytes on disk, times what compression commonly gives.
    const bool compressed = path.extension() == ".zst" || path.extension() == ".gz";
    estimated += report ? static_cast<double>(bytes) : static_cast<double>(files[i].bytes) * (compressed ? 2.8 : 1);
    seen_files += static_cast<double>(files[i].bytes);
  }
  sample.seconds = wall_seconds() - start;
  if (sample.bytes == 0) return fail("{}: no text there", recipe.path);
  sample.all_bytes = static_cast<int64_t>(estimated * all_files / std::max(seen_files, 1.0));
  return sample;
}

// Seconds to learn a vocabulary from the first `count` documents, and the tokenizer; the vocabulary shrinks to what
// they allow.
Result<std::pair<double, Tokenizer>> time_training(const Sample& sample, size_t count, int64_t vocab) {
  while (true) {
    size_t next = 0;
    const double start = wall_seconds();
    BpeTraining training;
    training.vocab_size = static_cast<int>(vocab);
    training.special_tokens = chat_special_tokens();
    auto tokenizer = train_bpe(
        training,
        [&](std::string& piece) -> Result<bool> {
          if (next == count) return false;
          piece = sample.documents[next++];
          return true;
        },
        pool());
    if (tokenizer) return std::pair(wall_seconds() - start, std::move(*tokenizer));
    if (vocab <= 300) return tokenizer.error();
    vocab = std::max<int64_t>(300, vocab / 2);
  }
}

}  // namespace

Result<Preparation> estimate_preparation(const Recipe& recipe) {
  Sample sample;
  if (recipe.corpus.source == "smallworld") {
    sample = sample_smallworld(recipe.corpus);
  } else if (recipe.corpus.source == "lab") {
    return fail("corpus.source = \"lab\": what it will cost is measured on text: name it with --text PATH");
  } else {
    PERSEA_TRY(sample, sample_files(recipe.corpus));
  }
  Preparation result{
      .text_bytes = sample.all_bytes, .vocab = recipe.vocab(), .tokenizer = byte_tokenizer(chat_special_tokens())};
  const double times = static_cast<double>(sample.all_bytes) / static_cast<double>(sample.bytes);
  result.seconds = sample.seconds * times;

  if (recipe.tokenizer.kind == "bpe") {
    // Counting words takes time by the byte, merging them less and less: a line through two sizes of sample.
    PERSEA_TRY(auto half, time_training(sample, std::max<size_t>(1, sample.documents.size() / 2), result.vocab));
    PERSEA_TRY(auto whole, time_training(sample, sample.documents.size(), result.vocab));
    const double slope = std::max(0.0, whole.first - half.first) * 2;
    result.seconds += whole.first + slope * std::max(0.0, times - 1);
    result.tokenizer = std::move(whole.second);
  }
  std::vector<int32_t> ids;
  const double start = wall_seconds();
  for (const std::string& document : sample.documents) result.tokenizer.encode(document, ids);
  result.seconds += (wall_seconds() - start) * times;
  const double tokens = static_cast<double>(ids.size() + sample.documents.size()) * times;
  result.validation_tokens = static_cast<int64_t>(tokens * recipe.corpus.valid_fraction);
  result.tokens = static_cast<int64_t>(tokens);
  return result;
}

}  // namespace persea
