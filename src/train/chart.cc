#include "train/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace persea {
namespace {

constexpr double kLeft = 52, kRight = 92, kTop = 34, kBottom = 42;
constexpr double kStart = 0.04;  // part of x that cut_start leaves out

// 1234567 -> "1.23M"; `step` is the distance of ticks: as many digits as tell them apart, and one unit for all of them.
std::string tick_text(double value, double step, double largest) {
  if (std::abs(value) < 1e-9 * largest) return "0";
  for (const auto& [size, unit] : {std::pair{1e9, "B"}, {1e6, "M"}, {1e3, "k"}}) {
    if (largest >= std::max(size, 1e4)) return fmt::format("{:.3g}{}", value / size, unit);
  }
  const int digits = step > 0 ? std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6) : 2;
  return fmt::format("{:.{}f}", value, digits);
}

// A value at a line's end: four digits.
std::string value_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e4) return tick_text(value, 0, size);
  return size > 0 && size < 1e-3 ? fmt::format("{:.1e}", value) : fmt::format("{:.4g}", value);
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return !(low <= high); }
};

// Places labels that want to stand at `wanted` at least `gap` apart.
std::vector<double> spread(std::vector<double> wanted, double gap) {
  std::vector<size_t> order(wanted.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return wanted[a] < wanted[b]; });
  for (size_t i = 1; i < order.size(); ++i) wanted[order[i]] = std::max(wanted[order[i]], wanted[order[i - 1]] + gap);
  return wanted;
}

constexpr const char* kCss =
    ".chart{max-width:100%;height:auto;font:12px system-ui,sans-serif}"
    ".chart text{fill:var(--muted)}.chart .title{fill:var(--ink);font-weight:600;font-size:14px}"
    ".chart .grid{stroke:var(--grid);stroke-width:1}.chart .axis{stroke:var(--axis);stroke-width:1}"
    ".chart path{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
    ".chart .a{stroke:var(--a)}.chart .b{stroke:var(--b)}"
    ".chart circle.a{fill:var(--a);stroke:var(--page)}.chart circle.b{fill:var(--b);stroke:var(--page)}"
    ".chart text.a{fill:var(--a);stroke:none;font-weight:600}.chart text.b{fill:var(--b);stroke:none;font-weight:600}";
constexpr const char* kLight =
    "--page:#fff;--ink:#1c1d21;--muted:#63656e;--grid:#e9eaee;--axis:#b9bbc4;--a:#2f6fd0;--b:#c8551b";
constexpr const char* kDark =
    "--page:#16171b;--ink:#eceef2;--muted:#9a9da8;--grid:#2a2c33;--axis:#4a4d57;--a:#74a9f7;--b:#f0945c";

}  // namespace

std::string chart_css() {
  return fmt::format(":root{{{}}}@media(prefers-color-scheme:dark){{:root{{{}}}}}{}", kLight, kDark, kCss);
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else if ((byte < 32 && c != '\n' && c != '\t') || byte == 127)
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out;
}

std::vector<double> round_ticks(double low, double high, int count) {
  if (!(high > low) || count < 1) return {low};
  const double rough = (high - low) / count, power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double nice : {1.0, 2.0, 2.5, 5.0}) {
    if (nice * power >= rough * 0.999) {
      step = nice * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i) ticks.push_back(i * step);
  return ticks;
}

std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points, size_t most) {
  if (points.size() <= most || most < 2) return points;
  std::vector<std::pair<double, double>> out;
  for (size_t i = 0; i < most; ++i) {
    const size_t begin = i * points.size() / most, end = (i + 1) * points.size() / most;
    double x = 0, y = 0;
    for (size_t j = begin; j < end; ++j) {
      x += points[j].first;
      y += points[j].second;
    }
    out.emplace_back(x / static_cast<double>(end - begin), y / static_cast<double>(end - begin));
  }
  return out;
}

