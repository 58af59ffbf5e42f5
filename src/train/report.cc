#include "train/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/clock.h"

namespace persea {
namespace {

constexpr size_t kPoints = 360;    // of a line
constexpr size_t kTableRows = 26;  // of the data table

double number(const Json& object, const char* key, double missing = 0) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : missing;
}

std::string percent(double part) { return fmt::format("{:.1f}%", part * 100); }

using Points = std::vector<std::pair<double, double>>;

// A metric over tokens. Steps that a rollback undid stay: they happened, and tokens went on.
Points points_of(const std::vector<Json>& metrics, const char* key) {
  Points points;
  for (const Json& line : metrics) {
    if (line.contains(key) && line[key].is_number() && !line.contains("event")) {
      points.emplace_back(number(line, "tokens"), line[key].get<double>());
    }
  }
  return points;
}

struct Tile {
  std::string label, value, note;
};

std::vector<Tile> tiles(const ReportData& d) {
  std::vector<Tile> all;
  const double params = number(d.facts, "parameters"), tokens = number(d.facts, "tokens");
  if (d.facts.contains("valid_loss")) {
    all.push_back({"Validation loss", fmt::format("{:.3f}", number(d.facts, "valid_loss")), "nats per token"});
    all.push_back({"Bits per byte", fmt::format("{:.3f}", number(d.facts, "bits_per_byte")), "on held-out text"});
  }
  if (d.total_score && d.total_score->total > 0) {
    all.push_back({"Questions right",
                   percent(static_cast<double>(d.total_score->right) / static_cast<double>(d.total_score->total)),
                   fmt::format("{} of {}, none seen in training", d.total_score->right, d.total_score->total)});
  }
  all.push_back({"Size", format_count(params), "parameters"});
  all.push_back(
      {"Trained on", format_count(tokens), fmt::format("tokens in {} steps", format_count(number(d.facts, "steps")))});
  all.push_back({"Speed", format_count(number(d.facts, "tokens_per_second")), "tokens per second"});
  all.push_back({"Share of peak", percent(number(d.facts, "mfu")),
                 fmt::format("of {:.0f} GFLOP/s fp32 measured", number(d.facts, "peak_gflops"))});
  const std::string joules = d.cost.contains("joules") && d.cost["joules"].is_number()
                                 ? fmt::format(" · {:.3g} kJ", number(d.cost, "joules") / 1e3)
                                 : "";
  all.push_back({"Cost", format_duration(number(d.cost, "wall_seconds")),
                 fmt::format("{:.2f} CPU-hours{}", number(d.cost, "cpu_seconds") / 3600, joules)});
  return all;
}

std::string sentence(const ReportData& d) {
  return fmt::format("A model of {} parameters, trained from scratch on {} tokens in {}.",
                     format_count(number(d.facts, "parameters")), format_count(number(d.facts, "tokens")),
                     format_duration(number(d.facts, "train_seconds")));
}

// "skip" and "rollback" lines, in words.
std::vector<std::string> events(const ReportData& d) {
  std::vector<std::string> all;
  for (const Json& line : d.metrics) {
    if (!line.contains("event") || !line["event"].is_string()) continue;
    if (line["event"] == "skip")
      all.push_back(fmt::format(
          "step {:.0f}: batch {:.0f} skipped, its loss was {}", number(line, "step") + 1, number(line, "batch"),
          line.value("loss", Json()).is_number() ? fmt::format("{:.4g}", number(line, "loss")) : "no number"));
    if (line["event"] == "rollback")
      all.push_back(fmt::format("step {:.0f}: back to the checkpoint of step {:.0f}", number(line, "from") + 1,
                                number(line, "step")));
  }
  return all;
}

std::string bar_rows(const std::vector<ReportData::Score>& scores) {
  std::string html;
  for (const auto& score : scores) {
    const double part = score.total > 0 ? static_cast<double>(score.right) / static_cast<double>(score.total) : 0;
    html += fmt::format(
        R"(<tr><td>{}</td><td class="bar"><i style="width:{:.1f}%"></i></td><td class="n">{}</td><td class="n">{} of {}</td></tr>)",
        escape_html(score.name), part * 100, percent(part), score.right, score.total);
  }
  return html;
}

std::string data_table(const std::vector<Json>& metrics) {
  std::vector<const Json*> rows;
  for (const Json& line : metrics) {
    if (!line.contains("event")) rows.push_back(&line);
  }
  // Validations, and where there are too few of them, evenly chosen steps.
  std::vector<const Json*> chosen;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(chosen),
               [](const Json* line) { return line->contains("valid_loss"); });
  if (chosen.size() < 3) chosen = rows;
  std::string html =
      "<table><thead><tr><th>Step</th><th>Tokens</th><th>Time</th><th>Loss</th><th>Validation</th><th>Bits/byte</"
      "th><th>Learning rate</th><th>Gradient norm</th></tr></thead><tbody>";
  const size_t count = std::min(chosen.size(), kTableRows);
  for (size_t i = 0; i < count; ++i) {
    const Json& line = *chosen[count < 2 ? i : i * (chosen.size() - 1) / (count - 1)];
    const auto cell = [&](const char* key, auto format) {
      return line.contains(key) && line[key].is_number()
                 ? "<td class=\"n\">" + format(line[key].get<double>()) + "</td>"
                 : std::string("<td class=\"n\">–</td>");
    };
    const auto fixed = [](double v) { return fmt::format("{:.4f}", v); };
    html += "<tr>" + cell("step", [](double v) { return fmt::format("{:.0f}", v); }) +
            cell("tokens", [](double v) { return format_count(v); }) +
            cell("seconds", [](double v) { return format_duration(v); }) + cell("loss", fixed) +
            cell("valid_loss", fixed) + cell("bits_per_byte", fixed) +
            cell("lr", [](double v) { return fmt::format("{:.2e}", v); }) +
            cell("grad_norm", [](double v) { return fmt::format("{:.3g}", v); }) + "</tr>";
  }
  return html + "</tbody></table>";
}

