# Flags of our own targets only. They link to stls_build_flags privately, so a parent project and an installed
# package never see them.
add_library(stls_build_flags INTERFACE)
target_compile_features(stls_build_flags INTERFACE cxx_std_20)

if(STLS_DEVELOPER)
  target_compile_options(stls_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # False alarms where std::string and std::vector are inlined (bugs 105329, 105651 and their kin, up to GCC 14 at
  # least); some of these warnings are on by default.
  target_compile_options(stls_build_flags INTERFACE
    -Wno-stringop-overread -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict)
  # And where a coroutine frame of Asio, which has its own operators, is allocated in one place and freed in another.
  target_compile_options(stls_build_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-mismatched-new-delete>)
endif()

set(stls_sanitizers "${STLS_SANITIZE}")
if(STLS_SANITIZE STREQUAL thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(stls_build_flags INTERFACE -Wno-tsan)   # of Asio's fences, a page for each
endif()
if(STLS_BUILD_FUZZ)
  # The fuzzers live from the coverage of the library's code, so all of it is instrumented.
  set(stls_sanitizers fuzzer-no-link,address,undefined)
endif()
if(stls_sanitizers)
  target_compile_options(stls_build_flags INTERFACE
    -fsanitize=${stls_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(stls_build_flags INTERFACE -fsanitize=${stls_sanitizers} -fno-sanitize-recover=all)
endif()
