#include "text/jinja/scope.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace persea::jinja {
namespace {

using Start = Scope::Start;

// A frame's names while its statements are read.
class Symbols {
 public:
  explicit Symbols(const Symbols* around) : around_(around) {}

  std::optional<Place> find(std::string_view name) const {
    Place place;
    for (const Symbols* s = this; s; s = s->around_, ++place.out) {
      if (const auto it = s->known_.find(name); it != s->known_.end()) {
        place.slot = it->second;
        return place;
      }
    }
    return {};
  }
  void load(std::string_view name) {
    if (!find(name)) define(name, Start::given);
  }
  void store(std::string_view name) {
    if (stores_.insert(name).second) stored_.push_back(name);
    if (!known_.contains(name)) define(name, around_ && around_->find(name) ? Start::outer : Start::unset);
  }
  void parameter(std::string_view name) {
    if (stores_.insert(name).second) stored_.push_back(name);
    if (!known_.contains(name)) define(name, Start::parameter);
  }

  // The branches of an if do not see each other's names; what one of them sets is a given or outer variable before.
  struct Branch {
    std::vector<std::pair<std::string_view, Start>> defined;
    std::vector<std::string_view> stored;
  };
  template <class F>
  Branch branch(F read) {
    const size_t defined = order_.size(), stored = stored_.size();
    read();
    Branch branch;
    branch.stored.assign(stored_.begin() + static_cast<ptrdiff_t>(stored), stored_.end());
    for (size_t i = defined; i < order_.size(); ++i) {
      branch.defined.push_back(order_[i]);
      known_.erase(order_[i].first);
    }
    for (const std::string_view name : branch.stored) stores_.erase(name);
    order_.resize(defined);
    stored_.resize(stored);
    return branch;
  }
  void merge(const std::vector<Branch>& branches) {
    for (const Branch& branch : branches) {
      for (const auto& [name, start] : branch.defined) {
        if (known_.contains(name)) {
          order_[known_[name]].second = start;
        } else {
          define(name, start);
        }
      }
    }
    for (const Branch& branch : branches) {
      for (const std::string_view name : branch.stored) {
        if (!stores_.insert(name).second) continue;
        stored_.push_back(name);
        order_[known_[name]].second = around_ && around_->find(name) ? Start::outer : Start::given;
      }
    }
  }

  Scope scope() const {
    Scope scope;
    for (const auto& [name, start] : order_) {
      Place outer;
      if (start == Start::outer) outer = *around_->find(name);
      scope.names.push_back({name, start, outer});
    }
    return scope;
  }

 private:
  void define(std::string_view name, Start start) {
    known_[name] = static_cast<uint32_t>(order_.size());
    order_.emplace_back(name, start);
  }

