// For tests of the decoder: a small model of which every part matters, and texts for it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "infer/decoder.h"
#include "infer/sampler.h"

namespace persea {

inline ModelConfig small() {
  ModelConfig config;
  config.vocab = 61, config.dim = 48, config.layers = 2, config.heads = 4, config.kv_heads = 2, config.head_dim = 12;
  config.hidden = 80, config.context = 700;
  return config;
}

// Weights large enough that every part of the model matters to the logits.
inline std::unique_ptr<Model> model_of(const ModelConfig& config) {
  auto model = std::make_unique<Model>(config, 11);
  Random random(5);
  for (Parameter* parameter : model->parameters())
    for (float& value : parameter->value.span())
      value = parameter->decay ? value * 8 : value + 0.3F * static_cast<float>(random.normal());
  return model;
}

inline std::vector<int32_t> tokens_of(const ModelConfig& config, int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  for (int32_t& token : tokens) token = static_cast<int32_t>(random.below(static_cast<uint64_t>(config.vocab)));
  return tokens;
}

// Of several texts in a pass some want logits and some the likeliest tokens: both are what logits of all would tell.
inline void expect_choices(Decoder& decoder) {
  const ModelConfig& config = decoder.config();
  struct Asked {
    int64_t tokens, wanted;
    bool chooses;
  };
  // Many rows; then few, all of which are wanted.
  for (const std::vector<Asked>& pass :
       {std::vector<Asked>{{90, 3, true}, {20, 2, false}, {5, 0, true}, {70, 70, true}},
        std::vector<Asked>{{1, 1, true}, {2, 2, false}, {2, 2, true}}}) {
    std::vector<std::vector<int32_t>> texts, choices;
    for (const Asked& asked : pass) {
      texts.push_back(tokens_of(config, asked.tokens, texts.size()));
      choices.emplace_back(static_cast<size_t>(asked.wanted));
    }
    std::vector<KvCache> plain(pass.size(), KvCache(config, decoder.weights().device)), caches = plain;
    std::vector<Decoder::Piece> all, pieces;
    for (size_t i = 0; i < pass.size(); ++i) {
      all.push_back({.cache = &plain[i], .tokens = texts[i], .wanted = pass[i].wanted});
      pieces.push_back(all.back());
      pieces.back().cache = &caches[i];
      if (pass[i].chooses) pieces.back().likeliest = choices[i].data();
    }
    const Tensor wanted = decoder.forward(all).value(), told = decoder.forward(pieces).value();
    int64_t row = 0, told_row = 0;
    for (size_t i = 0; i < pass.size(); ++i) {
      for (int64_t j = 0; j < pass[i].wanted; ++j, ++row) {
        const auto logits = wanted.slice(row, row + 1).span();
        if (pass[i].chooses) {
          EXPECT_EQ(choices[i][static_cast<size_t>(j)], likeliest(logits)) << "text " << i << ", row " << j;
        } else {
          const auto got = told.slice(told_row, told_row + 1).span();
          EXPECT_TRUE(std::equal(got.begin(), got.end(), logits.begin())) << "text " << i << ", row " << j;
          ++told_row;
        }
      }
    }
    EXPECT_EQ(told.rows(), told_row);
  }
}

}  // namespace persea
