#include "text/grammar/schema_rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "text/grammar/characters.h"

namespace persea::grammar {
namespace {

constexpr size_t kMostRules = 20000;
constexpr size_t kMostNodes = 100000;  // of one array or object
constexpr size_t kMostKeySets = 64;

bool hopeless(const Goal& goal) {
  return std::any_of(goal.begin(), goal.end(), [](const Claim& claim) {
    return claim.wanted ? trivially_false(*claim.schema) : trivially_true(*claim.schema);
  });
}

uint32_t count_of(const OrderedJson* value, uint32_t otherwise) {
  return value ? *Decimal::parse(value->text)->count() : otherwise;
}

}  // namespace

Result<std::vector<Rule>> SchemaRules::write() {
  SchemaDocument& document = shapes_.document();
  rules_.push_back({"#", {}});
  any_ = add_any_json(rules_);
  if (trivially_true(document.root())) {
    rules_[0].body = call(any_.value);
    return std::move(rules_);
  }
  const Goal root = {{&document.root(), true}};
  numbers_[root] = 0;
  todo_.emplace_back(0, root);
  while (!todo_.empty()) {
    const auto [rule, goal] = std::move(todo_.back());
    todo_.pop_back();
    if (rules_.size() > kMostRules)
      return document.error(document.root(), "", "the schema needs more than {} rules", kMostRules);
    auto made = body(goal);
    if (!made) {
      // Those of the automata do not know where they are.
      const std::string& message = made.error().message;
      if (message.find(": #") != std::string::npos) return made.error();
      return document.error(*goal[0].schema, "", "{}", message);
    }
    rules_[rule].body = std::move(*made);
  }
  return std::move(rules_);
}

uint32_t SchemaRules::rule_of(const Goal& goal) {
  if (goal.empty()) return any_.value;
  const auto [it, fresh] = numbers_.emplace(goal, static_cast<uint32_t>(rules_.size()));
  if (fresh) {
    rules_.push_back({shapes_.document().pointer(*goal[0].schema), {}});
    todo_.emplace_back(it->second, goal);
  }
  return it->second;
}

Result<Expression> SchemaRules::body(const Goal& goal) {
  if (hopeless(goal)) return choice({});
  PERSEA_TRY(const Shapes shapes, shapes_.of(goal));
  std::vector<Expression> ways;
  for (const OrderedJson* one : shapes.values) ways.push_back(constant(*one));
  for (const Shape& shape : shapes.open) {
    for (unsigned kind = 1; kind < kAnyKind; kind *= 2) {
      if (!(shape.kinds & kind)) continue;
      if (const auto refused = shape.refused.find(kind); refused != shape.refused.end()) return refused->second;
      PERSEA_TRY(Expression one, value(shape, kind));
      ways.push_back(std::move(one));
    }
  }
  return choice(std::move(ways));
}

Result<Expression> SchemaRules::value(const Shape& shape, unsigned kind) {
  switch (kind) {
    case kNull:
      return text("null");
    case kFalse:
      return text("false");
    case kTrue:
      return text("true");
    case kNumber: {
      PERSEA_TRY(Dfa numbers, shapes_.numbers(shape));
      return language(std::move(numbers));
    }
    case kString: {
      PERSEA_TRY(DfaPtr strings, shapes_.strings(shape));
      return strings == languages_.any() ? call(any_.string) : quoted(std::move(strings));
    }
    case kArray:
      return array(shape);
    default:
      return object(shape);
  }
}

Result<Expression> SchemaRules::array(const Shape& shape) {
  if (shape.max_items < shape.min_items) return choice({});
  const bool counted = std::any_of(shape.arrays.begin(), shape.arrays.end(),
                                   [](const Schema* schema) { return schema->find("contains") != nullptr; });
  if (!shape.unique_items.empty() && shape.max_items > 1) {
    // It may still be that there is no second item.
    const bool none = hopeless(shapes_.item(shape, 1)) || hopeless(shapes_.item(shape, 0));
    if (!none) return shape.unique_items[0];
  }
  if (counted) return counted_array(shape);
  if (shape.arrays.empty() && shape.other_items.empty() && shape.min_items == 0 && shape.max_items == kNoLimit)
    return call(any_.array);
  // Node i: i items have been read; the last node may be read on from for ever.
  uint32_t same_from = std::max<uint32_t>(shape.min_items, 1);
  for (const Schema* schema : shape.arrays) {
    if (const OrderedJson* prefix = schema->find("prefixItems"))
      same_from = std::max(same_from, static_cast<uint32_t>(prefix->items.size()));
  }
  const uint32_t last = shape.max_items == kNoLimit ? same_from : shape.max_items;
  if (last > kMostNodes) return fail("an array of {} items is too long", last);
  Network network;
  std::vector<uint32_t> node = {Network::kStart};
  for (uint32_t i = 0; i < last; ++i) node.push_back(network.add());
  const auto item = [&](uint32_t index) {
    Expression one = call(rule_of(shapes_.item(shape, index)));
    return index == 0 ? std::move(one) : sequence({comma(), std::move(one)});
  };
  for (uint32_t i = 0; i < last && !hopeless(shapes_.item(shape, i)); ++i) network.way(node[i], item(i), node[i + 1]);
  if (shape.max_items == kNoLimit && !hopeless(shapes_.item(shape, last)))
    network.way(node[last], item(last), node[last]);
  for (uint32_t i = shape.min_items; i <= last; ++i) network.way(node[i], Network::kEnd);
  return sequence({text("["), network.take(), text("]")});
}

// With `contains`: besides the items, those are counted that match.
Result<Expression> SchemaRules::counted_array(const Shape& shape) {
  struct Count {
    const Schema* schema;
    uint32_t least, most;
    uint32_t cap() const { return most == kNoLimit ? least : most; }
  };
  std::vector<Count> counts;
  uint32_t same_from = std::max<uint32_t>(shape.min_items, 1);
  for (const Schema* schema : shape.arrays) {
    if (const OrderedJson* prefix = schema->find("prefixItems"))
      same_from = std::max(same_from, static_cast<uint32_t>(prefix->items.size()));
    const Schema* contains = schema->find("contains");
    if (!contains) continue;
    const Count count{contains, count_of(schema->find("minContains"), 1),
                      count_of(schema->find("maxContains"), kNoLimit)};
    if (count.most < count.least) return choice({});
    if (count.cap() > 0 || count.most != kNoLimit) counts.push_back(count);
  }
  if (counts.size() > 3) return fail("more than three contains of one array are not supported");
  const uint32_t last = shape.max_items == kNoLimit ? same_from : shape.max_items;

  using State = std::vector<uint32_t>;  // items read, and of each count how many
  Network network;
  std::map<State, uint32_t> nodes;
  std::vector<State> states;
  const auto node_of = [&](const State& state) {
    const auto [it, fresh] = nodes.emplace(state, 0);
    if (fresh) {
      it->second = states.empty() ? Network::kStart : network.add();
      states.push_back(state);
    }
    return it->second;
  };
  node_of(State(1 + counts.size(), 0));
  for (size_t s = 0; s < states.size(); ++s) {
    if (states.size() > kMostNodes / 10) return fail("an array with contains is too long");
    const State state = states[s];
    const uint32_t from = nodes[state];
    bool enough = state[0] >= shape.min_items;
    for (size_t i = 0; i < counts.size(); ++i) enough = enough && state[i + 1] >= counts[i].least;
    if (enough) network.way(from, Network::kEnd);
    if (state[0] == last && shape.max_items != kNoLimit) continue;
    for (uint32_t matching = 0; matching < 1u << counts.size(); ++matching) {  // which of them the next item matches
      Goal goal = shapes_.item(shape, state[0]);
      State next = state;
      next[0] = std::min(state[0] + 1, last);
      bool possible = true;
      for (size_t i = 0; i < counts.size(); ++i) {
        const bool match = matching >> i & 1;
        if (match) {
          possible = possible && (counts[i].most == kNoLimit || state[i + 1] < counts[i].most);
          next[i + 1] = std::min(state[i + 1] + 1, counts[i].cap());
          goal.push_back({counts[i].schema, true});
        } else if (counts[i].most != kNoLimit) {
          goal.push_back({counts[i].schema, false});
        }
      }
      std::erase_if(goal, [](const Claim& claim) { return claim.wanted && trivially_true(*claim.schema); });
      std::sort(goal.begin(), goal.end());
      goal.erase(std::unique(goal.begin(), goal.end()), goal.end());
      if (!possible || hopeless(goal)) continue;
      Expression one = call(rule_of(goal));
      if (state[0] > 0) one = sequence({comma(), std::move(one)});
      network.way(from, std::move(one), node_of(next));
    }
  }
  return sequence({text("["), network.take(), text("]")});
}

Expression SchemaRules::pair(Expression key, const Goal& goal) {
  return sequence({std::move(key), colon(), call(rule_of(goal))});
}

Result<Expression> SchemaRules::object(const Shape& shape) {
  if (shape.objects.empty() && shape.other_properties.empty() && shape.required.empty() && shape.min_properties == 0 &&
      shape.max_properties == kNoLimit)
    return call(any_.object);
  std::vector<std::string> names;
  std::set<std::string, std::less<>> named;
  const auto add_name = [&](const std::string& name) {
    if (named.insert(name).second) names.push_back(name);
  };
  for (const Schema* schema : shape.objects) {
    const OrderedJson* properties = schema->find("properties");
    for (size_t i = 0; properties && i < properties->members.size(); ++i) add_name(properties->members[i].first);
  }
  for (const std::string& name : shape.required) add_name(name);

  struct Named {
    Expression pair;
    bool required;
  };
  std::vector<Named> pairs;
  for (const std::string& name : names) {
    const bool required = std::find(shape.required.begin(), shape.required.end(), name) != shape.required.end();
    PERSEA_TRY(const Goal goal, shapes_.property(shape, name));
    if (hopeless(goal)) {
      if (required) return choice({});
      continue;
    }
    pairs.push_back({pair(text('"' + *json_spelling(name) + '"'), goal), required});
  }
  PERSEA_TRY(const std::vector<Keys> others, other_keys(shape, names));
  std::vector<Expression> other_pairs;
  for (const Keys& keys : others)
    other_pairs.push_back(pair(quoted(std::make_shared<const Dfa>(keys.language)), keys.goal));

  // Nodes are named by how many of `pairs` have been passed, how many were written, and how many others. Numbers that
  // make no difference any more are one. Others may be written twice under one key: of them one counts as a property
  // that there has to be.
  const uint32_t least = shape.min_properties, most = shape.max_properties;
  const bool counted = most != kNoLimit || least > 1;
  const auto width = static_cast<uint32_t>(pairs.size());
  if (!other_pairs.empty() && least > width + 1)
    return fail("minProperties: more than {} cannot be counted where keys are free", width + 1);
  using Node = std::array<uint32_t, 3>;
  Network network;
  std::map<Node, uint32_t> nodes;
  std::vector<Node> order;
  const auto node_of = [&](Node node) {
    if (!counted) node[1] = std::min(node[1] + node[2], 1u), node[2] = 0;
    if (most == kNoLimit) node[2] = std::min(node[2], 1u);
    const auto [it, fresh] = nodes.emplace(node, 0);
    if (fresh) {
      it->second = order.empty() ? Network::kStart : network.add();
      order.push_back(node);
    }
    return it->second;
  };
  node_of({0, 0, 0});
  for (size_t i = 0; i < order.size(); ++i) {
    if (order.size() > kMostNodes) return fail("an object with so many properties that are counted is too large");
    const Node at = order[i];
    const uint32_t from = nodes[at], written = at[1] + at[2];
    const auto next = [&](const Expression& one) { return written == 0 ? one : sequence({comma(), one}); };
    const bool room = !counted || written < most;
    if (at[0] < width) {
      const Named& one = pairs[at[0]];
      if (room) network.way(from, next(one.pair), node_of({at[0] + 1, at[1] + 1, 0}));
      if (!one.required) network.way(from, node_of({at[0] + 1, at[1], 0}));
      continue;
    }
    const bool enough = counted ? at[1] + std::min(at[2], 1u) >= least : written >= least;
    if (enough) network.way(from, Network::kEnd);
    if (!room) continue;
    for (const Expression& one : other_pairs) network.way(from, next(one), node_of({at[0], at[1], at[2] + 1}));
  }
  return sequence({text("{"), network.take(), text("}")});
}

// Keys that no schema names, parted by what is asked of their values.
Result<std::vector<SchemaRules::Keys>> SchemaRules::other_keys(const Shape& shape,
                                                               const std::vector<std::string>& names) {
  Goal of_names;
  for (const Schema* schema : shape.objects) {
    if (const Schema* one = schema->find("propertyNames")) of_names.push_back({one, true});
  }
  PERSEA_TRY(DfaPtr all, shapes_.strings(of_names));
  std::vector<Expression> taken;
  for (const std::string& name : names) taken.push_back(text(*json_spelling(name)));
  PERSEA_TRY(const Dfa named, compiled(choice(std::move(taken))));
  PERSEA_TRY(Dfa rest, difference(*all, named));
  std::vector<Keys> keys;
  keys.push_back({std::move(rest), {}});
  for (const Schema* schema : shape.objects) {
    const OrderedJson* patterned = schema->find("patternProperties");
    const Schema* others = schema->find("additionalProperties");
    std::vector<Keys> covered;  // by a pattern of this schema
    for (size_t i = 0; patterned && i < patterned->members.size(); ++i) {
      const auto& [pattern, inside] = patterned->members[i];
      const auto matching = languages_.pattern(pattern);
      if (!matching) return shapes_.document().error(*schema, "patternProperties", "{}", matching.error().message);
      PERSEA_CHECK(split(covered, **matching, inside));
      std::vector<Keys> rest_of_keys;
      for (Keys& one : keys) {
        PERSEA_TRY(Dfa both, intersection(one.language, **matching));
        PERSEA_TRY(Dfa without, difference(one.language, **matching));
        if (!both.nothing()) {
          covered.push_back({std::move(both), one.goal});
          covered.back().goal.push_back({&inside, true});
        }
        if (!without.nothing()) rest_of_keys.push_back({std::move(without), std::move(one.goal)});
      }
      keys = std::move(rest_of_keys);
      if (keys.size() + covered.size() > kMostKeySets)
        return shapes_.document().error(*schema, "patternProperties", "so many patterns are not supported");
    }
    for (Keys& one : keys) {
      if (others) one.goal.push_back({others, true});
    }
    std::move(covered.begin(), covered.end(), std::back_inserter(keys));
  }
  for (const Shape::Rest& other : shape.other_properties) {
    Dfa said = *compiled(choice({}));  // keys of which something has been said
    for (const Schema* schema : other.beside) {
      const OrderedJson* patterned = schema->find("patternProperties");
      for (size_t i = 0; patterned && i < patterned->members.size(); ++i) {
        PERSEA_TRY(const DfaPtr matching, languages_.pattern(patterned->members[i].first));
        PERSEA_TRY(said, compiled(choice({language(said), language(matching)})));
      }
    }
    PERSEA_TRY(const Dfa unsaid, difference(*languages_.any(), said));
    PERSEA_CHECK(split(keys, unsaid, *other.schema));
  }
  for (Keys& one : keys) {
    std::erase_if(one.goal, [](const Claim& claim) { return claim.wanted && trivially_true(*claim.schema); });
    std::sort(one.goal.begin(), one.goal.end());
    one.goal.erase(std::unique(one.goal.begin(), one.goal.end()), one.goal.end());
  }
  std::erase_if(keys, [](const Keys& one) { return hopeless(one.goal) || one.language.nothing(); });
  return keys;
}

// Parts each set of keys by whether they match; `inside` is asked of the values of those that do.
Status SchemaRules::split(std::vector<Keys>& all, const Dfa& pattern, const Schema& inside) {
  std::vector<Keys> parts;
  for (Keys& one : all) {
    PERSEA_TRY(Dfa both, intersection(one.language, pattern));
    PERSEA_TRY(Dfa without, difference(one.language, pattern));
    if (!both.nothing()) {
      parts.push_back({std::move(both), one.goal});
      parts.back().goal.push_back({&inside, true});
    }
    if (!without.nothing()) parts.push_back({std::move(without), std::move(one.goal)});
  }
  all = std::move(parts);
  return {};
}

}  // namespace persea::grammar
