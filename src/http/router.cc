#include "http/router.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace persea::http {

std::vector<Router::Segment> Router::parse(std::string_view pattern) {
  const auto wrong = [&](std::string_view why) {
    return std::logic_error(fmt::format("the route '{}' {}", pattern, why));
  };
  if (!pattern.starts_with('/')) throw wrong("does not begin with '/'");
  std::vector<Segment> segments;
  std::set<std::string> names;
  for (std::string_view rest = pattern.substr(1); !rest.empty();) {
    const size_t end = std::min(rest.find('/'), rest.size());
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.empty()) throw wrong("holds an empty segment");
    Kind kind = Kind::literal;
    if (text.starts_with('{') && text.ends_with('}')) {
      text = text.substr(1, text.size() - 2);
      kind = text.ends_with("...") ? Kind::tail : Kind::name;
      if (kind == Kind::tail) text.remove_suffix(3);
      if (text.empty() || !names.insert(std::string(text)).second) throw wrong("needs a name of its own in each {}");
      if (kind == Kind::tail && !rest.empty()) throw wrong("goes on behind its {...}");
    }
    if (text.find_first_of("{}") != text.npos) throw wrong("holds a brace within a segment");
    segments.push_back({kind, std::string(text)});
  }
  return segments;
}

void Router::add(std::string_view method, std::string_view pattern, Handler handler, std::optional<size_t> body_bytes) {
  if (!handler) throw std::logic_error(fmt::format("the route '{}' has no handler", pattern));
  Route route{std::string(method), parse(pattern), std::move(handler), body_bytes};
  // In order of what each segment is, and of the text only where it is literal: names do not part routes.
  const auto before = [](const Segment& a, const Segment& b) {
    if (a.kind != b.kind) return a.kind < b.kind;
    return a.kind == Kind::literal && a.text < b.text;
  };
  const auto earlier = [&](const Route& a, const Route& b) {
    return std::lexicographical_compare(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                                        before);
  };
  const auto [first, last] = std::equal_range(routes_.begin(), routes_.end(), route, earlier);
  if (std::any_of(first, last, [&](const Route& other) { return other.method == method; })) {
    throw std::logic_error(fmt::format("the route {} {} is there already", method, pattern));
  }
  routes_.insert(last, std::move(route));
}

std::optional<Fields> Router::fit(const Route& route, std::span<const std::string> segments) {
  const bool tail = !route.segments.empty() && route.segments.back().kind == Kind::tail;
  if (tail ? segments.size() < route.segments.size() : segments.size() != route.segments.size()) return {};
  Fields parameters;
  for (size_t i = 0; i < route.segments.size(); ++i) {
    const Segment& segment = route.segments[i];
    if (segment.kind == Kind::literal) {
      if (segment.text != segments[i]) return {};
      continue;
    }
    std::string value = segments[i];
    if (segment.kind == Kind::tail) {
      for (size_t j = i + 1; j < segments.size(); ++j) value.append("/").append(segments[j]);
    }
    parameters.push_back({segment.text, std::move(value)});
  }
  return parameters;
}

Router::Match Router::match(std::string_view method, std::span<const std::string> segments) const {
  std::set<std::string> allowed;
  const Route* for_head = nullptr;
  Fields for_head_parameters;
  for (const Route& route : routes_) {
    std::optional<Fields> parameters = fit(route, segments);
    if (!parameters) continue;
    if (route.method == method) return {&route.handler, std::move(*parameters), route.body_bytes, {}};
    allowed.insert(route.method);
    if (method == "HEAD" && route.method == "GET" && !for_head) {
      for_head = &route;
      for_head_parameters = std::move(*parameters);
    }
  }
  if (for_head) return {&for_head->handler, std::move(for_head_parameters), for_head->body_bytes, {}};
  if (allowed.contains("GET")) allowed.insert("HEAD");
  if (!allowed.empty()) allowed.insert("OPTIONS");
  return {nullptr, {}, {}, {allowed.begin(), allowed.end()}};
}

}  // namespace persea::http
