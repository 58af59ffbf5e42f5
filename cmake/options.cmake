# Compiler options that every target of the project shares. CUDA sources get them through nvcc's host compiler where they apply.
add_library(persea_options INTERFACE)
target_include_directories(persea_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(persea_options INTERFACE PERSEA_VERSION="${PROJECT_VERSION}")
set(cxx_options -Wall -Wextra -fno-math-errno -fno-trapping-math)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND cxx_options -Wno-restrict)  # GCC 12 warns of std::string's own operator+ (GCC bug 105651)
endif()
if(PERSEA_WERROR)
  list(APPEND cxx_options -Werror)
endif()
if(PERSEA_SANITIZE)
  list(APPEND cxx_options -fsanitize=${PERSEA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1
       -Wno-maybe-uninitialized)  # the last: false alarms in instrumented code
  target_link_options(persea_options INTERFACE -fsanitize=${PERSEA_SANITIZE})
endif()
if(PERSEA_FUZZ)
  list(APPEND cxx_options -fsanitize=fuzzer-no-link -Wno-unknown-warning-option)
endif()
# Everything but the kernels, which choose at run time, is compiled for x86-64 processors from 2009 on.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND cxx_options -march=x86-64-v2)
endif()
target_compile_options(persea_options INTERFACE "$<$<COMPILE_LANGUAGE:C,CXX>:${cxx_options}>")

if(PERSEA_CUDA AND NOT PERSEA_CUDA STREQUAL "EMULATED")
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    # Ampere and, with its own instructions, Hopper; what is newer compiles the first one's PTX when it starts.
    set(CMAKE_CUDA_ARCHITECTURES 80 90a-real CACHE STRING "GPU architectures to build for")
  endif()
  enable_language(CUDA)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)  # CMake 3.25 does not know that nvcc has it
  target_compile_options(persea_options INTERFACE
    "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-Xcompiler=-Wall>")
endif()

find_program(PERSEA_CCACHE ccache)
if(PERSEA_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PERSEA_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${PERSEA_CCACHE})
endif()
