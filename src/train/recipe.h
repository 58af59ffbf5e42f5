// A recipe: the stages of a run and their settings, read from TOML. One table (settings()) says of every key its type,
// default, range and meaning; reading, --set, the stages' keys and the help all walk it. It refuses what it does not
// know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "nn/config.h"
#include "tensor/device.h"

namespace persea {

namespace fs = std::filesystem;

struct CorpusRecipe {
  std::string source = "files";
  std::string path;
  std::string artifact = "corpus";  // the newest
  int64_t documents = 100000;
  int64_t seed = 1;
  double valid_fraction = 0.01;
  bool drop_duplicates = true;
};

struct TokenizerRecipe {
  std::string kind = "bpe";
  int64_t vocab = 4096;
};

struct ShardRecipe {
  bool separate = true;
};

struct ModelRecipe {
  int64_t dim = 256, layers = 6, heads = 8, kv_heads = 0, head_dim = 0, hidden = 0, context = 512;
  std::string activation = "swiglu";
  bool qk_norm = true, tied = true;
  double norm_eps = 1e-5, rope_theta = 10000, logit_soft_cap = 0;
};

struct PretrainRecipe {
  double minutes = 0;
  int64_t tokens = 0, steps = 0;
  int64_t batch_tokens = 8192, sequence = 256, micro_batch = 0;
  std::string order = "documents";
  std::string learn = "all";
  std::string optimizer = "muon";
  std::string precision = "f32";
  double lr = 3e-3, muon_lr = 2e-2, min_lr = 0.05;
  int64_t warmup_steps = 50;
  double decay = 0.4;
  std::string decay_shape = "linear";
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-8, weight_decay = 0.1, clip = 1, dropout = 0;
  int64_t seed = 1;
  int64_t eval_every = 0, eval_tokens = 65536;
  int64_t checkpoint_every = 0;
  double spike_deviations = 8;
  int64_t spike_patience = 4, rollbacks = 3;
};

struct ReportRecipe {
  std::vector<std::string> prompts;
  int64_t sample_tokens = 160;
  double temperature = 0.8;
  int64_t questions = 300;
};

// One key of the table: where its value lies and what it may be.
struct Setting {
  using Slot = std::variant<bool*, int64_t*, double*, std::string*, std::vector<std::string>*>;
  std::string key;  // "pretrain.lr"
  Slot slot;
  double least = 0, most = 0;        // numbers: the range, both ends included
  std::vector<std::string> choices;  // texts: what they may be; empty: anything
  std::string help;

  std::string stage() const { return key.substr(0, key.find('.')); }
  std::string name() const { return key.substr(key.find('.') + 1); }
  Json value() const;
  std::string type() const;  // "a whole number", for messages
};

struct Recipe {
  // Where training runs, and how many bytes of memory it may use there, on all ranks of a machine together (0: what
  // there is): no settings, because what is made does not depend on them.
  Device device;
  int64_t memory = 0;

  CorpusRecipe corpus;
  TokenizerRecipe tokenizer;
  ShardRecipe shard;
  ModelRecipe model;
  PretrainRecipe pretrain;
  ReportRecipe report;

  // A recipe with the settings of a TOML text; `where` (its file) stands in messages. Keys that are left out keep their
  // defaults. Call check() once all overrides are in.
  static Result<Recipe> parse(std::string_view text, std::string_view where);
  // The same from a file; a relative corpus.path is taken from the file's folder.
  static Result<Recipe> load(const fs::path& path);

  // "pretrain.minutes=30", as --set gives it. A budget replaces the others.
  Status set(std::string_view assignment);

  // Takes a file or folder of text for the corpus, as --text does.
  void use_text(const fs::path& path);

  // What no single key can tell: a budget is given, heads divide the width, and so on.
  Status check() const;

  // The table, bound to this recipe.
  std::vector<Setting> settings();
  // All settings of a stage with their values, defaults too.
  Json stage(std::string_view name) const;

  int64_t vocab() const;  // that the tokenizer will have
  // The model over a vocabulary of this size; settings of 0 become what they stand for.
  ModelConfig model_config(int64_t vocab) const;
  int64_t sequences() const { return pretrain.batch_tokens / pretrain.sequence; }  // a step's
};

}  // namespace persea
