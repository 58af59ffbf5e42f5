// Requests that wait, a line for each client; the clients are served in turn, so that who asks for much does not keep
// the others waiting. It knows no thread: its owner guards it.
#pragma once

#include <algorithm>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace persea {

// Job has `id`, `client` and `deadline`.
template <class Job>
class FairQueue {
 public:
  using Entry = std::unique_ptr<Job>;

  size_t size() const { return size_; }

  void push(Entry job) {
    auto [found, is_new] = clients_.try_emplace(job->client);
    if (is_new) found->second = turns_.insert(turns_.end(), Line{job->client, {}});
    earliest_ = std::min(earliest_, job->deadline);
    found->second->jobs.push_back(std::move(job));
    ++size_;
  }

  // The first of the client whose turn it is, who then comes behind the others; null where nobody waits.
  Entry pop() {
    if (turns_.empty()) return nullptr;
    const auto line = turns_.begin();
    Entry job = std::move(line->jobs.front());
    line->jobs.pop_front();
    --size_;
    if (!drop_if_empty(line)) turns_.splice(turns_.end(), turns_, line);
    return job;
  }

  // The one of this id; null where there is none.
  Entry take(uint64_t id) {
    for (auto line = turns_.begin(); line != turns_.end(); ++line) {
      const auto found =
          std::find_if(line->jobs.begin(), line->jobs.end(), [&](const Entry& j) { return j->id == id; });
      if (found == line->jobs.end()) continue;
      Entry job = std::move(*found);
      line->jobs.erase(found);
      --size_;
      drop_if_empty(line);
      return job;
    }
    return nullptr;
  }

  // All whose deadline is `now` or before.
  std::vector<Entry> take_expired(decltype(Job::deadline) now) {
    std::vector<Entry> expired;
    if (now < earliest_) return expired;  // the usual case costs nothing
    earliest_ = decltype(Job::deadline)::max();
    for (auto line = turns_.begin(); line != turns_.end();) {
      const auto here = line++;
      std::deque<Entry> kept;
      for (Entry& job : here->jobs) {
        if (job->deadline <= now) {
          expired.push_back(std::move(job));
        } else {
          earliest_ = std::min(earliest_, job->deadline);
          kept.push_back(std::move(job));
        }
      }
      here->jobs = std::move(kept);
      drop_if_empty(here);
    }
    size_ -= expired.size();
    return expired;
  }

 private:
  struct Line {
    std::string client;
    std::deque<Entry> jobs;
  };
  using Turn = typename std::list<Line>::iterator;

  bool drop_if_empty(Turn line) {
    if (!line->jobs.empty()) return false;
    clients_.erase(line->client);
    turns_.erase(line);
    return true;
  }

  std::list<Line> turns_;  // whose turn is next stands first; nobody's line is empty
  std::unordered_map<std::string, Turn> clients_;
  size_t size_ = 0;
  decltype(Job::deadline) earliest_ = decltype(Job::deadline)::max();  // at most the earliest of all
};

}  // namespace persea
