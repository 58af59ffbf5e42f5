#include "store/database.h"

// Debian's SOCI offers conversions to types of Boost, in headers alone; without this every build would need Boost for
// nothing.
#include <soci/soci-config.h>
#undef SOCI_HAVE_BOOST
#undef SOCI_HAVE_BOOST_DATE_TIME
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/clock.h"

namespace persea {
namespace {

constexpr int kPatienceSeconds = 30;

// SOCI names an SQLite file by a string of "key=value" pairs, unless there is no '=' in it: then all of it is the name.
Result<std::string> connect_string(const std::string& path) {
  if (path.find('=') == std::string::npos) return path;
  if (path.find('"') != std::string::npos) {
    return fail("{}: a path with both '=' and '\"' cannot hold a database: rename the folder", path);
  }
  return "db=\"" + path + "\"";
}

int code_of(const soci::soci_error& error) {
  const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  return sqlite ? sqlite->result() & 0xff : SQLITE_OK;
}

// SQLite calls it an I/O error where there is no room for the files beside the database.
bool disk_is_full(const std::string& path) {
  constexpr uintmax_t kRoom = 256 << 10;
  std::error_code error;
  const auto space = std::filesystem::space(std::filesystem::absolute(path).parent_path(), error);
  return !error && space.available < kRoom;
}

// One line for a person: SQLite's own words, and the mend where its code tells one.
Error describe(const std::string& path, const soci::soci_error& error) {
  switch (code_of(error)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail("{}: another program has been writing to it for {} s: try again when it is done", path,
                  kPatienceSeconds);
    case SQLITE_FULL:
      return fail("{}: cannot write: the disk is full", path);
    case SQLITE_IOERR:
      if (disk_is_full(path)) return fail("{}: cannot write: the disk is full", path);
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail("{}: damaged, or no database: put back a copy, or move it away to have a new one made", path);
    case SQLITE_CANTOPEN:
      if (disk_is_full(path)) return fail("{}: cannot write: the disk is full", path);
      return fail("{}: cannot open the database: check the folder and its permissions", path);
    case SQLITE_READONLY:
      return fail("{}: cannot write: the file or its folder is read-only", path);
    default:
      break;
  }
  std::string reason = error.get_error_message();
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return fail("{}: {}", path, reason);
}

}  // namespace

struct Database::Connection {
  explicit Connection(std::string name) : path(std::move(name)) {}

  // A value bound to a statement, or read from one: SOCI wants it to stay where it is.
  struct Cell {
    soci::indicator indicator = soci::i_ok;
    long long integer = 0;
    double real = 0;
    std::string text;
  };

  void bind(soci::statement& statement, std::deque<Cell>& cells, std::vector<Value>& parameters) {
    for (Value& parameter : parameters) {
      Cell& cell = cells.emplace_back();
      if (auto* integer = std::get_if<int64_t>(&parameter)) {
        cell.integer = *integer;
        statement.exchange(soci::use(cell.integer, cell.indicator));
      } else if (auto* real = std::get_if<double>(&parameter)) {
        cell.real = *real;
        statement.exchange(soci::use(cell.real, cell.indicator));
      } else {
        if (auto* text = std::get_if<std::string>(&parameter)) {
          cell.text = std::move(*text);
        } else {
          cell.indicator = soci::i_null;
        }
        statement.exchange(soci::use(cell.text, cell.indicator));
      }
    }
  }

  void define(soci::statement& statement, std::deque<Cell>& cells, const std::vector<Column>& columns) {
    for (const Column& column : columns) {
      Cell& cell = cells.emplace_back();
      switch (column.type) {
        case Type::integer:
          statement.exchange(soci::into(cell.integer, cell.indicator));
          break;
        case Type::real:
          statement.exchange(soci::into(cell.real, cell.indicator));
          break;
        case Type::text:
          statement.exchange(soci::into(cell.text, cell.indicator));
          break;
      }
    }
  }

  static Value value_of(Cell& cell, Type type) {
    if (cell.indicator == soci::i_null) return {};
    switch (type) {
      case Type::integer:
        return static_cast<int64_t>(cell.integer);
      case Type::real:
        return cell.real;
      case Type::text:
        return std::move(cell.text);
    }
    return {};
  }

  Status execute(const char* sql) {
    try {
      session << sql;
      return {};
    } catch (const soci::soci_error& error) {
      return describe(path, error);
    }
  }

