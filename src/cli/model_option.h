// The models of the command line: an artifact of the lab by id, prefix or kind, a model directory or a GGUF file; and
// the options of sampling and of the device, which
// several verbs share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/verb.h"
#include "infer/sampler.h"

namespace persea {

struct ModelPlace {
  std::filesystem::path path;  // a directory with a config.json, or a GGUF file
  std::string name;            // the artifact's id, or the path
};

// A directory with a config.json or a file; else an artifact of the lab that is or holds one. "" is the lab's newest
// model.
Result<ModelPlace> find_model(const CliContext& context, const std::string& name);

// --device: a word for kernels::device_choice_from, which is its present value where nobody says one. `what` runs
// there.
void add_device_option(CLI::App& verb, std::string& device, const std::string& what = "the model");

// --temperature and its like, with the options' present values as defaults.
void add_sampling_options(CLI::App& verb, SamplerOptions& options);

}  // namespace persea
