#include "train/pretrain_stage.h"

#include <memory>

#include "base/file.h"
#include "base/threads.h"
#include "data/loader.h"
#include "eval/model_export.h"
#include "tensor/cuda.h"
#include "tensor/storage.h"
#include "text/bpe_train.h"
#include "text/tokenizer.h"
#include "train/optimizer_settings.h"
#include "train/training_memory.h"

namespace persea {
namespace {

constexpr int kVersion = 1;
constexpr const char *kTokenizerFile = "tokenizer.json", *kMetricsFile = "metrics.jsonl";

Json settings_of(const Recipe& recipe) {
  return {{"model", recipe.stage("model")}, {"pretrain", recipe.stage("pretrain")}};
}

std::vector<int32_t> bytes_of_tokens(const Tokenizer& tokenizer) {
  std::vector<int32_t> bytes(static_cast<size_t>(tokenizer.vocab_size()));
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    if (!tokenizer.is_special(id))
      bytes[static_cast<size_t>(id)] = static_cast<int32_t>(tokenizer.token_bytes(id).size());
  }
  return bytes;
}

TokenRoles roles_of(const Tokenizer& tokenizer) {
  TokenRoles roles;
  roles.begin = tokenizer.special(kEndOfText);
  for (const std::string_view end : {kEndOfText, kEndOfTurn}) {
    if (const auto id = tokenizer.special(end)) roles.end.push_back(*id);
  }
  return roles;
}

// What every rank reads: the stage's inputs.
struct Inputs {
  Tokenizer tokenizer;
  std::shared_ptr<const TokenLoader> loader;
  PretrainData data;
  ModelConfig config;
};

Result<Inputs> open_inputs(const Recipe& recipe, const fs::path& tokens, const fs::path& vocabulary,
                           const PretrainOptions& options) {
  const Ranks& ranks = options.ranks;
  PERSEA_TRY(Tokenizer tokenizer, Tokenizer::load(vocabulary / kTokenizerFile));
  PERSEA_TRY(TokenReader train, TokenReader::open(tokens, "train"));
  PERSEA_TRY(TokenReader valid, TokenReader::open(tokens, "valid"));
  if (train.vocab_size() > tokenizer.vocab_size()) return fail("{}: made with another tokenizer", tokens.string());
  if (const int share = ranks.size() / options.tensor_parallel; share > recipe.sequences())
    return fail("{} ranks cannot share the {} sequences of a step: start fewer, or raise pretrain.batch_tokens", share,
                recipe.sequences());

  LoaderSettings loading;
  loading.sequences = static_cast<int>(recipe.sequences());
  loading.length = static_cast<int>(recipe.pretrain.sequence);
  loading.seed = static_cast<uint64_t>(recipe.pretrain.seed);
  if (recipe.pretrain.order == "windows") loading.order = LoaderSettings::Order::windows;
  if (recipe.pretrain.order == "corpus") loading.order = LoaderSettings::Order::corpus;
  if (recipe.pretrain.learn == "replies") {
    const auto user = tokenizer.special("<|user|>"), end = tokenizer.special(kEndOfTurn);
    if (!user || !end) return fail("pretrain.learn = \"replies\": the tokenizer has no <|user|> and {}", kEndOfTurn);
    loading.mask = LoaderSettings::Mask{*user, *end};
  }
  PERSEA_TRY(TokenLoader created, TokenLoader::create(std::move(train), loading));
  const auto loader = std::make_shared<const TokenLoader>(std::move(created));

  PretrainData data;
  data.batch = [loader](int64_t number) { return loader->at(number); };
  data.token_bytes = bytes_of_tokens(tokenizer);
  if (valid.tokens() >= 2) {
    PERSEA_TRY(const TokenLoader held_out, TokenLoader::create(std::move(valid), loading));
    data.validation = held_out.validation(recipe.pretrain.eval_tokens);
  }
  const ModelConfig config = recipe.model_config(tokenizer.vocab_size());
  PERSEA_CHECK(check_slices(config, options.tensor_parallel));
  PERSEA_CHECK(check_memory(recipe, config, ranks.here(), {ranks.size(), options.tensor_parallel}));
  return Inputs{std::move(tokenizer), loader, std::move(data), config};
}

// What rank 0 tells the others: where the inputs and the work directory are, and by which settings they are to be read.
Result<std::string> order_of(const Recipe& recipe, const StageContext& context) {
  const Json order = {{"tokens", fs::absolute(context.input("tokens").path).string()},
                      {"tokenizer", fs::absolute(context.input("tokenizer").path).string()},
                      {"work", fs::absolute(context.work()).string()},
                      {"settings", settings_of(recipe)}};
  try {
    return order.dump();
  } catch (const Json::exception&) {
    return fail("{}: the path is not UTF-8: name another lab", context.work().string());
  }
}

// The training itself, on every rank.
struct Trained {
  Inputs inputs;
  PretrainOutcome outcome;
};
Result<Trained> train(const Recipe& recipe, std::string_view order, const PretrainOptions& options) {
  PERSEA_TRY(const Json json, parse_json(order, "rank 0"));
  const auto open = [&]() -> Result<Inputs> {
    if (json.at("settings") != settings_of(recipe)) return fail("its recipe is another one than that of rank 0");
    return open_inputs(recipe, json.at("tokens").get<std::string>(), json.at("tokenizer").get<std::string>(), options);
  };
  auto inputs = open();
  PERSEA_CHECK(options.ranks.agree(inputs ? Status() : inputs.error()));
  PERSEA_TRY(PretrainOutcome outcome,
             pretrain(recipe, inputs->config, inputs->data, json.at("work").get<std::string>(), options));
  return Trained{std::move(*inputs), std::move(outcome)};
}

Status body(const Recipe& recipe, StageContext& context, const std::string& order, const PretrainOptions& options) {
  PERSEA_CHECK(options.ranks.broadcast(order));
  PERSEA_TRY(const Trained trained, train(recipe, order, options));
  const Tokenizer& tokenizer = trained.inputs.tokenizer;
  const ModelConfig& config = trained.inputs.config;
  const TokenLoader& loader = *trained.inputs.loader;
  const PretrainOutcome& outcome = trained.outcome;

  PERSEA_CHECK(
      export_hugging_face(*outcome.model, tokenizer, roles_of(tokenizer), lab_chat_form(tokenizer), context.out()));
  PERSEA_TRY(const std::string metrics, read_file(context.work() / kMetricsFile));
  PERSEA_CHECK(write_file(context.out() / kMetricsFile, metrics));
  context.record(kMetricsFile);

  context.add_prior_cost(outcome.prior);
  context.add_tokens(outcome.tokens);
  context.fact("parameters", config.parameters());
  context.fact("steps", outcome.steps);
  context.fact("tokens", outcome.tokens);
  context.fact("epochs", static_cast<double>(outcome.tokens) /
                             static_cast<double>(loader.rows_per_epoch() * recipe.pretrain.sequence));
  context.fact("train_loss", outcome.loss);
  if (outcome.validation.tokens > 0) {
    context.fact("valid_loss", outcome.validation.loss);
    context.fact("bits_per_byte", outcome.validation.bits_per_byte);
    context.fact("valid_tokens", outcome.validation.tokens);
  }
  context.fact("train_seconds", outcome.seconds);
  context.fact("tokens_per_second", outcome.tokens_per_second);
  context.fact("flops",
               static_cast<double>(outcome.tokens) * config.training_flops_per_token(recipe.pretrain.sequence));
  context.fact("mfu", outcome.mfu);
  context.fact("peak_gflops", outcome.peak_gflops);
  context.fact("peak_memory_bytes", peak_memory_bytes());
  context.fact("threads", pool().threads());
  context.fact("ranks", options.ranks.size());
  if (options.tensor_parallel > 1) context.fact("tensor_parallel", options.tensor_parallel);
  if (outcome.recomputed > 0) context.fact("recomputed_layers", outcome.recomputed);
  if (recipe.device != cpu_device) context.fact("device", cuda::properties().name);
  context.fact("precision", kernels::precision_name(precision_of(recipe)));
  context.fact("skipped_steps", outcome.skipped);
  context.fact("rollbacks", outcome.rollbacks);
  return {};
}

}  // namespace

Result<StageResult> run_pretrain_stage(Lab& lab, const Recipe& recipe, const Artifact& tokens,
                                       const Artifact& tokenizer, const PretrainOptions& options) {
  StageSpec spec;
  spec.kind = "model";
  spec.version = kVersion;
  spec.settings = settings_of(recipe);
  spec.inputs = {{"tokens", tokens.id}, {"tokenizer", tokenizer.id}};
  bool told = false;
  auto result = lab.run(spec, [&](StageContext& context) -> Status {
    PERSEA_TRY(const std::string order, order_of(recipe, context));
    told = true;
    return body(recipe, context, order, options);
  });
  if (!told) (void)options.ranks.broadcast("");  // the others must not wait for work that does not come
  release_kept_memory();                         // the report asks for other sizes
  return result;
}

Status help_pretrain_stage(const Recipe& recipe, const PretrainOptions& options) {
  PERSEA_TRY(const std::string order, options.ranks.broadcast(""));
  if (order.empty()) return {};
  PERSEA_CHECK(train(recipe, order, options));
  return {};
}

}  // namespace persea
