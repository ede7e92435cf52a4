#include "pem_files.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

#include "failure.hpp"

namespace pki {
namespace {

[[noreturn]] void fail(std::string_view doing, const std::filesystem::path& path, std::string_view why) {
  std::string sentence = "cannot ";
  sentence += doing;
  sentence += " '";
  sentence += path.string();
  sentence += "': ";
  sentence += why;
  throw failure(sentence);
}

// What `write`, a PEM writer of libcrypto, puts into a BIO.
template <class Write>
std::string text_of(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  if (memory == nullptr || write(memory.get()) != 1) throw failure("libcrypto cannot write an object as PEM");
  std::string text(BIO_ctrl_pending(memory.get()), '\0');
  const int size = static_cast<int>(text.size());
  if (BIO_read(memory.get(), text.data(), size) != size) throw failure("libcrypto lost a part of a PEM text");
  return text;
}

}  // namespace

std::string pem(X509* cert) {
  return text_of([cert](BIO* out) { return PEM_write_bio_X509(out, cert); });
}

std::string pem(X509_CRL* crl) {
  return text_of([crl](BIO* out) { return PEM_write_bio_X509_CRL(out, crl); });
}

std::string pem(EVP_PKEY* key, key_format format) {
  const bool encrypted = format == key_format::pkcs8_encrypted || format == key_format::traditional_encrypted;
  const EVP_CIPHER* const cipher = encrypted ? EVP_aes_256_cbc() : nullptr;
  std::string password = encrypted ? key_password : "";
  const int size = static_cast<int>(password.size());
  return text_of([&](BIO* out) {
    switch (format) {
      case key_format::traditional:
      case key_format::traditional_encrypted: {
        auto* const raw = reinterpret_cast<unsigned char*>(password.data());
        return PEM_write_bio_PrivateKey_traditional(out, key, cipher, raw, size, nullptr, nullptr);
      }
      case key_format::pkcs8:
      case key_format::pkcs8_encrypted:
        break;
    }
    return PEM_write_bio_PKCS8PrivateKey(out, key, cipher, password.data(), size, nullptr, nullptr);
  });
}

std::string dressed(const std::string& pem_text) {
  const auto whole = "Bag Attributes\n    friendlyName: a line before\n" + pem_text + "And one after.\n";
  std::string out;
  for (const char letter : whole) {
    if (letter == '\n') out += '\r';
    out += letter;
  }
  return out;
}

void write_file(const std::filesystem::path& path, const std::string& text, readers who) {
  // The old file goes first: so the mode is ours from the first byte, and no link is followed out of the
  // directory.
  if (unlink(path.c_str()) != 0 && errno != ENOENT) fail("replace", path, std::strerror(errno));
  const mode_t mode = who == readers::owner ? 0600 : 0644;
  const int made = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (made < 0) fail("write", path, std::strerror(errno));
  int error = 0;
  for (std::string_view rest = text; !rest.empty() && error == 0;) {
    const auto wrote = ::write(made, rest.data(), rest.size());
    if (wrote < 0) {
      error = errno;
    } else {
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }
  if (close(made) != 0 && error == 0) error = errno;
  if (error != 0) fail("write", path, std::strerror(error));
}

void make_dir(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && !std::filesystem::is_directory(path))
    error = std::make_error_code(std::errc::not_a_directory);
  if (error) fail("make the directory", path, error.message());
}

void link_by_hash(const std::filesystem::path& file, X509* cert) {
  constexpr int most = 100;
  for (int turn = 0; turn < most; ++turn) {
    std::array<char, 32> name = {};
    std::snprintf(name.data(), name.size(), "%08lx.%d", X509_NAME_hash(X509_get_subject_name(cert)), turn);
    const auto link = file.parent_path() / name.data();
    std::error_code error;
    std::filesystem::create_symlink(file.filename(), link, error);
    if (!error) return;
    if (error != std::errc::file_exists) fail("link", link, error.message());
    if (std::filesystem::read_symlink(link, error) == file.filename()) return;  // from an earlier run
  }
  fail("link", file, "too many certificates have its hash");
}

}  // namespace pki
