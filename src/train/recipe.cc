#include "train/recipe.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/file.h"
#include "nn/model.h"

namespace persea {
namespace {

constexpr double kMany = 1e15;
constexpr std::string_view kBudgets[] = {"pretrain.minutes", "pretrain.tokens", "pretrain.steps"};

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Puts a JSON value into the setting's slot; the error speaks of the key and what it must be, not of the place.
Status assign(const Setting& setting, const Json& value) {
  const auto wrong = [&](const std::string& what) {
    std::string given = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (given.size() > 60) given = given.substr(0, 57) + "...";
    return fail("{} = {}: must be {}", setting.key, given, what);
  };
  const auto in_range = [&](double number) { return number >= setting.least && number <= setting.most; };
  const auto range = [&] {
    return setting.most >= kMany
               ? fmt::format("{} of at least {:.10g}", setting.type(), setting.least)
               : fmt::format("{} from {:.10g} to {:.10g}", setting.type(), setting.least, setting.most);
  };
  if (auto* const* slot = std::get_if<bool*>(&setting.slot)) {
    if (!value.is_boolean()) return wrong("true or false");
    **slot = value.get<bool>();
  } else if (auto* const* slot = std::get_if<int64_t*>(&setting.slot)) {
    double number = value.is_number() ? value.get<double>() : NAN;
    if (std::floor(number) != number || !in_range(number)) return wrong(range());  // 1e6 is a whole number too
    **slot = static_cast<int64_t>(number);
  } else if (auto* const* slot = std::get_if<double*>(&setting.slot)) {
    if (!value.is_number() || !in_range(value.get<double>())) return wrong(range());
    **slot = value.get<double>();
  } else if (auto* const* slot = std::get_if<std::string*>(&setting.slot)) {
    if (!value.is_string()) return wrong("a text");
    const auto& text = value.get_ref<const std::string&>();
    if (!setting.choices.empty() &&
        std::find(setting.choices.begin(), setting.choices.end(), text) == setting.choices.end()) {
      return wrong("one of " + join(setting.choices));
    }
    **slot = text;
  } else if (auto* const* slot = std::get_if<std::vector<std::string>*>(&setting.slot)) {
    if (!value.is_array() ||
        !std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string(); })) {
      return wrong("a list of texts");
    }
    **slot = value.get<std::vector<std::string>>();
  }
  return {};
}

// "unknown key 'pretrain.minuts' (nearest: pretrain.minutes)"
Error unknown(std::string_view what, const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? fail("unknown {} '{}' (known: {})", what, word, join(known))
                      : fail("unknown {} '{}' (nearest: {})", what, word, near);
}

Result<Setting> find(std::vector<Setting> table, std::string_view key) {
  std::vector<std::string> stages, names;
  const std::string stage(key.substr(0, key.find('.')));
  for (const Setting& setting : table) {
    if (setting.key == key) return setting;
    if (stages.empty() || stages.back() != setting.stage()) stages.push_back(setting.stage());
    if (setting.stage() == stage) names.push_back(setting.key);
  }
  if (names.empty()) return unknown("stage", stage, stages);
  return unknown("key", std::string(key), names);
}

}  // namespace

Json Setting::value() const {
  return std::visit([](const auto* slot) { return Json(*slot); }, slot);
}

std::string Setting::type() const {
  constexpr const char* kTypes[] = {"true or false", "a whole number", "a number", "a text", "a list of texts"};
  return kTypes[slot.index()];
}

