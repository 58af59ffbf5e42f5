// A model's own chat template (`chat_template` of tokenizer_config.json), rendered as transformers' apply_chat_template
// renders it: Jinja 2 in its immutable sandbox, blocks trimmed, with `break`, `continue`, `generation`,
// raise_exception, strftime_now and a `tojson` that escapes no HTML. It is no general Jinja: there are no other files
// to include or extend, nothing is escaped by itself, and what is not supported is an error with its line, never a
// wrong prompt.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace persea {

namespace jinja {
struct Program;
struct Bindings;
}  // namespace jinja

// What a template is given: `messages`, `tools`, `add_generation_prompt`, `bos_token` ... A template prints objects
// with their keys in the order given, so text is read here and not by parse_json(), which sorts them.
class TemplateVariables {
 public:
  TemplateVariables();
  ~TemplateVariables();
  TemplateVariables(TemplateVariables&&) noexcept;
  TemplateVariables& operator=(TemplateVariables&&) noexcept;

  // Each key of a JSON object is a variable; one of that name from before is replaced.
  Status add(std::string_view json_object, std::string_view where);
  // One variable from the text of any JSON value.
  Status set_json(std::string_view name, std::string_view json, std::string_view where);
  // One variable; the keys of objects are in `value`'s order, which is sorted.
  Status set(std::string_view name, const Json& value);

 private:
  friend class ChatTemplate;
  std::unique_ptr<jinja::Bindings> bindings_;
};

class ChatTemplate {
 public:
  // Errors: "WHERE:LINE: what": no Jinja, a filter, test or tag that is not known, or more than kMaxSource bytes.
  static Result<ChatTemplate> parse(std::string_view source, std::string_view where);

  struct Rendered {
    std::string text;
    std::vector<std::pair<size_t, size_t>> answers;  // [begin, end) of each {% generation %} that is not in a macro
  };
  // Errors: what the template raises, what Python would raise, or more work or text than kMaxWork and kMaxOutput.
  // `now` is what strftime_now() tells, in local time; 0 is the present.
  Result<Rendered> render_answers(const TemplateVariables& variables, std::time_t now = 0) const;
  Result<std::string> render(const TemplateVariables& variables, std::time_t now = 0) const;
  Result<std::string> render(const Json& variables, std::time_t now = 0) const;

  static constexpr size_t kMaxSource = size_t{1} << 18;
  static constexpr size_t kMaxOutput = size_t{1} << 26;
  static constexpr size_t kMaxWork = size_t{1} << 28;  // bytes that are made or looked at; an evaluation counts for 64

 private:
  explicit ChatTemplate(std::shared_ptr<const jinja::Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const jinja::Program> program_;
};

}  // namespace persea
