// Expected failure as a value: Result<T> is a T or an Error, Status is success or an Error.
// An Error's message is one line for a person: what is wrong, where (file, line or key), and the mend.
// Misuse of an API is no expected failure: it throws std::logic_error.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace persea {

struct Error {
  std::string message;
};

// fail("{}: truncated at byte {}", path, offset)
template <class... Args>
[[nodiscard]] Error fail(fmt::format_string<Args...> format, Args&&... args) {
  return Error{fmt::format(format, std::forward<Args>(args)...)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return get(); }
  const T& value() const& { return const_cast<Result*>(this)->get(); }
  T&& value() && { return std::move(get()); }
  T& operator*() & { return get(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(get()); }
  T* operator->() { return &get(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  T& get() {
    if (!ok()) throw std::logic_error("Result without a value: " + error().message);
    return std::get<0>(state_);
  }
  std::variant<T, Error> state_;
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace persea

// Returns the error of `expr` (a Status or Result) from the enclosing function: only a macro can return for its caller.
#define PERSEA_CHECK(expr)                                       \
  do {                                                           \
    if (auto status_ = (expr); !status_) return status_.error(); \
  } while (0)
// PERSEA_TRY(auto text, read_file(path)): declares the value, or returns the error.
#define PERSEA_TRY(declaration, expr) PERSEA_TRY_(declaration, expr, PERSEA_CAT_(result_, __LINE__))
#define PERSEA_TRY_(declaration, expr, name) \
  auto name = (expr);                        \
  if (!name) return name.error();            \
  declaration = std::move(*name)
#define PERSEA_CAT_(a, b) PERSEA_CAT2_(a, b)
#define PERSEA_CAT2_(a, b) a##b
