#include "cli/bench_texts.h"

#include <algorithm>

#include "base/file.h"
#include "base/json.h"

namespace persea {

Result<std::vector<std::string>> read_texts(const std::string& path, const std::string& field) {
  PERSEA_TRY(const std::string bytes, read_file(path));
  std::vector<std::string> texts;
  for (size_t start = 0, number = 1; start < bytes.size(); ++number) {
    const size_t end = std::min(bytes.find('\n', start), bytes.size());
    PERSEA_TRY(const Json line,
               parse_json(std::string_view(bytes).substr(start, end - start), fmt::format("{}:{}", path, number)));
    const auto text = line.is_object() ? line.find(field) : line.end();
    if (text == line.end() || !text->is_string()) return fail("{}:{}: there is no `{}`", path, number, field);
    texts.push_back(text->get<std::string>());
    start = end + 1;
  }
  return texts;
}

}  // namespace persea
