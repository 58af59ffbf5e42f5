// A lab's service.db: its keys and the record of its replies. Unlike lab.db it is no index: what is in it is nowhere
// else.
#pragma once

#include <filesystem>
#include <memory>

#include "serve/key_store.h"
#include "serve/reply_store.h"

namespace persea {

inline constexpr const char* kServiceDatabase = "service.db";

// Two connections, since one does a thing at a time: whether a key is good is asked for each request and waits neither
// for what is being written down nor for a file that is written anew.
struct ServiceStore {
  std::unique_ptr<Database> key_database, reply_database;  // they stay where they are: the stores speak to them
  KeyStore keys;                                           // by key_database
  ReplyStore replies;                                      // by reply_database, as charges
  KeyStore charges;                                        // the same keys, for what they have spent

  // `lab`: the lab's folder, which has to be there.
  static Result<ServiceStore> open(const std::filesystem::path& lab);
};

}  // namespace persea
