#include "cli/render.h"

#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>

#include "base/file.h"
#include "cli/model_option.h"
#include "nn/gguf.h"
#include "serve/chat_prompt.h"
#include "text/chat_form.h"
#include "text/jinja.h"

namespace persea {
namespace {

struct Options {
  std::string source, file, name = "default";
  std::time_t now = 0;
};

// The templates and tokens of a .jinja file, which has no tokens, or of a model.
Result<ChatForm> form_of(const CliContext& context, const std::string& source) {
  if (source.ends_with(".jinja")) {
    ChatForm form;
    PERSEA_TRY(std::string text, read_file(source));
    form.templates.emplace_back("default", std::move(text));
    return form;
  }
  PERSEA_TRY(const ModelPlace place, find_model(context, source));
  std::error_code error;
  if (std::filesystem::is_directory(place.path, error)) return load_chat_form(place.path);
  PERSEA_TRY(const Gguf file, Gguf::open(place.path));
  return chat_form_from_gguf(file.metadata(), file.where());
}

// One line: {"messages": [...], "tools": [...], "add_generation_prompt": true, ...}.
Result<std::string> rendered(const ChatTemplate& chat_template, const ChatForm& form, const std::string& line,
                             std::time_t now) {
  auto conversation = OrderedJson::parse(line, nullptr, false);
  if (!conversation.is_object()) return fail("a conversation is a JSON object with \"messages\"");
  TemplateVariables variables;
  for (const auto& [name, text] : form.tokens) PERSEA_CHECK(variables.set(name, text));
  for (const char* name : {"tools", "documents"}) PERSEA_CHECK(variables.set(name, nullptr));
  PERSEA_CHECK(variables.set("add_generation_prompt", false));
  const auto messages = conversation.find("messages");
  if (messages == conversation.end() || !messages->is_array()) return fail("messages: must be a list");
  for (OrderedJson& message : *messages) {
    if (!message.is_object()) return fail("messages: must be a list of objects");
    name_thoughts(message);
  }
  PERSEA_CHECK(variables.add(conversation.dump(-1, ' ', false, OrderedJson::error_handler_t::replace), "conversation"));
  return chat_template.render(variables, now);
}

int render(const CliContext& context, const Options& options) {
  const auto form = form_of(context, options.source);
  if (!form) return report(form.error());
  const std::string* source = form->find(options.name);
  if (!source) return report(fail("{}: has no chat template \"{}\"", options.source, options.name));
  const auto chat_template = ChatTemplate::parse(*source, options.source);
  if (!chat_template) return report(chat_template.error());
  std::ifstream file(options.file);
  if (!options.file.empty() && !file) return report(fail("{}: cannot be read", options.file));
  std::istream& in = options.file.empty() ? std::cin : file;
  int status = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto text = rendered(*chat_template, *form, line, options.now);
    if (context.json) {
      const Json answer = text ? Json{{"text", *text}} : Json{{"error", text.error().message}};
      fmt::print("{}\n", canonical_json(answer));
    } else if (text) {
      fmt::print("{}", *text);
    } else {
      status = report(text.error());
    }
  }
  return status;
}

}  // namespace

void add_render(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("render", "Show what a chat template makes of conversations");
  const auto options = std::make_shared<Options>();
  verb->add_option("TEMPLATE", options->source, "A .jinja file, or a model: an artifact, a directory or a .gguf file")
      ->required();
  verb->add_option("FILE", options->file,
                   "Conversations, one JSON object a line: {\"messages\": [...]}, perhaps with \"tools\", "
                   "\"add_generation_prompt\" and other variables; else standard input");
  verb->add_option("--name", options->name, "Which of a model's templates")->capture_default_str();
  verb->add_option("--now", options->now, "The time that templates are told, in seconds since 1970; 0: the present");
  verb->footer(
      "Control tokens in messages are shown as they stand; the service keeps them from being tokens.\n"
      "With --json: an object a line, with the text or the error.\n\n"
      "Example:\n"
      "  echo '{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"add_generation_prompt\": true}' | persea "
      "render "
      "model.gguf");
  verb->callback([&context, &action, options] { action = [&context, options] { return render(context, *options); }; });
}

}  // namespace persea
