#include "http/message.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

#include "base/hash.h"

namespace persea::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<std::string_view> find(const Fields& fields, std::string_view name, bool any_case) {
  for (const Field& field : fields) {
    if (any_case ? same_letters(field.name, name) : field.name == name) return field.value;
  }
  return std::nullopt;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

std::string_view error_type(int status) {
  if (status >= 500) return "server_error";
  return status == 429 ? "rate_limit_error" : "invalid_request_error";
}

// "Sun, 22 Nov 2026 11:13:50 GMT", in no locale's words.
std::string http_date() {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm t{};
  gmtime_r(&now, &t);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays.at(static_cast<size_t>(t.tm_wday)), t.tm_mday,
                     kMonths.at(static_cast<size_t>(t.tm_mon)), t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != kMarks.npos;
  });
}

void add_header(std::string& head, std::string_view name, std::string_view value) {
  const auto breaks = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
  if (!is_token(name) || std::any_of(value.begin(), value.end(), breaks)) {
    throw std::logic_error(fmt::format("'{}' is no header that can be sent", name));
  }
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const { return find(headers, name, true); }

std::optional<std::string_view> Request::query_value(std::string_view name) const { return find(query, name, false); }

const std::string& Request::parameter(std::string_view name) const {
  for (const Field& field : parameters) {
    if (field.name == name) return field.value;
  }
  throw std::logic_error(fmt::format("the route has no {{{}}}", name));
}

std::optional<std::string_view> bearer_token(const Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto value = request.header("Authorization");
  if (!value || value->size() <= kScheme.size() || !same_letters(value->substr(0, kScheme.size()), kScheme)) return {};
  std::string_view token = value->substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  if (token.empty() || token.find_first_of(" \t") != token.npos) return {};
  return token;
}

bool same_secret(std::string_view a, std::string_view b) {
  const std::string left = sha256(a), right = sha256(b);  // of one length, whatever the lengths of the secrets
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

Response json_response(const Json& value, int status) { return {.status = status, .body = canonical_json(value)}; }

Response error_response(const ApiError& error) {
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  const std::string type(error.type.empty() ? error_type(error.status) : error.type);
  return json_response({{"error",
                         {{"message", error.message},
                          {"type", type},
                          {"param", text_or_null(error.param)},
                          {"code", text_or_null(error.code)}}}},
                       error.status);
}

std::string server_sent_event(std::string_view data, std::string_view name) {
  if (name.find_first_of("\r\n") != name.npos) throw std::logic_error("an event's name is one line");
  std::string event;
  if (!name.empty()) event.append("event: ").append(name).append("\n");
  while (true) {
    const size_t end = std::min(data.find_first_of("\r\n"), data.size());
    event.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.size()) return event.append("\n");
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
}

std::string response_head(const Response& response, std::string_view request_id, const Framing& framing) {
  static constexpr std::array<std::string_view, 8> kOwn = {"Content-Length", "Transfer-Encoding",     "Connection",
                                                           "Date",           "X-Request-Id",          "Content-Type",
                                                           "Keep-Alive",     "X-Content-Type-Options"};
  if (response.status < 200 || response.status > 599) throw std::logic_error("a reply's status is from 200 to 599");
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  add_header(head, "Date", http_date());
  add_header(head, "X-Request-Id", request_id);
  add_header(head, "X-Content-Type-Options", "nosniff");
  if (!response.content_type.empty()) add_header(head, "Content-Type", response.content_type);
  if (framing.length) add_header(head, "Content-Length", std::to_string(*framing.length));
  if (framing.chunked) add_header(head, "Transfer-Encoding", "chunked");
  if (framing.close) add_header(head, "Connection", "close");
  if (framing.announce_keep && !framing.close) add_header(head, "Connection", "keep-alive");
  for (const Field& field : response.headers) {
    for (const std::string_view own : kOwn) {
      if (same_letters(field.name, own)) throw std::logic_error(fmt::format("{} is the server's to write", own));
    }
    add_header(head, field.name, field.value);
  }
  return head.append("\r\n");
}

}  // namespace persea::http
