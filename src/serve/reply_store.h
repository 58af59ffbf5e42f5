// The record of a lab's service: every reply with the model that wrote it, what people said of replies, and who
// changed what. Content is kept only where that was asked for; digests and counts always. What a user has deleted is
// gone from the file, not only from the tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/database.h"

namespace persea {

// Whose a reply is: the key's user, and the user that the client named.
struct ReplyOwner {
  std::string user = "local";  // "local" where no key was asked for
  std::string end_user = {};
};

struct ReplyRecord {
  std::string id = {};  // without the prefix of its API
  std::string created = {};
  ReplyOwner owner = {};
  std::string key = {};  // the key's id, or ""
  std::string endpoint = {}, model = {}, digest = {}, artifact = {};
  int64_t prompt_tokens = 0, cached_tokens = 0, written_tokens = 0;
  int64_t status = 0;
  std::string error = {};  // its code, where the reply came to none or was cut off: see JobOutcome
  double seconds = 0;
  std::string request_sha256 = {}, reply_sha256 = {};   // of the body and of the texts
  std::optional<std::string> request = {}, reply = {};  // kept only where asked for: the body, and the texts as JSON
};

struct Feedback {
  std::string reply = {};  // the id
  ReplyOwner owner = {};
  int rating = 0;                        // 1 up, -1 down, 0 neither
  std::optional<std::string> edit = {};  // what the reply should have said
  std::optional<std::string> comment = {};
};

// Chosen and rejected, as tuning wants it.
struct PreferenceFact {
  std::string reply = {}, created = {}, model = {}, artifact = {};
  int64_t rating = 0;
  std::optional<std::string> edit = {}, comment = {}, request = {}, text = {};
};

// The id without "chatcmpl-" and its like.
std::string bare_reply_id(std::string_view id);

class ReplyStore {
 public:
  static Result<ReplyStore> open(Database& database);  // which has to outlive it

  Status add(const std::vector<ReplyRecord>& replies);
  Result<std::optional<ReplyRecord>> find(std::string_view id);  // in any of its spellings

  // Fails where there is no such reply of this owner.
  Status say(const Feedback& feedback);
  Result<std::vector<PreferenceFact>> preferences();

  struct Deleted {
    int64_t replies = 0, feedback = 0;
  };
  // All of a user's, or of one of those that it speaks for; then the file is written anew, so that nothing of it is
  // left on the disk.
  Result<Deleted> forget(const ReplyOwner& owner);

  struct Owner {
    std::string user;
    int64_t replies = 0, tokens = 0;
  };
  Result<std::vector<Owner>> owners();

  // Who did what: keys made and revoked, data deleted, servers started.
  Status audit(std::string_view who, std::string_view action, std::string_view detail);
  struct AuditEntry {
    std::string at, who, action, detail;
  };
  Result<std::vector<AuditEntry>> audit_log(int64_t most);

 private:
  explicit ReplyStore(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace persea
