// Filters of sequences. Those that are generators in Jinja are so here: they work when they are gone through, once.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

using Values = std::vector<Value>;

Result<Value> iterator_of(Interpreter& in, std::span<const Value> items) {
  PERSEA_TRY(const Value held, in.list(items));
  PERSEA_TRY(Iterator * all, iterate(in, held));
  return Value::of(all);
}

// As sort, min, unique and others compare: by an attribute, and text without its case unless asked.
Result<Value> key_of(Interpreter& in, const Value& item, const Value& attribute, bool cased) {
  PERSEA_TRY(const Value key, path(in, item, attribute));
  if (cased || !key.is(Kind::text)) return key;
  PERSEA_CHECK(in.charge(16 * size_t{key.size}));
  return in.text(lower(key.text()));
}

// Each item filtered, or one of its attributes; or those that pass a test, or fail it.
struct Work {
  enum class Of : uint8_t { filter, attribute, select } of = Of::filter;
  const Builtin* builtin = nullptr;  // select: null is the item's truth
  bool keep = true;                  // select: what passes
  Value attribute, otherwise;
  std::span<const Value> positional;
  std::span<const NamedValue> named;
};

class WorkedItems final : public Iterator {
 public:
  WorkedItems(Iterator* source, const Work& work) : source_(source), work_(work) {}
  Result<bool> next(Interpreter& in, Value& item) override {
    for (;;) {
      PERSEA_CHECK(in.step());
      PERSEA_TRY(const bool more, source_->next(in, item));
      if (!more) return false;
      if (work_.of == Work::Of::attribute) {
        PERSEA_TRY(item, attribute_of(in, item));
        return true;
      }
      const Args args{{work_.positional.begin(), work_.positional.end()}, {work_.named.begin(), work_.named.end()}};
      if (work_.of == Work::Of::filter) {
        PERSEA_TRY(item, work_.builtin->run(in, item, args));
        return true;
      }
      PERSEA_TRY(Value tested, path(in, item, work_.attribute));
      if (work_.builtin) {
        PERSEA_TRY(tested, work_.builtin->run(in, tested, args));
      }
      if (truth(tested) == work_.keep) return true;
    }
  }

 private:
  // A default stands in at each step of the path.
  Result<Value> attribute_of(Interpreter& in, Value item) const {
    if (!work_.otherwise.given() || work_.otherwise.is(Kind::none)) return path(in, item, work_.attribute);
    if (!work_.attribute.is(Kind::text)) return fail("map with a default needs an attribute's name");
    for (const std::string_view part : split(work_.attribute.text(), ".", -1, false)) {
      PERSEA_TRY(item, path(in, item, Value::of(part)));
      if (item.is(Kind::undefined)) item = work_.otherwise;
    }
    return item;
  }

  Iterator* source_;
  Work work_;
};

Result<Value> worked(Interpreter& in, const Value& self, Work work, const Args& args, size_t used) {
  if (!truth(self)) return iterator_of(in, {});
  PERSEA_TRY(Iterator * source, iterate(in, self));
  PERSEA_TRY(const Value held, in.list(std::span(args.positional).subspan(used)));
  work.positional = held.sequence();
  PERSEA_CHECK(in.charge(args.named.size() * sizeof(NamedValue)));
  auto* named = static_cast<NamedValue*>(
      in.arena().resource()->allocate(args.named.size() * sizeof(NamedValue) + 1, alignof(NamedValue)));
  std::uninitialized_copy(args.named.begin(), args.named.end(), named);
  work.named = {named, args.named.size()};
  return Value::of(static_cast<Iterator*>(
      new (in.arena().resource()->allocate(sizeof(WorkedItems), alignof(WorkedItems))) WorkedItems(source, work)));
}

Result<Value> map(Interpreter& in, const Value& self, const Args& args) {
  Work work;
  if (args.positional.empty()) {
    work.of = Work::Of::attribute;
    PERSEA_TRY(const auto bound, bind("map", args, {"attribute", "default"}, 1));
    work.attribute = bound[0];
    work.otherwise = bound[1];
    return worked(in, self, work, {}, 0);
  }
  PERSEA_TRY(const std::string_view name, text_of(args.positional[0], "map"));
  work.builtin = find_filter(name);
  if (!work.builtin || !work.builtin->run) return fail("the filter '{:.80}' is not known or not supported", name);
  return worked(in, self, work, args, 1);
}

template <bool keep, bool by_attribute>
Result<Value> select(Interpreter& in, const Value& self, const Args& args) {
  Work work;
  work.of = Work::Of::select;
  work.keep = keep;
  size_t used = 0;
  if (by_attribute) {
    if (args.positional.empty()) return fail("selectattr and rejectattr need an attribute's name");
    work.attribute = args.positional[used++];
  }
  if (used < args.positional.size()) {
    PERSEA_TRY(const std::string_view name, text_of(args.positional[used++], "the name of a test"));
    work.builtin = find_test(name);
    if (!work.builtin) return fail("the test '{:.80}' is not known", name);
  }
  return worked(in, self, work, args, used);
}

