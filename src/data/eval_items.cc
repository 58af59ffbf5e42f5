#include "data/eval_items.h"

#include <algorithm>
#include <cctype>

#include "data/corpus_stage.h"
#include "data/smallworld.h"
#include "read/input_stream.h"

namespace persea {
namespace {

constexpr size_t kBlock = 1 << 18;
constexpr size_t kLongestLine = 1 << 26;      // bytes
constexpr size_t kLongestArray = 1ull << 30;  // bytes of a file that is one JSON value

using Names = std::vector<std::string_view>;

// Members by what they hold, in lower case, the best first.
const Names& question_names() {
  static const Names names = {"question", "query",   "prompt",      "goal",  "ctx",  "stem",  "premise",
                              "sentence", "problem", "instruction", "input", "text", "title", "context"};
  return names;
}
const Names& answer_names() {
  static const Names names = {
      "canonical_solution", "best answer", "best_answer", "rationale", "answers", "answer", "target", "completion",
      "continuation",       "response",    "output",      "solution",  "code",    "gold",   "label",  "answerkey",
      "answer_key",         "correct"};
  return names;
}
const Names& choice_names() {
  static const Names names = {"choices", "options", "endings", "target_scores", "context_options"};
  return names;
}
// One choice each.
const Names& single_choice_names() {
  static const Names names = {"sentence_good", "sentence_bad", "sol1",    "sol2",    "choice1", "choice2",
                              "option1",       "option2",      "ending0", "ending1", "ending2", "ending3"};
  return names;
}
// What tells items apart but stands in no text.
bool is_label(std::string_view name) {
  static const Names names = {"id",       "task",  "task_id",     "qid",       "uid",   "key",
                              "ind",      "split", "split_type",  "source",    "url",   "subject",
                              "category", "type",  "entry_point", "answerkey", "label", "gold"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// The members by their names in lower case; those of an object "question" stand beside the others.
std::map<std::string, const Json*> members_of(const Json& value) {
  std::map<std::string, const Json*> members;
  for (const auto& entry : value.items()) {
    const std::string name = lower(entry.key());
    if (name == "question" && entry.value().is_object()) {
      for (const auto& inner : entry.value().items()) members.emplace(lower(inner.key()), &inner.value());
    } else {
      members[name] = &entry.value();
    }
  }
  return members;
}

// The texts that a value holds: itself, of a list each of its own, of an object {"text": ...} that; of another one its
// keys, as where they have scores.
void texts_of(const Json& value, std::vector<std::string>& texts) {
  if (value.is_string()) {
    texts.push_back(value.get<std::string>());
  } else if (value.is_array()) {
    for (const Json& one : value) texts_of(one, texts);
  } else if (value.is_object()) {
    const auto text = value.find("text");
    if (text != value.end()) {
      texts_of(*text, texts);
    } else {
      for (const auto& entry : value.items()) texts.push_back(entry.key());
    }
  } else if (value.is_number()) {
    texts.push_back(value.dump());
  }
}

void all_strings(const Json& value, std::string& text) {
  if (value.is_string()) {
    text += (text.empty() ? "" : "\n") + value.get<std::string>();
  } else if (value.is_structured()) {
    for (const auto& entry : value.items())
      if (!value.is_object() || !is_label(lower(entry.key()))) all_strings(entry.value(), text);
  }
}

// A conversation: what the user says first is the question, what the assistant says first the answer.
void take_messages(const Json& messages, curate::EvaluationItem& item) {
  for (const Json& message : messages) {
    if (!message.is_object()) continue;
    const auto text = message.contains("content") ? message.find("content") : message.find("value");
    const auto role = message.contains("role") ? message.find("role") : message.find("from");
    if (text == message.end() || role == message.end() || !text->is_string() || !role->is_string()) continue;
    const bool answer = *role == "assistant" || *role == "gpt";
    std::string& part = answer ? item.answer : item.question;
    if (part.empty() && *role != "system") part = text->get<std::string>();
  }
}

class ItemReader {
 public:
  ItemReader(const Json& value, curate::EvaluationItem& item) : members_(members_of(value)), item_(item) {}

  void read() {
    if (const Json* messages = find("messages")) take_messages(*messages, item_);
    read_question();
    read_choices();
    read_answer();
  }

 private:
  const Json* find(std::string_view name) const {
    const auto found = members_.find(std::string(name));
    return found == members_.end() ? nullptr : found->second;
  }
  std::string text(std::string_view name) const {
    const Json* value = find(name);
    return value && value->is_string() ? value->get<std::string>() : "";
  }

  void read_question() {
    for (const std::string_view name : question_names()) {
      if (!item_.question.empty()) break;
      // BIG-bench's and others' prompts may be a list of one, MMLU's and GSM8K's are text.
      item_.question = text(name);
      if (!item_.question.empty()) asked_ = name;
    }
    // A story, then what is asked of it (SVAMP); two parts of one sentence (SNLI, COPA).
    for (const std::string_view before : {"body", "story"})
      if (asked_ == "question" && !text(before).empty()) item_.question = text(before) + " " + item_.question;
    if (asked_ == "premise" && !text("hypothesis").empty()) item_.question += " " + text("hypothesis");
    if (asked_ == "instruction" && !text("input").empty()) item_.question += " " + text("input");
    for (const std::string_view passage : {"context", "passage", "article", "support"})
      if (item_.context.empty() && asked_ != passage && text(passage).size() > 1) item_.context = text(passage);
  }

  void read_choices() {
    for (const std::string_view name : choice_names())
      if (const Json* value = find(name); value && item_.choices.empty()) texts_of(*value, item_.choices);
    for (const std::string_view name : single_choice_names())
      if (!text(name).empty()) item_.choices.push_back(text(name));
    // Beginnings of one sentence, of which one fits (WinoGrande, WSC).
    const std::string end = text("continuation");
    if (find("context_options") && !end.empty()) {
      for (std::string& choice : item_.choices) choice += " " + end;
      continued_ = true;
    }
  }

  void read_answer() {
    for (const std::string_view name : answer_names()) {
      if (!item_.answer.empty()) return;
      const Json* value = find(name);
      if (!value || (continued_ && name == "continuation")) continue;
      if (value->is_object() && name != "answers" && name != "answer") continue;
      item_.answer = answer_of(*value);
    }
  }

  // A text, the first of several, a choice's number, or its letter.
  std::string answer_of(const Json& value) const {
    const size_t count = item_.choices.size();
    if (value.is_number_integer() && count > 0) {
      const auto number = value.get<int64_t>();
      return number >= 0 && number < static_cast<int64_t>(count) ? item_.choices[static_cast<size_t>(number)] : "";
    }
    std::vector<std::string> texts;
    texts_of(value, texts);
    if (texts.empty()) return "";
    if (count > 0 && texts[0].size() == 1) {
      const auto letter = static_cast<size_t>(texts[0][0] - 'A');
      if (letter < count) return item_.choices[letter];
    }
    return texts[0];
  }

  std::map<std::string, const Json*> members_;
  curate::EvaluationItem& item_;
  std::string_view asked_;  // the member that the question stands in
  bool continued_ = false;
};

std::string name_in(const Json& value, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = value.find(name);
    if (found == value.end()) continue;
    if (found->is_string() && !found->get_ref<const std::string&>().empty()) return found->get<std::string>();
    if (found->is_number_integer()) return found->dump();
  }
  return "";
}

bool empty(const curate::EvaluationItem& item) {
  return item.question.empty() && item.answer.empty() && item.context.empty() && item.choices.empty();
}

// "arc_easy" for "a/arc_easy.jsonl.zst"; "" where the file's name is none of a test's.
std::string task_of(const fs::path& path) {
  std::string name = path.filename().string();
  for (const std::string_view packed : {".zst", ".gz"})
    if (name.ends_with(packed)) name.resize(name.size() - packed.size());
  for (const std::string_view form : {".jsonl", ".ndjson", ".json"})
    if (name.ends_with(form)) return name.substr(0, name.size() - form.size());
  return "";
}

class FileReader {
 public:
  FileReader(const fs::path& path, const EvalItemOptions& options, EvalItems& out)
      : path_(path), task_(task_of(path)), options_(options), out_(out) {
    if (task_.empty()) task_ = path.filename().string();
  }

  Status read() {
    PERSEA_TRY(InputStream stream, InputStream::open(path_));
    std::string buffer;
    for (;;) {
      const size_t begin = buffer.size();
      buffer.resize(begin + kBlock);
      const size_t count = stream.read(std::span(buffer.data() + begin, kBlock));
      buffer.resize(begin + count);
      if (count == 0) break;
      if (first_) {
        const size_t at = buffer.find_first_not_of(" \t\r\n");
        if (at == std::string::npos) continue;
        array_ = buffer[at] == '[';
        first_ = false;
      }
      if (array_) {
        if (buffer.size() > kLongestArray)
          return fail("{}: is too long for one JSON array: make it lines", path_.string());
        continue;
      }
      PERSEA_CHECK(take_lines(buffer));
      if (buffer.size() > kLongestLine) return fail("{}:{}: the line is too long", path_.string(), line_ + 1);
    }
    if (!stream.problem().empty()) return fail("{}: {}", path_.string(), stream.problem());
    if (array_) {
      PERSEA_TRY(const Json all, parse_json(buffer, path_.string()));
      for (const Json& value : all) {
        ++line_;
        PERSEA_CHECK(take(value, fmt::format("{}: element {}", path_.string(), line_)));
      }
    } else if (!buffer.empty()) {
      PERSEA_CHECK(take_line(buffer));
    }
    if (taken_ == 0) return fail("{}: holds no evaluation items", path_.string());
    return {};
  }

 private:
  Status take_lines(std::string& buffer) {
    size_t begin = 0;
    for (size_t end; (end = buffer.find('\n', begin)) != std::string::npos; begin = end + 1)
      PERSEA_CHECK(take_line(std::string_view(buffer).substr(begin, end - begin)));
    buffer.erase(0, begin);
    return {};
  }
  Status take_line(std::string_view line) {
    ++line_;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
    const std::string where = fmt::format("{}:{}", path_.string(), line_);
    PERSEA_TRY(const Json value, parse_json(line, where));
    return take(value, where);
  }
  Status take(const Json& value, const std::string& where) {
    auto item = eval_item(value, options_, fmt::format("{}:{}", task_, line_), task_);
    if (!item) return fail("{}: {}", where, item.error().message);
    out_.items.push_back(std::move(*item));
    ++taken_;
    return {};
  }

  fs::path path_;
  std::string task_;
  const EvalItemOptions& options_;
  EvalItems& out_;
  int64_t line_ = 0, taken_ = 0;
  bool first_ = true, array_ = false;
};

}  // namespace

Result<curate::EvaluationItem> eval_item(const Json& value, const EvalItemOptions& options, std::string_view id,
                                         std::string_view task) {
  curate::EvaluationItem item;
  item.id = id;
  item.task = task;
  if (value.is_string()) {
    item.question = value.get<std::string>();
  } else if (value.is_object()) {
    if (const std::string own = name_in(value, {"id", "ID", "task_id", "qid", "key"}); !own.empty()) item.id = own;
    if (const std::string own = name_in(value, {"task", "subject"}); !own.empty()) item.task += "/" + own;
    if (options.fields.empty()) {
      ItemReader(value, item).read();
      if (empty(item)) all_strings(value, item.question);
    }
    for (const std::string& field : options.fields) {
      const auto found = value.find(field);
      if (found == value.end()) return fail("there is no `{}`", field);
      std::vector<std::string> texts;
      texts_of(*found, texts);
      for (const std::string& text : texts) item.question += (item.question.empty() ? "" : "\n") + text;
    }
  } else {
    return fail("is neither an object nor a text");
  }
  if (empty(item)) return fail("holds no text");
  return item;
}

Status read_eval_items(const fs::path& path, const EvalItemOptions& options, EvalItems& out) {
  PERSEA_TRY(const std::vector<FoundFile> files, list_files(path));
  const bool folder = fs::is_directory(path);
  size_t read = 0;
  for (const FoundFile& file : files) {
    if (folder && (task_of(file.name).empty() || file.name == "manifest.json")) continue;
    PERSEA_CHECK(FileReader(folder ? path / file.name : path, options, out).read());
    out.files.push_back(file.name);
    ++read;
  }
  if (read == 0) return fail("{}: holds no .jsonl or .json files with evaluation items", path.string());
  return {};
}

void add_smallworld_items(uint64_t seed, int count, EvalItems& out) {
  int number = 0;
  for (const SmallworldQuestion& question : smallworld_questions(seed, count)) {
    curate::EvaluationItem item;
    item.id = fmt::format("smallworld:{}", ++number);
    item.task = "smallworld/" + question.kind;
    item.question = question.prompt_text;
    item.answer = question.answer;
    out.items.push_back(std::move(item));
  }
}

}  // namespace persea
