// What a run came to, for a person: as one HTML file that asks nothing of the network, as text for a terminal, and as
// the curve that a README can show. It renders recorded facts; report_stage.h gathers them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "train/chart.h"

namespace persea {

struct ReportData {
  std::string model_id, created, program;
  Json model, settings, facts, cost;  // config.json's members; the stage's settings, facts and cost
  std::vector<Json> metrics;          // the lines of metrics.jsonl

  struct Sample {
    std::string prompt, text;
  };
  std::vector<Sample> samples;

  struct Score {
    std::string name;
    int64_t right = 0, total = 0;
  };
  std::vector<Score> scores;    // smallworld: by kind of question; empty where none were asked
  std::vector<Score> held_out;  // the same questions by why they are new
  std::optional<Score> total_score;
};

std::string report_html(const ReportData& data);
std::string report_text(const ReportData& data);

// Loss over tokens, training and validation.
Chart loss_chart(const std::vector<Json>& metrics);

}  // namespace persea
