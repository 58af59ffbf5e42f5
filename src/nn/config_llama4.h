// Llama 4's own keys of a config.json.
#pragma once

#include "nn/config.h"
#include "nn/config_reader.h"

namespace persea {

// What the keys say, of a config whose other numbers are known; keys that are missing mean what they do in
// transformers.
void read_llama4(ConfigReader& reader, ModelConfig& config);
void write_llama4(const ModelConfig& config, Json& json);
// One line for what no model of the kind can have.
Status check_llama4(const ModelConfig& config);

}  // namespace persea