std::string draw(const Chart& chart, bool standalone) {
  Range x, y;
  for (const ChartSeries& series : chart.series) {
    for (const auto& [px, py] : series.points) x.add(px);
  }
  const double first = chart.cut_start && !x.empty() ? x.low + kStart * (x.high - x.low) : x.low;
  for (const ChartSeries& series : chart.series) {
    for (const auto& [px, py] : series.points) {
      if (px >= first) y.add(py);
    }
  }
  if (y.empty()) y = {0, 1};
  if (x.empty()) x = {0, 1};
  if (chart.from_zero) y.low = std::min(y.low, 0.0);
  if (y.high - y.low < 1e-12) y.high = y.low + std::max(std::abs(y.low), 1e-6);
  if (x.high - x.low < 1e-12) x.high = x.low + 1;
  if (!chart.from_zero) y.low -= 0.06 * (y.high - y.low);
  y.high += 0.05 * (y.high - y.low);

  const double right = chart.width - kRight, bottom = chart.height - kBottom;
  const auto at_x = [&](double v) { return kLeft + (v - x.low) / (x.high - x.low) * (right - kLeft); };
  const auto at_y = [&](double v) { return bottom - (v - y.low) / (y.high - y.low) * (bottom - kTop); };

  std::string svg = fmt::format(
      R"(<svg class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}" xmlns="http://www.w3.org/2000/svg">)",
      chart.width, chart.height, escape_html(chart.title));
  if (standalone) {
    svg += fmt::format("<style>svg{{{}}}@media(prefers-color-scheme:dark){{svg{{{}}}}}{}</style>", kLight, kDark, kCss);
    svg += R"_(<rect width="100%" height="100%" rx="8" style="fill:var(--page)"/>)_";
  }
  svg += fmt::format(R"(<text class="title" x="{}" y="20">{}</text>)", kLeft, escape_html(chart.title));

  const std::vector<double> ys = round_ticks(y.low, y.high, 5), xs = round_ticks(x.low, x.high, 6);
  for (const double tick : ys) {
    svg += fmt::format(
        R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/><text x="{}" y="{:.1f}" text-anchor="end">{}</text>)",
        kLeft, right, at_y(tick), at_y(tick), kLeft - 8, at_y(tick) + 4,
        tick_text(tick, ys.size() > 1 ? ys[1] - ys[0] : 0, y.high));
  }
  svg += fmt::format(R"(<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>)", kLeft, right, bottom, bottom);
  for (const double tick : xs) {
    svg += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", at_x(tick), bottom + 17,
                       tick_text(tick, xs.size() > 1 ? xs[1] - xs[0] : 0, x.high));
  }
  svg += fmt::format(R"(<text x="{}" y="{}" text-anchor="middle">{}</text>)", (kLeft + right) / 2, chart.height - 8,
                     escape_html(chart.x_label));

  std::vector<double> wanted;
  std::vector<const ChartSeries*> drawn;
  for (const ChartSeries& series : chart.series) {
    if (series.points.empty()) continue;
    std::string path;
    bool outside = true;  // a line that leaves the frame above starts anew where it comes back
    for (const auto& [px, py] : series.points) {
      const bool out = py > y.high || py < y.low;
      if (!out) path += fmt::format("{}{:.1f} {:.1f}", outside ? 'M' : 'L', at_x(px), at_y(py));
      outside = out;
    }
    svg += fmt::format(R"(<path class="{}" d="{}"/>)", series.style, path);
    if (series.dots) {
      for (const auto& [px, py] : series.points) {
        if (py > y.high || py < y.low) continue;
        svg += fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3.5"><title>{}: {:.4g}</title></circle>)",
                           series.style, at_x(px), at_y(py), escape_html(series.name), py);
      }
    }
    wanted.push_back(at_y(std::clamp(series.points.back().second, y.low, y.high)));
    drawn.push_back(&series);
  }
  const std::vector<double> placed = spread(wanted, 28);
  for (size_t i = 0; i < drawn.size(); ++i) {
    svg += fmt::format(R"(<text class="{}" x="{}" y="{:.1f}">{}</text><text x="{}" y="{:.1f}">{}</text>)",
                       drawn[i]->style, right + 10, placed[i], escape_html(drawn[i]->name), right + 10, placed[i] + 14,
                       value_text(drawn[i]->points.back().second));
  }
  return svg + "</svg>";
}

}  // namespace persea
