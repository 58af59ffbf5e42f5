#include "infer/batch.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/threads.h"

namespace persea {
namespace {

constexpr int64_t kContexts = 8, kCacheBytes = int64_t{2} << 30;  // the cache where nobody says how large: the smaller

int64_t cache_tokens(const ModelConfig& config, const SchedulerOptions& options) {
  if (options.cache_tokens > 0) return options.cache_tokens;
  const int64_t pages = kCacheBytes / KvPool::page_bytes(config, options.cache_format);
  return std::max(std::min(kContexts * config.context, pages * KvPool::kTokens), 4 * KvPool::kTokens);
}

int64_t checked(int64_t value, const char* name) {
  if (value < 1) throw std::logic_error(fmt::format("SchedulerOptions: {} is {}; it must be positive", name, value));
  return value;
}

bool older(const Job* a, const Job* b) { return a->id < b->id; }

}  // namespace

Batch::Batch(DecoderWeights weights, const SchedulerOptions& options)
    : options_(options),
      decoder_(std::move(weights)),
      pages_(std::make_shared<KvPool>(decoder_.config(), cache_tokens(decoder_.config(), options), options.cache_format,
                                      decoder_.weights().device)),
      prefixes_(pages_),
      room_(std::min(decoder_.config().context, pages_->pages() * KvPool::kTokens)) {
  checked(options.sequences, "sequences");
  pages_->take_memory(options.memory_at_start);
  options_.pass_tokens =
      std::max<int64_t>(checked(options.pass_tokens, "pass_tokens"), 2);  // one to write, one to read
}

// Takes from the pages of others what they hold of the job's text beyond its own cache; how much that is.
int64_t Batch::reuse(Job& job) {
  const int64_t before = job.cache.size();
  if (!options_.share_prefixes || job.embeds()) return 0;
  const PrefixCache::Match match = prefixes_.find(job.client, job.reusable());
  if (match.tokens <= before) return 0;
  job.cache.adopt(match.pages, match.tokens);
  return match.tokens - before;
}

bool Batch::admit(std::unique_ptr<Job>& job) {
  if (static_cast<int64_t>(running_.size()) >= options_.sequences) return false;
  const int64_t reused = reuse(*job);
  // Its text and those of all others have to fit, and a page for each to go on writing. What it shares of a page that
  // is not full it will have to copy.
  int64_t wanted = KvPool::pages_for(job->size() + 1) - job->cache.size() / KvPool::kTokens;
  for (const auto& other : running_) {
    const auto there = static_cast<int64_t>(other->cache.pages().size());
    wanted += 1 + std::max<int64_t>(KvPool::pages_for(other->size() + 1) - there, 0);
  }
  if (!running_.empty() && wanted > pages_->room()) {
    job->cache.truncate(0);
    return false;
  }
  if (!job->put_back) job->end.reused_tokens = reused;
  running_.push_back(std::move(job));
  return true;
}

// Its pages, for those whose texts begin alike.
void Batch::keep(Job& job, bool partial) {
  if (options_.share_prefixes && !job.embeds()) prefixes_.insert(job.client, job.in_cache(), job.cache, partial);
}

std::unique_ptr<Job> Batch::take(size_t index) {
  std::unique_ptr<Job> job = std::move(running_.at(index));
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(index));
  if (job->ending != EndReason::failed) keep(*job, true);
  if (options_.drafter) options_.drafter->forget(job->id);
  job->cache.truncate(0);
  return job;
}

// Whether another is just about to compute the page that this one needs next: then it is cheaper to wait for it.
bool Batch::waits(const Job& job, const std::vector<Share>& shares) const {
  if (!options_.share_prefixes || job.embeds()) return false;
  const int64_t page_end = (job.cache.size() / KvPool::kTokens + 1) * KvPool::kTokens;
  const int64_t wanted = std::min(page_end, job.size() - 1);
  for (const Share& share : shares) {
    if (share.job->client != job.client) continue;
    if (share.job->left() <= 1 || share.job->embeds() || share.job->cache.size() >= wanted) continue;
    if (wanted > job.cache.size() && job.common(*share.job) >= wanted) {
      share.job->awaited = true;
      return true;
    }
  }
  return false;
}