// Nested settings as rows of "pretrain.lr | 0.003".
std::string settings_rows(const Json& value, const std::string& prefix) {
  if (!value.is_object())
    return fmt::format("<tr><td>{}</td><td>{}</td></tr>", escape_html(prefix),
                       escape_html(value.is_string() ? value.get<std::string>() : value.dump()));
  std::string html;
  for (const auto& [key, child] : value.items())
    html += settings_rows(child, prefix.empty() ? key : prefix + "." + key);
  return html;
}

constexpr const char* kPageCss =
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 "
    "system-ui,-apple-system,'Segoe UI',sans-serif}"
    "main{max-width:860px;margin:0 auto;padding:40px 24px 72px}h1{font-size:26px;line-height:1.2;margin:0 0 "
    "6px}h2{font-size:17px;margin:40px 0 12px}"
    "p{margin:0 0 8px}.muted{color:var(--muted);font-size:13px}code{font:13px ui-monospace,monospace}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:1px;background:var(--grid);"
    "border:1px solid var(--grid);border-radius:10px;overflow:hidden;margin:24px 0}"
    ".tiles div{background:var(--page);padding:14px 16px}.tiles "
    "b{display:block;font-size:24px;font-weight:650;letter-spacing:-.01em}.tiles "
    "span{display:block;font-size:12.5px;color:var(--muted)}"
    "blockquote{margin:0 0 14px;padding:12px 16px;border-left:3px solid "
    "var(--a);background:var(--soft);border-radius:0 8px 8px 0;white-space:pre-wrap;overflow-wrap:anywhere}"
    "blockquote "
    "em{font-style:normal;color:var(--muted)}table{border-collapse:collapse;width:100%;font-size:13px}th{text-align:"
    "right;color:var(--muted);font-weight:500;padding:4px 8px}"
    "th:first-child,td:first-child{padding-left:0}td{border-top:1px solid var(--grid);padding:4px "
    "8px;overflow-wrap:anywhere}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".bar{width:45%}.bar "
    "i{display:block;height:10px;border-radius:5px;background:var(--a);min-width:2px}details{margin:14px "
    "0}summary{cursor:pointer;color:var(--muted)}.scroll{overflow-x:auto}"
    ":root{color-scheme:light dark;--soft:#f5f6f8}@media(prefers-color-scheme:dark){:root{--soft:#1e2025}}";

// A line of at most `width` characters (code points), cut with an ellipsis.
std::string one_line(std::string_view text, size_t width) {
  std::string line;
  size_t characters = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && ++characters > width) return line + "…";
    line += static_cast<unsigned char>(c) < 32 ? ' ' : c;
  }
  return line;
}

std::string spark(const Points& points, size_t width) {
  static constexpr const char* kLevels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const Points few = thinned(points, width);
  if (few.empty()) return "";
  // The start is so much higher than the rest that it would flatten all else: levels are of logarithms.
  double low = INFINITY, high = -INFINITY;
  for (const auto& [x, y] : few) {
    low = std::min(low, std::log(std::max(y, 1e-9)));
    high = std::max(high, std::log(std::max(y, 1e-9)));
  }
  std::string line;
  for (const auto& [x, y] : few) {
    const double part = high > low ? (std::log(std::max(y, 1e-9)) - low) / (high - low) : 0;
    line += kLevels[std::clamp(static_cast<int>(part * 8), 0, 7)];
  }
  return line;
}

}  // namespace

