#include "config/document.hpp"

#include "base/fail.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

STLS_NAMESPACE_BEGIN

result<secret> read_document(const material& source) {
  if (!source.is_file()) {
    if (source.content().size() > document_limit) {
      return fail(errc::too_large, cat({"a text of ", std::to_string(source.content().size()),
                                        " bytes; the limit is ", std::to_string(document_limit)}));
    }
    return secret(source.content());
  }
  auto content = read_file(source.content());
  if (!content) return fail(std::move(content.error()));
  secret text(*content);
  wipe(*content);
  return text;
}

STLS_NAMESPACE_END
