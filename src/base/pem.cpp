// PEM: finding, decoding and encoding objects.
#include "base/pem.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/fail.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::string_view begin_mark = "-----BEGIN";
constexpr std::string_view end_mark = "-----END";
constexpr std::string_view dashes = "-----";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view blanks = " \t";
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t label_limit = 64;
constexpr std::size_t line_width = 64;  // RFC 7468 section 2
constexpr std::uint8_t not_a_digit = 0xff;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(not_a_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

struct text_line {
  std::string_view content;  // without the line end and the blanks before it
  std::size_t number = 0;    // from 1
};

// line_reader cuts a text into lines at LF, CRLF and CR.
class line_reader {
 public:
  explicit line_reader(std::string_view text) noexcept : left_(text) {}

  std::optional<text_line> next() noexcept {
    if (left_.empty()) return std::nullopt;
    const std::size_t end = std::min(left_.find_first_of("\r\n"), left_.size());
    const std::string_view content = left_.substr(0, end);
    left_.remove_prefix(end);
    if (!left_.empty()) left_.remove_prefix(left_.starts_with("\r\n") ? 2 : 1);
    // Nothing but blanks gives npos + 1, which is 0.
    return text_line{content.substr(0, content.find_last_not_of(blanks) + 1), ++number_};
  }

 private:
  std::string_view left_;
  std::size_t number_ = 0;
};

tl::unexpected<error> fail_at(std::size_t line, std::initializer_list<std::string_view> what) {
  return fail(errc::bad_pem, cat({"line ", std::to_string(line), ": ", cat(what)}));
}

// boundary_label gives the label of `-----BEGIN label-----`, where `mark` is what stands before the blank;
// empty if the line is malformed.
std::string_view boundary_label(std::string_view line, std::string_view mark) noexcept {
  line.remove_prefix(mark.size());
  if (!line.starts_with(' ') || !line.ends_with(dashes)) return {};
  line.remove_prefix(1);
  if (line.size() < dashes.size()) return {};
  line.remove_suffix(dashes.size());
  const bool printable = std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable || line.size() > label_limit || line.starts_with('-') || line.ends_with('-')) return {};
  return line;
}

// base64_decoder appends what it decodes to a vector that has room for it, so that no copy of a key stays
// behind in memory that a growing vector gave back.
class base64_decoder {
 public:
  explicit base64_decoder(bytes& out) noexcept : out_(out) {}

  // take decodes a line; blanks in it are passed over (RFC 7468 section 2). False: not base64.
  bool take(std::string_view line) {
    for (const char c : line) {
      const std::uint8_t value = digit_values[static_cast<unsigned char>(c)];
      if (value != not_a_digit) {
        if (padding_ > 0) return false;
        group_ = group_ << 6U | value;
        if (++digits_ == 4) put_group(3);
      } else if (c == '=') {
        ++padding_;
        if (digits_ < 2 || digits_ + padding_ > 4) return false;
      } else if (blanks.find(c) == std::string_view::npos) {
        return false;
      }
    }
    return true;
  }

  // finish takes the last group. False: it is not whole, or the bits that it leaves over are not zero
  // (RFC 4648 section 3.5).
  bool finish() {
    if (digits_ == 0) return true;
    if (digits_ + padding_ != 4) return false;
    const unsigned left_over = 2 * padding_;
    if ((group_ & ((1U << left_over) - 1)) != 0) return false;
    group_ <<= 6 * padding_;
    put_group(3 - padding_);
    return true;
  }

 private:
  void put_group(unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      out_.push_back(static_cast<std::byte>(group_ >> (16 - 8 * i) & 0xffU));
    group_ = 0;
    digits_ = 0;
  }

  bytes& out_;
  std::uint32_t group_ = 0;
  unsigned digits_ = 0;   // in group_
  unsigned padding_ = 0;  // '=' seen
};

