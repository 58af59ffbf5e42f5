#include "train/run_record.h"

#include <fmt/format.h>

namespace persea {
namespace {

std::string layout(int ranks, int tensor_ranks) {
  return tensor_ranks == 1 ? fmt::format("{}", ranks) : fmt::format("{} x {}", ranks / tensor_ranks, tensor_ranks);
}

}  // namespace

Json RunRecord::json(const Usage& session) const {
  Json state = {{"step", step},
                {"number", number},
                {"tokens", tokens},
                {"skipped", skipped},
                {"start_seconds", start_seconds},
                {"seconds", prior.wall + session.wall},
                {"cpu_seconds", prior.cpu + session.cpu}};
  // Once a session could not measure them, the sum is not known any more.
  if (session.joules && (prior.wall == 0 || prior.joules)) state["joules"] = prior.joules.value_or(0) + *session.joules;
  return state;
}

void RunRecord::restore(const Json& state) {
  state.at("step").get_to(step);
  state.at("number").get_to(number);
  state.at("tokens").get_to(tokens);
  state.at("skipped").get_to(skipped);
  state.at("start_seconds").get_to(start_seconds);
  state.at("seconds").get_to(prior.wall);
  state.at("cpu_seconds").get_to(prior.cpu);
  if (state.contains("joules")) prior.joules = state["joules"].get<double>();
}

void RunWay::add_to(Json& state) const {
  state["threads"] = threads;
  state["ranks"] = ranks;
  state["tensor_parallel"] = tensor_ranks;
  state["precision"] = precision;
}

std::vector<RunWay::Change> RunWay::changes_since(const Json& state) const {
  std::vector<Change> changes;
  if (const std::string before = state.at("precision"); before != precision) {
    changes.push_back({true, fmt::format("this run began with products of {} and goes on with {}: its bits will differ",
                                         before, precision)});
  }
  const std::string began = layout(state.value("ranks", 1), state.value("tensor_parallel", 1)),
                    goes_on = layout(ranks, tensor_ranks);
  if (began != goes_on) {
    changes.push_back(
        {false, fmt::format("begun by {} ranks, gone on with by {}: its last bits will differ", began, goes_on)});
  }
  return changes;
}

}  // namespace persea
