// The chat page of examples/https in a browser: Chromium without a window, which trusts what its NSS database
// says.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "interop/ends.hpp"
#include "interop/https_kit.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

namespace fs = std::filesystem;

// What a person would do with the page, and what it would see, said in the chat. crypto.subtle is there only
// where the browser takes the connection for secure.
constexpr std::string_view probe = R"((() => {
  const page = (id) => document.getElementById(id);
  const heard = new Promise((resolve) => {
    const look = () => {
      if ([...page("lines").children].some((line) => line.textContent === "browser: good <b>morning</b>")) resolve();
    };
    new MutationObserver(look).observe(page("lines"), { childList: true });
  });
  window.addEventListener("load", async () => {
    page("name").value = "browser";
    page("words").value = "good <b>morning</b>";
    page("say").requestSubmit();
    await heard;
    const file = await (await fetch("/file.bin")).arrayBuffer();
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", file));
    const body = "probe: image " + page("lock").naturalWidth + ", " + page("state").textContent + ", first byte of the sum " +
        sum[0] + ", bold " + page("lines").getElementsByTagName("b").length;
    await fetch("/chat", { method: "POST", headers: { "Content-Type": "text/plain" }, body });
  });
})();
)";

class HttpsBrowser : public by_engine {
 protected:
  HttpsBrowser() {
    fs::copy(std::string(STLS_SOURCE_DIR) + "/examples/https/site", served_, fs::copy_options::recursive);
    std::string page = read_file(served_ + "/chat/index.html");
    const auto end = page.find("</head>");
    if (end != page.npos) page.insert(end, "<script src=\"probe.js\" defer></script>\n");
    serve("chat/index.html", page);
    serve("chat/probe.js", probe);
    serve("file.bin", std::string(100'000, 'x'));
    fs::create_directories(database_);
  }

  // trust has the browser take ca.pem for a root.
  void trust() const {
    program make({"certutil", "-N", "-d", "sql:" + database_, "--empty-password"});
    ASSERT_EQ(make.status(), 0) << make.everything();
    program add({"certutil", "-A", "-d", "sql:" + database_, "-t", "C,,", "-n", "ca", "-i", pki("ca.pem")});
    ASSERT_EQ(add.status(), 0) << add.everything();
  }
  // browse is the command that opens a page. It asks nobody else for anything, and goes on until it is
  // killed.
  [[nodiscard]] words browse(const std::string& url) const {
    return {"env",
            "HOME=" + home_,
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-port=0",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--user-data-dir=" + home_ + "/data",
            url};
  }

  std::string home_ = directory_.path() + "/home";
  std::string database_ = home_ + "/.pki/nssdb";
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HttpsBrowser);
INSTANTIATE_TEST_SUITE_P(Interop, HttpsBrowser, testing::ValuesIn(https_engines()),
                         [](const auto& engine) { return engine.param; });

TEST_P(HttpsBrowser, ShowsThePageWithItsImageAndChats) {
  need("chromium", "chromium");
  need("certutil", "libnss3-tools");
  if (IsSkipped()) return;
  trust();
  https_server server = start({"--chat", "--log"});
  const auto hears = server.connect();
  ASSERT_TRUE(hears->send("GET /chat/events HTTP/1.1\r\nHost: a\r\n\r\n"));
  program browser(browse(server.address_url("/chat/")));
  // The first byte of the SHA-256 of 100000 x.
  const std::string heard = hears->receive_until("bold 0\n\n");
  EXPECT_NE(heard.find("data: browser: good <b>morning</b>\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("data: probe: image 64, connected, first byte of the sum 214, bold 0\n"),
            std::string::npos)
      << heard << browser.everything() << server.process().everything();
  EXPECT_TRUE(server.process().says("\"GET /lock.svg\" 200 "));
  browser.kill();
  EXPECT_TRUE(server.stop(SIGTERM));
}

TEST_P(HttpsBrowser, ShowsNothingOfAServerThatItDoesNotTrust) {
  need("chromium", "chromium");
  if (IsSkipped()) return;
  https_server server = start({"--chat", "--log"});
  program browser(browse(server.address_url("/chat/")));
  EXPECT_TRUE(server.process().says("alert received: certificate_unknown"))
      << server.process().everything() << browser.everything();
  browser.kill();
  EXPECT_EQ(server.process().output().find("GET"), std::string::npos) << server.process().everything();
}

}  // namespace
}  // namespace interop
