#include "cli/model_option.h"

#include <system_error>

#include "ledger/lab.h"

namespace persea {
namespace {

bool is_model(const std::filesystem::path& dir) {
  std::error_code error;
  return std::filesystem::is_regular_file(dir / "config.json", error);
}

}  // namespace

Result<ModelPlace> find_model(const CliContext& context, const std::string& name) {
  std::error_code error;
  if (!name.empty() && std::filesystem::is_directory(name, error)) {
    if (is_model(name)) return ModelPlace{name, name};
    return fail("{}: has no config.json: it is no model directory", name);
  }
  if (std::filesystem::is_regular_file(name, error)) return ModelPlace{name, name};
  if (name.find('/') != std::string::npos) return fail("{}: no such folder or file", name);
  PERSEA_TRY(Lab lab, Lab::open_existing(context.lab));
  if (!name.empty()) {
    PERSEA_TRY(const Artifact artifact, lab.find(name));
    if (is_model(artifact.path)) return ModelPlace{artifact.path, artifact.id};
    return fail("{} is a {}, no model: persea ls shows what there is", artifact.id, artifact.kind);
  }
  PERSEA_TRY(const std::vector<Artifact> artifacts, lab.list());
  for (auto artifact = artifacts.rbegin(); artifact != artifacts.rend(); ++artifact) {
    if (is_model(artifact->path)) return ModelPlace{artifact->path, artifact->id};
  }
  return fail("{}: no model is in this lab yet: persea run makes one", context.lab);
}

void add_device_option(CLI::App& verb, std::string& device, const std::string& what) {
  verb.add_option("--device", device, fmt::format("Where {} runs: cpu, cuda, or auto, a GPU where one is", what))
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
}

void add_sampling_options(CLI::App& verb, SamplerOptions& options) {
  verb.add_option("--temperature", options.temperature, "0: always the likeliest token; higher: more varied")
      ->capture_default_str();
  verb.add_option("--top-k", options.top_k, "Choose among the K likeliest tokens (0: all)")->capture_default_str();
  verb.add_option("--top-p", options.top_p, "Choose among the likeliest tokens that make up this probability")
      ->capture_default_str();
  verb.add_option("--min-p", options.min_p, "Leave out tokens less likely than this part of the likeliest")
      ->capture_default_str();
  verb.add_option("--repetition-penalty", options.repetition_penalty,
                  "Above 1: words already written become less likely")
      ->capture_default_str();
  verb.add_option("--seed", options.seed, "The same seed writes the same text")->capture_default_str();
}

}  // namespace persea
