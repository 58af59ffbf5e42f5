#include "cli/generate.h"

#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "cli/model_option.h"
#include "eval/text_model.h"
#include "text/chat_template.h"
#include "train/interrupt.h"

namespace persea {
namespace {

struct Options {
  std::string model, prompt, system, device = "auto";
  bool chat = false;
  TextOptions text;
};

const char* reason_name(StopReason reason) {
  switch (reason) {
    case StopReason::stop_token:
      return "stop";
    case StopReason::max_tokens:
      return "max_tokens";
    case StopReason::context:
      return "context";
    case StopReason::cancelled:
      return "cancelled";
  }
  return "?";
}

Result<std::vector<int32_t>> prompt_of(const TextModel& model, Options& options) {
  if (!options.chat) {
    options.text.tokens.stop = model.roles.end;
    return model.prompt(options.prompt);
  }
  options.text.tokens.stop = chat_stop_tokens(model.tokenizer);
  std::vector<ChatMessage> messages;
  if (!options.system.empty()) messages.push_back({"system", options.system});
  messages.push_back({"user", options.prompt});
  PERSEA_TRY(ChatTokens tokens, encode_chat(model.tokenizer, messages, true));
  return std::move(tokens.ids);
}

int generate(const CliContext& context, Options& options) {
  if (const Status status = options.text.tokens.sampler.check(); !status) return report(status.error()), 2;
  if (options.prompt == "-") options.prompt.assign(std::istreambuf_iterator<char>(std::cin), {});
  const auto device = kernels::device_choice_from(options.device);
  if (!device) return report(device.error());
  const auto place = find_model(context, options.model);
  if (!place) return report(place.error());
  const auto model = TextModel::load(place->path);
  if (!model) return report(model.error());
  const auto prompt = prompt_of(*model, options);
  if (!prompt) return report(prompt.error());

  auto weights = weights_for(*model, *device);
  if (!weights) return report(weights.error());
  Decoder decoder(std::move(*weights));
  Session session(decoder);
  const InterruptGuard interrupt;
  const bool streams = !context.json;
  if (streams && !options.chat) fmt::print("{}", options.prompt);
  if (streams) std::fflush(stdout);
  const double start = wall_seconds();
  const auto written = write_text(session, model->tokenizer, *prompt, options.text, [&](std::string_view text) {
    if (streams) {
      fmt::print("{}", text);
      std::fflush(stdout);
    }
    return !interrupt.interrupted();
  });
  if (!written) return report(written.error());
  const double seconds = wall_seconds() - start;
  if (streams) {
    fmt::print("\n");
    if (!context.quiet) {
      log_info("{} tokens after {} of the prompt in {}, {:.0f} tokens/s ({})", written->tokens, prompt->size(),
               format_duration(seconds), static_cast<double>(written->tokens) / seconds, reason_name(written->reason));
    }
  } else {
    print_json({{"model", place->name},
                {"device", device_name(decoder.weights().device)},
                {"prompt", options.prompt},
                {"text", written->text},
                {"reason", reason_name(written->reason)},
                {"prompt_tokens", prompt->size()},
                {"tokens", written->tokens},
                {"seconds", seconds}});
  }
  return 0;
}

}  // namespace

void add_generate(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("generate", "Write text on from a prompt");
  const auto options = std::make_shared<Options>();
  verb->add_option("MODEL", options->model,
                   "An artifact (id, its beginning, or kind), a model directory or a .gguf file; else the newest");
  verb->add_option("-p,--prompt", options->prompt, "The text to go on from; - reads it from standard input");
  verb->add_option("-n,--max-tokens", options->text.tokens.max_tokens, "Tokens to write at most")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30))
      ->capture_default_str();
  add_sampling_options(*verb, options->text.tokens.sampler);
  add_device_option(*verb, options->device);
  verb->add_option("--stop", options->text.stop, "A string that ends the text (may be given several times)");
  verb->add_flag("--chat", options->chat, "The prompt is what a user says: answer it");
  verb->add_option("--system", options->system, "With --chat: what the model is told before");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return generate(context, *options); }; });
}

}  // namespace persea
