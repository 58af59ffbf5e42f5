// One run on several ranks, which are threads here: what tests/pretrain_ranks_test.sh does to processes, in small.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <thread>

#include "base/file.h"
#include "base/threads.h"
#include "comm/thread_ranks.h"
#include "train/checkpoint.h"
#include "train/metrics.h"
#include "train/pretrain_for_test.h"

namespace persea {
namespace {

class PretrainRanks : public testing::Test {
 protected:
  PretrainRanks() { set_threads(1); }

  using Outcomes = std::vector<Result<PretrainOutcome>>;

  // The run in this work directory by so many ranks, of which so many neighbours hold a model together; `data_of` gives
  // each its data.
  Outcomes run(
      const Recipe& recipe, const std::string& work, int count,
      const std::function<PretrainData(int rank)>& data_of = [](int) { return counting_data(); },
      int tensor_ranks = 1) const {
    fs::create_directories(temp_.path() / work);
    const auto all = thread_ranks(count);
    Outcomes outcomes;
    for (int rank = 0; rank < count; ++rank) outcomes.emplace_back(Error{"not run"});
    std::vector<std::thread> threads;
    for (int rank = 0; rank < count; ++rank) {
      threads.emplace_back([&, rank] {
        const PretrainData data = data_of(rank);
        outcomes[static_cast<size_t>(rank)] = pretrain(recipe, recipe.model_config(kVocab), data, temp_.path() / work,
                                                       {*all[static_cast<size_t>(rank)], true, 600, tensor_ranks});
      });
    }
    for (std::thread& thread : threads) thread.join();
    return outcomes;
  }

  // The lines of the work directory's metrics, of steps or of stragglers.
  std::vector<Json> metrics(const std::string& work, bool stragglers = false) const {
    std::vector<Json> lines = *read_metrics(temp_.path() / work / "metrics.jsonl");
    std::erase_if(lines, [&](const Json& line) { return (line.value("event", "") == "straggler") != stragglers; });
    return lines;
  }

  // All ranks that have a model in the end have the same weights: these.
  static std::vector<float> common_weights(const Outcomes& outcomes) {
    std::vector<float> first;
    for (const auto& outcome : outcomes) {
      if (!outcome) {
        ADD_FAILURE() << outcome.error().message;
        continue;
      }
      if (!outcome->model) continue;
      const std::vector<float> own = weights(*outcome->model);
      if (first.empty()) first = own;
      EXPECT_EQ(own, first);
    }
    return first;
  }

