#include "text/grammar/json_text.h"

#include "text/grammar/characters.h"
#include "text/grammar/numbers.h"

namespace persea::grammar {

Expression comma() { return sequence({text(","), optional(text(" "))}); }
Expression colon() { return sequence({text(":"), optional(text(" "))}); }

Expression quoted(DfaPtr content) { return sequence({text("\""), language(std::move(content)), text("\"")}); }

Expression constant(const OrderedJson& value) {
  switch (value.is) {
    case OrderedJson::Is::null:
      return text("null");
    case OrderedJson::Is::boolean:
      return text(value.flag ? "true" : "false");
    case OrderedJson::Is::number:
      return text(Decimal::parse(value.text)->text());
    case OrderedJson::Is::string:
      return text('"' + *json_spelling(value.text) + '"');
    case OrderedJson::Is::array: {
      std::vector<Expression> parts = {text("[")};
      for (const OrderedJson& item : value.items) {
        if (parts.size() > 1) parts.push_back(comma());
        parts.push_back(constant(item));
      }
      parts.push_back(text("]"));
      return sequence(std::move(parts));
    }
    case OrderedJson::Is::object: {
      std::vector<Expression> parts = {text("{")};
      for (const auto& [key, item] : value.members) {
        if (parts.size() > 1) parts.push_back(comma());
        parts.push_back(text('"' + *json_spelling(key) + '"'));
        parts.push_back(colon());
        parts.push_back(constant(item));
      }
      parts.push_back(text("}"));
      return sequence(std::move(parts));
    }
  }
  return sequence({});
}

AnyJson add_any_json(std::vector<Rule>& rules) {
  const auto first = static_cast<uint32_t>(rules.size());
  const AnyJson any{first, first + 1, first + 2, first + 3};
  const auto separated = [](const Expression& one) {
    return optional(sequence({one, repeat(sequence({comma(), one}), 0, kNoLimit)}));
  };
  Dfa number = *number_language({});
  Expression character = language(one_character(CharacterSet::all(), Spelling::json_freely));
  rules.push_back({"any value", choice({call(any.string), language(std::move(number)), text("true"), text("false"),
                                        text("null"), call(any.object), call(any.array)})});
  rules.push_back({"any object", sequence({text("{"), separated(sequence({call(any.string), colon(), call(any.value)})),
                                           text("}")})});
  rules.push_back({"any array", sequence({text("["), separated(call(any.value)), text("]")})});
  rules.push_back({"any string", sequence({text("\""), repeat(std::move(character), 0, kNoLimit), text("\"")})});
  return any;
}

}  // namespace persea::grammar
