// A line chart as SVG text: axes with round numbers, lines, bands and dots, labels at the lines' ends. Colours are CSS
// classes
// ("a", "b"), so that one drawing suits a dark and a light page. It draws what it is given and knows no metrics.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace persea {

struct ChartSeries {
  std::string name;
  std::string style;                              // CSS class: "a", "b"
  std::vector<std::pair<double, double>> points;  // by rising x
  bool dots = false;                              // marks each point and names its value where the pointer rests
};

struct Chart {
  std::string title, x_label;
  std::vector<ChartSeries> series;
  bool from_zero = false;  // the y axis begins at 0
  bool cut_start = false;  // the y axis leaves out what only the first few percent of x reach
  double width = 720, height = 300;
};

// The SVG element. `standalone`: with its own colours for both schemes, to be a file of its own.
std::string draw(const Chart& chart, bool standalone = false);

// The CSS for `draw`, for a page that holds charts.
std::string chart_css();

std::string escape_html(
    std::string_view text);  // for text and attributes of HTML and SVG; other control characters become U+FFFD

// Round numbers that divide [low, high] into about `count` parts.
std::vector<double> round_ticks(double low, double high, int count);

// At most `most` points: means over equal stretches of x.
std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points, size_t most);

}  // namespace persea