  TempDir temp_ = *TempDir::create(fs::temp_directory_path(), "persea-ranks");
};

// Ranks in all, and neighbours that hold a model together.
struct Layout {
  int ranks, tensor;
  std::string name() const { return fmt::format("{}x{}", ranks / tensor, tensor); }
};

PretrainData ordinary(int) { return counting_data(); }

// Ctrl-C in step 10.
PretrainData stopping(int rank) {
  PretrainData data = counting_data();
  data.batch = [rank](int64_t number) {
    if (number == 9 && rank == 0) raise(SIGINT);
    return counting(number);
  };
  return data;
}

class PretrainRanksSlow : public PretrainRanks {};

Recipe four_rows(int64_t steps, const std::string& optimizer) {
  Recipe recipe = tiny(steps);
  recipe.pretrain.optimizer = optimizer;
  return recipe;
}

// Dropout and micro-batches that ranks have to cut, too: rows 0-1 and 2-3 are dropped with a mask each.
TEST_F(PretrainRanksSlow, ComputeWhatOneComputes) {
  for (const char* optimizer : {"adamw", "muon"}) {
    const Recipe recipe = four_rows(12, optimizer);
    const std::string name = optimizer;
    const auto alone = run(recipe, name + "1", 1);
    const std::vector<float> expected = common_weights(alone);
    for (const int count : {2, 3, 4}) {
      const std::string work = fmt::format("{}{}", name, count);
      const auto outcomes = run(recipe, work, count);
      const std::vector<float> found = common_weights(outcomes);
      ASSERT_EQ(found.size(), expected.size());
      const auto lines = metrics(work), theirs = metrics(name + "1");
      ASSERT_EQ(lines.size(), theirs.size());
      for (size_t i = 0; i < lines.size(); ++i) {
        for (const char* key : {"loss", "valid_loss", "grad_norm"}) {
          ASSERT_EQ(lines[i].contains(key), theirs[i].contains(key));
          if (!lines[i].contains(key)) continue;
          const double one = theirs[i][key].get<double>();
          EXPECT_NEAR(lines[i][key].get<double>(), one, 2e-4 * one) << work << " " << key << " at " << i;
        }
      }
      EXPECT_EQ(common_weights(run(recipe, work + "again", count)), found);  // the same count: the same bits
    }
  }
}

TEST_F(PretrainRanksSlow, GoOnWhereAnotherNumberOfRanksWasStopped) {
  const Recipe recipe = four_rows(20, "muon");
  const double expected = run(recipe, "alone", 1)[0]->validation.loss;
  const std::vector<float> of_three = common_weights(run(recipe, "three", 3));
  const std::pair<int, int> changes[] = {{4, 1}, {1, 4}, {4, 3}, {2, 3}, {3, 3}};
  for (const auto& [before, after] : changes) {
    const std::string work = fmt::format("{}to{}", before, after);
    const auto stopped = run(recipe, work, before, stopping);
    for (const auto& each : stopped) {
      ASSERT_FALSE(each.ok());
      EXPECT_NE(each.error().message.find("interrupted after step 10"), std::string::npos) << each.error().message;
    }
    const auto resumed = run(recipe, work, after);
    const std::vector<float> found = common_weights(resumed);
    for (const auto& each : resumed) {
      ASSERT_TRUE(each.ok());
      EXPECT_TRUE(each->resumed);
      EXPECT_EQ(each->steps, 20);
      EXPECT_NEAR(each->validation.loss, expected, 2e-4 * expected);
    }
    EXPECT_EQ(metrics(work).size(), 21U);
    if (before == 3) {
      EXPECT_EQ(found, of_three);
    }
  }
}

// The losses, weights and norms of slices are those of a whole model; and the same layout has the same bits.
TEST_F(PretrainRanksSlow, SlicesComputeWhatTheWholeModelComputes) {
  for (const char* optimizer : {"adamw", "muon"}) {
    Recipe recipe = four_rows(12, optimizer);
    recipe.model.qk_norm = true;
    recipe.model.tied = false;
    const std::string name = optimizer;
    const std::vector<float> expected = common_weights(run(recipe, name, 1));
    for (const Layout& layout : {Layout{2, 2}, Layout{4, 2}, Layout{2, 1}}) {
      const std::string work = name + layout.name();
      const auto outcomes = run(recipe, work, layout.ranks, ordinary, layout.tensor);
      const std::vector<float> found = common_weights(outcomes);
      ASSERT_EQ(found.size(), expected.size()) << work;
      double error = 0, norm = 0;
      for (size_t i = 0; i < found.size(); ++i) {
        error += std::pow(double(found[i]) - double(expected[i]), 2);
        norm += std::pow(double(expected[i]), 2);
      }
      EXPECT_LE(std::sqrt(error), 2e-3 * std::sqrt(norm)) << work;
      const auto lines = metrics(work), theirs = metrics(name);
      ASSERT_EQ(lines.size(), theirs.size());
      for (size_t i = 0; i < lines.size(); ++i) {
        for (const char* key : {"loss", "valid_loss", "grad_norm"}) {
          ASSERT_EQ(lines[i].contains(key), theirs[i].contains(key));
          if (!lines[i].contains(key)) continue;
          const double one = theirs[i][key].get<double>();
          EXPECT_NEAR(lines[i][key].get<double>(), one, 2e-4 * one) << work << " " << key << " at " << i;
        }
      }
      EXPECT_EQ(common_weights(run(recipe, work + "again", layout.ranks, ordinary, layout.tensor)), found) << work;
    }
  }
}

TEST_F(PretrainRanksSlow, GoOnInAnotherLayout) {
  for (const char* optimizer : {"adamw", "muon"}) {
    const Recipe recipe = four_rows(20, optimizer);
    const std::string name = optimizer;
    const double expected = run(recipe, name, 1)[0]->validation.loss;
    const std::vector<float> of_two_by_two = common_weights(run(recipe, name + "2x2", 4, ordinary, 2));
    const std::pair<Layout, Layout> changes[] = {{{2, 2}, {1, 1}}, {{1, 1}, {2, 2}}, {{2, 1}, {4, 2}},
                                                 {{4, 2}, {2, 1}}, {{4, 2}, {2, 2}}, {{4, 2}, {4, 2}}};
    for (const auto& [before, after] : changes) {
      const std::string work = fmt::format("{}{}to{}", name, before.name(), after.name());
      for (const auto& each : run(recipe, work, before.ranks, stopping, before.tensor)) {
        ASSERT_FALSE(each.ok());
        EXPECT_NE(each.error().message.find("interrupted after step 10"), std::string::npos) << each.error().message;
      }
      const auto resumed = run(recipe, work, after.ranks, ordinary, after.tensor);
      for (const auto& each : resumed) {
        ASSERT_TRUE(each.ok()) << each.error().message;
        EXPECT_TRUE(each->resumed);
        EXPECT_NEAR(each->validation.loss, expected, 2e-4 * expected) << work;
      }
      if (before.tensor == 2 && before.ranks == 4 && after.ranks == 4) {
        EXPECT_EQ(common_weights(resumed), of_two_by_two) << work;
      }
    }
  }
}

// Memory that holds no layer's activations costs time and changes no bit, in any layout.
TEST_F(PretrainRanks, LayersThatDoNotFitAreRecomputedToTheSameBits) {
  Recipe recipe = four_rows(4, "adamw");
  recipe.pretrain.dropout = 0.1;
  for (const Layout& layout : {Layout{1, 1}, Layout{3, 1}, Layout{4, 2}}) {
    recipe.memory = 0;
    const auto roomy = run(recipe, layout.name(), layout.ranks, ordinary, layout.tensor);
    recipe.memory = 1;
    const auto tight = run(recipe, layout.name() + "tight", layout.ranks, ordinary, layout.tensor);
    EXPECT_EQ(common_weights(tight), common_weights(roomy)) << layout.name();
    ASSERT_TRUE(roomy[0].ok() && tight[0].ok());
    EXPECT_EQ(roomy[0]->recomputed, 0);
    EXPECT_EQ(tight[0]->recomputed, 1);  // the last one never is
    EXPECT_EQ(tight[0]->validation.loss, roomy[0]->validation.loss);
  }
}

// The first checkpoint is the same file whatever the layout, but for what it says of ranks and seconds.
TEST_F(PretrainRanks, ACheckpointHasTheSameTensorsInAnyLayout) {
  const Recipe recipe = four_rows(1, "muon");
  std::vector<std::string> files;
  for (const Layout& layout : {Layout{1, 1}, Layout{2, 2}, Layout{4, 2}}) {
    (void)run(recipe, layout.name(), layout.ranks, ordinary, layout.tensor);
    const auto file = read_file(temp_.path() / layout.name() / "checkpoint-00000000");
    ASSERT_TRUE(file.ok());
    const auto view = CheckpointView::parse(std::as_bytes(std::span(*file)), "checkpoint");
    ASSERT_TRUE(view.ok());
    std::string tensors;
    for (const CheckpointView::Entry& each : view->tensors)
      tensors += each.name + shape_string(each.shape) +
                 std::string(reinterpret_cast<const char*>(each.data.data()), each.data.size());
    files.push_back(std::move(tensors));
  }
  EXPECT_TRUE(files[1] == files[0]);
  EXPECT_TRUE(files[2] == files[0]);
}

TEST_F(PretrainRanksSlow, SkipAndRollBackTogether) {
  Recipe recipe = four_rows(240, "adamw");
  recipe.pretrain.dropout = 0;
  recipe.pretrain.checkpoint_every = 28;
  recipe.pretrain.spike_patience = 3;
  recipe.pretrain.spike_deviations = 2.5;
  const auto outcomes = run(recipe, "work", 2, [](int) {
    PretrainData strange = counting_data();
    strange.batch = [](int64_t number) {
      PackedBatch batch = counting(number);
      if (number >= 228 && number < 231) batch = counting(number, true);
      return batch;
    };
    return strange;
  });
  (void)common_weights(outcomes);
  for (const auto& each : outcomes) {
    ASSERT_TRUE(each.ok());
    EXPECT_EQ(each->skipped, 3);
    EXPECT_EQ(each->rollbacks, 1);
    EXPECT_EQ(each->steps, 240);
  }
}

TEST_F(PretrainRanksSlow, ABudgetInMinutesIsDecidedByOneClock) {
  Recipe recipe = four_rows(0, "adamw");
  recipe.pretrain.minutes = 1.0 / 60;
  const auto outcomes = run(recipe, "work", 3);
  (void)common_weights(outcomes);
  const auto pace = read_json(temp_.path() / "work" / "pace.json");
  ASSERT_TRUE(pace.ok());
  for (const auto& each : outcomes) EXPECT_EQ(pace->at("decays").back().at("total"), each->steps);
}

TEST_F(PretrainRanks, OneThatHoldsTheOthersUpIsNamed) {
  const auto outcomes = run(four_rows(45, "adamw"), "work", 3, [](int rank) {
    PretrainData slow = counting_data();
    slow.batch = [rank](int64_t number) {
      PackedBatch batch = counting(number);
      if (rank == 1) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return batch;
    };
    return slow;
  });
  (void)common_weights(outcomes);
  const std::vector<Json> named = metrics("work", true);
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].at("rank"), 1);
}

TEST_F(PretrainRanks, AnErrorOfRankZeroEndsAll) {
  fs::create_directories(temp_.path() / "work" / "metrics.jsonl");  // a folder where a file has to be
  for (const auto& each : run(four_rows(5, "adamw"), "work", 3)) {
    ASSERT_FALSE(each.ok());
    EXPECT_NE(each.error().message.find("metrics.jsonl"), std::string::npos) << each.error().message;
  }
}

}  // namespace
}  // namespace persea
