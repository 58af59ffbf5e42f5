# `cmake --install`, and a Debian package by `cpack` in the build folder.
include(GNUInstallDirs)
if(TARGET persea)
  install(TARGETS persea)
endif()
install(DIRECTORY recipes/ DESTINATION ${CMAKE_INSTALL_DATADIR}/persea/recipes FILES_MATCHING PATTERN "*.toml")
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME persea)
set(CPACK_PACKAGE_VENDOR "The Persea project")
set(CPACK_PACKAGE_CONTACT "The Persea project <persea@localhost>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "${PROJECT_DESCRIPTION}
 Persea curates text, trains a tokenizer and a transformer on it from scratch,
 reports what the model has learnt and lets people chat with it, with one record
 of every step.")
include(CPack)
