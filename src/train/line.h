// The line from text to a report: the stages of a recipe in their order, each the input of the next. Of several ranks,
// rank 0 runs it; the others help where a stage can be shared.
#pragma once

#include <functional>
#include <string_view>

#include "data/corpus_stage.h"
#include "data/shard_stage.h"
#include "ledger/lab.h"
#include "train/pretrain.h"

namespace persea {

CorpusSettings corpus_settings(const Recipe& recipe);
TokenizerSettings tokenizer_settings(const Recipe& recipe);

// Hears of each stage as it is done: corpus, tokenizer, shard, pretrain, report.
using StageObserver = std::function<void(std::string_view stage, const StageResult& result)>;

// Runs what has to be run; returns the report.
Result<Artifact> run_line(Lab& lab, const Recipe& recipe, const PretrainOptions& options,
                          const StageObserver& observer);

// On every rank but the first, at the same time.
Status help_line(const Recipe& recipe, const PretrainOptions& options);

}  // namespace persea
