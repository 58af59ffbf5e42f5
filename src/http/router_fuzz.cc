// Router::match: a fixed set of routes, any method and target; what matches has its parameters, what does not says why.
#include <cstdint>
#include <cstdlib>

#include "http/router.h"

using persea::http::Handler;
using persea::http::Router;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Router router = [] {
    Router made;
    const Handler handler = [](const persea::http::Request&, const persea::http::Reply&) {};
    for (const char* pattern :
         {"/", "/v1/models", "/v1/models/{id}", "/v1/{a}/{b}/run", "/v1/{a}/x/{c...}", "/{all...}"}) {
      made.get(pattern, handler);
    }
    made.post("/v1/models/{id}", handler);
    return made;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t space = text.find(' ');
  if (space == text.npos) return 0;
  const auto target = persea::http::parse_target(text.substr(space + 1));
  if (!target) return 0;
  const auto match = router.match(text.substr(0, space), target->segments);
  if (match.handler) {
    for (const auto& [name, value] : match.parameters) {
      if (name.empty() || value.empty()) std::abort();
    }
  } else if (match.allowed.empty()) {
    std::abort();  // one of the routes fits every path
  }
  return 0;
}
