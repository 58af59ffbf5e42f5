// The sequences in the works: what each pass runs of which, who takes whose pages and who makes room for whom. It knows
// no queue, no thread and no callback; it belongs to the scheduler's thread.
#pragma once

#include <memory>
#include <vector>

#include "infer/prefix_cache.h"
#include "infer/scheduler_job.h"

namespace persea {

class Batch {
 public:
  Batch(DecoderWeights weights, const SchedulerOptions& options);

  const std::shared_ptr<KvPool>& pages() const { return pages_; }
  int64_t room() const { return room_; }  // tokens of a text at most
  size_t size() const { return running_.size(); }
  const std::vector<std::unique_ptr<Job>>& jobs() const { return running_; }

  // Takes the job in where there is a place and room for its text; else leaves it where it is.
  bool admit(std::unique_ptr<Job>& job);
  // Takes the index-th job out; what it has computed stays for those that begin alike.
  std::unique_ptr<Job> take(size_t index);

  // Runs one token of each sequence that writes, and as much as there is place for of the prompts of the others; how
  // many tokens that were. What came of it lies in the jobs' `events` and `ending`.
  int64_t pass();
  // Those that had to make room for older ones since this was called last: to be admitted again.
  std::vector<std::unique_ptr<Job>> take_put_back();
  // Tokens that were guessed, and those of them that came true, in all.
  uint64_t drafted() const { return drafted_; }
  uint64_t accepted() const { return accepted_; }

 private:
  struct Share {  // of a pass
    Job* job;
    int64_t tokens;
  };
  int64_t reuse(Job& job);
  bool waits(const Job& job, const std::vector<Share>& shares) const;
  std::vector<Share> plan();
  void draft(const std::vector<Share>& shares);
  void make_room(std::vector<Share>& shares);
  void put_back(const Job* job);
  void run(const std::vector<Share>& shares);
  void write(const std::vector<Share>& shares, const Tensor& logits);
  void keep(Job& job, bool partial);

  SchedulerOptions options_;
  Decoder decoder_;
  std::shared_ptr<KvPool> pages_;
  PrefixCache prefixes_;
  int64_t room_;
  std::vector<std::unique_ptr<Job>> running_, put_back_;
  uint64_t drafted_ = 0, accepted_ = 0;
  size_t turn_ = 0;  // of the writers, where a pass has no place for all
};

}  // namespace persea
