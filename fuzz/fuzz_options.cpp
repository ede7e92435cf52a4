// Options by their names, one a line: `protocols tlsv1.3`. Whatever they are, config::make either names the
// option that is wrong, or gives a config that describes itself in words which give the same config again.

#include "kit/require.hpp"
#include "support/expect.hpp"
#include "support/pki.hpp"

#include <stls/buffered.hpp>
#include <stls/config.hpp>
#include <stls/connection.hpp>
#include <stls/options.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace stls;
using fuzz::require;

// A number as people write it; what is none is 0.
template <class Number>
Number number(std::string_view text) {
  Number n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

// A document is a file of the PKI, `@server.pem`, or a text, where | ends a line.
material document(std::string_view value) {
  static const std::map<std::string, std::string, std::less<>> files = [] {
    std::map<std::string, std::string, std::less<>> all;
    for (const char* name : {"server.pem", "server.key", "server-rsa.pem", "server-rsa.key", "ca.pem",
                             "ca-bundle.pem", "crl.pem", "crl-expired.pem", "expired.pem", "expired.key",
                             "server-encrypted.key", "server-ec-sec1.key"}) {
      all.emplace(name, test::pki::read(test::pki::path(name)));
    }
    return all;
  }();
  if (value.starts_with('@')) {
    const auto file = files.find(value.substr(1));
    return file == files.end() ? material() : material::text(file->second);
  }
  std::string text(value);
  std::replace(text.begin(), text.end(), '|', '\n');
  return material::text(text);
}

// `keyrev key`, where the key may be any bytes.
void add_ticket_key(options& opt, std::string_view value) {
  const std::size_t blank = std::min(value.find(' '), value.size());
  auto keys = opt.ticket_keys.keys();
  keys.push_back({number<std::uint32_t>(value.substr(0, blank)),
                  std::string(value.substr(std::min(blank + 1, value.size())))});
  opt.ticket_keys = std::move(keys);
}

using setter = void (*)(options&, std::string_view value);

const std::map<std::string_view, setter>& setters() {
  using text = std::string_view;
  static const std::map<std::string_view, setter> all = {
      {"alpn", [](options& o, text v) { o.alpn = v; }},
      {"ca", [](options& o, text v) { o.ca = document(v); }},
      {"ca_path", [](options& o, text) { o.ca_path = test::pki::path("ca-dir"); }},
      {"ca_system", [](options& o, text) { o.ca_system = true; }},
      {"cert", [](options& o, text v) { o.cert = document(v); }},
      {"ciphers", [](options& o, text v) { o.ciphers = v; }},
      {"crl", [](options& o, text v) { o.crl = document(v); }},
      {"dheparams", [](options& o, text v) { o.dheparams = v; }},
      {"ecdhecurve", [](options& o, text v) { o.ecdhecurve = v; }},
      {"ecdhecurves", [](options& o, text v) { o.ecdhecurves = v; }},
      {"engine", [](options& o, text v) { o.engine = v; }},
      {"insecure_noverifycert", [](options& o, text) { o.insecure_noverifycert = true; }},
      {"insecure_noverifyname", [](options& o, text) { o.insecure_noverifyname = true; }},
      {"insecure_noverifytime", [](options& o, text) { o.insecure_noverifytime = true; }},
      {"key", [](options& o, text v) { o.key = document(v); }},
      {"key_password", [](options& o, text v) { o.key_password = v; }},
      {"keypairs.cert", [](options& o, text v) { o.keypairs.push_back({.cert = document(v)}); }},
      {"keypairs.key",
       [](options& o, text v) {
         if (!o.keypairs.empty()) o.keypairs.back().key = document(v);
       }},
      {"ocsp_request", [](options& o, text v) { o.ocsp_request = v != "false"; }},
      {"ocsp_require_stapling", [](options& o, text) { o.ocsp_require_stapling = true; }},
      {"ocsp_staple", [](options& o, text v) { o.ocsp_staple = document(v); }},
      {"prefer_ciphers_client", [](options& o, text) { o.prefer_ciphers_client = true; }},
      {"prefer_ciphers_server", [](options& o, text) { o.prefer_ciphers_server = true; }},
      {"protocols", [](options& o, text v) { o.protocols = v; }},
      {"revocation", [](options& o, text v) { o.revocation = v; }},
      {"session_id", [](options& o, text v) { o.session_id = v; }},
      {"session_lifetime",
       [](options& o, text v) { o.session_lifetime = std::chrono::seconds(number<std::int64_t>(v)); }},
      {"sessions", [](options& o, text v) { o.sessions = number<std::size_t>(v); }},
      {"ticket_keys", add_ticket_key},
      {"verify_client", [](options& o, text) { o.verify_client = true; }},
      {"verify_client_optional", [](options& o, text) { o.verify_client_optional = true; }},
      {"verify_depth", [](options& o, text v) { o.verify_depth = number<int>(v); }},
  };
  return all;
}

// lines calls `each` with the name and the value of each line.
template <class Each>
void lines(std::string_view text, std::string_view between, Each each) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t gap = std::min(line.find(between), line.size());
    each(line.substr(0, gap), line.substr(std::min(gap + between.size(), line.size())));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

options parse(std::string_view text) {
  options opt;
  lines(text, " ", [&](std::string_view name, std::string_view value) {
    if (const auto known = setters().find(name); known != setters().end()) known->second(opt, value);
  });
  return opt;
}

// The sentence of an error of the options begins with the name of one.
void require_named(const error& e) {
  const auto style = test::has_style(e);
  require(static_cast<bool>(style), style.message());
  const std::string_view said = std::string_view(e.message).substr(0, e.message.find_first_of(":,[ "));
  require(setters().contains(said) || said == "keypairs", e.message);
}

// What describe() says can be given as options, and they mean the same.
void require_same_again(const config& conf, options opt) {
  const std::string before = conf.describe();
  for (std::string* words : {&opt.ecdhecurve, &opt.ecdhecurves}) words->clear();
  lines(before, ": ", [&](std::string_view name, std::string_view value) {
    if (name == "protocols") opt.protocols = value;
    if (name == "ciphers") opt.ciphers = value;
    if (name == "dheparams") opt.dheparams = value;
    if (name == "ecdhecurves") (value == "none" ? opt.ecdhecurve : opt.ecdhecurves) = value;
    if (name == "verify_depth") opt.verify_depth = number<int>(value);
    if (name == "sessions") opt.sessions = number<std::size_t>(value);
    if (name == "session_lifetime") {
      opt.session_lifetime = std::chrono::seconds(number<std::int64_t>(value));
    }
  });
  const auto again = config::make(opt);
  require(again.has_value(), again ? "" : again.error().message);
  const auto without_dropped = [](std::string text) {
    if (const auto at = text.find("\ndropped: "); at != std::string::npos)
      text.erase(at, text.find('\n', at + 1) - at);
    return text;
  };
  if (without_dropped(again->describe()) != without_dropped(before)) {
    require(false, "not the same:\n" + before + "---\n" + again->describe());
  }
}

void make_client(const config& conf) {
  const auto made = client::make(conf);
  if (!made) return require_named(made.error());
  buffered wire;
  auto conn = made->connect("localhost", transport::from(wire));
  require(conn.has_value(), "a client that makes no connections");
  require(conn->handshake() == io_result{0, io_status::want_read}, conn->last_error().message);
}

void make_server(const config& conf) {
  const auto made = server::make(conf);
  if (!made) return require_named(made.error());
  buffered wire;
  auto conn = made->accept(transport::from(wire));
  require(conn.has_value(), "a server that accepts nobody");
  require(conn->handshake() == io_result{0, io_status::want_read}, conn->last_error().message);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  // The system's roots are another on each system.
  ::setenv("SSL_CERT_FILE", test::pki::path("ca-bundle.pem").c_str(), 1);
  ::unsetenv("STLS_ENGINE");
  // Roots and keypairs of equal content are shared; as long as this config lives, they are not made anew for
  // each input.
  static const auto keeps =
      config::make(parse("ca_system\nca @ca.pem\ncrl @crl.pem\ncert @server.pem\nkey @server.key\n"
                         "keypairs.cert @server-rsa.pem\nkeypairs.key @server-rsa.key\n"));
  require(keeps.has_value(), "the PKI cannot be loaded");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  options opt = parse({reinterpret_cast<const char*>(data), size});
  opt.on_warning = [](const warning& w) {
    require(!w.code.empty() && !w.message.empty(), "an empty warning");
  };
  const auto conf = config::make(opt);
  if (!conf) {
    require_named(conf.error());
    return 0;
  }
  require_same_again(*conf, opt);
  make_client(*conf);
  make_server(*conf);
  return 0;
}
