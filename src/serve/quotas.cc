#include "serve/quotas.h"

#include <algorithm>

namespace persea {

std::variant<Quotas::Place, Quotas::Refusal> Quotas::admit(const ApiKey& key, int64_t prompt_tokens) {
  const std::lock_guard lock(mutex_);
  auto& account = accounts_[key.id];
  if (!account) account = std::make_shared<Account>();
  if (key.spend) {
    if (key.spent != account->recorded) {  // the record has caught up, at least in part
      account->unrecorded = std::max(0.0, account->unrecorded - (key.spent - account->recorded));
      account->recorded = key.spent;
    }
    if (key.spent + account->unrecorded >= *key.spend) {
      return Refusal{fmt::format("this key has spent all of its {}", *key.spend), "insufficient_quota"};
    }
  }
  if (key.at_once > 0 && account->running >= key.at_once) {
    return Refusal{fmt::format("this key may have {} requests at once", key.at_once), "rate_limit_exceeded", 1};
  }
  if (key.tokens_per_minute > 0) {
    const auto limit = static_cast<double>(key.tokens_per_minute);
    const auto now = clock_();
    if (!account->begun) account->tokens = limit;
    const double seconds = account->begun ? std::chrono::duration<double>(now - account->at).count() : 0;
    account->begun = true;
    account->at = now;
    account->tokens = std::min(limit, account->tokens + seconds * limit / 60);
    if (account->tokens < std::min(static_cast<double>(prompt_tokens), limit)) {
      const double missing = std::min(static_cast<double>(prompt_tokens), limit) - account->tokens;
      return Refusal{fmt::format("this key may use {} tokens a minute", key.tokens_per_minute), "rate_limit_exceeded",
                     missing * 60 / limit};
    }
    account->tokens -= static_cast<double>(prompt_tokens);
  }
  ++account->running;
  return Place(account.get(), [this, account](void*) {
    const std::lock_guard giving_back(mutex_);
    --account->running;
  });
}

void Quotas::wrote(const std::string& key, int64_t tokens) {
  const std::lock_guard lock(mutex_);
  if (const auto found = accounts_.find(key); found != accounts_.end()) {
    found->second->tokens -= static_cast<double>(tokens);
  }
}

void Quotas::spent(const std::string& key, double amount) {
  const std::lock_guard lock(mutex_);
  if (const auto found = accounts_.find(key); found != accounts_.end()) found->second->unrecorded += amount;
}

}  // namespace persea
