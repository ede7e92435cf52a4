// chopped: a socket that moves a few bytes at a time, and counts who uses it: what a stream may have below
// it.
#pragma once

#include <asio/buffer.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/compose.hpp>
#include <asio/ip/tcp.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace stls::test {

class chopped {
 public:
  using executor_type = asio::ip::tcp::socket::executor_type;
  using lowest_layer_type = asio::ip::tcp::socket;

  // counts outlives the socket, as the operations on it may.
  struct counts {
    int reads = 0;  // that run
    int writes = 0;
    int most_reads = 0;  // at the same time
    int most_writes = 0;
    std::size_t all_writes = 0;
  };

  explicit chopped(asio::ip::tcp::socket s) : socket_(std::move(s)) {}

  void chop(std::size_t most) noexcept { most_ = most; }  // bytes of one read or write
  [[nodiscard]] const std::shared_ptr<counts>& counted() const noexcept { return counts_; }
  [[nodiscard]] executor_type get_executor() noexcept { return socket_.get_executor(); }
  [[nodiscard]] lowest_layer_type& lowest_layer() noexcept { return socket_; }
  [[nodiscard]] const lowest_layer_type& lowest_layer() const noexcept { return socket_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    const auto part = asio::buffer(*asio::buffer_sequence_begin(into), most_);
    return asio::async_compose<Token, void(std::error_code, std::size_t)>(
        counting([this, part](auto&& self) { socket_.async_read_some(part, std::move(self)); }, counts_,
                 counts_->reads, counts_->most_reads),
        token, socket_);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    const auto part = asio::buffer(*asio::buffer_sequence_begin(from), most_);
    ++counts_->all_writes;
    return asio::async_compose<Token, void(std::error_code, std::size_t)>(
        counting([this, part](auto&& self) { socket_.async_write_some(part, std::move(self)); }, counts_,
                 counts_->writes, counts_->most_writes),
        token, socket_);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& into, std::error_code& e) {
    return socket_.read_some(asio::buffer(*asio::buffer_sequence_begin(into), most_), e);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from, std::error_code& e) {
    return socket_.write_some(asio::buffer(*asio::buffer_sequence_begin(from), most_), e);
  }

 private:
  template <class Start>
  class counting_operation {
   public:
    counting_operation(Start start, std::shared_ptr<counts> all, int& running, int& most)
        : start_(std::move(start)), all_(std::move(all)), running_(&running), most_(&most) {}
    template <class Self>
    void operator()(Self& self, std::error_code e = {}, std::size_t n = 0) {
      if (!begun_) {
        begun_ = true;
        *most_ = std::max(*most_, ++*running_);
        self.reset_cancellation_state(asio::enable_total_cancellation());
        const Start start = start_;
        return start(std::move(self));
      }
      --*running_;
      self.complete(e, n);
    }

   private:
    Start start_;
    std::shared_ptr<counts> all_;
    int* running_;
    int* most_;
    bool begun_ = false;
  };
  template <class Start>
  static counting_operation<Start> counting(Start start, std::shared_ptr<counts> all, int& running,
                                            int& most) {
    return {std::move(start), std::move(all), running, most};
  }

  asio::ip::tcp::socket socket_;
  std::size_t most_ = std::size_t{1} << 20;
  std::shared_ptr<counts> counts_ = std::make_shared<counts>();
};

}  // namespace stls::test
