#include "cli/slurm/job_settings.h"

#include <gtest/gtest.h>

namespace persea::slurm {
namespace {

Result<JobSettings> read(std::string_view toml, const Json& options = Json::object()) {
  const auto document = parse_toml(toml, "r.toml");
  return read_job_settings(*document, "r.toml", options);
}
std::string error_of(std::string_view toml, const Json& options = Json::object()) {
  const auto settings = read(toml, options);
  return settings ? "" : settings.error().message;
}

TEST(JobSettings, OptionsStandInPlaceOfTheRecipe) {
  const auto settings =
      read("[submit]\nranks = 4\ntime = \"1:00:00\"\nsbatch = [\"--a\"]\n", {{"ranks", 2}, {"sbatch", {"--b"}}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->ranks, 2);
  EXPECT_EQ(settings->time, "1:00:00");
  EXPECT_EQ(settings->sbatch, std::vector<std::string>{"--b"});
}

TEST(JobSettings, TheWarningComesWithinTheTimeLimit) {
  const auto refused = [](const char* time, int warning) {
    return error_of("", {{"time", time}, {"warning", warning}}).find("ends before the work begins") !=
           std::string::npos;
  };
  for (const char* limit : {"2", "2:00", "0:2:0", "0-0:2", "0-0:2:00", "1:59"})
    EXPECT_TRUE(refused(limit, 120)) << limit;
  for (const char* limit : {"3", "2:01", "1:0:0", "1-0", "0-1:0", "0-0:2:1", "UNLIMITED", "1:2:3:4", "2-", "-2", ""})
    EXPECT_FALSE(refused(limit, 120)) << limit;
}

TEST(JobSettings, RanksFollowFromEachOther) {
  const auto ranks = [](const Json& options) {
    const auto settings = read("", options);
    return settings ? fmt::format("{} on {}", settings->ranks, settings->nodes) : settings.error().message;
  };
  EXPECT_EQ(ranks(Json::object()), "1 on 0");
  EXPECT_EQ(ranks({{"ranks", 5}}), "5 on 0");
  EXPECT_EQ(ranks({{"nodes", 3}}), "3 on 3");
  EXPECT_EQ(ranks({{"nodes", 3}, {"ranks_per_node", 2}}), "6 on 3");
  EXPECT_EQ(ranks({{"ranks", 5}, {"ranks_per_node", 2}}), "5 on 3");
  EXPECT_EQ(ranks({{"ranks_per_node", 2}}), "2 on 1");
  EXPECT_EQ(ranks({{"ranks", 2}, {"nodes", 3}}), "submit: `nodes` = 3 is more than `ranks` = 2");
  EXPECT_EQ(ranks({{"ranks", 5}, {"nodes", 3}, {"ranks_per_node", 2}}),
            "submit: `ranks` = 5 is not 3 nodes times 2 ranks a node: leave one of them out");
  EXPECT_EQ(ranks({{"nodes", 1 << 20}, {"ranks_per_node", 1 << 20}}),
            "submit: `ranks` = 1099511627776 has to be from 1 to 1048576");
}

TEST(JobSettings, WhatIsWrongIsNamedWithItsPlace) {
  EXPECT_EQ(error_of("\n[submit]\nrank = 2\n"), "r.toml:2: submit: `rank` is no setting: did you mean `ranks`?");
  EXPECT_EQ(error_of("[submit]\nranks = \"2\"\n"), "r.toml:1: submit: `ranks` cannot be \"2\"");
  EXPECT_EQ(error_of("submit = 3\n"), "r.toml:1: submit has to be a table: [submit]");
  EXPECT_EQ(error_of("", {{"ranks", -1}}), "submit: `ranks` = -1 has to be from 0 to 1048576");
  EXPECT_EQ(error_of("", {{"launcher", "ssh"}}), "submit: `launcher` = \"ssh\" has to be auto, srun or mpirun");
  EXPECT_EQ(error_of("", {{"sbatch", {"qos=high"}}}),
            "submit: `sbatch` = \"qos=high\" has to be an option of sbatch, as in --sbatch=--qos=high");
  EXPECT_EQ(error_of("", {{"time", "1\n#SBATCH --x"}}), "submit: `time` has to be one line without control characters");
}

}  // namespace
}  // namespace persea::slurm
