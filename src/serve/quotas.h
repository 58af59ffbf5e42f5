// What each key may use at the moment: requests at once, tokens a minute, money in all. Counts live in memory and begin
// anew with the program; what was spent is read from the key. It knows no database and no HTTP.
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

  // A place among the requests that run at once; it is given back when the last copy goes.
  using Place = std::shared_ptr<void>;
  struct Refusal {
    std::string why, code;      // "rate_limit_exceeded", "insufficient_quota"
    double retry_seconds = -1;  // -1: waiting does not help
  };
  // A request of `prompt_tokens` by this key. The tokens are taken off the minute's at once; where these are used up,
  // the request is refused. A request may go beyond them by what it writes: then the next wait longer.
  std::variant<Place, Refusal> admit(const ApiKey& key, int64_t prompt_tokens);
  void wrote(const std::string& key, int64_t tokens);
  void spent(const std::string& key, double amount);  // more than the key's record may say yet

 private:
  struct Account {
    double tokens = 0;  // left of the minute's
    std::chrono::steady_clock::time_point at;
    bool begun = false;
    int64_t running = 0;
    double unrecorded = 0;  // spent since the record was read
    double recorded = 0;
  };

  Clock clock_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Account>> accounts_;
};

}  // namespace persea
