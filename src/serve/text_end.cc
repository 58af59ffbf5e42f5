#include "serve/text_end.h"

#include <algorithm>
#include <cmath>

namespace persea {

const char* finish_of(EndReason reason, bool whole) {
  const bool cut =
      reason == EndReason::max_tokens || reason == EndReason::context || (reason == EndReason::constraint && !whole);
  return cut ? "length" : "stop";
}

std::optional<http::ApiError> error_of(const RequestEnd& end) {
  switch (end.reason) {
    case EndReason::deadline:
      return http::ApiError{.status = 504,
                            .message = "the request ran into its time limit: ask for less, or later",
                            .code = "deadline_exceeded"};
    case EndReason::shutdown:
      return http::ApiError{
          .status = 503, .message = "the server is shutting down: try again soon", .code = "shutting_down"};
    case EndReason::failed:
      return http::ApiError{.status = 500, .message = end.error, .code = "generation_failed"};
    default:
      return std::nullopt;
  }
}

http::Response refusal_response(const Scheduler::Refusal& refusal) {
  if (!refusal.busy && !refusal.ending) {
    return http::error_response({.message = refusal.why, .code = "invalid_prompt"});
  }
  http::Response response = http::error_response(
      refusal.ending ? http::ApiError{.status = 503, .message = "the server is shutting down", .code = "shutting_down"}
                     : http::ApiError{.status = 429, .message = refusal.why, .code = "busy"});
  response.headers.push_back(
      {"Retry-After", std::to_string(std::max(1L, std::lround(std::ceil(refusal.retry_seconds))))});
  return response;
}

}  // namespace persea
