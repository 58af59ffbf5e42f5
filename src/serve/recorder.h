// Writes what is to be remembered (replies, what keys have spent) from a thread of its own, many in one transaction, so
// that no request waits for a disk. What cannot be written is told to the log, and lost: a full disk stops no service.
#pragma once

#include <memory>
#include <string>

#include "serve/key_store.h"
#include "serve/reply_store.h"

namespace persea {

class Recorder {
 public:
  Recorder(ReplyStore replies, KeyStore keys);
  ~Recorder();  // writes what is left

  void add(ReplyRecord reply, double cost);
  // Waits until all that was added before is written.
  void flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace persea
