#include "text/grammar/ordered_json.h"

#include <algorithm>

namespace persea::grammar {
namespace {

using Is = OrderedJson::Is;

constexpr size_t kMaxDepth = 128;
constexpr size_t kMostKeys = 5000;  // of an object: they are compared with each other

class Reader final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add({}); }
  bool boolean(bool value) override { return add(OrderedJson::of(value)); }
  bool number_integer(int64_t value) override { return digits(std::to_string(value)); }
  bool number_unsigned(uint64_t value) override { return digits(std::to_string(value)); }
  bool number_float(double, const std::string& text) override { return digits(text); }
  bool string(std::string& value) override { return add(OrderedJson::of(value)); }
  bool binary(Json::binary_t&) override { return stop("binary data"); }
  bool start_object(size_t) override { return open(Is::object); }
  bool start_array(size_t) override { return open(Is::array); }
  bool key(std::string& name) override {
    keys_.back() = name;
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(size_t at, const std::string&, const Json::exception& error) override {
    (void)error;
    return stop(fmt::format("not JSON at byte {}", at));
  }

  OrderedJson value;
  std::string problem;

 private:
  bool stop(std::string why) {
    problem = std::move(why);
    return false;
  }
  bool digits(const std::string& text) {
    if (!Decimal::parse(text)) return stop("a number of too many digits: " + text.substr(0, 40));
    return add(OrderedJson::number(text));
  }
  bool open(Is is) {
    if (open_.size() == kMaxDepth) return stop(fmt::format("nested deeper than {} levels", kMaxDepth));
    open_.emplace_back().is = is;
    keys_.emplace_back();
    return true;
  }
  bool close() {
    OrderedJson done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return add(std::move(done));
  }
  bool add(OrderedJson one) {
    if (open_.empty()) {
      value = std::move(one);
      return true;
    }
    OrderedJson& parent = open_.back();
    if (parent.is == Is::array) {
      parent.items.push_back(std::move(one));
      return true;
    }
    if (parent.members.size() == kMostKeys) return stop(fmt::format("an object of more than {} keys", kMostKeys));
    if (parent.find(keys_.back())) return stop(fmt::format("the key \"{}\" stands twice", keys_.back().substr(0, 80)));
    parent.members.push_back({keys_.back(), std::move(one)});
    return true;
  }

  std::vector<OrderedJson> open_;
  std::vector<std::string> keys_;
};

}  // namespace

const OrderedJson* OrderedJson::find(std::string_view key) const {
  const auto it = std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.first == key; });
  return it == members.end() ? nullptr : &it->second;
}

OrderedJson OrderedJson::of(bool value) {
  OrderedJson json;
  json.is = Is::boolean;
  json.flag = value;
  return json;
}
OrderedJson OrderedJson::of(std::string_view value) {
  OrderedJson json;
  json.is = Is::string;
  json.text = value;
  return json;
}
OrderedJson OrderedJson::number(std::string_view digits) {
  OrderedJson json;
  json.is = Is::number;
  json.text = digits;
  return json;
}
OrderedJson OrderedJson::object(std::vector<Member> members) {
  OrderedJson json;
  json.is = Is::object;
  json.members = std::move(members);
  return json;
}
OrderedJson OrderedJson::array(std::vector<OrderedJson> items) {
  OrderedJson json;
  json.is = Is::array;
  json.items = std::move(items);
  return json;
}

Result<OrderedJson> parse_ordered_json(std::string_view text, std::string_view where) {
  Reader reader;
  if (!Json::sax_parse(text.begin(), text.end(), &reader)) {
    std::replace_if(
        reader.problem.begin(), reader.problem.end(), [](unsigned char c) { return c < 32 || c > 126; }, '?');
    return fail("{}: {:.200}", where, reader.problem);
  }
  return std::move(reader.value);
}

bool same_value(const OrderedJson& a, const OrderedJson& b) {
  if (a.is != b.is) return false;
  switch (a.is) {
    case Is::null:
      return true;
    case Is::boolean:
      return a.flag == b.flag;
    case Is::number:
      return *Decimal::parse(a.text) == *Decimal::parse(b.text);
    case Is::string:
      return a.text == b.text;
    case Is::array:
      return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_value);
    case Is::object:
      return a.members.size() == b.members.size() &&
             std::all_of(a.members.begin(), a.members.end(), [&](const auto& m) {
               const OrderedJson* other = b.find(m.first);
               return other && same_value(m.second, *other);
             });
  }
  return false;
}

}  // namespace persea::grammar