Result<Value> join(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("join", args, {"d", "attribute"}));
  PERSEA_TRY(const std::string by, bound[0].given() ? str(in, bound[0]) : Result<std::string>(""));
  PERSEA_TRY(Iterator * all, iterate(in, self));
  std::string out;
  bool first = true;
  for (Value item;; first = false) {
    PERSEA_TRY(const bool more, all->next(in, item));
    if (!more) return in.text(out);
    PERSEA_CHECK(in.charge(by.size() + 16));
    if (!first) out += by;
    PERSEA_TRY(item, path(in, item, bound[1]));
    PERSEA_CHECK(append_str(in, item, out));
  }
}

Result<Value> length_of(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("length", args, {}));
  (void)none;
  PERSEA_TRY(const int64_t n, length(in, self));
  return Value::of(n);
}

Result<Value> first(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("first", args, {}));
  (void)none;
  PERSEA_TRY(Iterator * all, iterate(in, self));
  Value item;
  PERSEA_TRY(const bool more, all->next(in, item));
  return more ? item : in.undefined("first", "No first item, sequence was empty.");
}

Result<Value> last(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("last", args, {}));
  (void)none;
  if (self.is(Kind::iterator)) return fail("a generator has no last item; |list makes a list of it");
  if (self.is(Kind::text) && self.size > 0) return item(in, self, Value::of(int64_t{-1}));
  PERSEA_TRY(const Values items, items_of(in, self));
  return items.empty() ? in.undefined("last", "No last item, sequence was empty.") : items.back();
}

Result<Value> list(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("list", args, {}));
  (void)none;
  PERSEA_TRY(const Values items, items_of(in, self));
  return in.list(items);
}

Result<Value> reverse(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("reverse", args, {}));
  (void)none;
  if (self.is(Kind::text)) return slice(in, self, {}, {}, Value::of(int64_t{-1}));
  PERSEA_TRY(Values items, items_of(in, self));
  std::reverse(items.begin(), items.end());
  return self.is(Kind::iterator) ? in.list(items) : iterator_of(in, items);
}

Result<Value> items(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("items", args, {}));
  (void)none;
  if (self.is(Kind::undefined)) return iterator_of(in, {});
  if (!self.is(Kind::dict)) return fail("items needs a dict, not {}", type_name(self));
  PERSEA_TRY(Iterator * all, iterate(in, Value::of(in.arena().make<View>(View::Of::items, self.dict))));
  return Value::of(all);
}

// Sorted by keys that each are a list, the first item first; stable.
Result<Value> sorted(Interpreter& in, std::vector<std::pair<Values, Value>> keyed, bool down) {
  std::optional<Error> error;
  const auto before = [&](const auto& a, const auto& b) {
    for (size_t i = 0; i < a.first.size() && !error; ++i) {
      const auto same = equal(in, a.first[i], b.first[i]);
      if (!same) error = same.error();
      if (!same || *same) continue;
      const auto smaller = less(in, a.first[i], b.first[i]);
      if (!smaller) error = smaller.error();
      return smaller && *smaller;
    }
    return false;
  };
  if (down) std::reverse(keyed.begin(), keyed.end());
  std::stable_sort(keyed.begin(), keyed.end(), before);
  if (error) return *error;
  if (down) std::reverse(keyed.begin(), keyed.end());
  Values items;
  for (const auto& [key, item] : keyed) items.push_back(item);
  return in.list(items);
}

Result<Value> sort(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("sort", args, {"reverse", "case_sensitive", "attribute"}));
  PERSEA_TRY(const Values all, items_of(in, self));
  Values attributes = {bound[2]};
  if (bound[2].is(Kind::text)) {
    attributes.clear();
    for (const std::string_view one : split(bound[2].text(), ",", -1, false)) attributes.push_back(Value::of(one));
  }
  std::vector<std::pair<Values, Value>> keyed;
  for (const Value& item : all) {
    Values keys;
    for (const Value& attribute : attributes) {
      PERSEA_CHECK(in.step());
      PERSEA_TRY(const Value key, key_of(in, item, attribute, truth(bound[1])));
      keys.push_back(key);
    }
    keyed.emplace_back(std::move(keys), item);
  }
  return sorted(in, std::move(keyed), truth(bound[0]));
}

Result<Value> dict_sort(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("dictsort", args, {"case_sensitive", "by", "reverse"}));
  if (!self.is(Kind::dict)) return fail("dictsort needs a dict, not {}", type_name(self));
  PERSEA_TRY(const std::string_view by,
             bound[1].given() ? text_of(bound[1], "dictsort") : Result<std::string_view>("key"));
  if (by != "key" && by != "value") return fail("dictsort sorts by either 'key' or 'value'");
  std::vector<std::pair<Values, Value>> keyed;
  for (const auto& [key, value] : self.dict->pairs) {
    const Value both[] = {key, value};
    PERSEA_TRY(const Value pair, in.tuple(both));
    PERSEA_TRY(const Value sort_key, key_of(in, by == "key" ? key : value, {}, truth(bound[0])));
    keyed.push_back({{sort_key}, pair});
  }
  return sorted(in, std::move(keyed), truth(bound[2]));
}

