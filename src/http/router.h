// Which handler answers which method and path. Patterns are "/v1/models/{id}", where {id} stands for one segment, or
// "/files/{path...}", where it stands for one or more; a literal segment is preferred to a name. It reads no request
// and calls no handler.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/reply.h"

namespace persea::http {

// Called on a worker's thread. The reply may be kept and used later from any thread; a handler that throws, or drops
// the reply unused, answers 500.
using Handler = std::function<void(Request request, Reply reply)>;

class Router {
 public:
  // Throws where the pattern is none, or is there already. `body_bytes`: another limit than the server's.
  void add(std::string_view method, std::string_view pattern, Handler handler,
           std::optional<size_t> body_bytes = std::nullopt);
  void get(std::string_view pattern, Handler handler) { add("GET", pattern, std::move(handler)); }
  void post(std::string_view pattern, Handler handler) { add("POST", pattern, std::move(handler)); }

  struct Match {
    const Handler* handler = nullptr;  // lives as long as the router
    Fields parameters;
    std::optional<size_t> body_bytes;
    std::vector<std::string>
        allowed;  // where there is no handler: the path's methods, none where there is no such path
  };
  // GET's handler answers HEAD too.
  Match match(std::string_view method, std::span<const std::string> segments) const;

 private:
  enum class Kind { literal, name, tail };
  struct Segment {
    Kind kind;
    std::string text;
  };
  struct Route {
    std::string method;
    std::vector<Segment> segments;
    Handler handler;
    std::optional<size_t> body_bytes;
  };
  static std::vector<Segment> parse(std::string_view pattern);
  static std::optional<Fields> fit(const Route& route, std::span<const std::string> segments);

  std::vector<Route> routes_;  // the more literal first
};

}  // namespace persea::http