std::vector<Batch::Share> Batch::plan() {
  std::vector<Job*> writers, readers;
  for (const auto& job : running_) {
    if (job->left() > 1) {
      const int64_t reused = reuse(*job);
      if (!job->put_back) job->end.reused_tokens += reused;
    }
    (job->left() > 1 ? readers : writers).push_back(job.get());
  }
  const int64_t for_readers = readers.empty() ? 0 : std::max<int64_t>(1, options_.pass_tokens / 4);
  const auto most = static_cast<size_t>(options_.pass_tokens - for_readers);
  std::vector<Share> shares;
  if (writers.size() > most) {  // in turn
    std::rotate(writers.begin(), writers.begin() + static_cast<std::ptrdiff_t>(turn_ % writers.size()), writers.end());
    writers.resize(most);
    turn_ += most;
  }
  for (Job* job : writers) shares.push_back({job, 1});

  // Of the prompts the oldest gets half of the place, so that none waits for ever; the rest goes to the shortest, whose
  // clients see their first token soonest.
  int64_t place = options_.pass_tokens - static_cast<int64_t>(shares.size());
  if (readers.empty() || place <= 0) return shares;
  const auto oldest = std::min_element(readers.begin(), readers.end(), older);
  std::iter_swap(readers.begin(), oldest);
  std::stable_sort(readers.begin() + 1, readers.end(), [](const Job* a, const Job* b) {
    return a->left() < b->left() || (a->left() == b->left() && a->id < b->id);
  });
  const size_t first = shares.size();
  for (Job* job : readers) {
    if (place <= 0) break;
    const bool leads = job == readers.front();
    if (!leads && waits(*job, shares)) continue;
    const int64_t tokens = std::min(job->left(), leads && readers.size() > 1 ? (place + 1) / 2 : place);
    shares.push_back({job, tokens});
    place -= tokens;
  }
  Share& lead = shares[first];
  lead.tokens += std::min(place, lead.job->left() - lead.tokens);
  return shares;
}

// Guesses for those that write, while rows of a product are nearly free: as long as reading the weights takes the time.
void Batch::draft(const std::vector<Share>& shares) {
  if (!options_.drafter) return;
  std::vector<Job*> writers;
  int64_t planned = 0;
  for (const auto& [job, tokens] : shares) {
    planned += tokens;
    if (job->left() == 1 && !job->embeds()) writers.push_back(job);
  }
  if (writers.empty()) return;
  const auto count = static_cast<int64_t>(writers.size());
  const int64_t each = std::min(options_.draft_rows / count - 1, (options_.pass_tokens - planned) / count);
  std::vector<Draft> drafts;
  for (Job* job : writers) {
    if (job->boldness == 0) job->boldness = options_.draft_tokens;
    const int64_t most = std::min({each, options_.draft_tokens, job->boldness, job->draftable()});
    if (most > 0) drafts.push_back({job->id, job->text, job->prompt_tokens, &*job->sampler, most, &job->drafts});
  }
  if (drafts.empty()) return;
  options_.drafter->draft(drafts);
  for (const Draft& draft : drafts) {
    auto& tokens = *draft.tokens;
    if (static_cast<int64_t>(tokens.size()) > draft.most) tokens.resize(static_cast<size_t>(draft.most));
    const int64_t vocab = decoder_.config().vocab;
    const auto strange = [&](int32_t token) { return token < 0 || token >= vocab; };
    tokens.erase(std::find_if(tokens.begin(), tokens.end(), strange), tokens.end());
  }
}

void Batch::put_back(const Job* job) {
  const auto found =
      std::find_if(running_.begin(), running_.end(), [&](const auto& running) { return running.get() == job; });
  keep(**found, false);  // until others need the room
  (*found)->cache.truncate(0);
  std::fill((*found)->hidden.begin(), (*found)->hidden.end(), 0.0F);
  (*found)->put_back = true;
  if (options_.drafter) options_.drafter->forget(job->id);
  put_back_.push_back(std::move(*found));
  running_.erase(found);
}

std::vector<std::unique_ptr<Job>> Batch::take_put_back() { return std::exchange(put_back_, {}); }

