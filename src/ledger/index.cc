#include "ledger/index.h"

#include <algorithm>

#include "ledger/manifest.h"

namespace persea {
namespace {

const std::vector<Migration> kSchema = {
    {1,
     {"create table artifact (id text primary key, kind text not null, stage_key text not null, digest text not null, "
      "created text not null)",
      "create index artifact_by_key on artifact (stage_key)",
      "create index artifact_by_kind on artifact (kind, created)",
      "create table artifact_input (artifact text not null, place bigint not null, role text not null, "
      "input text not null, primary key (artifact, place))",
      "create index artifact_input_by_input on artifact_input (input)"}},
};

std::vector<std::string> first_column(std::vector<std::tuple<std::string>> rows) {
  std::vector<std::string> column;
  column.reserve(rows.size());
  for (auto& row : rows) column.push_back(std::move(std::get<0>(row)));
  return column;
}

}  // namespace

Result<Index> Index::open(const std::filesystem::path& path) {
  PERSEA_TRY(Database database, Database::open_sqlite(path));
  PERSEA_CHECK(database.migrate("ledger", kSchema));
  return Index(std::move(database));
}

Status Index::insert(const Artifact& artifact) {
  PERSEA_TRY(const int64_t inserted,
             database_.execute("insert into artifact (id, kind, stage_key, digest, created) values "
                               "(:id, :kind, :key, :digest, :created) on conflict (id) do nothing",
                               artifact.id, artifact.kind, stage_key(artifact),
                               artifact.manifest.at("digest").get<std::string>(), artifact.created()));
  if (inserted == 0) return {};
  int64_t place = 0;
  for (const ArtifactInput& input : artifact.inputs()) {
    PERSEA_CHECK(database_.execute(
        "insert into artifact_input (artifact, place, role, input) values (:artifact, :place, :role, :input)",
        artifact.id, place++, input.role, input.id));
  }
  return {};
}

Status Index::erase(std::string_view id) {
  PERSEA_CHECK(database_.execute("delete from artifact_input where artifact = :id", id));
  PERSEA_CHECK(database_.execute("delete from artifact where id = :id", id));
  return {};
}

Status Index::put(const Artifact& artifact) {
  return database_.transaction([&]() -> Status {
    PERSEA_CHECK(erase(artifact.id));
    return insert(artifact);
  });
}

Status Index::update(bool all, const std::vector<std::string>& gone, const std::vector<Artifact>& found) {
  return database_.transaction([&]() -> Status {
    if (all) {
      PERSEA_CHECK(database_.execute("delete from artifact_input"));
      PERSEA_CHECK(database_.execute("delete from artifact"));
    }
    for (const std::string& id : gone) PERSEA_CHECK(erase(id));
    for (const Artifact& artifact : found) PERSEA_CHECK(insert(artifact));
    return {};
  });
}

Result<std::vector<std::pair<std::string, std::string>>> Index::all() {
  PERSEA_TRY(auto rows,
             (database_.query<std::string, std::string>("select id, digest from artifact order by created, id")));
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(rows.size());
  for (auto& [id, digest] : rows) pairs.emplace_back(std::move(id), std::move(digest));
  return pairs;
}

Result<std::optional<std::string>> Index::digest(std::string_view id) {
  PERSEA_TRY(auto rows, database_.query<std::string>("select digest from artifact where id = :id", id));
  return rows.empty() ? std::optional<std::string>() : std::optional(std::get<0>(rows[0]));
}

Result<std::vector<std::string>> Index::with_key(std::string_view key) {
  PERSEA_TRY(auto rows, database_.query<std::string>(
                            "select id from artifact where stage_key = :key order by created desc, id", key));
  return first_column(std::move(rows));
}

Result<std::vector<std::string>> Index::made_from(std::string_view input) {
  PERSEA_TRY(auto rows,
             database_.query<std::string>("select id from artifact where exists (select 1 from artifact_input where "
                                          "artifact = artifact.id and input = :input) order by created, id",
                                          input));
  return first_column(std::move(rows));
}

Result<std::string> Index::resolve(std::string_view name) {
  PERSEA_TRY(auto exact, database_.query<std::string>("select id from artifact where id = :id", name));
  if (exact.size() == 1) return std::get<0>(exact[0]);
  PERSEA_TRY(auto kind, database_.query<std::string>(
                            "select id from artifact where kind = :kind order by created desc, id limit 1", name));
  if (kind.size() == 1) return std::get<0>(kind[0]);
  const auto length = static_cast<int64_t>(name.size());
  PERSEA_TRY(auto matches,
             database_.query<std::string>("select id from artifact where substr(id, 1, :length) = :name or "
                                          "substr(id, length(kind) + 2, :again) = :once_more order by created desc, id",
                                          length, name, length, name));
  if (matches.size() == 1) return std::get<0>(matches[0]);
  if (!name.empty() && matches.size() > 1) {
    std::string some;
    for (size_t i = 0; i < std::min<size_t>(matches.size(), 3); ++i) some += " " + std::get<0>(matches[i]);
    return fail("\"{}\" is the beginning of {} artifacts:{}{}: give more of the id", name, matches.size(), some,
                matches.size() > 3 ? " ..." : "");
  }
  PERSEA_TRY(auto kinds, database_.query<std::string>("select distinct kind from artifact order by kind"));
  PERSEA_TRY(auto ids, database_.query<std::string>("select id from artifact"));
  std::vector<std::string> known = first_column(std::move(kinds));
  for (std::string& id : first_column(std::move(ids))) known.push_back(std::move(id));
  if (known.empty()) return fail("no artifact \"{}\": the lab is still empty", name);
  const std::string near = nearest(name, known);
  return fail("no artifact \"{}\": {}", name,
              near.empty() ? "persea ls shows those there are" : fmt::format("did you mean {}?", near));
}

}  // namespace persea