std::vector<Setting> Recipe::settings() {
  return {
      {"corpus.source",
       &corpus.source,
       0,
       0,
       {"files", "smallworld", "lab"},
       "files: the text under path; smallworld: a small world that Persea writes itself; lab: a corpus of the lab"},
      {"corpus.artifact", &corpus.artifact, 0, 0, {}, "lab: its name, as of what `persea curate` made"},
      {"corpus.path", &corpus.path, 0, 0, {}, "a file or a folder of text"},
      {"corpus.documents", &corpus.documents, 1, 1e9, {}, "smallworld: documents to write"},
      {"corpus.seed", &corpus.seed, 0, kMany, {}, "smallworld: its seed"},
      {"corpus.valid_fraction",
       &corpus.valid_fraction,
       0.0001,
       0.5,
       {},
       "part of the text that is held out for validation"},
      {"corpus.drop_duplicates",
       &corpus.drop_duplicates,
       0,
       0,
       {},
       "files: of documents with the same text, the first stays"},

      {"tokenizer.kind",
       &tokenizer.kind,
       0,
       0,
       {"bpe", "bytes"},
       "bpe: learnt from the corpus; bytes: one token a byte"},
      {"tokenizer.vocab", &tokenizer.vocab, 262, 1 << 20, {}, "bpe: number of tokens, special ones too"},

      {"shard.separate",
       &shard.separate,
       0,
       0,
       {},
       "each document is a sequence of its own; false: the text is one stream"},
      {"model.dim", &model.dim, 8, 65536, {}, "width of the residual stream"},
      {"model.layers", &model.layers, 1, 1000, {}, "number of blocks"},
      {"model.heads", &model.heads, 1, 1024, {}, "attention heads"},
      {"model.kv_heads", &model.kv_heads, 0, 1024, {}, "heads of keys and values; 0: as many as heads"},
      {"model.head_dim", &model.head_dim, 0, 1024, {}, "width of a head; 0: dim / heads"},
      {"model.hidden",
       &model.hidden,
       0,
       1 << 20,
       {},
       "width of the MLP; 0: 8/3 dim for swiglu, 4 dim for relu_squared"},
      {"model.context", &model.context, 8, 1 << 20, {}, "longest sequence that the model is meant for, in tokens"},
      {"model.activation", &model.activation, 0, 0, {"swiglu", "relu_squared"}, "the MLP's activation"},
      {"model.qk_norm", &model.qk_norm, 0, 0, {}, "normalize queries and keys"},
      {"model.tied", &model.tied, 0, 0, {}, "the output head shares the embedding's weights"},
      {"model.norm_eps", &model.norm_eps, 1e-12, 0.1, {}, "epsilon of the norms"},
      {"model.rope_theta", &model.rope_theta, 1, 1e12, {}, "base of the rotary position frequencies"},
      {"model.logit_soft_cap",
       &model.logit_soft_cap,
       0,
       1000,
       {},
       "logits become cap * tanh(logits / cap); 0: as they are"},

      {"pretrain.minutes", &pretrain.minutes, 0, 1e6, {}, "budget: minutes of training"},
      {"pretrain.tokens", &pretrain.tokens, 0, kMany, {}, "budget: tokens to train on"},
      {"pretrain.steps", &pretrain.steps, 0, kMany, {}, "budget: optimizer steps"},
      {"pretrain.batch_tokens", &pretrain.batch_tokens, 8, 1 << 28, {}, "tokens of one optimizer step"},
      {"pretrain.sequence", &pretrain.sequence, 8, 1 << 20, {}, "tokens of one sequence"},
      {"pretrain.micro_batch",
       &pretrain.micro_batch,
       0,
       1 << 20,
       {},
       "sequences of one forward and backward pass; 0: automatic"},
      {"pretrain.order",
       &pretrain.order,
       0,
       0,
       {"documents", "corpus", "windows"},
       "documents: packed whole; corpus: these in the corpus's order; windows: cut anywhere from the stream"},
      {"pretrain.learn",
       &pretrain.learn,
       0,
       0,
       {"all", "replies"},
       "all: every token is a target; replies: all but what users say in chats"},
      {"pretrain.optimizer",
       &pretrain.optimizer,
       0,
       0,
       {"adamw", "muon"},
       "muon: Muon for the blocks' matrices, AdamW for the rest"},
      {"pretrain.precision",
       &pretrain.precision,
       0,
       0,
       {"f32", "bf16", "fp8", "auto"},
       "what matrices are rounded to for their products; auto: bf16 where the processor multiplies it twice as fast; "
       "fp8: those of the layers, bf16 for the rest"},
      {"pretrain.lr", &pretrain.lr, 0, 10, {}, "AdamW's learning rate"},
      {"pretrain.muon_lr", &pretrain.muon_lr, 0, 10, {}, "Muon's learning rate"},
      {"pretrain.min_lr", &pretrain.min_lr, 0, 1, {}, "part of the learning rate that is left at the end"},
      {"pretrain.warmup_steps", &pretrain.warmup_steps, 0, 1e9, {}, "steps over which the learning rate rises"},
      {"pretrain.decay", &pretrain.decay, 0, 1, {}, "last part of the budget, over which the learning rate falls"},
      {"pretrain.decay_shape",
       &pretrain.decay_shape,
       0,
       0,
       {"linear", "cosine", "sqrt"},
       "how the learning rate falls"},
      {"pretrain.beta1", &pretrain.beta1, 0, 0.9999, {}, "AdamW: mean of gradients"},
      {"pretrain.beta2", &pretrain.beta2, 0, 0.99999, {}, "AdamW: mean of squared gradients"},
      {"pretrain.eps", &pretrain.eps, 1e-15, 0.1, {}, "AdamW: epsilon"},
      {"pretrain.weight_decay", &pretrain.weight_decay, 0, 10, {}, "decoupled weight decay of the matrices"},
      {"pretrain.clip", &pretrain.clip, 0, 1e6, {}, "largest global norm of the gradient; 0: not clipped"},
      {"pretrain.dropout", &pretrain.dropout, 0, 0.9, {}, "dropout of embeddings and branches"},
      {"pretrain.seed", &pretrain.seed, 0, kMany, {}, "of weights, data order and dropout"},
      {"pretrain.eval_every",
       &pretrain.eval_every,
       0,
       1e9,
       {},
       "steps between validations; 0: automatic, about 25 in all"},
      {"pretrain.eval_tokens", &pretrain.eval_tokens, 8, kMany, {}, "most tokens of one validation"},
      {"pretrain.checkpoint_every",
       &pretrain.checkpoint_every,
       0,
       1e9,
       {},
       "steps between checkpoints; 0: automatic, about 20 in all"},
      {"pretrain.spike_deviations",
       &pretrain.spike_deviations,
       0,
       1e6,
       {},
       "a loss so many deviations above the recent mean is a spike: its step is skipped; 0: never"},
      {"pretrain.spike_patience",
       &pretrain.spike_patience,
       1,
       1000,
       {},
       "so many skipped steps close together roll back to a checkpoint"},
      {"pretrain.rollbacks",
       &pretrain.rollbacks,
       0,
       1000,
       {},
       "after so many rollbacks spikes pass, and a loss that is no number ends the run"},

      {"report.prompts", &report.prompts, 0, 0, {}, "beginnings for sample texts"},
      {"report.sample_tokens", &report.sample_tokens, 1, 100000, {}, "length of a sample"},
      {"report.temperature", &report.temperature, 0, 10, {}, "of the samples"},
      {"report.questions", &report.questions, 0, 1e6, {}, "smallworld: held-out questions to answer"},
  };
}