Result<Value> unique(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("unique", args, {"case_sensitive", "attribute"}));
  PERSEA_TRY(const Values all, items_of(in, self));
  Values seen, kept;
  for (const Value& item : all) {
    PERSEA_TRY(const Value key, key_of(in, item, bound[1], truth(bound[0])));
    if (!hashable(key)) return fail("unique needs keys that are not a {}", type_name(key));
    bool known = false;
    for (size_t i = 0; i < seen.size() && !known; ++i) {
      PERSEA_TRY(known, equal(in, seen[i], key));
    }
    if (known) continue;
    seen.push_back(key);
    kept.push_back(item);
  }
  return iterator_of(in, kept);
}

template <bool greatest>
Result<Value> extreme(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("min or max", args, {"case_sensitive", "attribute"}));
  PERSEA_TRY(const Values all, items_of(in, self));
  if (all.empty()) return in.undefined("", "No aggregated item, sequence was empty.");
  Value best = all[0];
  PERSEA_TRY(Value best_key, key_of(in, best, bound[1], truth(bound[0])));
  for (size_t i = 1; i < all.size(); ++i) {
    PERSEA_TRY(const Value key, key_of(in, all[i], bound[1], truth(bound[0])));
    PERSEA_TRY(const bool better, greatest ? less(in, best_key, key) : less(in, key, best_key));
    if (better) best = all[i], best_key = key;
  }
  return best;
}

Result<Value> sum(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("sum", args, {"attribute", "start"}));
  Value total = bound[1].given() ? bound[1] : Value::of(int64_t{0});
  if (total.is(Kind::text)) return fail("sum does not add text; |join does");
  PERSEA_TRY(const Values all, items_of(in, self));
  for (const Value& item : all) {
    PERSEA_TRY(const Value part, path(in, item, bound[0]));
    PERSEA_TRY(total, operate(in, Sign::add, total, part));
  }
  return total;
}

Result<Value> batch(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("batch", args, {"linecount", "fill_with"}, 1));
  PERSEA_TRY(const int64_t size, whole_or(bound[0], 0, "batch"));
  if (size < 1) return fail("batch needs a size of at least 1");
  PERSEA_TRY(const Values all, items_of(in, self));
  Values rows;
  for (size_t at = 0; at < all.size(); at += size) {
    Values row(all.begin() + static_cast<ptrdiff_t>(at),
               all.begin() + static_cast<ptrdiff_t>(std::min<size_t>(all.size(), at + size)));
    if (bound[1].given() && !bound[1].is(Kind::none)) {
      PERSEA_CHECK(in.charge(std::min<int64_t>(size, INT32_MAX) * sizeof(Value)));
      row.resize(size, bound[1]);
    }
    PERSEA_TRY(const Value held, in.list(row));
    rows.push_back(held);
  }
  return iterator_of(in, rows);
}

Result<Value> slices(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("slice", args, {"slices", "fill_with"}, 1));
  PERSEA_TRY(const int64_t count, whole_or(bound[0], 0, "slice"));
  if (count < 1) return fail("slice needs at least 1 slice");
  PERSEA_CHECK(in.charge(std::min<int64_t>(count, INT32_MAX) * 64));
  PERSEA_TRY(const Values all, items_of(in, self));
  const int64_t each = static_cast<int64_t>(all.size()) / count, longer = static_cast<int64_t>(all.size()) % count;
  Values rows;
  auto at = all.begin();
  for (int64_t i = 0; i < count; ++i) {
    Values row(at, at + each + (i < longer));
    at += each + (i < longer);
    if (bound[1].given() && !bound[1].is(Kind::none) && i >= longer) row.push_back(bound[1]);
    PERSEA_TRY(const Value held, in.list(row));
    rows.push_back(held);
  }
  return iterator_of(in, rows);
}

constexpr Builtin kFilters[] = {
    {"join", join},
    {"length", length_of},
    {"count", length_of},
    {"first", first},
    {"last", last},
    {"list", list},
    {"reverse", reverse},
    {"items", items},
    {"map", map},
    {"select", select<true, false>},
    {"reject", select<false, false>},
    {"selectattr", select<true, true>},
    {"rejectattr", select<false, true>},
    {"sort", sort},
    {"dictsort", dict_sort},
    {"unique", unique},
    {"min", extreme<false>},
    {"max", extreme<true>},
    {"sum", sum},
    {"batch", batch},
    {"slice", slices},
    {"groupby", nullptr},
    {"random", nullptr},
};

}  // namespace

std::span<const Builtin> sequence_filters() { return kFilters; }

}  // namespace persea::jinja
