// The content of an option that is a document.
#pragma once

#include "base/secret.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/options.hpp>

STLS_NAMESPACE_BEGIN

// read_document gives the text of a material, from its file or from itself, within document_limit. It may be
// a key, so it wipes itself.
[[nodiscard]] result<secret> read_document(const material&);

STLS_NAMESPACE_END
