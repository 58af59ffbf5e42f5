#include "text/jinja.h"

#include <algorithm>
#include <unordered_map>

#include "text/jinja/interpreter.h"
#include "text/jinja/operations.h"
#include "text/jinja/parser.h"
#include "text/unicode.h"

namespace persea {
namespace {

using jinja::Arena;
using jinja::Pair;
using jinja::Value;

constexpr size_t kMaxDepth = 256;

// A dict's pairs of JSON: of a key that is given twice the last value holds, in the first one's place.
const jinja::Dict* dict_of(Arena& arena, const std::vector<Pair>& pairs) {
  std::vector<Pair> unique;
  std::unordered_map<std::string_view, size_t> at;
  for (const auto& [key, value] : pairs) {
    const auto [it, fresh] = at.emplace(key.text(), unique.size());
    if (fresh) {
      unique.emplace_back(key, value);
    } else {
      unique[it->second].second = value;
    }
  }
  return arena.dict(unique);
}

// Values as a parser of JSON comes to them.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  explicit Reader(Arena& arena) : arena_(arena) {}

  bool null() override { return add(Value::none()); }
  bool boolean(bool value) override { return add(Value::of(value)); }
  bool number_integer(int64_t value) override { return add(Value::of(value)); }
  bool number_unsigned(uint64_t value) override {
    if (value > INT64_MAX) return stop("a number that needs more than 64 bits");
    return add(Value::of(static_cast<int64_t>(value)));
  }
  bool number_float(double value, const std::string& digits) override {
    if (digits.find_first_of(".eE") == std::string::npos) return stop("a number that needs more than 64 bits");
    return add(Value::of(value));
  }
  bool string(std::string& value) override { return add(Value::of(arena_.copy(value))); }
  bool binary(Json::binary_t&) override { return stop("binary data"); }
  bool start_object(size_t) override { return open(true); }
  bool start_array(size_t) override { return open(false); }
  bool key(std::string& name) override {
    keys_.push_back(Value::of(arena_.copy(name)));
    return true;
  }
  bool end_object() override {
    const Open done = close();
    std::vector<Pair> pairs;
    for (size_t i = 0; i < done.values.size(); ++i) pairs.emplace_back(keys_[done.first_key + i], done.values[i]);
    keys_.resize(done.first_key);
    return add(Value::of(dict_of(arena_, pairs)));
  }
  bool end_array() override {
    const Open done = close();
    return add(Value::list(arena_.copy(done.values)));
  }
  bool parse_error(size_t, const std::string&, const Json::exception& error) override { return stop(error.what()); }

  Value value;
  std::string problem;

 private:
  struct Open {
    std::vector<Value> values;
    size_t first_key;
  };
  bool stop(std::string why) {
    problem = std::move(why);
    return false;
  }
  bool open(bool) {
    if (open_.size() == kMaxDepth) return stop(fmt::format("nested deeper than {} levels", kMaxDepth));
    open_.push_back({{}, keys_.size()});
    return true;
  }
  Open close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    return done;
  }
  bool add(const Value& one) {
    (open_.empty() ? value : open_.back().values.emplace_back()) = one;
    return true;
  }

  Arena& arena_;
  std::vector<Open> open_;
  std::vector<Value> keys_;
};

Result<Value> read(Arena& arena, std::string_view json, std::string_view where) {
  Reader reader(arena);
  if (!Json::sax_parse(json.begin(), json.end(), &reader)) {
    std::replace_if(
        reader.problem.begin(), reader.problem.end(), [](unsigned char c) { return c < 32 || c > 126; }, '?');
    return fail("{}: no JSON for a template: {:.200}", where, reader.problem);
  }
  return reader.value;
}

Result<Value> convert(Arena& arena, const Json& json, size_t depth) {
  if (depth > kMaxDepth) return fail("nested deeper than {} levels", kMaxDepth);
  const auto text = [&](const std::string& s) { return Value::of(arena.copy(unicode::to_valid_utf8(s))); };
  switch (json.type()) {
    case Json::value_t::null:
      return Value::none();
    case Json::value_t::boolean:
      return Value::of(json.get<bool>());
    case Json::value_t::number_unsigned:
      if (json.get<uint64_t>() > INT64_MAX) return fail("a number that needs more than 64 bits");
      [[fallthrough]];
    case Json::value_t::number_integer:
      return Value::of(json.get<int64_t>());
    case Json::value_t::number_float:
      return Value::of(json.get<double>());
    case Json::value_t::string:
      return text(json.get_ref<const std::string&>());
    case Json::value_t::array: {
      std::vector<Value> items;
      for (const Json& item : json) {
        PERSEA_TRY(const Value value, convert(arena, item, depth + 1));
        items.push_back(value);
      }
      return Value::list(arena.copy(items));
    }
    case Json::value_t::object: {
      std::vector<Pair> pairs;
      for (const auto& [key, item] : json.items()) {
        PERSEA_TRY(const Value value, convert(arena, item, depth + 1));
        pairs.emplace_back(text(key), value);
      }
      return Value::of(dict_of(arena, pairs));
    }
    default:
      return fail("a value that JSON does not have");
  }
}

}  // namespace

TemplateVariables::TemplateVariables() : bindings_(std::make_unique<jinja::Bindings>()) {}
TemplateVariables::~TemplateVariables() = default;
TemplateVariables::TemplateVariables(TemplateVariables&&) noexcept = default;
TemplateVariables& TemplateVariables::operator=(TemplateVariables&&) noexcept = default;

Status TemplateVariables::add(std::string_view json_object, std::string_view where) {
  PERSEA_TRY(const Value all, read(bindings_->arena, json_object, where));
  if (!all.is(jinja::Kind::dict)) return fail("{}: the variables of a template are an object", where);
  for (const auto& [name, value] : all.dict->pairs) bindings_->values.insert_or_assign(std::string(name.text()), value);
  return {};
}

Status TemplateVariables::set_json(std::string_view name, std::string_view json, std::string_view where) {
  PERSEA_TRY(bindings_->values[std::string(name)], read(bindings_->arena, json, where));
  return {};
}

Status TemplateVariables::set(std::string_view name, const Json& value) {
  PERSEA_TRY(bindings_->values[std::string(name)], convert(bindings_->arena, value, 0));
  return {};
}

Result<ChatTemplate> ChatTemplate::parse(std::string_view source, std::string_view where) {
  if (source.size() > kMaxSource) return fail("{}: a chat template of more than {} bytes", where, kMaxSource);
  PERSEA_TRY(auto program, jinja::parse_program(source, where));
  return ChatTemplate(std::move(program));
}

Result<ChatTemplate::Rendered> ChatTemplate::render_answers(const TemplateVariables& variables, std::time_t now) const {
  return jinja::Interpreter(*program_, *variables.bindings_, now).run();
}

Result<std::string> ChatTemplate::render(const TemplateVariables& variables, std::time_t now) const {
  PERSEA_TRY(Rendered rendered, render_answers(variables, now));
  return std::move(rendered.text);
}

Result<std::string> ChatTemplate::render(const Json& variables, std::time_t now) const {
  if (!variables.is_object()) return fail("{}: the variables of a template are an object", program_->where);
  TemplateVariables own;
  for (const auto& [name, value] : variables.items()) PERSEA_CHECK(own.set(name, value));
  return render(own, now);
}

}  // namespace persea
