#include "lua/refusal.hpp"

#include <algorithm>
#include <system_error>

namespace stls::lua {

namespace {

std::string_view word(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::invalid_state:
      return "invalid_state";
    case errc::busy:
      return "busy";
    case errc::unsupported:
      return "unsupported";
    case errc::out_of_memory:
      return "out_of_memory";
    case errc::eof:
      return "eof";
    case errc::closed:
      return "closed";
    case errc::truncated:
      return "truncated";
    case errc::timed_out:
      return "timeout";
    case errc::cancelled:
      return "cancelled";
    case errc::transport:
      return "transport";
    case errc::handshake_failed:
      return "handshake_failed";
    case errc::protocol:
      return "protocol";
    case errc::alert_received:
      return "alert_received";
    case errc::certificate_untrusted:
      return "certificate_untrusted";
    case errc::certificate_expired:
      return "certificate_expired";
    case errc::certificate_not_yet_valid:
      return "certificate_not_yet_valid";
    case errc::certificate_name_mismatch:
      return "certificate_name_mismatch";
    case errc::certificate_revoked:
      return "certificate_revoked";
    case errc::certificate_missing:
      return "certificate_missing";
    case errc::revocation_unknown:
      return "revocation_unknown";
    case errc::key_mismatch:
      return "key_mismatch";
    case errc::bad_pem:
      return "bad_pem";
    case errc::bad_config:
      return "bad_config";
    case errc::not_found:
      return "not_found";
    case errc::too_large:
      return "too_large";
    case errc::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace

std::string_view code_of(const error& e) noexcept {
  if (e.code.category() == category()) return word(static_cast<errc>(e.code.value()));
  if (e.code == std::errc::no_such_file_or_directory) return "not_found";
  if (e.code == std::errc::permission_denied) return "access_denied";
  if (e.code == std::errc::not_enough_memory) return "out_of_memory";
  return "system";
}

void refusal::set(std::string_view code, std::string_view sentence) noexcept {
  constexpr std::string_view cut = "...";
  code_ = code;
  size_ = std::min(sentence.size(), text_.size());
  std::copy_n(sentence.begin(), size_, text_.begin());
  if (size_ < sentence.size()) std::copy(cut.begin(), cut.end(), text_.end() - cut.size());
}

void refusal::set(const error& e) noexcept {
  const std::string_view code = code_of(e);
  set(code, is_word(code) ? code : std::string_view(e.message));
}

int refusal::push(lua_State* L) const {
  lua_pushnil(L);
  lua_pushlstring(L, text_.data(), size_);
  lua::push(L, code_);
  return 3;
}

bool is_word(std::string_view sentence) noexcept { return sentence == "closed" || sentence == "truncated"; }

int refuse(lua_State* L, errc code, std::string_view sentence) {
  refusal why;
  why.set(word(code), sentence);
  return why.push(L);
}

int succeed(lua_State* L) {
  lua_pushboolean(L, 1);
  return 1;
}

}  // namespace stls::lua
