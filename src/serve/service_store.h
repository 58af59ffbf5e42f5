// A lab's service.db: its keys and the record of its replies. Unlike lab.db it is no index: what is in it is nowhere
// else.
#pragma once

#include <filesystem>
#include <memory>

#include "serve/key_store.h"
#include "serve/reply_store.h"

namespace persea {

inline constexpr const char* kServiceDatabase = "service.db";

struct ServiceStore {
  std::unique_ptr<Database> database;  // stays where it is: the two speak to it
  KeyStore keys;
  ReplyStore replies;

  // `lab`: the lab's folder, which has to be there.
  static Result<ServiceStore> open(const std::filesystem::path& lab);
};

}  // namespace persea
