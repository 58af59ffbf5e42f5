// What each key may use at the moment: requests at once, tokens a minute, money in all. A request is let in only if the
// most that it may use is there, which is kept for it until it is known what it has used: so many at once come no
// further than one after the other. Counts live in memory and begin anew with the program; what was spent is read from
// the key. It knows no database and no HTTP.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "serve/key_store.h"

namespace persea {

class Quotas {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  explicit Quotas(Clock clock = std::chrono::steady_clock::now) : clock_(std::move(clock)) {}

  struct Use {
    int64_t tokens = 0;  // of the prompt and written
    double cost = 0;     // in the unit of the keys' spending limits
  };

  // A place among the requests that run at once, and what is kept for it. Copies are the same place; one that was not
  // settled when the last of them goes has used nothing. It must not outlive the quotas.
  class Place {
   public:
    void settle(const Use& used) const;  // what the request has used, and its end here; once

   private:
    friend class Quotas;
    struct Held;
    std::shared_ptr<Held> held_;
  };
  struct Refusal {
    std::string why, code;      // "rate_limit_exceeded", "insufficient_quota"
    double retry_seconds = -1;  // -1: waiting does not help
  };
  // A request of this key that will use `most` at most. One that wants more than a minute's tokens gets in when a whole
  // minute's are there; the next then wait longer.
  std::variant<Place, Refusal> admit(const ApiKey& key, const Use& most);

 private:
  struct Account {
    double tokens = 0;  // left of the minute's
    std::chrono::steady_clock::time_point at;
    bool begun = false;
    int64_t running = 0;
    Use kept = {};          // for those that run
    double unrecorded = 0;  // spent since the record was read
    double recorded = 0;
  };
  static std::optional<Refusal> spending_refusal(const ApiKey& key, const Use& most, Account& account);
  std::optional<Refusal> tokens_refusal(const ApiKey& key, const Use& most, Account& account) const;

  Clock clock_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Account>> accounts_;
};

}  // namespace persea
