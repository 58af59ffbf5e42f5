#include "cli/chat.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <vector>

#include "base/clock.h"
#include "cli/model_option.h"
#include "cli/terminal.h"
#include "eval/text_model.h"
#include "text/chat_template.h"
#include "train/interrupt.h"

namespace persea {
namespace {

struct Options {
  std::string model, system, device = "auto";
  TextOptions text;
};

constexpr const char* kHelp = R"(  /regenerate        another answer to the last message
  /reset             forget the conversation
  /system TEXT       what the model is told before the conversation; alone: nothing
  /set               show the settings; /set temperature=0.5 changes one
  /help              this
  /quit or Ctrl-D    leave; Ctrl-C stops an answer
)";

// The conversation and its commands. Reads standard input line by line; talks only on a terminal, so that a script of
// messages gives the answers and nothing else.
class Chat {
 public:
  Chat(const TextModel& model, DecoderWeights weights, Options options)
      : model_(model), options_(std::move(options)), decoder_(std::move(weights)), session_(decoder_) {
    options_.text.tokens.stop = chat_stop_tokens(model.tokenizer);
  }

  int run() {
    std::string line;
    while (true) {
      if (terminal_) fmt::print("\n{} ", bold(">"));
      std::fflush(stdout);
      if (!std::getline(std::cin, line)) break;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      Status status;
      if (line.starts_with('/')) {
        if (line == "/quit" || line == "/exit") return 0;
        status = command(line);
      } else {
        messages_.push_back({"user", line});
        status = answer();
      }
      if (!status) {
        (void)report(status.error());
        if (!terminal_) return 1;
      }
    }
    if (terminal_) fmt::print("\n");
    return 0;
  }

 private:
  Status command(const std::string& line) {
    const size_t space = line.find(' ');
    const std::string name = line.substr(1, space - 1);
    const std::string rest = space == std::string::npos ? "" : line.substr(line.find_first_not_of(' ', space));
    if (name == "reset") return messages_.clear(), Status();
    if (name == "help") return fmt::print("{}", kHelp), Status();
    if (name == "system") return options_.system = rest, Status();
    if (name == "regenerate") {
      if (!messages_.empty() && messages_.back().role == "assistant") messages_.pop_back();
      if (messages_.empty()) return fail("there is no message yet to answer again");
      ++options_.text.tokens.sampler.seed;
      return answer();
    }
    if (name == "set") return rest.empty() ? show_settings() : set(rest);
    const std::string near = nearest(name, {"reset", "help", "system", "regenerate", "set", "quit"});
    return near.empty() ? fail("no command /{}; /help lists them", name)
                        : fail("no command /{}: did you mean /{}?", name, near);
  }

  Status show_settings() const {
    const SamplerOptions& s = options_.text.tokens.sampler;
    fmt::print("  temperature={} top-k={} top-p={} min-p={} repetition-penalty={} seed={} max-tokens={}\n",
               s.temperature, s.top_k, s.top_p, s.min_p, s.repetition_penalty, s.seed, options_.text.tokens.max_tokens);
    return {};
  }

