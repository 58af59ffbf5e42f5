#include "serve/reply_store.h"

#include "base/clock.h"

namespace persea {
namespace {

const std::vector<Migration> kSchema = {
    {1,
     {"create table reply (id text primary key, created text not null, user_name text not null, end_user text not "
      "null, "
      "api_key text not null, endpoint text not null, model text not null, digest text not null, "
      "artifact text not null, prompt_tokens bigint not null, cached_tokens bigint not null, "
      "written_tokens bigint not null, status bigint not null, seconds double precision not null, "
      "request_sha256 text not null, reply_sha256 text not null, request text, reply text)",
      "create index reply_by_user on reply (user_name, end_user)",
      "create table feedback (reply text primary key, created text not null, user_name text not null, "
      "end_user text not null, rating bigint not null, edit text, remark text)",
      "create index feedback_by_user on feedback (user_name, end_user)",
      "create table audit (at text not null, who text not null, action text not null, detail text not null)"}},
    {2, {"alter table reply add column error text not null default ''"}},
};

}  // namespace

std::string bare_reply_id(std::string_view id) {
  for (const std::string_view prefix : {"chatcmpl-", "cmpl-", "resp_", "req_", "embd-"}) {
    if (id.starts_with(prefix)) return std::string(id.substr(prefix.size()));
  }
  return std::string(id);
}

Result<ReplyStore> ReplyStore::open(Database& database) {
  PERSEA_CHECK(database.migrate("replies", kSchema));
  // What is deleted is overwritten at once.
  PERSEA_CHECK(database.execute("pragma secure_delete = on"));
  return ReplyStore(database);
}

Status ReplyStore::add(const std::vector<ReplyRecord>& replies) {
  return database_->transaction([&]() -> Status {
    for (const ReplyRecord& r : replies) {
      PERSEA_CHECK(database_->execute(
          "insert into reply (id, created, user_name, end_user, api_key, endpoint, model, digest, artifact, "
          "prompt_tokens, cached_tokens, written_tokens, status, error, seconds, request_sha256, reply_sha256, "
          "request, "
          "reply) "
          "values (:id, :created, :user, :end_user, :key, :endpoint, :model, :digest, :artifact, :prompt, :cached, "
          ":written, :status, :error, :seconds, :request_sha256, :reply_sha256, :request, :reply) on conflict (id) do "
          "nothing",
          r.id, r.created, r.owner.user, r.owner.end_user, r.key, r.endpoint, r.model, r.digest, r.artifact,
          r.prompt_tokens, r.cached_tokens, r.written_tokens, r.status, r.error, r.seconds, r.request_sha256,
          r.reply_sha256, r.request, r.reply));
    }
    return {};
  });
}

Result<std::optional<ReplyRecord>> ReplyStore::find(std::string_view id) {
  using Text = std::string;
  PERSEA_TRY(auto rows,
             (database_->query<Text, Text, Text, Text, Text, Text, Text, Text, Text, int64_t, int64_t, int64_t, int64_t,
                               Text, double, Text, Text, std::optional<Text>, std::optional<Text>>(
                 "select id, created, user_name, end_user, api_key, endpoint, model, digest, artifact, prompt_tokens, "
                 "cached_tokens, written_tokens, status, error, seconds, request_sha256, reply_sha256, request, reply "
                 "from reply where id = :id",
                 bare_reply_id(id))));
  if (rows.empty()) return std::optional<ReplyRecord>();
  auto& [own, created, user, end_user, key, endpoint, model, digest, artifact, prompt, cached, written, status, error,
         seconds, request_sha256, reply_sha256, request, reply] = rows[0];
  return std::optional(ReplyRecord{.id = own,
                                   .created = created,
                                   .owner = {user, end_user},
                                   .key = key,
                                   .endpoint = endpoint,
                                   .model = model,
                                   .digest = digest,
                                   .artifact = artifact,
                                   .prompt_tokens = prompt,
                                   .cached_tokens = cached,
                                   .written_tokens = written,
                                   .status = status,
                                   .error = error,
                                   .seconds = seconds,
                                   .request_sha256 = request_sha256,
                                   .reply_sha256 = reply_sha256,
                                   .request = request,
                                   .reply = reply});
}

Status ReplyStore::say(const Feedback& feedback) {
  PERSEA_TRY(const auto reply, find(feedback.reply));
  // Another's reply is as good as none: ids are not to be tried out.
  if (!reply || reply->owner.user != feedback.owner.user) {
    return fail("no reply \"{}\": its id stands in the reply", feedback.reply);
  }
  PERSEA_CHECK(database_->execute(
      "insert into feedback (reply, created, user_name, end_user, rating, edit, remark) "
      "values (:reply, :created, :user, :end_user, :rating, :edit, :remark) on conflict (reply) do update set "
      "created = excluded.created, rating = excluded.rating, edit = excluded.edit, remark = excluded.remark",
      reply->id, timestamp(), reply->owner.user, reply->owner.end_user, feedback.rating, feedback.edit,
      feedback.comment));
  return {};
}

Result<std::vector<PreferenceFact>> ReplyStore::preferences() {
  using Text = std::optional<std::string>;
  PERSEA_TRY(auto rows,
             (database_->query<std::string, std::string, std::string, std::string, int64_t, Text, Text, Text, Text>(
                 "select feedback.reply, feedback.created, reply.model, reply.artifact, feedback.rating, "
                 "feedback.edit, feedback.remark, reply.request, reply.reply from feedback join reply on "
                 "reply.id = feedback.reply order by feedback.created, feedback.reply")));
  std::vector<PreferenceFact> facts;
  for (auto& [reply, created, model, artifact, rating, edit, comment, request, text] : rows) {
    facts.push_back({reply, created, model, artifact, rating, edit, comment, request, text});
  }
  return facts;
}

Result<ReplyStore::Deleted> ReplyStore::forget(const ReplyOwner& owner) {
  Deleted deleted;
  PERSEA_CHECK(database_->transaction([&]() -> Status {
    if (owner.end_user.empty()) {
      PERSEA_TRY(deleted.feedback, database_->execute("delete from feedback where user_name = :user", owner.user));
      PERSEA_TRY(deleted.replies, database_->execute("delete from reply where user_name = :user", owner.user));
    } else {
      PERSEA_TRY(deleted.feedback,
                 database_->execute("delete from feedback where user_name = :user and end_user = :end", owner.user,
                                    owner.end_user));
      PERSEA_TRY(deleted.replies, database_->execute("delete from reply where user_name = :user and end_user = :end",
                                                     owner.user, owner.end_user));
    }
    return {};
  }));
  // Copies of the rows may lie in the log and in pages that were moved: both are written anew.
  PERSEA_CHECK(database_->execute("vacuum"));
  PERSEA_CHECK(database_->execute("pragma wal_checkpoint(truncate)"));
  return deleted;
}

Result<std::vector<ReplyStore::Owner>> ReplyStore::owners() {
  PERSEA_TRY(auto rows, (database_->query<std::string, int64_t, int64_t>(
                            "select user_name, count(*), sum(prompt_tokens + written_tokens) from reply group by "
                            "user_name order by user_name")));
  std::vector<Owner> owners;
  for (auto& [user, replies, tokens] : rows) owners.push_back({user, replies, tokens});
  return owners;
}

Status ReplyStore::audit(std::string_view who, std::string_view action, std::string_view detail) {
  PERSEA_CHECK(database_->execute("insert into audit (at, who, action, detail) values (:at, :who, :action, :detail)",
                                  timestamp(), who, action, detail));
  return {};
}

Result<std::vector<ReplyStore::AuditEntry>> ReplyStore::audit_log(int64_t most) {
  PERSEA_TRY(auto rows, (database_->query<std::string, std::string, std::string, std::string>(
                            "select at, who, action, detail from audit order by at desc limit :most", most)));
  std::vector<AuditEntry> entries;
  for (auto& [at, who, action, detail] : rows) entries.push_back({at, who, action, detail});
  return entries;
}

}  // namespace persea
