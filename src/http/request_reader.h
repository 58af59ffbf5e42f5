// One HTTP/1.x request out of bytes as they come, over Beast's parser, and held to what that parser lets pass: one
// Host, no transfer encoding but chunked, a head within its limit however it is cut, a target in its normal form. What
// could be read in two ways is refused. It reads no socket and keeps no time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/url.h"

namespace persea::http {

struct RequestHead {
  std::string method;
  std::string raw_path;  // as sent, without the query: for logs
  Target target;
  Fields headers;
  std::string host;           // of the Host header, without the port
  bool whole_server = false;  // the target is "*", of OPTIONS
  bool http10 = false;
  bool keep_alive = true;
  bool has_body = false;
  bool expects_continue = false;
};

class RequestReader {
 public:
  enum class Event { more, head, request, refused };

  explicit RequestReader(size_t header_bytes);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Takes what it can use off the front of `bytes`. `head` and `request` come once each, in this order, then nothing
  // more is taken; after `refused` neither.
  Event feed(std::string& bytes);

  const RequestHead& head() const { return head_; }  // after `head`, and as far as it was read after `refused`
  const ApiError& refusal() const { return refusal_; }
  // Between `head` and the next feed: the refusal, where the head already announces more.
  std::optional<ApiError> limit_body(size_t bytes);
  size_t body_size() const;  // received so far
  std::string take_body();   // after `request`

 private:
  struct Parser;
  Event read(std::string_view& rest);
  Event refuse(int status, std::string message);
  Event check_head();

  const size_t header_bytes_;
  size_t head_size_ = 0;  // of the head, taken so far
  size_t body_limit_ = 0;
  bool head_told_ = false;
  bool between_chunks_ = false;
  RequestHead head_;
  ApiError refusal_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace persea::http
