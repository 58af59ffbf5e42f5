#include "serve/key_store.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/json.h"

namespace persea {
namespace {

constexpr std::string_view kPrefix = "psk_";
constexpr size_t kIdDigits = 12, kSecretBytes = 32;

const std::vector<Migration> kSchema = {
    {1,
     {"create table api_key (id text primary key, name text not null, user_name text not null, hash text not null, "
      "scopes text not null, tokens_per_minute bigint not null, at_once bigint not null, spend double precision, "
      "spent double precision not null, created text not null, revoked text, last_used text)"}},
};

constexpr const char* kColumns =
    "select id, name, user_name, scopes, tokens_per_minute, at_once, spend, spent, created, revoked, last_used, hash "
    "from api_key";
using Row = std::tuple<std::string, std::string, std::string, std::string, int64_t, int64_t, std::optional<double>,
                       double, std::string, std::optional<std::string>, std::optional<std::string>, std::string>;

Status ready() {
  if (sodium_init() < 0) return fail("this machine gives no random numbers: keys cannot be made or checked");
  return {};
}

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string hash_of(std::string_view secret) {
  static constexpr std::string_view kContext = "persea api key";  // another use of BLAKE2b gives another hash
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                     reinterpret_cast<const unsigned char*>(kContext.data()), kContext.size());
  return hex(hash);
}

std::set<std::string> split(const std::string& words) {
  std::set<std::string> all;
  for (size_t at = 0; at < words.size();) {
    const size_t end = std::min(words.find(' ', at), words.size());
    if (end > at) all.insert(words.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

ApiKey key_of(Row row) {
  ApiKey key;
  key.id = std::move(std::get<0>(row));
  key.name = std::move(std::get<1>(row));
  key.user = std::move(std::get<2>(row));
  key.scopes = split(std::get<3>(row));
  key.tokens_per_minute = std::get<4>(row);
  key.at_once = std::get<5>(row);
  key.spend = std::get<6>(row);
  key.spent = std::get<7>(row);
  key.created = std::move(std::get<8>(row));
  key.revoked = std::move(std::get<9>(row));
  key.last_used = std::move(std::get<10>(row));
  return key;
}

template <size_t... I>
Result<std::vector<Row>> rows_of(Database& database, std::string_view sql, std::index_sequence<I...>,
                                 const auto&... parameters) {
  return database.query<std::tuple_element_t<I, Row>...>(sql, parameters...);
}

Result<std::vector<Row>> rows_of(Database& database, std::string_view sql, const auto&... parameters) {
  return rows_of(database, sql, std::make_index_sequence<std::tuple_size_v<Row>>(), parameters...);
}

Status check_word(std::string_view what, std::string_view text) {
  const bool ok = !text.empty() && text.size() <= 64 &&
                  std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  return ok ? Status() : fail("a key's {} must be 1 to 64 bytes without control characters", what);
}

}  // namespace

const std::vector<std::string>& all_scopes() {
  static const std::vector<std::string> kAll = {"generate", "embed", "feedback", "trace", "metrics", "lab"};
  return kAll;
}

const std::set<std::string>& usual_scopes() {
  static const std::set<std::string> kUsual = {"generate", "embed", "feedback", "trace"};
  return kUsual;
}

Result<KeyStore> KeyStore::open(Database& database) {
  PERSEA_CHECK(ready());
  PERSEA_CHECK(database.migrate("keys", kSchema));
  return KeyStore(database);
}

Result<KeyStore::Made> KeyStore::add(const KeyTerms& terms) {
  PERSEA_CHECK(check_word("name", terms.name));
  PERSEA_CHECK(check_word("user", terms.user));
  if (terms.scopes.empty()) return fail("a key without a scope opens nothing: name at least one");
  std::string scopes;
  for (const std::string& scope : terms.scopes) {
    if (std::find(all_scopes().begin(), all_scopes().end(), scope) == all_scopes().end()) {
      const std::string near = nearest(scope, all_scopes());
      return fail("no scope \"{}\": {}", scope,
                  near.empty() ? "there are generate, embed, feedback, trace and metrics"
                               : fmt::format("did you mean {}?", near));
    }
    scopes += (scopes.empty() ? "" : " ") + scope;
  }
  if (terms.tokens_per_minute < 0 || terms.at_once < 0 || (terms.spend && !(*terms.spend >= 0))) {
    return fail("a key's limits cannot be negative");
  }
  std::array<unsigned char, kIdDigits / 2> id{};
  randombytes_buf(id.data(), id.size());
  std::array<unsigned char, kSecretBytes> secret{};
  randombytes_buf(secret.data(), secret.size());
  std::array<char, sodium_base64_ENCODED_LEN(kSecretBytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING)> text{};
  sodium_bin2base64(text.data(), text.size(), secret.data(), secret.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  const Made made{hex(id), fmt::format("{}{}_{}", kPrefix, hex(id), text.data())};
  PERSEA_CHECK(database_->execute(
      "insert into api_key (id, name, user_name, hash, scopes, tokens_per_minute, at_once, spend, spent, created) "
      "values (:id, :name, :user, :hash, :scopes, :tokens, :at_once, :spend, 0, :created)",
      made.id, terms.name, terms.user, hash_of(text.data()), scopes, terms.tokens_per_minute, terms.at_once,
      terms.spend, timestamp()));
  sodium_memzero(secret.data(), secret.size());
  sodium_memzero(text.data(), text.size());
  return made;
}

Result<std::vector<ApiKey>> KeyStore::list() {
  PERSEA_TRY(std::vector<Row> rows, rows_of(*database_, std::string(kColumns) + " order by created, id"));
  std::vector<ApiKey> keys;
  for (Row& row : rows) keys.push_back(key_of(std::move(row)));
  return keys;
}

Status KeyStore::revoke(std::string_view id) {
  PERSEA_TRY(
      const int64_t changed,
      database_->execute("update api_key set revoked = :now where id = :id and revoked is null", timestamp(), id));
  if (changed == 0) return fail("no key \"{}\" that is still good: persea key list shows them", id);
  return {};
}

Result<std::optional<ApiKey>> KeyStore::find(std::string_view text) {
  const std::optional<ApiKey> none;
  if (!text.starts_with(kPrefix) || text.size() > 256) return none;
  text.remove_prefix(kPrefix.size());
  if (text.size() < kIdDigits + 2 || text[kIdDigits] != '_') return none;
  PERSEA_TRY(std::vector<Row> rows, rows_of(*database_, std::string(kColumns) + " where id = :id and revoked is null",
                                            text.substr(0, kIdDigits)));
  if (rows.empty()) return none;
  const std::string hash = hash_of(text.substr(kIdDigits + 1)), &kept = std::get<11>(rows[0]);
  if (hash.size() != kept.size() || sodium_memcmp(hash.data(), kept.data(), hash.size()) != 0) return none;
  return std::optional(key_of(std::move(rows[0])));
}

Result<bool> KeyStore::any() {
  PERSEA_TRY(auto rows, database_->query<int64_t>("select count(*) from api_key"));
  return std::get<0>(rows.at(0)) > 0;
}

Status KeyStore::charge(std::string_view id, double amount) {
  PERSEA_CHECK(database_->execute("update api_key set spent = spent + :amount, last_used = :now where id = :id", amount,
                                  timestamp(), id));
  return {};
}

}  // namespace persea