Result<Recipe> Recipe::parse(std::string_view text, std::string_view where) {
  PERSEA_TRY(const TomlDocument document, parse_toml(text, where));
  Recipe recipe;
  const std::vector<Setting> table = recipe.settings();
  const auto at = [&](const std::string& path) {
    const auto line = document.lines.find(path);
    return line == document.lines.end() ? std::string(where) : fmt::format("{}:{}", where, line->second);
  };
  std::string budget;
  for (const auto& [stage, keys] : document.value.items()) {
    if (stage == "submit") continue;  // where a run takes place is no matter of the run: persea submit reads this
    if (!keys.is_object()) {
      return fail("{}: '{}' must stand in a stage, as in [pretrain]", at(stage), stage);
    }
    if (keys.empty()) {
      const auto known = [&, &stage = stage](const Setting& setting) { return setting.stage() == stage; };
      if (std::none_of(table.begin(), table.end(), known))
        return fail("{}: {}", at(stage), find(table, stage).error().message);
    }
    for (const auto& [name, value] : keys.items()) {
      const std::string key = stage + "." + name;
      auto setting = find(table, key);
      if (!setting) return fail("{}: {}", at(key), setting.error().message);
      if (auto status = assign(*setting, value); !status) return fail("{}: {}", at(key), status.error().message);
      const bool is_budget = std::find(std::begin(kBudgets), std::end(kBudgets), key) != std::end(kBudgets);
      if (!is_budget || value == 0) continue;
      if (!budget.empty()) return fail("{}: {} and {} are both budgets: keep one", at(key), budget, key);
      budget = key;
    }
  }
  return recipe;
}

Result<Recipe> Recipe::load(const fs::path& path) {
  PERSEA_TRY(const std::string text, read_file(path));
  PERSEA_TRY(Recipe recipe, parse(text, path.string()));
  if (!recipe.corpus.path.empty() && fs::path(recipe.corpus.path).is_relative()) {
    recipe.corpus.path = (path.parent_path() / recipe.corpus.path).lexically_normal().string();
  }
  return recipe;
}

