include(CMakePackageConfigHelpers)

set(stls_static OFF)
get_target_property(stls_type stls TYPE)
if(stls_type STREQUAL STATIC_LIBRARY)
  set(stls_static ON)
endif()

install(DIRECTORY include/stls DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
install(TARGETS stls EXPORT stlsTargets)
set(stls_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/stls)
install(EXPORT stlsTargets NAMESPACE stls:: DESTINATION ${stls_cmake_dir})
configure_package_config_file(cmake/stlsConfig.cmake.in stlsConfig.cmake INSTALL_DESTINATION ${stls_cmake_dir})
# Before 1.0 every minor version may break the interface.
write_basic_package_version_file(stlsConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/stlsConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/stlsConfigVersion.cmake
  ${CMAKE_CURRENT_SOURCE_DIR}/cmake/FindBearSSL.cmake
  DESTINATION ${stls_cmake_dir})

if(STLS_WITH_CAPI)
  install(FILES include/tls.h include/stls.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(TARGETS stls_tls EXPORT stlsTargets)
  # A page is found under the name of each function that it is about.
  file(GLOB pages CONFIGURE_DEPENDS man/*.3)
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
  foreach(page IN LISTS pages)
    cmake_path(GET page FILENAME target)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
    file(STRINGS ${page} names REGEX "^\\.Nm ")
    foreach(name IN LISTS names)
      string(REGEX MATCH "s?tls_[a-z_]+" name "${name}")
      if(NOT target STREQUAL ${name}.3)
        file(CONFIGURE OUTPUT man/${name}.3 CONTENT ".so man3/${target}\n")
        install(FILES ${CMAKE_CURRENT_BINARY_DIR}/man/${name}.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
      endif()
    endforeach()
  endforeach()
endif()

# pkg-config wants the .pc files of Requires.private even for a shared library, and so would force libssl's headers on
# everyone. A shared libstls needs none; a static one does, whether or not the caller says --static.
set(stls_pc_requires "")
if(stls_static AND STLS_WITH_LIBSSL)
  set(stls_pc_requires "Requires: libssl libcrypto")
endif()
set(stls_pc_libs "")
if(stls_static AND STLS_WITH_BEARSSL)
  set(stls_pc_libs " -lbearssl")   # it has no .pc file of its own
endif()
cmake_path(APPEND stls_pc_libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
cmake_path(APPEND stls_pc_includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
set(stls_pc_prefix "@stls_pc_prefix@")
set(stls_pc_files stls)
if(STLS_WITH_CAPI)
  list(APPEND stls_pc_files libtls)
endif()
foreach(name IN LISTS stls_pc_files)
  configure_file(cmake/${name}.pc.in ${name}.pc.in @ONLY)
  # `cmake --install --prefix` may name another prefix than the one configured, so the file is finished only then.
  install(CODE "
    set(stls_pc_prefix \"\${CMAKE_INSTALL_PREFIX}\")
    configure_file(\"${CMAKE_CURRENT_BINARY_DIR}/${name}.pc.in\" \"${CMAKE_CURRENT_BINARY_DIR}/${name}.pc\" @ONLY)")
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
