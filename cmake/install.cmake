include(CMakePackageConfigHelpers)

set(stls_static OFF)
get_target_property(stls_type stls TYPE)
if(stls_type STREQUAL STATIC_LIBRARY)
  set(stls_static ON)
endif()

set(stls_not_installed "")
if(NOT STLS_WITH_SOCK)
  set(stls_not_installed PATTERN sock EXCLUDE)
endif()
install(DIRECTORY include/stls DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp ${stls_not_installed})
install(TARGETS stls EXPORT stlsTargets)
set(stls_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/stls)
install(EXPORT stlsTargets NAMESPACE stls:: DESTINATION ${stls_cmake_dir})
if(STLS_WITH_SOCK)
  # Exported apart: who uses stls::stls alone needs no Asio.
  install(TARGETS stls-sock EXPORT stlsSockTargets)
  install(EXPORT stlsSockTargets NAMESPACE stls:: DESTINATION ${stls_cmake_dir})
  install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/cmake/FindAsio.cmake DESTINATION ${stls_cmake_dir})
endif()
configure_package_config_file(cmake/stlsConfig.cmake.in stlsConfig.cmake INSTALL_DESTINATION ${stls_cmake_dir})
# Before 1.0 every minor version may break the interface.
write_basic_package_version_file(stlsConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/stlsConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/stlsConfigVersion.cmake
  ${CMAKE_CURRENT_SOURCE_DIR}/cmake/FindBearSSL.cmake
  DESTINATION ${stls_cmake_dir})

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
# Asio is found by the compiler itself where it lies at a usual place.
set(stls_pc_asio "")
if(STLS_WITH_SOCK AND NOT Asio_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
  set(stls_pc_asio " -I${Asio_INCLUDE_DIR}")
endif()
set(stls_pc_files stls.pc)
if(STLS_WITH_SOCK)
  list(APPEND stls_pc_files stls-sock.pc)
endif()
if(STLS_WITH_SOCK)
  get_target_property(definitions Asio::Asio INTERFACE_COMPILE_DEFINITIONS)
  foreach(definition IN LISTS definitions)
    if(definition)
      string(APPEND stls_pc_asio " -D${definition}")
    endif()
  endforeach()
endif()
set(stls_pc_prefix "@stls_pc_prefix@")
foreach(file IN LISTS stls_pc_files)
  configure_file(cmake/${file}.in ${file}.in @ONLY)
  # `cmake --install --prefix` may name another prefix than the one configured, so the file is finished only then.
  install(CODE "
    set(stls_pc_prefix \"\${CMAKE_INSTALL_PREFIX}\")
    configure_file(\"${CMAKE_CURRENT_BINARY_DIR}/${file}.in\" \"${CMAKE_CURRENT_BINARY_DIR}/${file}\" @ONLY)")
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
