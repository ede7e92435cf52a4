// The declarations of the C API, as what the library exports. All else is compiled hidden.
#pragma once

#pragma GCC visibility push(default)
#include <stls.h>
#include <tls.h>
#pragma GCC visibility pop
