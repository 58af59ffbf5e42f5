#include "train/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/file.h"

namespace persea {
namespace {

// A run as the loop records one, with what a hostile sample may hold.
ReportData some_run() {
  ReportData data;
  data.model_id = "model-0123456789";
  data.created = "2026-11-22T03:48:46Z";
  data.program = "0.1.0";
  data.settings = {{"pretrain", {{"lr", 0.003}, {"optimizer", "muon"}}}, {"model", {{"dim", 256}}}};
  data.facts = {{"parameters", 2400000},        {"tokens", 12300000},  {"steps", 1500},
                {"train_seconds", 600.0},       {"valid_loss", 1.234}, {"bits_per_byte", 0.987},
                {"tokens_per_second", 20500.0}, {"mfu", 0.61},         {"peak_gflops", 200.0}};
  data.cost = {{"wall_seconds", 640.0}, {"cpu_seconds", 1250.0}, {"joules", nullptr}};
  for (int step = 0; step <= 1500; ++step) {
    Json line = {{"step", step},
                 {"tokens", step * 8192},
                 {"seconds", step * 0.4},
                 {"lr", 0.003 * std::min(1.0, (1501 - step) / 700.0)},
                 {"loss", 1.2 + 6 * std::exp(-step / 120.0) + 0.04 * std::sin(step * 1.7)},
                 {"grad_norm", 0.4},
                 {"tokens_per_second", 20500 + 300 * std::sin(step * 0.9)}};
    if (step % 60 == 0) line["valid_loss"] = 1.25 + 6 * std::exp(-step / 120.0);
    data.metrics.push_back(line);
  }
  data.metrics.push_back({{"step", 700}, {"event", "skip"}, {"batch", 700}, {"loss", nullptr}, {"tokens", 1}});
  data.samples = {{"Once upon a time", " there was a <script>alert(1)</script> & a \"fox\".\nThe end."}};
  data.scores = {{"where", 40, 50}, {"add", 11, 20}};
  data.total_score = {"all", 51, 70};
  return data;
}

TEST(Report, EscapesWhatTheModelWroteAndAsksNothingOfTheNetwork) {
  const std::string html = report_html(some_run());
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(1)&lt;/script&gt; &amp; a &quot;fox&quot;"), std::string::npos);
  for (const char* request : {"src=", "href=", "url(", "@import"})
    EXPECT_EQ(html.find(request), std::string::npos) << request;
  EXPECT_NE(html.find("1.234"), std::string::npos);
  EXPECT_NE(html.find("72.9%"), std::string::npos);  // 51 of 70
  EXPECT_NE(html.find("prefers-color-scheme:dark"), std::string::npos);
  if (const char* path = std::getenv("PERSEA_KEEP_REPORT")) {
    ASSERT_TRUE(write_file(path, html).ok());
  }
}

TEST(Report, ARunOfNoStepsStillHasAReport) {
  ReportData data;
  data.facts = data.cost = data.settings = Json::object();
  EXPECT_NE(report_html(data).find("</html>"), std::string::npos);
  EXPECT_FALSE(report_text(data).empty());
}

TEST(Report, TextHoldsTheFigures) {
  const std::string text = report_text(some_run());
  for (const char* part : {"1.234", "0.987", "51 of 70", "2.4M", "step 701: batch 700 skipped"})
    EXPECT_NE(text.find(part), std::string::npos) << part << text;
  EXPECT_EQ(text.find("there was a <script>alert(1)</script> & a \"fox\".\nThe"),
            std::string::npos);  // one line a sample
}

TEST(Chart, TicksAreRound) {
  EXPECT_EQ(round_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  const auto ticks = round_ticks(1.13, 1.58, 5);
  ASSERT_GE(ticks.size(), 4);
  EXPECT_NEAR(ticks[0], 1.2, 1e-9);
  EXPECT_NEAR(ticks[1] - ticks[0], 0.1, 1e-9);
  EXPECT_EQ(round_ticks(3, 3, 5).size(), 1);
}

TEST(Chart, ThinningKeepsTheMean) {
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i < 1000; ++i) points.emplace_back(i, i % 2);
  const auto few = thinned(points, 100);
  ASSERT_EQ(few.size(), 100);
  for (const auto& [x, y] : few) EXPECT_NEAR(y, 0.5, 1e-9);
  EXPECT_EQ(thinned(points, 5000).size(), 1000);
}

TEST(Chart, NoLineLeavesTheFrame) {
  Chart chart{"t", "x", {{"a", "a", {{0, 1e9}, {1, 1}, {2, 2}, {3, 1.5}}, true}}, false, true};
  const std::string svg = draw(chart, true);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_EQ(svg.find(" -"), std::string::npos);  // no coordinate below zero
}

}  // namespace
}  // namespace persea
