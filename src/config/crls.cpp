#include "config/crls.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "config/document.hpp"

STLS_NAMESPACE_BEGIN

namespace {

intern_table<crl_bundle>& table() {
  static auto& all = *new intern_table<crl_bundle>;  // never destroyed: configs may outlive main's statics
  return all;
}

result<crl_bundle> parse_bundle(std::string_view text) {
  auto blocks = pem_blocks(text);
  if (!blocks) return fail(std::move(blocks.error()));
  crl_bundle bundle;
  for (pem_block& block : *blocks) {
    if (block.label == "X509 CRL") bundle.lists.push_back(std::move(block.der));
  }
  // Without this check an empty bundle would switch checking on, and refuse everybody.
  if (bundle.lists.empty()) {
    return fail(errc::bad_pem, cat({"holds no CRL, but ", in_quotes(blocks->front().label)}));
  }
  return bundle;
}

}  // namespace

result<std::shared_ptr<const crl_bundle>> crls_of(const pem& crl) {
  auto text = read_document(crl);
  if (!text) return fail(std::move(text.error()));
  return table().find_or_make(text->view(), [&] { return parse_bundle(text->view()); });
}

STLS_NAMESPACE_END
