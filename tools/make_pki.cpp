// Writes a throw-away PKI for tests and demos. The table of what it makes is in pki/table.cpp, what each file
// is for in tests/pki/README.md.
#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pki/failure.hpp"
#include "pki/issuer.hpp"
#include "pki/pem_files.hpp"
#include "pki/spec.hpp"

namespace {

using pki::failure;

constexpr const char* help =
    "Usage: make_pki [--demo] [--days N] DIR\n"
    "\n"
    "Writes a new test PKI into DIR: certificates NAME.pem, with their chain, and keys NAME.key.\n"
    "Files of the same name are replaced, others stay. Never trust these certificates outside of tests.\n"
    "\n"
    "  --days N   good certificates are valid for N days, from yesterday on (397)\n"
    "  --demo     only what a demo needs, and quickly\n"
    "  --help     this text\n"
    "\n"
    "tests/pki/README.md in the sources of stls says what each file is. The password of the encrypted\n"
    "keys is 'secret'.\n";

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

// A command line that cannot be understood.
class usage_error : public failure {
 public:
  using failure::failure;
};

struct arguments {
  std::filesystem::path dir = {};
  int days = 397;
  bool demo = false;
  bool help = false;
};

int parse_days(const std::string& text) {
  int days = 0;
  const char* const last = text.data() + text.size();
  const auto read = std::from_chars(text.data(), last, days);
  // One day would end now, since validity starts yesterday.
  if (read.ec != std::errc() || read.ptr != last || days < 2 || days > 36500) {
    throw usage_error("--days takes a number from 2 to 36500, not '" + text + "'");
  }
  return days;
}

arguments parse(const std::vector<std::string>& words) {
  arguments out;
  bool options_end = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    constexpr std::string_view days_is = "--days=";
    if (options_end || !word.starts_with('-')) {
      if (word.empty()) throw usage_error("the name of the directory is empty");
      if (!out.dir.empty()) throw usage_error("one directory is enough, but '" + word + "' is a second");
      out.dir = word;
    } else if (word == "--") {
      options_end = true;
    } else if (word == "--help" || word == "-h") {
      out.help = true;
    } else if (word == "--demo") {
      out.demo = true;
    } else if (word == "--days") {
      if (++i == words.size()) throw usage_error("--days needs a number");
      out.days = parse_days(words[i]);
    } else if (word.starts_with(days_is)) {
      out.days = parse_days(word.substr(days_is.size()));
    } else {
      throw usage_error("unknown option '" + word + "'");
    }
  }
  if (out.dir.empty() && !out.help) throw usage_error("the directory is missing");
  return out;
}

// Everything of one table, in one directory.
class writer {
 public:
  writer(const pki::pki_spec& spec, const arguments& args)
      : spec_(spec), dir_(args.dir), issuer_(spec.certs, std::time(nullptr), args.days) {}

  void write() const {
    pki::make_dir(dir_);
    for (const auto& row : spec_.certs) write_pair(row);
    for (const auto& file : spec_.crl_files) write_crls(file);
    for (const auto& file : spec_.key_files) {
      pki::write_file(dir_ / file.file, pki::pem(issuer_.at(file.row).key.get(), file.format),
                      pki::readers::owner);
    }
    for (const auto& bundle : spec_.bundles) write_bundle(bundle);
    for (const auto& pair : spec_.dressed) write_dressed(pair);
    for (const auto& ca_dir : spec_.ca_dirs) write_ca_dir(ca_dir);
  }

 private:
  std::string cert_text(const std::string& row) const { return pki::pem(issuer_.at(row).cert.get()); }

  std::string chain_text(const pki::cert_spec& row) const {
    std::string text = cert_text(row.name);
    for (const auto& next : row.chain) text += cert_text(next);
    return text;
  }

  std::string key_text(const std::string& row) const {
    return pki::pem(issuer_.at(row).key.get(), pki::key_format::pkcs8);
  }

  void write_pair(const pki::cert_spec& row) const {
    pki::write_file(dir_ / (row.name + ".pem"), chain_text(row), pki::readers::all);
    const auto other = row.wrong_key_file ? pki::make_key(row.key) : nullptr;
    const auto key = other != nullptr ? pki::pem(other.get(), pki::key_format::pkcs8) : key_text(row.name);
    pki::write_file(dir_ / (row.name + ".key"), key, pki::readers::owner);

    std::printf("%-18s %-9s %s  by %-13s CN=%s\n", row.name.c_str(), row.key.c_str(),
                issuer_.dates(row).c_str(), row.issuer.empty() ? "itself" : row.issuer.c_str(),
                row.common_name.c_str());
  }

  void write_crls(const pki::crl_file_spec& file) const {
    std::string text;
    for (const auto& crl : file.crls) text += pki::pem(issuer_.make_crl(crl).get());
    pki::write_file(dir_ / file.file, text, pki::readers::all);
  }

  void write_bundle(const pki::bundle_spec& bundle) const {
    std::string text;
    for (const auto& row : bundle.rows) {
      text += "# " + row + ": " + issuer_.at(row).spec.common_name + "\n" + cert_text(row) + "\n";
    }
    pki::write_file(dir_ / bundle.file, text, pki::readers::all);
  }

  void write_dressed(const pki::dressed_spec& pair) const {
    const auto& row = issuer_.at(pair.row).spec;
    pki::write_file(dir_ / (pair.file + ".pem"), pki::dressed(chain_text(row)), pki::readers::all);
    pki::write_file(dir_ / (pair.file + ".key"), pki::dressed(key_text(row.name)), pki::readers::owner);
  }

  void write_ca_dir(const pki::ca_dir_spec& ca_dir) const {
    pki::make_dir(dir_ / ca_dir.dir);
    for (const auto& row : ca_dir.rows) {
      const auto file = dir_ / ca_dir.dir / (row + ".pem");
      pki::write_file(file, cert_text(row), pki::readers::all);
      if (ca_dir.names == pki::dir_names::hashed) pki::link_by_hash(file, issuer_.at(row).cert.get());
    }
  }

  pki::pki_spec spec_;
  std::filesystem::path dir_;
  pki::issuer issuer_;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto args = parse({argv + 1, argv + argc});
    if (args.help) {
      std::fputs(help, stdout);
      return 0;
    }
    writer(args.demo ? pki::demo_pki() : pki::full_pki(), args).write();
    return 0;
  } catch (const usage_error& error) {
    std::fprintf(stderr, "make_pki: %s; see make_pki --help\n", error.what());
    return exit_usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_pki: %s\n", error.what());
    return exit_failed;
  }
}
