# persea_page(TARGET): makes the page of web/ and gives it to TARGET as page_files.cc (src/serve/page.h), or, with
# PERSEA_PAGE=OFF, an empty one. web/build.sh runs where a file of web/ changed, and no other time.
function(persea_page target)
  set(folder ${CMAKE_BINARY_DIR}/web)
  if(NOT PERSEA_PAGE)
    file(CONFIGURE OUTPUT ${folder}/no_page_files.cc CONTENT
"#include \"serve/page.h\"

namespace persea {

std::span<const http::StaticFile> page_files() { return {}; }

}  // namespace persea
")
    target_sources(${target} PRIVATE ${folder}/no_page_files.cc)
    return()
  endif()
  find_program(PERSEA_NODE NAMES node nodejs)
  find_program(PERSEA_NPM npm)
  if(NOT PERSEA_NODE OR NOT PERSEA_NPM)
    message(FATAL_ERROR "web/: the page needs node and npm: script/deps installs them, -DPERSEA_PAGE=OFF builds without it")
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/*)
  list(FILTER sources EXCLUDE REGEX "/node_modules/")
  add_custom_command(OUTPUT ${folder}/page_files.cc
    COMMAND ${CMAKE_SOURCE_DIR}/web/build.sh ${folder} ${PERSEA_NODE} ${PERSEA_NPM}
    DEPENDS ${sources} COMMENT "Building the page" VERBATIM)
  target_sources(${target} PRIVATE ${folder}/page_files.cc)
endfunction()
