// API keys of a lab's service, and what they may do and have spent, in its database. A key is shown once, when it is
// made; what is kept is a hash (BLAKE2b) of its secret part, which is 256 random bits, so that a slow hash would add
// nothing. It counts no requests: see quotas.h.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace persea {

// What a key opens: generate (chats, completions, responses), embed, feedback, trace, metrics, lab.
const std::vector<std::string>& all_scopes();
const std::set<std::string>& usual_scopes();  // of a key that was made without naming any

struct KeyTerms {
  std::string name = {};  // for people
  std::string user = {};  // whose key it is: data and quotas are told by it
  std::set<std::string> scopes = usual_scopes();
  int64_t tokens_per_minute = 0;     // 0: no limit
  int64_t at_once = 0;               // requests; 0: no limit
  std::optional<double> spend = {};  // in the unit of the server's prices
};

struct ApiKey : KeyTerms {
  std::string id = {};
  double spent = 0;
  std::string created = {};
  std::optional<std::string> revoked = {}, last_used = {};  // when
};

class KeyStore {
 public:
  // Makes the tables where they are missing. The database has to outlive it.
  static Result<KeyStore> open(Database& database);

  struct Made {
    std::string id;
    std::string key;  // "psk_ID_SECRET": cannot be had again
  };
  // Errors: a scope or name that cannot be.
  Result<Made> add(const KeyTerms& terms);
  Result<std::vector<ApiKey>> list();  // oldest first, revoked ones too
  Status revoke(std::string_view id);
  // The key that `text` is, if it is one and not revoked.
  Result<std::optional<ApiKey>> find(std::string_view text);
  Result<bool> any();                                 // that was ever made
  Status charge(std::string_view id, double amount);  // and notes that it was used

 private:
  explicit KeyStore(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace persea