// decode fills the block's `has_headers` and `der`. `inside` is what lies between the dashes of BEGIN and
// those of END; `begin_line` is the number of its first line, which is the blank rest of the BEGIN line.
result<void> decode(std::string_view inside, std::size_t begin_line, pem_block& block) {
  line_reader lines(inside);
  std::optional<text_line> line = lines.next();
  while (line && line->content.empty()) line = lines.next();

  // Base64 has no colon, and RFC 1421's headers (section 4.6) have one in their first line.
  if (line && line->content.find(':') != std::string_view::npos) {
    block.has_headers = true;
    while (line && !line->content.empty()) line = lines.next();
    if (!line) return fail_at(begin_line, {"headers without the empty line after them"});
    return {};
  }

  block.der.reserve(inside.size() / 4 * 3 + 3);
  base64_decoder decoder(block.der);
  std::size_t last_line = begin_line;
  for (; line; line = lines.next()) {
    if (line->content.empty()) continue;
    last_line = begin_line + line->number - 1;
    if (!decoder.take(line->content)) return fail_at(last_line, {"not base64"});
  }
  if (!decoder.finish()) return fail_at(last_line, {"not base64: it ends too early or with stray bits"});
  if (block.der.empty()) return fail_at(begin_line, {begin_mark, " ", block.label, dashes, " holds nothing"});
  return {};
}

result<void> find_blocks(std::string_view text, std::vector<pem_block>& blocks) {
  line_reader lines(text);
  while (const std::optional<text_line> begin = lines.next()) {
    if (begin->content.starts_with(end_mark)) {
      return fail_at(begin->number, {end_mark, " without its ", begin_mark});
    }
    if (!begin->content.starts_with(begin_mark)) continue;
    const std::string_view label = boundary_label(begin->content, begin_mark);
    if (label.empty()) return fail_at(begin->number, {"malformed ", begin_mark, " line"});

    std::optional<text_line> end = lines.next();
    while (end && !end->content.starts_with(end_mark) && !end->content.starts_with(begin_mark))
      end = lines.next();
    if (!end || end->content.starts_with(begin_mark)) {
      return fail_at(begin->number, {begin_mark, " ", label, dashes, " without its ", end_mark});
    }
    const std::string_view end_label = boundary_label(end->content, end_mark);
    if (end_label.empty()) return fail_at(end->number, {"malformed ", end_mark, " line"});
    if (end_label != label) return fail_at(end->number, {"ends as ", end_label, " what began as ", label});

    const char* const first = begin->content.data();
    const char* const inside = first + begin->content.size();
    const char* const behind = end->content.data() + end->content.size();
    pem_block& block = blocks.emplace_back();
    block.label = label;
    block.whole = std::string_view(first, static_cast<std::size_t>(behind - first));
    const std::string_view body(inside, static_cast<std::size_t>(end->content.data() - inside));
    if (auto decoded = decode(body, begin->number, block); !decoded) return decoded;
  }
  return {};
}

}  // namespace

result<std::vector<pem_block>> pem_blocks(std::string_view text) {
  if (text.empty()) return fail(errc::bad_pem, "it is empty");
  const bool may_be_der = text.front() == '\x30';  // a SEQUENCE
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());

  std::vector<pem_block> blocks;
  if (auto found = find_blocks(text, blocks); !found) {
    for (pem_block& block : blocks) wipe(block.der);
    return fail(std::move(found.error()));
  }
  if (blocks.empty()) return fail(errc::bad_pem, may_be_der ? "it is DER, not PEM" : "no PEM object found");
  return blocks;
}

std::string pem_encode(std::string_view label, std::span<const std::byte> der) {
  const std::size_t digits = (der.size() + 2) / 3 * 4;
  std::string out;
  out.reserve(digits + digits / line_width + 2 * label.size() + 40);
  out.append(begin_mark).append(" ").append(label).append(dashes).append("\n");
  std::size_t column = 0;
  for (std::size_t i = 0; i < der.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, der.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8U | (j < count ? std::to_integer<std::uint32_t>(der[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= count ? alphabet[group >> (18 - 6 * j) & 0x3fU] : '=';
    column += 4;
    if (column == line_width) {
      out += '\n';
      column = 0;
    }
  }
  if (column != 0) out += '\n';
  out.append(end_mark).append(" ").append(label).append(dashes).append("\n");
  return out;
}

STLS_NAMESPACE_END