Status Recipe::set(std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return fail("--set {}: must be STAGE.KEY=VALUE, as in pretrain.minutes=30", assignment);
  const std::string key(assignment.substr(0, equals));
  const std::string value(assignment.substr(equals + 1));
  auto setting = find(settings(), key);
  if (!setting) return fail("--set {}: {}", assignment, setting.error().message);

  // The value is TOML, or where the key wants a text, the text as it stands.
  Json parsed = value;
  const bool is_text = std::holds_alternative<std::string*>(setting->slot);
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  if ((!is_text || quoted) && value.find('\n') == std::string::npos) {
    if (auto document = parse_toml("value = " + value, "--set"); document) parsed = document->value.at("value");
  }
  if (auto status = assign(*setting, parsed); !status) return fail("--set {}", status.error().message);
  if (std::find(std::begin(kBudgets), std::end(kBudgets), key) != std::end(kBudgets)) {
    if (key != "pretrain.minutes") pretrain.minutes = 0;
    if (key != "pretrain.tokens") pretrain.tokens = 0;
    if (key != "pretrain.steps") pretrain.steps = 0;
  }
  return {};
}

void Recipe::use_text(const fs::path& path) {
  corpus.source = "files";
  corpus.path = path.string();
}

Status Recipe::check() const {
  const auto& p = pretrain;
  if (corpus.source == "files" && corpus.path.empty()) {
    return fail("corpus.path is not set: name a file or folder of text with --text PATH");
  }
  if (p.minutes <= 0 && p.tokens <= 0 && p.steps <= 0) {
    return fail("no budget: set pretrain.minutes, pretrain.tokens or pretrain.steps");
  }
  if (p.batch_tokens % p.sequence != 0) {
    return fail("pretrain.batch_tokens = {} is no multiple of pretrain.sequence = {}", p.batch_tokens, p.sequence);
  }
  if (p.micro_batch > 0 && sequences() % p.micro_batch != 0) {
    return fail("pretrain.micro_batch = {} does not divide the {} sequences of a step", p.micro_batch, sequences());
  }
  if (p.tokens > 0 && p.tokens < p.batch_tokens) {
    return fail("pretrain.tokens = {} is less than one step: lower pretrain.batch_tokens = {}", p.tokens,
                p.batch_tokens);
  }
  if (p.sequence > model.context) {
    return fail("pretrain.sequence = {} is longer than model.context = {}", p.sequence, model.context);
  }
  if (model.head_dim == 0 && model.dim % model.heads != 0) {
    return fail("model.heads = {} does not divide model.dim = {}: change one, or set model.head_dim", model.heads,
                model.dim);
  }
  if (auto status = model_config(vocab()).check(); !status) return fail("[model]: {}", status.error().message);
  return {};
}

Json Recipe::stage(std::string_view name) const {
  Json values = Json::object();
  Recipe copy = *this;  // the table binds to a recipe that may be written to
  for (const Setting& setting : copy.settings()) {
    if (setting.stage() == name) values[setting.name()] = setting.value();
  }
  return values;
}

int64_t Recipe::vocab() const {
  constexpr int64_t kBytes = 256, kSpecial = 5;
  return tokenizer.kind == "bytes" ? kBytes + kSpecial : tokenizer.vocab;
}

ModelConfig Recipe::model_config(int64_t vocab) const {
  ModelConfig config;
  config.vocab = vocab;
  config.dim = model.dim;
  config.layers = model.layers;
  config.heads = model.heads;
  config.kv_heads = model.kv_heads > 0 ? model.kv_heads : model.heads;
  config.head_dim = model.head_dim > 0 ? model.head_dim : model.dim / model.heads;
  config.activation = model.activation == "swiglu" ? Activation::swiglu : Activation::relu_squared;
  // SwiGLU has three matrices where a plain MLP has two: 8/3 dim keeps the parameters of 4 dim; whole multiples of 32
  // keep rows aligned.
  const int64_t automatic =
      config.activation == Activation::swiglu ? (model.dim * 8 / 3 + 31) / 32 * 32 : 4 * model.dim;
  config.hidden = model.hidden > 0 ? model.hidden : automatic;
  config.context = model.context;
  config.qk_norm = model.qk_norm;
  config.tied = model.tied;
  config.norm_eps = model.norm_eps;
  config.rope_theta = model.rope_theta;
  config.logit_soft_cap = model.logit_soft_cap;
  return config;
}

}  // namespace persea
