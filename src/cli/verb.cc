#include "cli/verb.h"

#include <cstdio>

namespace persea {

int report(const Error& error) {
  fmt::print(stderr, "persea: {}\n", error.message);
  return 1;
}

void print_json(const Json& document) {
  fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace persea