  // Two programs that switch a new file to the write-ahead log at once may both be refused without SQLite's own
  // patience, as each would wait for the other: so the patience is here.
  Status use_write_ahead_log() {
    const double end = wall_seconds() + kPatienceSeconds;
    while (true) {
      try {
        session << "pragma journal_mode = wal";
        return {};
      } catch (const soci::soci_error& error) {
        if (code_of(error) != SQLITE_BUSY || wall_seconds() > end) return describe(path, error);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::string path;
  soci::session session;
  std::recursive_mutex turn;
  bool in_transaction = false;
};

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open_sqlite(const std::filesystem::path& path) {
  PERSEA_TRY(const std::string name, connect_string(path.string()));
  auto connection = std::make_unique<Connection>(path.string());
  try {
    connection->session.open(soci::sqlite3, name);
  } catch (const soci::soci_error& error) {
    return describe(path.string(), error);
  }
  // Durable commits (FULL): writes are few, and some of what a lab's database holds (what people said) is nowhere else.
  // With the write-ahead log readers never wait for a writer. Where the file system cannot have one, SQLite keeps its
  // rollback journal, which is as safe.
  PERSEA_CHECK(connection->execute(fmt::format("pragma busy_timeout = {}", kPatienceSeconds * 1000).c_str()));
  PERSEA_CHECK(connection->use_write_ahead_log());
  PERSEA_CHECK(connection->execute("pragma synchronous = full"));
  PERSEA_CHECK(connection->execute("pragma foreign_keys = on"));
  return Database(std::move(connection));
}

Result<int64_t> Database::run(std::string_view sql, std::vector<Value> parameters) {
  Connection& c = *connection_;
  const std::lock_guard lock(c.turn);
  std::deque<Connection::Cell> cells;
  try {
    soci::statement statement(c.session);
    c.bind(statement, cells, parameters);
    statement.alloc();
    statement.prepare(std::string(sql));
    statement.define_and_bind();
    statement.execute(true);
    return static_cast<int64_t>(statement.get_affected_rows());
  } catch (const soci::soci_error& error) {
    return describe(c.path, error);
  }
}

Result<std::vector<std::vector<Database::Value>>> Database::select(std::string_view sql, std::vector<Value> parameters,
                                                                   const std::vector<Column>& columns) {
  Connection& c = *connection_;
  const std::lock_guard lock(c.turn);
  std::deque<Connection::Cell> bound, defined;
  std::vector<std::vector<Value>> rows;
  try {
    soci::statement statement(c.session);
    c.bind(statement, bound, parameters);
    c.define(statement, defined, columns);
    statement.alloc();
    statement.prepare(std::string(sql));
    statement.define_and_bind();
    statement.execute(false);
    while (statement.fetch()) {
      std::vector<Value>& row = rows.emplace_back();
      row.reserve(columns.size());
      for (size_t i = 0; i < columns.size(); ++i) {
        row.push_back(Connection::value_of(defined[i], columns[i].type));
        if (!columns[i].nullable && std::holds_alternative<std::monostate>(row.back())) {
          return fail("{}: column {} is null in the answer to: {}", c.path, i + 1, sql);
        }
      }
    }
  } catch (const soci::soci_error& error) {
    return describe(c.path, error);
  }
  return rows;
}

Status Database::transaction(const std::function<Status()>& body) {
  Connection& c = *connection_;
  const std::lock_guard lock(c.turn);
  if (c.in_transaction) throw std::logic_error("Database::transaction inside a transaction");
  // "immediate": a transaction that begins by reading and writes later could otherwise fail in its middle.
  PERSEA_CHECK(c.execute("begin immediate"));
  struct Guard {
    Connection& c;
    bool committed = false;
    explicit Guard(Connection& connection) : c(connection) { c.in_transaction = true; }
    ~Guard() {
      // A rollback fails where SQLite has undone the transaction itself (a full disk): then there is nothing to undo.
      if (!committed) (void)c.execute("rollback");
      c.in_transaction = false;
    }
  } guard(c);
  PERSEA_CHECK(body());
  PERSEA_CHECK(c.execute("commit"));
  guard.committed = true;
  return {};
}

Status Database::migrate(std::string_view component, std::span<const Migration> migrations) {
  for (size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].version != static_cast<int>(i) + 1) {
      throw std::logic_error("Database::migrate: the versions are not 1, 2, 3, ...");
    }
  }
  const auto current = [&]() -> Result<int64_t> {
    PERSEA_TRY(auto rows, (query<std::optional<int64_t>>(
                              "select max(version) from schema_migration where component = :component", component)));
    return std::get<0>(rows.at(0)).value_or(0);
  };
  PERSEA_CHECK(
      execute("create table if not exists schema_migration (component text not null, version bigint not null, "
              "applied text not null, primary key (component, version))"));
  PERSEA_TRY(const int64_t before, current());
  const auto known = static_cast<int64_t>(migrations.size());
  if (before > known) {
    return fail("{}: made by a newer version of this program (schema {} of {}, this one knows {}): use the newer one",
                connection_->path, before, component, known);
  }
  for (const Migration& migration : migrations) {
    if (migration.version <= before) continue;
    PERSEA_CHECK(transaction([&]() -> Status {
      // Another program may have come first between the look above and this lock.
      PERSEA_TRY(const int64_t now, current());
      if (migration.version <= now) return {};
      for (const std::string& statement : migration.statements) PERSEA_CHECK(execute(statement));
      PERSEA_CHECK(execute("insert into schema_migration (component, version, applied) values (:c, :v, :a)", component,
                           migration.version, timestamp()));
      return {};
    }));
  }
  return {};
}

}  // namespace persea
