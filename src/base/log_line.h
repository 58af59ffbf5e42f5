// A finished line for the log: log.h without its formats, which nvcc does not compile.
#pragma once

#include <string_view>

namespace persea {

enum class LogLevel { debug, info, warning, error };
void log_line(LogLevel level, std::string_view text);

}  // namespace persea
