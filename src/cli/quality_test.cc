// persea quality as a person and as a program sees it: from folders of texts to a judge, and what it says.
#include "cli/quality.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"
#include "data/quality_stage.h"

namespace persea {
namespace {

class QualityTest : public ::testing::Test {
 protected:
  QualityTest() : dir_(std::move(*TempDir::create(fs::temp_directory_path(), "quality"))) {
    Random random(3);
    std::string good, bad, labels;
    for (int i = 0; i < 60; ++i) {
      std::string fine = "The measured evidence", poor = "Click here to subscribe";
      for (uint64_t k = random.below(12); k > 0; --k) {
        fine += random.chance(0.5) ? " of water in the house" : " and therefore the theory";
        poor += random.chance(0.5) ? " to buy the cookies" : " and SALE in the house";
      }
      fine += fmt::format(" {}.", i), poor += fmt::format(" {}!", i);
      good += Json{{"text", fine}}.dump() + '\n';
      bad += Json{{"text", poor}}.dump() + '\n';
      labels += Json{{"text", fine},
                     {"label", i % 3 == 0   ? Json("good")
                               : i % 3 == 1 ? Json(1)
                                            : Json(true)}}
                    .dump() +
                '\n';
      labels += Json{{"text", poor}, {"label", i % 2 == 0 ? Json("bad") : Json(0)}}.dump() + '\n';
    }
    write("good/a.jsonl", good);
    write("bad.jsonl", bad);
    write("labels.jsonl", labels);
  }
  void write(const std::string& name, const std::string& bytes) {
    const fs::path path = dir_.path() / name;
    fs::create_directories(path.parent_path());
    EXPECT_TRUE(write_file(path, bytes).ok());
  }
  std::string at(const std::string& name) const { return (dir_.path() / name).string(); }

  struct Outcome {
    int status;
    std::string out, err;
  };
  Outcome run(std::vector<std::string> words, bool json = false) {
    CliContext context;
    context.lab = at("lab");
    context.json = json;
    VerbAction action;
    CLI::App app("test", "persea");
    add_quality(app, context, action);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(words);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = action();
    return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  TempDir dir_;
};

TEST_F(QualityTest, TrainsAndJudges) {
  const Outcome made =
      run({"quality", "train", "--good", at("good"), "--bad", at("bad.jsonl"), "--name", "demo"}, true);
  ASSERT_EQ(made.status, 0) << made.err;
  const Json said = Json::parse(made.out);
  const std::string id = said.at("id");
  EXPECT_TRUE(id.starts_with("quality-")) << id;
  EXPECT_EQ(said.at("facts").at("texts"), 120);
  EXPECT_EQ(said.at("report").at("good"), 6);
  EXPECT_GT(said.at("report").at("auc").at("value"), 0.99);

  // The same again is there already, from wherever the texts come.
  fs::rename(at("good"), at("moved"));
  const Outcome again =
      run({"quality", "train", "--good", at("moved"), "--bad", at("bad.jsonl"), "--name", "demo"}, true);
  EXPECT_EQ(Json::parse(again.out).at("id"), id);
  EXPECT_EQ(Json::parse(again.out).at("reused"), true);
  const Outcome shown = run({"quality", "train", "--good", at("moved"), "--bad", at("bad.jsonl"), "--name", "demo"});
  EXPECT_TRUE(has(shown.out, "AUC") && has(shown.out, "CAME TRUE") && shown.out.ends_with(id + "\n")) << shown.out;

  const std::string poor = "Click here to buy the cookies", fine = "The evidence and the theory of water";
  const Outcome judged = run({"quality", "score", "quality", "--text", poor, "--text", fine}, true);
  ASSERT_EQ(judged.status, 0) << judged.err;
  const Json lines = Json::parse(judged.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_LT(lines[0].at("probability"), 0.2);
  EXPECT_GT(lines[1].at("probability"), 0.8);
  const Json& reason = lines[0].at("against").at(0);
  const size_t begin = reason.at("first").at(0), end = reason.at("first").at(1);
  EXPECT_EQ(poor.substr(begin, end - begin), reason.at("row"));

  const Outcome file = run({"quality", "score", id, at("bad.jsonl"), "--reasons", "1"});
  EXPECT_EQ(file.status, 0) << file.err;
  size_t judged_lines = 0;
  for (size_t place = 0; (place = file.out.find("bad.jsonl: line ", place)) != std::string::npos; ++place)
    ++judged_lines;
  EXPECT_EQ(judged_lines, 60u);
  EXPECT_TRUE(has(file.out, "bad.jsonl: line 60")) << file.out.substr(0, 300);
  EXPECT_TRUE(has(file.out, "against: \"")) << file.out.substr(0, 300);
  const auto model = load_quality(dir_.path() / "lab" / "artifacts" / id);
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->probability(poor), lines[0].at("probability").get<double>());
}

// The same texts as folders and as labels, which come in another order, make the same model.
TEST_F(QualityTest, LabelsAreAnotherWayToSayIt) {
  const Outcome folders = run({"quality", "train", "--good", at("good"), "--bad", at("bad.jsonl")}, true),
                labels = run({"quality", "train", "--labels", at("labels.jsonl")}, true);
  ASSERT_EQ(folders.status, 0) << folders.err;
  ASSERT_EQ(labels.status, 0) << labels.err;
  const auto bytes = [&](const Outcome& made) {
    return *read_file(dir_.path() / "lab" / "artifacts" / Json::parse(made.out).at("id").get<std::string>() /
                      "quality.model");
  };
  EXPECT_NE(Json::parse(folders.out).at("id"), Json::parse(labels.out).at("id"));
  EXPECT_EQ(bytes(folders), bytes(labels));
}

TEST_F(QualityTest, OfTooManyTextsSomeAreTaken) {
  const Outcome made = run({"quality", "train", "--labels", at("labels.jsonl"), "--most-texts", "30"}, true);
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(Json::parse(made.out).at("facts").at("texts"), 60);
  EXPECT_EQ(Json::parse(made.out).at("facts").at("good_seen"), 60);
}

TEST_F(QualityTest, SaysWhatIsWrong) {
  EXPECT_TRUE(has(run({"quality", "train", "--good", at("good")}).err, "--good and --bad"));
  EXPECT_TRUE(has(run({"quality", "train", "--good", at("good"), "--bad", at("none")}).err, "no such file"));
  write("odd.jsonl", "{\"text\": \"one\", \"label\": \"fine\"}\n");
  const Outcome odd = run({"quality", "train", "--labels", at("odd.jsonl")});
  EXPECT_TRUE(has(odd.err, "odd.jsonl: line 1: the label \"fine\" is neither")) << odd.err;
  write("few.jsonl", "{\"text\": \"one\", \"label\": 1}\n{\"text\": \"two\", \"label\": 0}\n");
  EXPECT_TRUE(has(run({"quality", "train", "--labels", at("few.jsonl")}).err, "at least 20"));
  EXPECT_TRUE(has(run({"quality", "score", at("few.jsonl"), "--text", "x"}).err, "is no quality model"));
  EXPECT_TRUE(has(run({"quality", "score", "quality"}).err, "--text"));
}

}  // namespace
}  // namespace persea