Chart loss_chart(const std::vector<Json>& metrics) {
  Chart chart;
  chart.title = "Loss (nats per token)";
  chart.x_label = "tokens";
  chart.cut_start = true;
  chart.series.push_back({"training", "a", thinned(points_of(metrics, "loss"), kPoints), false});
  chart.series.push_back({"validation", "b", points_of(metrics, "valid_loss"), true});
  return chart;
}

std::string report_html(const ReportData& d) {
  std::string html = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{}</title><style>{}{}</style></head><body><main>",
      escape_html(d.model_id), chart_css(), kPageCss);
  html += fmt::format("<h1>{}</h1><p>{}</p><p class=\"muted\">{} · Persea {}</p>", escape_html(d.model_id),
                      escape_html(sentence(d)), escape_html(d.created), escape_html(d.program));
  html += "<div class=\"tiles\">";
  for (const Tile& tile : tiles(d)) {
    html += fmt::format("<div><span>{}</span><b>{}</b><span>{}</span></div>", escape_html(tile.label),
                        escape_html(tile.value), escape_html(tile.note));
  }
  html += "</div>";

  html += draw(loss_chart(d.metrics));
  if (!d.samples.empty()) {
    html += "<h2>What it writes</h2>";
    for (const auto& sample : d.samples)
      html +=
          fmt::format("<blockquote><em>{}</em>{}</blockquote>", escape_html(sample.prompt), escape_html(sample.text));
  }
  if (!d.scores.empty()) {
    html += "<h2>Questions it never saw</h2><table>" + bar_rows(d.scores) + "</table>";
    if (!d.held_out.empty())
      html += "<p class=\"muted\" style=\"margin-top:14px\">The same questions by what is new about them</p><table>" +
              bar_rows(d.held_out) + "</table>";
  }
  html += "<h2>How it was trained</h2>";
  Chart rate{"Learning rate",
             "tokens",
             {{"rate", "a", thinned(points_of(d.metrics, "lr"), kPoints), false}},
             true,
             false,
             720,
             220};
  Chart speed{"Tokens per second",
              "tokens",
              {{"speed", "a", thinned(points_of(d.metrics, "tokens_per_second"), kPoints), false}},
              true,
              false,
              720,
              220};
  html += draw(rate) + draw(speed);
  if (const auto list = events(d); !list.empty()) {
    html += "<p>The guard stepped in:</p><ul>";
    for (const std::string& event : list) html += "<li>" + escape_html(event) + "</li>";
    html += "</ul>";
  }
  html += "<details><summary>The numbers behind the curves</summary><div class=\"scroll\">" + data_table(d.metrics) +
          "</div></details>";
  html += "<details><summary>All settings</summary><table>" + settings_rows(d.settings, "") + "</table></details>";
  html += "<details><summary>Recorded facts and cost</summary><table>" + settings_rows(d.facts, "") +
          settings_rows(d.cost, "cost") + "</table></details>";
  return html + "</main></body></html>\n";
}

std::string report_text(const ReportData& d) {
  constexpr size_t kScoresInLine = 3;
  std::string text = fmt::format("{}\n{}\n\n", d.model_id, sentence(d));
  const Points losses = points_of(d.metrics, "loss");
  if (!losses.empty())
    text += fmt::format("  loss {:.3f} {} {:.3f}\n\n", losses.front().second, spark(losses, 60), losses.back().second);
  for (const Tile& tile : tiles(d)) text += fmt::format("  {:<16} {:>9}  {}\n", tile.label, tile.value, tile.note);
  for (size_t i = 0; i < d.scores.size(); ++i) {
    const auto& score = d.scores[i];
    const bool last = i % kScoresInLine == kScoresInLine - 1 || i + 1 == d.scores.size();
    text += fmt::format("{}{:<12} {:>3} of {}", i % kScoresInLine == 0 ? "    " : "", score.name, score.right,
                        last ? fmt::format("{}\n", score.total) : fmt::format("{:<5}", score.total));
  }
  for (const std::string& event : events(d)) text += "  " + event + "\n";
  for (const auto& sample : d.samples)
    text += fmt::format("\n  {}\n  {}\n", one_line(sample.prompt, 76), one_line(sample.text, 240));
  return text;
}

}  // namespace persea
