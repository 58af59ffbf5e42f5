// Records that do not fit in memory, kept in a file without a name, parted so that each part can be looked at by
// itself. It keeps the order in which they came. Nothing of it stays behind, whatever ends the program.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace persea::curate {

// A file that is only added to, and read at any place by any thread. It has no name and goes with this.
class SpillFile {
 public:
  static Result<SpillFile> create(const fs::path& folder);
  SpillFile(SpillFile&& other) noexcept : folder_(std::move(other.folder_)), file_(other.file_), size_(other.size_) {
    other.file_ = -1;
  }
  SpillFile& operator=(SpillFile&& other) noexcept {
    std::swap(folder_, other.folder_);
    std::swap(file_, other.file_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SpillFile();

  uint64_t size() const { return size_; }
  Status append(std::span<const std::byte> bytes);
  Status read(uint64_t offset, std::span<std::byte> out) const;  // all of `out`, which lies inside the file

 private:
  SpillFile(fs::path folder, int file) : folder_(std::move(folder)), file_(file) {}
  fs::path folder_;
  int file_;
  uint64_t size_ = 0;
};

// Records in one row, in a file that comes to be with the first block of them.
template <class Record>
class Overflow {
  static_assert(std::is_trivially_copyable_v<Record>);

 public:
  explicit Overflow(fs::path folder) : folder_(std::move(folder)) {}

  Status add(const Record& record) {
    block_.push_back(record);
    return block_.size() < kBlock ? Status() : flush();
  }
  // Nothing is added from here on.
  Status seal() { return block_.empty() ? Status() : flush(); }

  uint64_t count() const { return file_ ? file_->size() / sizeof(Record) : 0; }

  // Calls use(records) -> Status for blocks of them in their order.
  template <class Use>
  Status read(const Use& use) const {
    std::vector<Record> block;
    for (uint64_t done = 0; done < count(); done += block.size()) {
      block.resize(std::min<uint64_t>(kBlock, count() - done));
      PERSEA_CHECK(file_->read(done * sizeof(Record), std::as_writable_bytes(std::span<Record>(block))));
      PERSEA_CHECK(use(std::span<const Record>(block)));
    }
    return {};
  }

 private:
  static constexpr size_t kBlock = 4096;  // records

  Status flush() {
    if (!file_) {
      PERSEA_TRY(auto file, SpillFile::create(folder_));
      file_ = std::make_unique<SpillFile>(std::move(file));
    }
    PERSEA_CHECK(file_->append(std::as_bytes(std::span<const Record>(block_))));
    block_.clear();
    return {};
  }

  fs::path folder_;
  std::vector<Record> block_;
  std::unique_ptr<SpillFile> file_;
};

// Records in parts: added by one thread, then sealed, then read by any.
template <class Record>
class Spill {
  static_assert(std::is_trivially_copyable_v<Record>);

 public:
  // `memory` is how many bytes records may take before they go to a file in `folder`; at least one block is kept.
  // Parts from 1 to 65535.
  static Result<Spill> create(const fs::path& folder, size_t parts, size_t memory) {
    if (parts == 0 || parts > UINT16_MAX) throw std::logic_error("Spill: 1 to 65535 parts are possible");
    PERSEA_TRY(SpillFile file, SpillFile::create(folder));
    return Spill(std::move(file), parts, memory);
  }

  size_t parts() const { return runs_.size(); }
  uint64_t count(size_t part) const { return counts_[part]; }
  uint64_t count() const { return all_; }

  Status add(size_t part, const Record& record) {
    if (log_.size() == limit_) PERSEA_CHECK(flush());
    if (log_.size() == log_.capacity()) {  // grows to the limit, not beyond
      log_.reserve(std::min(limit_, 2 * log_.size() + kBlock));
      part_of_.reserve(log_.capacity());
    }
    log_.push_back(record);
    part_of_.push_back(static_cast<uint16_t>(part));
    ++counts_[part];
    ++all_;
    return {};
  }

  // Nothing is added from here on. What was never too much stays in memory.
  Status seal() {
    if (file_.size() > 0) {
      PERSEA_CHECK(flush());
      sorted_ = {};
    } else {
      sort();
    }
    log_ = {};
    part_of_ = {};
    return {};
  }

  // Calls use(records) -> Status for blocks of a part's records in their order.
  template <class Use>
  Status read(size_t part, const Use& use) const {
    std::vector<Record> block;
    for (const Run& run : runs_[part]) {
      if (file_.size() == 0) {
        PERSEA_CHECK(use(std::span<const Record>(sorted_.data() + run.first, run.count)));
        continue;
      }
      for (uint64_t done = 0; done < run.count; done += block.size()) {
        block.resize(std::min<uint64_t>(kBlock, run.count - done));
        PERSEA_CHECK(file_.read((run.first + done) * sizeof(Record), std::as_writable_bytes(std::span<Record>(block))));
        PERSEA_CHECK(use(std::span<const Record>(block)));
      }
    }
    return {};
  }

 private:
  static constexpr size_t kBlock = 4096;  // records that are read at once
  struct Run {
    uint64_t first, count;  // records of one part that lie together
  };

  Spill(SpillFile file, size_t parts, size_t memory)
      : file_(std::move(file)),
        runs_(parts),
        counts_(parts, 0),
        limit_(std::max<size_t>(kBlock, memory / (2 * sizeof(Record) + sizeof(uint16_t)))) {}

  // Brings the log into the order of the parts, and notes where each lies behind `base` records.
  void sort(uint64_t base = 0) {
    std::vector<uint64_t> next(runs_.size() + 1, 0);
    for (const uint16_t part : part_of_) ++next[part + 1u];
    for (size_t part = 0; part < runs_.size(); ++part) {
      if (next[part + 1] > 0) runs_[part].push_back(Run{base + next[part], next[part + 1]});
      next[part + 1] += next[part];
    }
    sorted_.resize(log_.size());
    for (size_t i = 0; i < log_.size(); ++i) sorted_[next[part_of_[i]]++] = log_[i];
  }

  Status flush() {
    sort(file_.size() / sizeof(Record));
    PERSEA_CHECK(file_.append(std::as_bytes(std::span<const Record>(sorted_))));
    log_.clear();
    part_of_.clear();
    return {};
  }

  SpillFile file_;
  std::vector<std::vector<Run>> runs_;
  std::vector<uint64_t> counts_;
  size_t limit_;  // records in the log
  uint64_t all_ = 0;
  std::vector<Record> log_, sorted_;
  std::vector<uint16_t> part_of_;  // of each record in the log
};

}  // namespace persea::curate
