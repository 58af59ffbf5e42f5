// An HTTP answer as an archive of the web keeps it: head and body in one, with the body's chunks and packing undone. It
// follows nothing and fetches nothing.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace persea::read {

// "Name: value" lines up to an empty one; names are compared without regard to case.
class HeaderLines {
 public:
  explicit HeaderLines(std::string_view lines) : lines_(lines) {}
  // The first value of that name, on one line, without white space around it; "" where there is none.
  std::string get(std::string_view name) const;

 private:
  std::string_view lines_;
};

// Where the lines of headers that `bytes` begins with end (behind the empty line), npos where they do not.
size_t end_of_headers(std::string_view bytes);

// "text/html; charset=UTF-8" -> "text/html", and the value of a parameter.
std::string media_type(std::string_view content_type);
std::string media_parameter(std::string_view content_type, std::string_view name);

struct HttpAnswer {
  int status = 0;
  std::string type, charset;  // of Content-Type
  std::string body;
};

// At most `limit` bytes of body.
Result<HttpAnswer> read_http_answer(std::string_view bytes, int64_t limit);

}  // namespace persea::read
