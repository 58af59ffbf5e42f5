// A library that is looked for when the program runs: it is neither linked, nor are its headers needed.
#pragma once

#include <dlfcn.h>

#include <cstdlib>
#include <initializer_list>
#include <string_view>

namespace persea::cuda {

// By the name that the environment's `variable` gives, else the first of its usual names that is there; nullptr where
// there is none, or the variable is "off". `accept(library, name)` may refuse one: then the next is tried.
template <class Accept>
void* open_library(const char* variable, std::initializer_list<const char*> usual, const Accept& accept) {
  const auto open = [&](const char* name) -> void* {
    void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    return library && accept(library, name) ? library : nullptr;
  };
  if (const char* named = std::getenv(variable)) return std::string_view(named) == "off" ? nullptr : open(named);
  for (const char* name : usual)
    if (void* library = open(name)) return library;
  return nullptr;
}
inline void* open_library(const char* variable, std::initializer_list<const char*> usual) {
  return open_library(variable, usual, [](void*, const char*) { return true; });
}

template <class Function>
bool bind(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace persea::cuda
