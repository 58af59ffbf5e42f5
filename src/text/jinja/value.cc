#include "text/jinja/value.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace persea::jinja {

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return "";
  char* to = static_cast<char*>(memory_.allocate(text.size(), 1));
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

std::span<Value> Arena::values(size_t count) {
  auto* first = static_cast<Value*>(memory_.allocate(std::max<size_t>(count, 1) * sizeof(Value), alignof(Value)));
  std::uninitialized_default_construct_n(first, count);
  return {first, count};
}

std::span<const Value> Arena::copy(std::span<const Value> from) {
  const std::span<Value> to = values(from.size());
  std::copy(from.begin(), from.end(), to.begin());
  return to;
}

const Dict* Arena::dict(std::span<const Pair> from) {
  auto* first = static_cast<Pair*>(memory_.allocate(std::max<size_t>(from.size(), 1) * sizeof(Pair), alignof(Pair)));
  std::uninitialized_copy(from.begin(), from.end(), first);
  return make<Dict>(std::span<const Pair>(first, from.size()));
}

std::string_view type_name(const Value& value) {
  switch (value.kind) {
    case Kind::missing:
    case Kind::undefined:
      return "Undefined";
    case Kind::none:
      return "NoneType";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::real:
      return "float";
    case Kind::text:
      return value.safe ? "Markup" : "str";
    case Kind::list:
      return "list";
    case Kind::tuple:
      return "tuple";
    case Kind::dict:
      return "dict";
    case Kind::range:
      return "range";
    case Kind::view:
      return "dict view";
    case Kind::iterator:
      return "generator";
    case Kind::space:
      return "Namespace";
    case Kind::macro:
      return "Macro";
    case Kind::loop:
      return "LoopContext";
    case Kind::method:
      return "method";
    case Kind::function:
      return "function";
    case Kind::cycler:
      return "Cycler";
    case Kind::joiner:
      return "Joiner";
  }
  return "object";
}

}  // namespace persea::jinja
