// Holds the folders of src/ to the table in docs/architecture.md: every include and every CMake dependency.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"

namespace persea {
namespace {

const fs::path kRoot = PERSEA_SOURCE_DIR;

using Allowed = std::map<std::string, std::set<std::string>>;  // folder -> what it may include

std::vector<std::string> lines_of(const fs::path& path) {
  std::istringstream text(*read_file(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// The rows "| `src/NAME` | ... | a, b |", closed over: a row may name only folders of earlier rows.
Allowed read_table() {
  static const std::regex row(R"(\| `src/(\w+)` \| .* \| ([\w, -]+) \|)"), word(R"(\w+)");
  Allowed allowed;
  for (const std::string& line : lines_of(kRoot / "docs/architecture.md")) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    const std::string names = match[2];
    std::set<std::string>& own = allowed[match[1]];
    own.insert(match[1]);
    for (std::sregex_iterator it(names.begin(), names.end(), word), end; it != end; ++it) {
      if (!allowed.contains(it->str())) {
        ADD_FAILURE() << "docs/architecture.md: " << match[1] << " names " << it->str()
                      << ", which stands in no row above it";
      }
      own.insert(allowed[it->str()].begin(), allowed[it->str()].end());
    }
  }
  return allowed;
}

// What is wrong with `line` of a file in `folder`; "" where nothing is.
std::string complaint(const Allowed& allowed, const std::string& folder, const std::string& line) {
  static const std::regex include(R"re(\s*#\s*include\s*"([^"/]*)(/?)[^"]*".*)re");
  std::smatch match;
  if (!std::regex_match(line, match, include)) return "";
  const std::string target = match[1];
  if (match[2].length() == 0 || !allowed.contains(target)) return "includes by no path from src/: " + line;
  if (!allowed.at(folder).contains(target)) return folder + " may not include " + target + ": " + line;
  return "";
}

TEST(FolderOrder, TableNamesEveryFolderOfSrc) {
  const Allowed allowed = read_table();
  ASSERT_TRUE(allowed.contains("base"));
  for (const auto& entry : fs::directory_iterator(kRoot / "src")) {
    EXPECT_TRUE(allowed.contains(entry.path().filename())) << entry.path() << " is not in docs/architecture.md";
  }
  for (const auto& [folder, unused] : allowed) EXPECT_TRUE(fs::exists(kRoot / "src" / folder)) << folder;
}

TEST(FolderOrder, IncludesAreAllowed) {
  const Allowed allowed = read_table();
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "src")) {
    static const std::set<std::string> kSources = {".h", ".cc", ".cu", ".cuh", ".inc"};
    if (!kSources.contains(entry.path().extension())) continue;
    ++files;
    const std::string folder = *fs::relative(entry.path(), kRoot / "src").begin();
    if (!allowed.contains(folder)) continue;  // named by the test above
    int number = 0;
    for (const std::string& line : lines_of(entry.path())) {
      ++number;
      const std::string wrong = complaint(allowed, folder, line);
      EXPECT_EQ(wrong, "") << entry.path().string() << ":" << number;
    }
  }
  EXPECT_GT(files, 10);
}

TEST(FolderOrder, CMakeLinksWhatTheTableAllows) {
  const Allowed allowed = read_table();
  static const std::regex module(R"(persea_module\((\w+)(?: DEPS ([a-z_ ]+?))?(?: LINK.*| PRIVATE.*| WITHOUT.*|\))?)");
  std::set<std::string> seen;
  for (const std::string& line : lines_of(kRoot / "CMakeLists.txt")) {
    std::smatch match;
    if (!std::regex_match(line, match, module)) continue;
    seen.insert(match[1]);
    ASSERT_TRUE(allowed.contains(match[1])) << line;
    std::istringstream deps(match[2]);
    for (std::string dep; deps >> dep;) EXPECT_TRUE(allowed.at(match[1]).contains(dep)) << line;
  }
  for (const auto& [folder, unused] : allowed) EXPECT_TRUE(seen.contains(folder)) << folder << " is no CMake module";
}

TEST(FolderOrder, WrongIncludesAreSeen) {
  const Allowed allowed = {{"base", {"base"}}, {"text", {"text", "base"}}, {"nn", {"nn", "base"}}};
  EXPECT_EQ(complaint(allowed, "text", "#include \"base/file.h\""), "");
  EXPECT_EQ(complaint(allowed, "text", "#include <nn/model.h>"), "");
  EXPECT_NE(complaint(allowed, "text", "#include \"nn/model.h\""), "");
  EXPECT_NE(complaint(allowed, "base", "  # include \"text/bpe.h\"  // why"), "");
  EXPECT_NE(complaint(allowed, "text", "#include \"bpe.h\""), "");
  EXPECT_NE(complaint(allowed, "text", "#include \"../nn/model.h\""), "");
}

}  // namespace
}  // namespace persea
