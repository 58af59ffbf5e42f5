#include "serve/call_grammar.h"

#include "text/json_schema.h"

namespace persea {
namespace {

constexpr uint32_t kMostCalls = 16;  // in one answer

// The schema of a tool's arguments, which are an object whatever it leaves open.
Result<std::string> parameters_of(const Tool& tool) {
  const OrderedJson& function = tool.definition.at("function");
  const auto parameters = function.find("parameters");
  if (parameters == function.end() || !parameters->is_object()) return std::string(R"({"type": "object"})");
  OrderedJson schema = *parameters;
  if (const auto type = schema.find("type"); type != schema.end() && type->is_string() && *type != "object")
    return fail("tool {}: parameters: the type is {}; arguments are always an object", tool.name, type->dump());
  schema["type"] = "object";
  return schema.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

Result<Grammar> arguments_of(const Tool& tool, bool strict) {
  if (!strict) return grammar_for_json_object();
  PERSEA_TRY(const std::string schema, parameters_of(tool));
  return grammar_from_json_schema(schema, fmt::format("tool {}: parameters", tool.name));
}

// What stands before a tool's arguments and behind them.
std::pair<std::string, std::string> around(CallFormat format, const std::string& name) {
  switch (format) {
    case CallFormat::tagged:
      return {fmt::format("{}\n{{\"name\": \"{}\", \"arguments\": ", kCallOpen, name),
              fmt::format("}}\n{}", kCallClose)};
    case CallFormat::bare:
      return {fmt::format("{{\"name\": \"{}\", \"parameters\": ", name), "}"};
    case CallFormat::mistral_list:
      return {fmt::format("{{\"name\": \"{}\", \"arguments\": ", name), "}"};
    case CallFormat::mistral_named:
      return {fmt::format("{}{}{}", kMistralCalls, name, kMistralArguments), ""};
  }
  return {};
}

Grammar several(const Grammar& one, std::string_view between, uint32_t most) {
  if (most == 1) return one;
  const Grammar next = between.empty() ? one : Grammar::sequence({Grammar::literal(between), one});
  return Grammar::sequence({one, Grammar::repeated(next, 0, most - 1)});
}

// Text in which `mark` does not stand, as an automaton that knows how much of the mark it has just read.
grammar::Dfa without(std::string_view mark) {
  grammar::Dfa dfa;
  // How much of the mark the text ends with, once `byte` follows `read` bytes of it.
  const auto after = [&](size_t read, char byte) {
    const std::string text = std::string(mark.substr(0, read)) + byte;
    size_t size = std::min(text.size(), mark.size());
    while (!text.ends_with(mark.substr(0, size))) --size;
    return size;
  };
  for (size_t read = 0; read < mark.size(); ++read) {
    grammar::Dfa::State& state = dfa.states.emplace_back();
    state.final = true;
    for (int byte = 0; byte < 256; ++byte) {
      const size_t to = after(read, static_cast<char>(byte));
      if (to == mark.size()) continue;
      const auto value = static_cast<uint8_t>(byte);
      if (!state.edges.empty() && state.edges.back().to == to && state.edges.back().high + 1 == byte) {
        state.edges.back().high = value;
      } else {
        state.edges.push_back({value, value, static_cast<uint32_t>(to)});
      }
    }
  }
  return dfa;
}

// The beginnings of a reply that is one call without a mark: white space, a bracket, and its first key.
grammar::Expression bare_beginning() {
  const auto space = grammar::repeat(
      grammar::choice({grammar::text(" "), grammar::text("\t"), grammar::text("\r"), grammar::text("\n")}), 0,
      grammar::kNoLimit);
  grammar::Dfa any;
  any.states.resize(1);
  any.states[0].final = true;
  any.states[0].edges = {{0, 255, 0}};
  return grammar::sequence(
      {space, grammar::text("{"), space, grammar::text("\"name\""), grammar::language(std::move(any))});
}

// All text that cannot be taken for a call, or the beginning of one.
Result<Grammar> free_text(CallFormat format) {
  grammar::Dfa free = without(call_mark(format));
  if (format == CallFormat::bare) {
    PERSEA_TRY(const grammar::Dfa call, grammar::compiled(bare_beginning()));
    PERSEA_TRY(free, grammar::difference(free, call));
  }
  return Grammar({{"free text", grammar::language(std::move(free))}});
}

Result<Grammar> one_call(const CallRules& rules) {
  std::vector<Grammar> ways;
  for (const Tool& tool : rules.tools) {
    if (!rules.only.empty() && tool.name != rules.only) continue;
    PERSEA_TRY(const Grammar arguments, arguments_of(tool, rules.all_strict || tool.strict));
    const auto [before, behind] = around(rules.format, tool.name);
    ways.push_back(Grammar::sequence({Grammar::literal(before), arguments, Grammar::literal(behind)}));
  }
  return Grammar::alternatives(ways);
}

}  // namespace

Result<Grammar> calls_grammar(const CallRules& rules) {
  PERSEA_TRY(const Grammar one, one_call(rules));
  const uint32_t most = rules.parallel ? kMostCalls : 1;
  switch (rules.format) {
    case CallFormat::tagged:
      return several(one, "\n", most);
    case CallFormat::bare:
      return one;
    case CallFormat::mistral_list:
      return Grammar::sequence(
          {Grammar::literal(fmt::format("{}[", kMistralCalls)), several(one, ", ", most), Grammar::literal("]")});
    case CallFormat::mistral_named:
      return several(one, "", most);
  }
  return one;
}

Result<Grammar> free_or_calls_grammar(const CallRules& rules) {
  PERSEA_TRY(const Grammar free, free_text(rules.format));
  PERSEA_TRY(const Grammar calls, calls_grammar(rules));
  if (rules.format == CallFormat::bare) {
    const Grammar marked = Grammar::sequence({Grammar::literal(kPythonTag), calls});
    return Grammar::alternatives({calls, Grammar::sequence({free, Grammar::repeated(marked, 0, 1)})});
  }
  // Several calls may follow each other, or text lie between: the same, since text may be empty.
  return Grammar::sequence(
      {free, Grammar::repeated(Grammar::sequence({calls, free}), 0, rules.parallel ? kMostCalls : 1)});
}

}  // namespace persea
