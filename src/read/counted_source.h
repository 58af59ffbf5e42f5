// Bytes of a source, counted as they pass: what a file holds, or what its packing made of that. It ends where that gets
// out of hand. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "read/byte_source.h"
#include "read/reading.h"

namespace persea::read {

inline constexpr const char* kBomb = "unpacks to more than a thousand times its size: the rest is left out";

class CountedSource : public ByteSource {
 public:
  CountedSource(std::unique_ptr<ByteSource> source, Reading& reading, int64_t Reading::*count)
      : source_(std::move(source)), reading_(reading), count_(count) {}
  size_t read(std::span<char> out) override {
    if (!problem_.empty()) return 0;
    const size_t n = source_->read(out);
    reading_.*count_ += static_cast<int64_t>(n);
    if (n < out.size()) problem_ = source_->problem();
    if (reading_.bomb()) problem_ = kBomb;
    return n;
  }
  const std::string& problem() const override { return problem_; }
  int64_t size() const override { return source_->size(); }
  bool seek(int64_t at) override { return source_->seek(at); }

 private:
  std::unique_ptr<ByteSource> source_;
  Reading& reading_;
  int64_t Reading::*count_;
  std::string problem_;
};

}  // namespace persea::read
