#include "http/request_id.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>

namespace persea::http {

std::string request_id() {
  std::array<unsigned char, 12> bytes{};
  RAND_bytes(bytes.data(), bytes.size());
  std::string id = "req_";
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

}  // namespace persea::http