  Status set(const std::string& assignment) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos) return fail("say /set NAME=VALUE; /set alone shows the names");
    std::string name = assignment.substr(0, equals);
    for (char& c : name) c = c == '_' ? '-' : c;
    const std::string value = assignment.substr(equals + 1);
    GenerateOptions changed = options_.text.tokens;
    SamplerOptions& s = changed.sampler;
    const auto read = [&](auto& into) {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), into);
      return error == std::errc() && end == value.data() + value.size();
    };
    const std::vector<std::pair<std::string, std::function<bool()>>> names = {
        {"temperature", [&] { return read(s.temperature); }},
        {"top-k", [&] { return read(s.top_k); }},
        {"top-p", [&] { return read(s.top_p); }},
        {"min-p", [&] { return read(s.min_p); }},
        {"repetition-penalty", [&] { return read(s.repetition_penalty); }},
        {"seed", [&] { return read(s.seed); }},
        {"max-tokens", [&] { return read(changed.max_tokens) && changed.max_tokens > 0; }},
    };
    for (const auto& [known, take] : names) {
      if (known != name) continue;
      if (!take()) return fail("{}: \"{}\" is no value for it", name, value);
      PERSEA_CHECK(s.check());
      options_.text.tokens = changed;
      return {};
    }
    std::vector<std::string> all;
    for (const auto& [known, take] : names) all.push_back(known);
    const std::string near = nearest(name, all);
    return near.empty() ? fail("no setting \"{}\"; /set alone shows them", name)
                        : fail("no setting \"{}\": did you mean {}?", name, near);
  }

  // The conversation as ids. Where it leaves no room for an answer, its oldest messages are forgotten.
  Result<std::vector<int32_t>> prompt() {
    const int64_t context = decoder_.config().context;
    const int64_t room = std::min(options_.text.tokens.max_tokens, context / 4);
    for (size_t first = 0;; first += 2) {
      std::vector<ChatMessage> messages;
      if (!options_.system.empty()) messages.push_back({"system", options_.system});
      const auto oldest = messages_.begin() + static_cast<int64_t>(first);
      messages.insert(messages.end(), oldest, messages_.end());
      PERSEA_TRY(ChatTokens tokens, encode_chat(model_.tokenizer, messages, true));
      const auto count = static_cast<int64_t>(tokens.ids.size());
      if (count + room <= context) {
        messages_.erase(messages_.begin(), oldest);
        if (first > 0 && terminal_) fmt::print("{}\n", dim("(the oldest messages no longer fit and are forgotten)"));
        return std::move(tokens.ids);
      }
      if (messages_.size() - first < 3) {
        return fail("the message has {} tokens; the model's context holds {} with the answer: shorten it", count,
                    context);
      }
    }
  }

  Status answer() {
    const Result<std::vector<int32_t>> ids = prompt();
    if (!ids) {
      messages_.pop_back();
      return ids.error();
    }
    const InterruptGuard interrupt;
    const auto written = write_text(session_, model_.tokenizer, *ids, options_.text, [&](std::string_view text) {
      fmt::print("{}", text);
      std::fflush(stdout);
      return !interrupt.interrupted();
    });
    if (!written) {
      messages_.pop_back();
      return written.error();
    }
    fmt::print("{}\n", written->reason == StopReason::cancelled ? dim(" (stopped)") : "");
    if (terminal_ && written->reason == StopReason::max_tokens) {
      fmt::print("{}\n", dim("(cut off: /set max-tokens=... allows more)"));
    }
    std::string text = written->text;
    text.erase(text.find_last_not_of(" \n") + 1);
    messages_.push_back({"assistant", text});
    return {};
  }

  const TextModel& model_;
  Options options_;
  Decoder decoder_;
  Session session_;
  std::vector<ChatMessage> messages_;
  const bool terminal_ = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
};

int chat(const CliContext& context, const Options& options, bool seeded) {
  if (const Status status = options.text.tokens.sampler.check(); !status) return report(status.error()), 2;
  const auto device = kernels::device_choice_from(options.device);
  if (!device) return report(device.error());
  const auto place = find_model(context, options.model);
  if (!place) return report(place.error());
  const auto model = TextModel::load(place->path);
  if (!model) return report(model.error());
  // Says at once, and not after the first message, that a model knows no chat.
  if (const auto chat = encode_chat(model->tokenizer, {}, true); !chat) return report(chat.error());
  auto weights = weights_for(*model, *device);
  if (!weights) return report(weights.error());
  if (!context.quiet && isatty(STDOUT_FILENO) == 1) {
    fmt::print("{}\n",
               dim(fmt::format("{} · {} parameters · context {} tokens{} · /help lists the commands, Ctrl-D leaves",
                               place->name, format_count(static_cast<double>(model->model->config().parameters())),
                               model->model->config().context, weights->device == cpu_device ? "" : " · on the GPU")));
  }
  Options chosen = options;
  if (!seeded) chosen.text.tokens.sampler.seed = std::random_device()();
  return Chat(*model, std::move(*weights), std::move(chosen)).run();
}

}  // namespace

void add_chat(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("chat", "Talk with a model in the terminal");
  const auto options = std::make_shared<Options>();
  options->text.tokens.max_tokens = 256;
  verb->add_option("MODEL", options->model,
                   "An artifact (id, its beginning, or kind), a model directory or a .gguf file; else the newest");
  verb->add_option("--system", options->system, "What the model is told before the conversation");
  verb->add_option("-n,--max-tokens", options->text.tokens.max_tokens, "Tokens of an answer at most")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30))
      ->capture_default_str();
  add_sampling_options(*verb, options->text.tokens.sampler);
  add_device_option(*verb, options->device);
  verb->add_option("--stop", options->text.stop, "A string that ends an answer (may be given several times)");
  verb->callback([&context, &action, options, verb] {
    action = [&context, options, verb] { return chat(context, *options, verb->count("--seed") > 0); };
  });
}

}  // namespace persea
