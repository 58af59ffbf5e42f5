// SQL behind one interface: statements, typed rows, transactions and migrations, over SOCI. SQLite stands behind it;
// the SQL that callers write is what SQLite and PostgreSQL both understand (":name" parameters, "on conflict", bigint,
// text), so that another back end changes no caller. It is no object mapper and builds no SQL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace persea {

// One step of a schema: its statements run in one transaction, once in the life of a database.
struct Migration {
  int version;  // 1, 2, 3, ... without gaps
  std::vector<std::string> statements;
};

// A connection. Calls may come from any thread; they take turns, and a transaction keeps its turn to its end.
class Database {
 public:
  // Opens or creates the SQLite file `path`: write-ahead log, every commit durable, up to 30 s of patience with other
  // programs that write at the moment. Fails where the file is damaged, not writable, or no database.
  static Result<Database> open_sqlite(const std::filesystem::path& path);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // A statement without rows; the number of rows it changed. Parameters (integers, double, text, std::optional of them)
  // stand for ":name" marks in the order of the marks.
  template <class... Parameters>
  Result<int64_t> execute(std::string_view sql, const Parameters&... parameters) {
    return run(sql, {to_value(parameters)...});
  }

  // The rows of a select, each a tuple of int64_t, double, std::string or std::optional of them:
  // query<std::string, int64_t>("select id, bytes from artifact where kind = :kind", kind). A null in a column that is
  // no std::optional is an error.
  template <class... Columns, class... Parameters>
  Result<std::vector<std::tuple<Columns...>>> query(std::string_view sql, const Parameters&... parameters) {
    PERSEA_TRY(auto rows, select(sql, {to_value(parameters)...}, {column_of<Columns>()...}));
    std::vector<std::tuple<Columns...>> typed;
    typed.reserve(rows.size());
    for (auto& row : rows) typed.push_back(to_tuple<Columns...>(row, std::index_sequence_for<Columns...>{}));
    return typed;
  }

  // Runs `body` in a transaction that takes the write lock at once: committed if it returns success, else undone.
  // A transaction inside a transaction is misuse and throws.
  Status transaction(const std::function<Status()>& body);

  // Brings the schema of `component` (a part of the program with tables of its own) up to the last of `migrations`.
  // Several programs may do so at once. Fails where the database is newer than this program.
  Status migrate(std::string_view component, std::span<const Migration> migrations);

 private:
  using Value = std::variant<std::monostate, int64_t, double, std::string>;
  enum class Type { integer, real, text };
  struct Column {
    Type type;
    bool nullable;
  };
  struct Connection;

  explicit Database(std::unique_ptr<Connection> connection);
  Result<int64_t> run(std::string_view sql, std::vector<Value> parameters);
  Result<std::vector<std::vector<Value>>> select(std::string_view sql, std::vector<Value> parameters,
                                                 const std::vector<Column>& columns);

  template <class T>
  struct Optional : std::false_type {
    using type = T;
  };
  template <class T>
  struct Optional<std::optional<T>> : std::true_type {
    using type = T;
  };

  template <class T>
  static Value to_value(const T& value) {
    if constexpr (Optional<T>::value) {
      return value ? to_value(*value) : Value{};
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<int64_t>(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(value);
    } else {
      return std::string(std::string_view(value));
    }
  }
  template <class T>
  static Column column_of() {
    using U = typename Optional<T>::type;
    static_assert(std::is_same_v<U, int64_t> || std::is_same_v<U, double> || std::is_same_v<U, std::string>);
    const Type type = std::is_same_v<U, int64_t> ? Type::integer : std::is_same_v<U, double> ? Type::real : Type::text;
    return {type, Optional<T>::value};
  }
  template <class T>
  static T from_value(Value& value) {
    if constexpr (Optional<T>::value) {
      if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
    }
    return std::move(std::get<typename Optional<T>::type>(value));
  }
  template <class... Columns, size_t... I>
  static std::tuple<Columns...> to_tuple(std::vector<Value>& row, std::index_sequence<I...>) {
    return {from_value<Columns>(row[I])...};
  }

  std::unique_ptr<Connection> connection_;
};

}  // namespace persea
