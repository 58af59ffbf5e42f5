// A stage: a function from artifacts and settings to one artifact. Here is what it is given; Lab::run executes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "ledger/artifact.h"

namespace persea {

struct StageSpec {
  std::string kind;                                         // of the artifact it makes
  int version = 1;                                          // raised whenever the same settings would give other bytes
  Json settings = Json::object();                           // everything that decides the result
  std::vector<std::pair<std::string, std::string>> inputs;  // role, artifact id
  bool reuse = true;                                        // false: executed even where its artifact is there
};

class StageContext {
 public:
  // The directory being built: every regular file left in it belongs to the artifact.
  const fs::path& out() const { return out_; }
  // Scratch of this stage (checkpoints) that survives a kill and is handed to the next execution; removed when it is
  // done.
  const fs::path& work() const { return work_; }
  // The input of this role; throws std::logic_error where the spec names none.
  const Artifact& input(std::string_view role) const;
  const std::vector<std::pair<std::string, Artifact>>& inputs() const { return inputs_; }

  // What the stage found out, for people, reports and gates: "documents", "valid_loss".
  void fact(std::string_view key, Json value) { facts_[std::string(key)] = std::move(value); }
  // Marks a file of out() whose bytes depend on the clock: hashed and verified, but no part of the content.
  void record(std::string_view path) { records_.emplace(path); }
  // Cost: tokens trained on or counted, bytes read.
  void add_tokens(int64_t tokens) { tokens_ += tokens; }
  void add_bytes(int64_t bytes) { bytes_ += bytes; }
  // What the executions that were killed before this one had already cost.
  void add_prior_cost(const Usage& usage);

 private:
  friend class Lab;
  StageContext() = default;
  fs::path out_, work_;
  std::vector<std::pair<std::string, Artifact>> inputs_;
  Json facts_ = Json::object();
  std::set<std::string, std::less<>> records_;
  int64_t tokens_ = 0, bytes_ = 0;
  Usage prior_;
};

struct StageResult {
  Artifact artifact;
  bool reused = false;  // the artifact was there: nothing was executed
};

}  // namespace persea
