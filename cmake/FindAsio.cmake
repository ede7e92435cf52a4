# Standalone Asio, which comes with neither a CMake file nor, everywhere, a pkg-config one: the target Asio::Asio.
# The component `coroutines` is there if this compiler can use its C++20 coroutines; that is looked at only if asked.
find_path(Asio_INCLUDE_DIR asio.hpp)
mark_as_advanced(Asio_INCLUDE_DIR)
if(Asio_INCLUDE_DIR)
  file(STRINGS ${Asio_INCLUDE_DIR}/asio/version.hpp Asio_line REGEX "define ASIO_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+" Asio_number "${Asio_line}")
  math(EXPR Asio_major "${Asio_number} / 100000")
  math(EXPR Asio_minor "${Asio_number} / 100 % 1000")
  math(EXPR Asio_patch "${Asio_number} % 100")
  set(Asio_VERSION ${Asio_major}.${Asio_minor}.${Asio_patch})
endif()

find_package(Threads QUIET)
set(Asio_coroutines_FOUND FALSE)
if(Asio_INCLUDE_DIR AND Threads_FOUND AND coroutines IN_LIST Asio_FIND_COMPONENTS)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_INCLUDES ${Asio_INCLUDE_DIR})
  set(CMAKE_REQUIRED_LIBRARIES Threads::Threads)
  set(CMAKE_REQUIRED_FLAGS ${CMAKE_CXX20_STANDARD_COMPILE_OPTION})
  check_cxx_source_compiles("
    #include <asio/awaitable.hpp>
    asio::awaitable<int> seven() { co_return 7; }
    int main() { return &seven == nullptr; }" Asio_COROUTINES)
  unset(CMAKE_REQUIRED_FLAGS)
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_INCLUDES)
  if(Asio_COROUTINES)
    set(Asio_coroutines_FOUND TRUE)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio
  REQUIRED_VARS Asio_INCLUDE_DIR Threads_FOUND VERSION_VAR Asio_VERSION HANDLE_COMPONENTS)

if(Asio_FOUND AND NOT TARGET Asio::Asio)
  add_library(Asio::Asio INTERFACE IMPORTED)
  set_target_properties(Asio::Asio PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES ${Asio_INCLUDE_DIR} INTERFACE_LINK_LIBRARIES Threads::Threads)
  # Asio takes its memory from aligned_alloc or from operator new, which it decides in each translation unit by whether
  # a header of the standard library came before its own. All must agree, the library's and the program's.
  if(CMAKE_SYSTEM_NAME STREQUAL Linux)
    set_target_properties(Asio::Asio PROPERTIES INTERFACE_COMPILE_DEFINITIONS ASIO_HAS_STD_ALIGNED_ALLOC=1)
  endif()
endif()
