#include "serve/quotas.h"

#include <algorithm>

namespace persea {
namespace {

constexpr double kMinute = 60;

}  // namespace

struct Quotas::Place::Held {
  Held(std::mutex& m, std::shared_ptr<Account> a, const Use& k) : mutex(m), account(std::move(a)), kept(k) {}
  ~Held() { settle({}); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  void settle(const Use& used) {
    const std::lock_guard lock(mutex);
    if (settled) return;
    settled = true;
    --account->running;
    account->tokens += static_cast<double>(kept.tokens - used.tokens);
    account->kept.tokens -= kept.tokens;
    // Sums of fractions do not come back to zero by themselves.
    account->kept.cost = account->running > 0 ? account->kept.cost - kept.cost : 0;
    account->unrecorded += used.cost;
  }

  std::mutex& mutex;
  const std::shared_ptr<Account> account;
  const Use kept;
  bool settled = false;
};

void Quotas::Place::settle(const Use& used) const {
  if (held_) held_->settle(used);
}

std::optional<Quotas::Refusal> Quotas::spending_refusal(const ApiKey& key, const Use& most, Account& account) {
  if (!key.spend) return std::nullopt;
  if (key.spent != account.recorded) {  // the record has caught up, at least in part
    account.unrecorded = std::max(0.0, account.unrecorded - (key.spent - account.recorded));
    account.recorded = key.spent;
  }
  const double left = *key.spend - key.spent - account.unrecorded;
  if (left <= 0) return Refusal{fmt::format("this key has spent all of its {}", *key.spend), "insufficient_quota"};
  if (most.cost > left) {
    return Refusal{fmt::format("this key has {:.6g} left of its {}, and this request may cost {:.6g}: ask for fewer "
                               "tokens (max_tokens)",
                               left, *key.spend, most.cost),
                   "insufficient_quota"};
  }
  if (account.kept.cost + most.cost > left) {
    return Refusal{fmt::format("this key has {:.6g} left of its {}, which its requests under way may need: wait for "
                               "them",
                               left, *key.spend),
                   "rate_limit_exceeded", 1};
  }
  return std::nullopt;
}

std::optional<Quotas::Refusal> Quotas::tokens_refusal(const ApiKey& key, const Use& most, Account& account) const {
  if (key.tokens_per_minute <= 0) return std::nullopt;
  const auto limit = static_cast<double>(key.tokens_per_minute);
  const auto now = clock_();
  if (!account.begun) account.tokens = limit;
  const double seconds = account.begun ? std::chrono::duration<double>(now - account.at).count() : 0;
  account.begun = true;
  account.at = now;
  account.tokens = std::min(limit, account.tokens + seconds * limit / kMinute);
  const double missing = std::min(static_cast<double>(most.tokens), limit) - account.tokens;
  if (missing <= 0) return std::nullopt;
  // Those that run will give back what they do not use: nobody knows when, but it is no use to wait for hours.
  const double wait = missing * kMinute / limit;
  return Refusal{fmt::format("this key may use {} tokens a minute; this request may use {}, and {} are kept for those "
                             "under way",
                             key.tokens_per_minute, most.tokens, account.kept.tokens),
                 "rate_limit_exceeded", account.kept.tokens > 0 ? std::min(wait, kMinute) : wait};
}

std::variant<Quotas::Place, Quotas::Refusal> Quotas::admit(const ApiKey& key, const Use& most) {
  const std::lock_guard lock(mutex_);
  auto& account = accounts_[key.id];
  if (!account) account = std::make_shared<Account>();
  if (auto refusal = spending_refusal(key, most, *account)) return *refusal;
  if (key.at_once > 0 && account->running >= key.at_once) {
    return Refusal{fmt::format("this key may have {} requests at once", key.at_once), "rate_limit_exceeded", 1};
  }
  if (auto refusal = tokens_refusal(key, most, *account)) return *refusal;
  account->tokens -= static_cast<double>(most.tokens);
  account->kept.tokens += most.tokens;
  account->kept.cost += most.cost;
  ++account->running;
  Place place;
  place.held_ = std::make_shared<Place::Held>(mutex_, account, most);
  return place;
}

}  // namespace persea