  const Symbols* around_;
  std::unordered_map<std::string_view, uint32_t> known_;
  std::vector<std::pair<std::string_view, Start>> order_;  // by slot
  std::unordered_set<std::string_view> stores_;
  std::vector<std::string_view> stored_;  // the same, in order
};

template <class E, class F>
void each_name(E& expr, const F& f) {  // f(an Expr that is a name)
  if (expr.op == Expr::Op::name) f(expr);
  for (auto& part : expr.parts) each_name(part, f);
  for (auto& [key, value] : expr.named) each_name(value, f);
  for (auto& part : expr.spread) each_name(part, f);
  for (auto& part : expr.spread_named) each_name(part, f);
}

// Pass 1: the names of one frame, without those of the frames inside.
void collect(const Stmt& stmt, Symbols& symbols);

void collect(const std::vector<Stmt>& body, Symbols& symbols) {
  for (const Stmt& stmt : body) collect(stmt, symbols);
}
void collect(const Expr& expr, Symbols& symbols) {
  each_name(expr, [&](const Expr& name) { symbols.load(name.name); });
}
void collect(const std::vector<Expr>& exprs, Symbols& symbols) {
  for (const Expr& expr : exprs) collect(expr, symbols);
}
void collect_targets(const std::vector<Expr>& targets, Symbols& symbols) {
  for (const Expr& target : targets) {
    each_name(target, [&](const Expr& name) {
      if (name.key.empty()) {
        symbols.store(name.name);
      } else {
        symbols.load(name.name);
      }
    });
  }
}
void declare(const std::vector<Expr>& targets, Symbols& symbols) {
  for (const Expr& target : targets) each_name(target, [&](const Expr& name) { symbols.parameter(name.name); });
}

void collect(const Stmt& stmt, Symbols& symbols) {
  switch (stmt.op) {
    case Stmt::Op::text:
    case Stmt::Op::generation:
    case Stmt::Op::break_:
    case Stmt::Op::continue_:
      break;
    case Stmt::Op::print:
    case Stmt::Op::for_:
    case Stmt::Op::call_block:
    case Stmt::Op::filter_block:
    case Stmt::Op::with:
      collect(stmt.values, symbols);
      break;
    case Stmt::Op::set:
      collect(stmt.values, symbols);
      [[fallthrough]];
    case Stmt::Op::set_block:
      collect_targets(stmt.targets, symbols);
      break;
    case Stmt::Op::macro:
      symbols.store(stmt.text);
      break;
    case Stmt::Op::if_: {
      const auto body_of = [&](const std::vector<Stmt>& body) {
        return symbols.branch([&] { collect(body, symbols); });
      };
      collect(stmt.branches[0].test, symbols);
      const auto first = body_of(stmt.branches[0].body);
      const auto others = symbols.branch([&] {
        for (size_t i = 1; i < stmt.branches.size(); ++i) {
          collect(stmt.branches[i].test, symbols);
          symbols.merge({body_of(stmt.branches[i].body)});
        }
      });
      symbols.merge({first, others, body_of(stmt.otherwise)});
    }
  }
}

// Whether `name` is read in a body, however deep, before it is set there.
enum class Use : uint8_t { none, read, set };
Use first_use(const std::vector<Stmt>& body, std::string_view name);
Use first_use(const std::vector<Expr>& exprs, std::string_view name, Use meaning) {
  Use use = Use::none;
  for (const Expr& expr : exprs) {
    each_name(expr, [&](const Expr& e) {
      if (use == Use::none && e.name == name && e.key.empty()) use = meaning;
    });
  }
  return use;
}
Use first_use(const Stmt& stmt, std::string_view name) {
  Use use = first_use(stmt.targets, name, Use::set);
  if (use == Use::none && stmt.op == Stmt::Op::macro) use = first_use(stmt.parameters, name, Use::set);
  if (use == Use::none) use = first_use(stmt.values, name, Use::read);
  if (use == Use::none && stmt.op == Stmt::Op::call_block) use = first_use(stmt.parameters, name, Use::set);
  if (use == Use::none) use = first_use(stmt.defaults, name, Use::read);
  for (const Stmt::Branch& branch : stmt.branches) {
    if (use == Use::none) {
      each_name(branch.test, [&](const Expr& e) {
        if (e.name == name) use = Use::read;
      });
    }
    if (use == Use::none) use = first_use(branch.body, name);
  }
  if (use == Use::none) use = first_use(stmt.body, name);
  if (use == Use::none) use = first_use(stmt.otherwise, name);
  if (use == Use::none) use = first_use(stmt.test, name, Use::read);
  return use;
}
Use first_use(const std::vector<Stmt>& body, std::string_view name) {
  Use use = Use::none;
  for (size_t i = 0; i < body.size() && use == Use::none; ++i) use = first_use(body[i], name);
  return use;
}

// Pass 2: each name its place, and the frames inside.
void place(std::vector<Stmt>& body, const Symbols& symbols);

void place(Expr& expr, const Symbols& symbols) {
  each_name(expr, [&](Expr& name) { name.place = *symbols.find(name.name); });
}
void place(std::vector<Expr>& exprs, const Symbols& symbols) {
  for (Expr& expr : exprs) place(expr, symbols);
}

void place_macro(Stmt& stmt, const Symbols& around) {
  Symbols inside(&around);
  declare(stmt.parameters, inside);
  const auto takes = [&](std::string_view name) {
    const bool own =
        std::any_of(stmt.parameters.begin(), stmt.parameters.end(), [&](const Expr& e) { return e.name == name; });
    const bool taken = !own && first_use(stmt.body, name) == Use::read;
    if (taken) inside.parameter(name);
    return taken;
  };
  if (stmt.op != Stmt::Op::generation) {
    stmt.takes_caller = takes("caller");
    stmt.takes_named = takes("kwargs");
    stmt.takes_more = takes("varargs");
  }
  collect(stmt.defaults, inside);
  collect(stmt.body, inside);
  stmt.scope = inside.scope();
  place(stmt.parameters, inside);
  place(stmt.defaults, inside);
  place(stmt.body, inside);
}

void place(Stmt& stmt, const Symbols& symbols) {
  Symbols inside(&symbols);
  switch (stmt.op) {
    case Stmt::Op::for_: {
      place(stmt.values, symbols);
      declare(stmt.targets, inside);
      inside.parameter("loop");
      collect(stmt.body, inside);
      stmt.scope = inside.scope();
      place(stmt.targets, inside);  // the same slots in the test's frame, where they are first too
      place(stmt.body, inside);
      Symbols test(&symbols), otherwise(&symbols);
      declare(stmt.targets, test);
      collect(stmt.test, test);
      stmt.test_scope = test.scope();
      place(stmt.test, test);
      collect(stmt.otherwise, otherwise);
      stmt.otherwise_scope = otherwise.scope();
      place(stmt.otherwise, otherwise);
      break;
    }
    case Stmt::Op::set_block:
    case Stmt::Op::filter_block:
      collect(stmt.body, inside);
      collect(stmt.values, inside);
      stmt.scope = inside.scope();
      place(stmt.targets, symbols);
      place(stmt.values, inside);
      place(stmt.body, inside);
      break;
    case Stmt::Op::with:
      place(stmt.values, symbols);
      declare(stmt.targets, inside);
      collect(stmt.body, inside);
      stmt.scope = inside.scope();
      place(stmt.targets, inside);
      place(stmt.body, inside);
      break;
    case Stmt::Op::macro:
      stmt.place = *symbols.find(stmt.text);
      [[fallthrough]];
    case Stmt::Op::call_block:
    case Stmt::Op::generation:
      place(stmt.values, symbols);
      place_macro(stmt, symbols);
      break;
    default:
      place(stmt.values, symbols);
      place(stmt.targets, symbols);
      for (Stmt::Branch& branch : stmt.branches) {
        place(branch.test, symbols);
        place(branch.body, symbols);
      }
      place(stmt.otherwise, symbols);
  }
}
void place(std::vector<Stmt>& body, const Symbols& symbols) {
  for (Stmt& stmt : body) place(stmt, symbols);
}

}  // namespace

void resolve_names(Program& program) {
  Symbols symbols(nullptr);
  collect(program.body, symbols);
  program.scope = symbols.scope();
  place(program.body, symbols);
}

}  // namespace persea::jinja
