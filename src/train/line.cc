#include "train/line.h"

#include "train/pretrain_stage.h"
#include "train/report_stage.h"

namespace persea {

CorpusSettings corpus_settings(const Recipe& recipe) {
  CorpusSettings settings;
  settings.source = recipe.corpus.source;
  settings.path = recipe.corpus.path;
  settings.valid_fraction = recipe.corpus.valid_fraction;
  settings.drop_duplicates = recipe.corpus.drop_duplicates;
  settings.documents = recipe.corpus.documents;
  settings.seed = static_cast<uint64_t>(recipe.corpus.seed);
  return settings;
}

TokenizerSettings tokenizer_settings(const Recipe& recipe) {
  return {recipe.tokenizer.kind, static_cast<int>(recipe.tokenizer.vocab)};
}

namespace {

// The corpus that the recipe names in the lab, or the one that its stage makes.
Result<StageResult> corpus_of(Lab& lab, const Recipe& recipe, bool quiet) {
  if (recipe.corpus.source != "lab") return run_corpus_stage(lab, corpus_settings(recipe), quiet);
  PERSEA_TRY(Artifact artifact, lab.find(recipe.corpus.artifact));
  if (artifact.kind != "corpus")
    return fail("corpus.artifact = \"{}\": {} is no corpus", recipe.corpus.artifact, artifact.id);
  return StageResult{std::move(artifact), true};
}

struct Prepared {
  StageResult tokenizer, tokens;
};

// The stages before training.
Result<Prepared> prepare(Lab& lab, const Recipe& recipe, bool quiet, const StageObserver& observer) {
  PERSEA_TRY(const StageResult corpus, corpus_of(lab, recipe, quiet));
  observer("corpus", corpus);
  PERSEA_TRY(StageResult tokenizer, run_tokenizer_stage(lab, corpus.artifact.id, tokenizer_settings(recipe), quiet));
  observer("tokenizer", tokenizer);
  PERSEA_TRY(StageResult tokens,
             run_shard_stage(lab, corpus.artifact.id, tokenizer.artifact.id, {recipe.shard.separate}, quiet));
  observer("shard", tokens);
  return Prepared{std::move(tokenizer), std::move(tokens)};
}

}  // namespace

Result<Artifact> run_line(Lab& lab, const Recipe& recipe, const PretrainOptions& options,
                          const StageObserver& observer) {
  const auto prepared = prepare(lab, recipe, options.quiet, observer);
  if (!prepared) {
    (void)options.ranks.broadcast("");  // the others wait for what help_pretrain_stage is told
    return prepared.error();
  }
  PERSEA_TRY(const StageResult model,
             run_pretrain_stage(lab, recipe, prepared->tokens.artifact, prepared->tokenizer.artifact, options));
  observer("pretrain", model);
  PERSEA_TRY(const StageResult report, run_report_stage(lab, recipe, model.artifact));
  observer("report", report);
  return report.artifact;
}

Status help_line(const Recipe& recipe, const PretrainOptions& options) { return help_pretrain_stage(recipe, options); }

}  // namespace persea
