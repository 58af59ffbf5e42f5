// persea quality perplexity MODEL FILE: how surprising each document is to a model of the lab, and how these figures
// lie: what the bounds of a filter are chosen by.
#include <algorithm>
#include <memory>

#include "cli/documents.h"
#include "cli/model_option.h"
#include "cli/quality.h"
#include "eval/model_scorer.h"

namespace persea {
namespace {

constexpr double kQuantiles[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

struct Asked {
  std::string model, device = "auto";
  std::vector<std::string> files;
  ModelScorerOptions how;
};

struct Figure {
  std::string place;
  double bits;
};

Result<std::vector<Figure>> measure(const CliContext& context, const Asked& asked) {
  PERSEA_TRY(const ModelPlace place, find_model(context, asked.model));
  ModelScorerOptions how = asked.how;
  PERSEA_TRY(how.device, kernels::device_choice_from(asked.device));
  PERSEA_TRY(const std::unique_ptr<ModelScorer> scorer, ModelScorer::open(place.path, place.name, how));
  std::vector<Figure> all;
  std::vector<std::string_view> texts;
  std::vector<double> bits;
  const auto sink = [&](std::vector<read::Document>& documents) -> Status {
    texts.clear();
    for (const read::Document& document : documents) texts.push_back(document.text);
    bits.resize(texts.size());
    PERSEA_CHECK(scorer->score(texts, bits));
    for (size_t i = 0; i < bits.size(); ++i) {
      if (!context.json) fmt::print("{:.4f}  {}\n", bits[i], documents[i].place);
      all.push_back({std::move(documents[i].place), bits[i]});
    }
    return {};
  };
  for (const std::string& file : asked.files) PERSEA_CHECK(for_documents(file, sink));
  return all;
}

int perplexity(const CliContext& context, const Asked& asked) {
  const auto all = measure(context, asked);
  if (!all) return report(all.error());
  std::vector<double> sorted;
  for (const Figure& figure : *all) sorted.push_back(figure.bits);
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double share) {
    return sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * static_cast<double>(sorted.size())))];
  };
  if (context.json) {
    Json documents = Json::array(), quantiles = Json::array();
    for (const Figure& figure : *all) documents.push_back({{"place", figure.place}, {"bits_per_byte", figure.bits}});
    if (!sorted.empty())
      for (const double share : kQuantiles) quantiles.push_back({share, quantile(share)});
    print_json({{"documents", std::move(documents)}, {"quantiles", std::move(quantiles)}});
  } else if (!sorted.empty() && !context.quiet) {
    std::string line;
    for (const double share : kQuantiles) line += fmt::format("  {:g}%: {:.3f}", share * 100, quantile(share));
    fmt::print(stderr, "bits for a byte of {} documents:{}\n", sorted.size(), line);
  }
  return 0;
}

}  // namespace

void add_quality_perplexity(CLI::App& quality, CliContext& context, VerbAction& action) {
  CLI::App* verb = quality.add_subcommand("perplexity", "How surprising documents are to a model, in bits for a byte");
  const auto asked = std::make_shared<Asked>();
  verb->add_option("MODEL", asked->model, "An artifact, a model directory or a .gguf file")->required();
  verb->add_option("FILE", asked->files, "Files of documents")->required();
  verb->add_option("--tokens", asked->how.tokens, "Of each document so many, from its beginning")
      ->check(CLI::Range(2, 1 << 24))
      ->capture_default_str();
  add_device_option(*verb, asked->device);
  verb->footer("Example:\n  persea quality perplexity model pages.jsonl");
  verb->callback([&context, &action, asked] { action = [&context, asked] { return perplexity(context, *asked); }; });
}

}  // namespace persea