// Pages for all shares, the oldest first. Where there are none, what is only kept goes, then the youngest sequences go
// back to wait: the oldest always comes to its end.
void Batch::make_room(std::vector<Share>& shares) {
  std::sort(shares.begin(), shares.end(), [](const Share& a, const Share& b) { return older(a.job, b.job); });
  for (size_t i = 0; i < shares.size();) {
    Job* job = shares[i].job;
    if (job->cache.reserve(job->cache.size() + shares[i].tokens + static_cast<int64_t>(job->drafts.size()))) {
      ++i;
    } else if (!job->drafts.empty()) {
      job->drafts.clear();  // a guess is worth nobody's page
    } else if (prefixes_.evict()) {
      continue;
    } else if (running_.size() == 1) {
      // All pages are its own but for a last one that it shares and would have to copy: it gives that one up.
      job->cache.truncate(job->cache.size() / KvPool::kTokens * KvPool::kTokens);
      if (!prefixes_.evict()) throw std::logic_error("Batch: a sequence alone does not fit into the cache");
      shares.clear();
    } else {
      const auto youngest = std::max_element(running_.begin(), running_.end(),
                                             [](const auto& a, const auto& b) { return older(a.get(), b.get()); });
      const Job* leaves = youngest->get();  // after the i-th, or the i-th itself
      std::erase_if(shares, [&](const Share& share) { return share.job == leaves; });
      put_back(leaves);
    }
  }
}

int64_t Batch::pass() {
  for (const auto& job : running_) job->drafts.clear();
  std::vector<Share> shares = plan();
  draft(shares);
  make_room(shares);
  if (shares.empty()) return 0;
  int64_t tokens = 0;
  for (const Share& share : shares) tokens += share.tokens + static_cast<int64_t>(share.job->drafts.size());
  run(shares);
  return tokens;
}

void Batch::run(const std::vector<Share>& shares) {
  std::vector<Decoder::Piece> pieces;
  for (const auto& [job, tokens] : shares) {
    const auto first = job->text.begin() + job->cache.size();
    job->run.assign(first, first + tokens);
    job->run.insert(job->run.end(), job->drafts.begin(), job->drafts.end());
    const bool whole = tokens == job->left();
    if (job->greedy()) job->choices.resize(1 + job->drafts.size());
    pieces.push_back({.cache = &job->cache,
                      .tokens = job->run,
                      .wanted = whole && !job->embeds() ? 1 + static_cast<int64_t>(job->drafts.size()) : 0,
                      .hidden = job->embeds() ? job->hidden.data() : nullptr,
                      .likeliest = job->greedy() ? job->choices.data() : nullptr});
  }
  const Result<Tensor> logits = decoder_.forward(pieces);
  for (const auto& [job, tokens] : shares) {
    if (!logits) {
      job->ending = EndReason::failed;
      job->end.error = logits.error().message;
    } else if (job->embeds() && job->left() == 0) {
      job->ending = EndReason::max_tokens;
    }
  }
  if (logits) write(shares, *logits);
}

void Batch::write(const std::vector<Share>& shares, const Tensor& logits) {
  struct Rows {
    Job* job;
    int64_t first, count;
  };
  std::vector<Rows> free, constrained;
  int64_t row = 0;
  for (const auto& [job, tokens] : shares) {
    const auto drafts = static_cast<int64_t>(job->drafts.size());
    if (job->embeds() || job->left() + drafts != 0) continue;
    (job->request.constraint ? constrained : free).push_back({job, row, 1 + drafts});
    row += job->greedy() ? 0 : 1 + drafts;
  }
  const auto next = [&](const Rows& rows) {
    rows.job->write(logits.data() + rows.first * logits.columns(), rows.count);
  };
  for (const Rows& rows : constrained) next(rows);  // here: a constraint is promised this thread
  // Other threads are woken only for what takes longer than waking them.
  constexpr int64_t kAlone = 65536;
  const auto count = static_cast<int64_t>(free.size());
  if (logits.count() <= kAlone) {
    for (const Rows& rows : free) next(rows);
  } else {
    pool().parallel_for(count, [&](int64_t i) { next(free[static_cast<size_t>(i)]); });
  }

  for (const auto& [job, tokens] : shares) {
    if (!job->drafts.empty()) {
      const auto drafted = static_cast<int64_t>(job->drafts.size());
      job->cache.truncate(job->size() - 1);
      job->boldness = job->accepted == drafted ? 2 * drafted : job->accepted + 1;
      drafted_ += static_cast<uint64_t>(drafted);
      accepted_ += static_cast<uint64_t>(job->accepted);
    }
    const int64_t before = job->cache.size() - tokens - job->accepted;
    job->accepted = 0;
    const bool fills = job->cache.size() / KvPool::kTokens > before / KvPool::kTokens;
    const bool read = job->awaited && job->cache.size() >= static_cast<int64_t>(job->prompt_tokens);
    if (fills || read) keep(*job, read);
    if (read) job->awaited = false;
  }
}

}  // namespace persea
