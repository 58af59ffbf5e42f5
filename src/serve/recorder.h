// Writes what is to be remembered (replies, what keys have spent) from a thread of its own, many in one transaction, so
// that no request waits for a disk; digests are worked out there too. What cannot be written is told to the log,
// counted and lost: a full disk stops no service, and one that stands still fills no memory. What keys have spent is
// kept until it is written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "serve/key_store.h"
#include "serve/reply_shape.h"
#include "serve/reply_store.h"

namespace persea {

class Recorder {
 public:
  // `most_bytes`: of what waits to be written.
  explicit Recorder(ReplyStore replies, KeyStore keys, size_t most_bytes = size_t{128} << 20);
  ~Recorder();  // writes what is left

  struct Entry {
    ReplyRecord reply = {};            // without digests and content
    double cost = 0;                   // for its key
    std::string request = {};          // the body
    std::vector<Answer> answers = {};  // their texts and calls count, tokens do not
    bool keep_content = false;         // else only its digests
  };
  void add(Entry entry);
  // Waits until all that was added before is written, or known to be lost; what comes meanwhile may wait.
  void flush();

  struct Stats {
    uint64_t written = 0;
    uint64_t dropped = 0;  // because too much was waiting
    uint64_t failed = 0;   // because they could not be written
    uint64_t waiting = 0, waiting_bytes = 0;
  };
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace persea
