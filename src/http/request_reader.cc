#include "http/request_reader.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>
#include <utility>

#include "base/clock.h"

namespace persea::http {

namespace beast = boost::beast::http;

struct RequestReader::Parser : beast::request_parser<beast::string_body> {};

namespace {

ApiError too_large(size_t limit) {
  return {.status = 413,
          .message = fmt::format("the body is larger than the limit of {} bytes ({}): send less", limit,
                                 format_bytes(static_cast<double>(limit))),
          .code = "body_too_large"};
}

// "name:port", "[::1]:port" or either without the port, in lower case.
std::string host_of(std::string_view value) {
  const size_t bracket = value.starts_with('[') ? value.find(']') : value.npos;
  const size_t end = bracket != value.npos ? bracket + 1 : value.find(':');
  std::string host(value.substr(0, end));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return host;
}

}  // namespace

RequestReader::RequestReader(size_t header_bytes) : header_bytes_(header_bytes), parser_(std::make_unique<Parser>()) {
  parser_->header_limit(static_cast<uint32_t>(std::min<size_t>(header_bytes, std::numeric_limits<uint32_t>::max())));
  parser_->body_limit(std::numeric_limits<uint64_t>::max());  // until limit_body; none at all would refuse every body
}

RequestReader::~RequestReader() = default;

RequestReader::Event RequestReader::refuse(int status, std::string message) {
  refusal_ = {.status = status, .message = std::move(message)};
  return Event::refused;
}

RequestReader::Event RequestReader::feed(std::string& bytes) {
  std::string_view rest = bytes;
  const Event event = read(rest);
  bytes.erase(0, bytes.size() - rest.size());  // once, however many chunks there were
  return event;
}

RequestReader::Event RequestReader::read(std::string_view& rest) {
  if (!refusal_.message.empty()) return Event::refused;
  if (head_told_ && parser_->is_done()) return Event::request;
  if (!parser_->got_some()) {
    while (rest.starts_with("\r\n")) rest.remove_prefix(2);  // RFC 9112, 2.2
    if (rest == "\r") return Event::more;
  }
  // Beast asserts that it sees this much of a last chunk once it has seen its beginning; from between two chunks, no
  // request ends sooner.
  constexpr size_t kLastChunk = 5;
  if (between_chunks_ && rest.size() < kLastChunk) return Event::more;
  while (!rest.empty()) {
    boost::system::error_code error;
    const size_t used = parser_->put(boost::asio::buffer(rest.data(), rest.size()), error);
    rest.remove_prefix(used);
    const bool in_head = !parser_->is_header_done(), unfinished = error == beast::error::need_more;
    if (!head_told_) {
      head_size_ += used;
      if (error == beast::error::header_limit ||
          head_size_ + (in_head && unfinished ? rest.size() : 0) > header_bytes_) {
        return refuse(431, fmt::format("the header is larger than the limit of {} bytes", header_bytes_));
      }
    } else if (unfinished && rest.size() > header_bytes_) {
      return refuse(400, "the header of a chunk, or the trailer, is too long");
    }
    between_chunks_ = head_told_ && unfinished;
    if (unfinished) return Event::more;
    if (error == beast::error::body_limit) {
      refusal_ = too_large(body_limit_);
      return Event::refused;
    }
    if (error == beast::error::bad_version) return refuse(505, "the request is not of HTTP/1.0 or 1.1");
    if (error) return refuse(400, "the request is malformed: " + error.message());
    if (!head_told_ && !in_head) {
      head_told_ = true;
      return check_head();
    }
    if (parser_->is_done()) return Event::request;
  }
  return Event::more;
}

RequestReader::Event RequestReader::check_head() {
  const auto& message = parser_->get();
  const auto text = [](boost::beast::string_view view) { return std::string(view.data(), view.size()); };
  head_.method = text(message.method_string());
  const std::string raw = text(message.target());
  head_.raw_path = raw.substr(0, raw.find('?'));
  head_.http10 = message.version() == 10;
  head_.keep_alive = parser_->keep_alive();
  head_.has_body = !parser_->is_done();
  for (const auto& field : message) head_.headers.push_back({text(field.name_string()), text(field.value())});
  int hosts = 0, encodings = 0;
  for (const Field& field : head_.headers) {
    if (same_letters(field.name, "Host")) {
      ++hosts;
      head_.host = host_of(field.value);
    } else if (same_letters(field.name, "Transfer-Encoding")) {
      ++encodings;
      if (!same_letters(field.value, "chunked")) return refuse(501, "no transfer encoding but chunked is understood");
    } else if (same_letters(field.name, "Expect")) {
      if (!same_letters(field.value, "100-continue")) return refuse(417, "no expectation but 100-continue is met");
      head_.expects_continue = !head_.http10;
    }
  }
  if (hosts > 1 || (hosts == 0 && !head_.http10)) return refuse(400, "a request has one Host header");
  if (encodings > 1 || (encodings > 0 && head_.http10))
    return refuse(400, "the transfer encoding is not to be trusted");
  if (raw == "*" && head_.method == "OPTIONS") {
    head_.whole_server = true;
    return Event::head;
  }
  Result<Target> target = parse_target(raw);
  if (!target) return refuse(400, target.error().message);
  head_.target = std::move(*target);
  return Event::head;
}

std::optional<ApiError> RequestReader::limit_body(size_t bytes) {
  body_limit_ = bytes;
  if (parser_->content_length().value_or(0) > bytes) return refusal_ = too_large(bytes);
  if (head_.has_body) parser_->body_limit(bytes);
  return std::nullopt;
}

size_t RequestReader::body_size() const { return parser_->get().body().size(); }

std::string RequestReader::take_body() { return std::move(parser_->get().body()); }

}  // namespace persea::http
