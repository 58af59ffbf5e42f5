// Requests and whole responses as values, and the few words about them that every API needs: errors in OpenAI's shape,
// bearer tokens, server-sent events. It reads and writes no socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "http/url.h"

namespace persea::http {

struct Request {
  std::string id;  // the reply's X-Request-Id
  std::string method;
  std::string path;   // decoded and in its normal form: for a person to read
  Fields parameters;  // what the route's {names} stood for
  Fields query;
  Fields headers;
  std::string body;
  std::string remote;   // the client's address
  bool secure = false;  // came over TLS

  std::optional<std::string_view> header(std::string_view name) const;  // the first, in any case of letters
  std::optional<std::string_view> query_value(std::string_view name) const;
  const std::string& parameter(std::string_view name) const;  // throws where the route has none of this name
};

// The token of "Authorization: Bearer TOKEN".
std::optional<std::string_view> bearer_token(const Request& request);
// Compares in a time that tells nothing about where they differ.
bool same_secret(std::string_view a, std::string_view b);
bool same_letters(std::string_view a, std::string_view b);  // ASCII, in any case

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  Fields headers = {};
  std::string_view fixed_body = {};  // instead of `body`: bytes that outlive the server
};

Response json_response(const Json& value, int status = 200);

// {"error": {"message", "type", "param", "code"}}: an empty type follows from the status, an empty param or code is
// null.
struct ApiError {
  int status = 400;
  std::string message = {};
  std::string code = {};
  std::string param = {};
  std::string type = {};
};
Response error_response(const ApiError& error);

// One event of a text/event-stream: each line of `data` on a line of its own.
std::string server_sent_event(std::string_view data, std::string_view name = {});

// The first lines of a response, up to the empty one. Throws where a header would break out of its line, or is one
// that the server writes itself.
struct Framing {
  std::optional<uint64_t> length = {};  // Content-Length
  bool chunked = false;
  bool close = false;          // "Connection: close"
  bool announce_keep = false;  // "Connection: keep-alive", for HTTP/1.0
};
std::string response_head(const Response& response, std::string_view request_id, const Framing& framing);

}  // namespace persea::http
