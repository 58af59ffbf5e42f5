// A name for each request, by which a reply, a log line and a question about them find together.
#pragma once

#include <string>

namespace persea::http {

std::string request_id();  // "req_" and 24 random hexadecimal digits

}  // namespace persea::http
