// Blocks as processes print them, one sample a row. What must hold for every sample (one block,
// also behind an envelope, torn by another line, cut by death, saved and restored) is tested over
// all.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "parsers/blocks/assembler.h"
#include "parsers/blocks/text.h"

namespace blip {
namespace {

struct Sample {
  const char* name;
  const char* message;
  const char* frame;
  Fatality fatality;
  bool out_of_memory;
  const char* text;
};

const Sample kSamples[] = {
    {"go_panic", "panic: runtime error: invalid memory address or nil pointer dereference",
     "svc.go:169", Fatality::yes, false,
     "panic: runtime error: invalid memory address or nil pointer dereference\n"
     "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4ba802]\n\n"
     "goroutine 99 [running]:\n"
     "runtime.mapassign_faststr(0x4c8f60, 0x0, {0x4d1b2a, 0x3})\n"
     "\t/usr/lib/go-1.19/src/runtime/map_faststr.go:203 +0x3c5\n"
     "main.(*backend).dial(...)\n"
     "\t/srv/app/svc.go:169\n"
     "created by main.dispatch in goroutine 1\n"
     "\t/srv/app/svc.go:179 +0x30c\n"
     "exit status 2"},
    {"go_panic", "panic: boom [recovered]", "main.go:12", Fatality::yes, false,
     "panic: boom [recovered]\n\tpanic: boom\n\n"
     "goroutine 1 gp=0xc0000061c0 m=0 mp=0x5a7d00 [running]:\n"
     "panic({0x4c8f60?, 0x53c430?})\n"
     "\t/usr/local/go/src/runtime/panic.go:770 +0x132 fp=0xc000 sp=0xc000 pc=0x43\n"
     "main.main()\n\t/go/src/app/main.go:12 +0x45"},
    {"go_panic", "fatal error: stack overflow", "tree.go:31", Fatality::yes, false,
     "runtime: goroutine stack exceeds 1000000000-byte limit\n"
     "runtime: sp=0xc0200e1390 stack=[0xc0200e0000, 0xc0400e0000]\n"
     "fatal error: stack overflow\n\nruntime stack:\n"
     "runtime.throw({0x47a4d0?, 0x0?})\n\t/usr/local/go/src/runtime/panic.go:1047 +0x5d\n\n"
     "goroutine 1 [running]:\n"
     "github.com/acme/tree.Walk(0x1)\n\t/home/ci/tree/tree.go:31 +0x45\n"
     "...100 frames elided..."},
    {"go_panic", "fatal error: fault", "mmap.go:7", Fatality::yes, false,
     "unexpected fault address 0x7f2b4c000000\nfatal error: fault\n"
     "[signal SIGBUS: bus error code=0x2 addr=0x7f2b4c000000 pc=0x45e0a1]\n\n"
     "goroutine 7 [running]:\nacme/store.(*Map).Get(0xc000010000)\n\t/src/store/mmap.go:7 +0x1"},
    {"go_panic", "fatal error: runtime: out of memory", "", Fatality::yes, true,
     "runtime: out of memory: cannot allocate 4194304-byte block (201097216 in use)\n"
     "fatal error: runtime: out of memory\n\nruntime stack:"},
    {"go_panic", "throw: all goroutines are asleep - deadlock!", "q.go:9", Fatality::yes, false,
     "throw: all goroutines are asleep - deadlock!\n\n"
     "goroutine 1 [chan receive]:\nmain.main()\n\t/srv/q.go:9 +0x2c"},
    {"go_panic", "SIGQUIT: quit", "api.go:40", Fatality::yes, false,
     "SIGQUIT: quit\nPC=0x45e0a1 m=0 sigcode=0\n\n"
     "goroutine 0 [idle]:\nruntime.futex()\n\t/usr/lib/go/src/runtime/sys_linux_amd64.s:560 +0x21\n"
     "goroutine 1 [IO wait, 12 minutes]:\nmain.serve(0x1)\n\t/srv/api.go:40 +0x1\n\n"
     "rax    0xca\nrip    0x45e0a1"},
    {"go_panic", "http: panic serving 127.0.0.1:49252: boom", "handler.go:88", Fatality::no, false,
     "http: panic serving 127.0.0.1:49252: boom\n"
     "goroutine 19 [running]:\n"
     "net/http.(*conn).serve.func1(0xc00008a000)\n"
     "\t/usr/local/go/src/net/http/server.go:1825 +0xbf\n"
     "panic(0x6241c0, 0x6f1a30)\n\t/usr/local/go/src/runtime/panic.go:844 +0x258\n"
     "github.com/acme/api.handle(0xc000, 0x1)\n\t/go/src/github.com/acme/api/handler.go:88 +0x39\n"
     "created by net/http.(*Server).Serve\n\t/usr/local/go/src/net/http/server.go:3071 +0x4db"},
    {"node_uncaught", "TypeError: Cannot read properties of undefined (reading 'reduce')",
     "server.js:75", Fatality::yes, false,
     "/srv/app/server.js:75\n"
     "function priceOf(order) { return order.lines.reduce((a, b) => a + b.price, 0); }\n"
     "                                             ^\n\n"
     "TypeError: Cannot read properties of undefined (reading 'reduce')\n"
     "    at priceOf (/srv/app/server.js:75:46)\n"
     "    at process.processImmediate (node:internal/timers:483:21)\n\nNode.js v20.20.2"},
    {"node_uncaught", "Error: connect ECONNREFUSED 127.0.0.1:6379", "queue.js:14", Fatality::yes,
     false,
     "node:events:502\n      throw er; // Unhandled 'error' event\n      ^\n\n"
     "Error: connect ECONNREFUSED 127.0.0.1:6379\n"
     "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1595:16)\n"
     "    at Socket.emit (/srv/app/node_modules/ws/socket.js:3:1)\n"
     "    at connect (/srv/app/queue.js:14:5)\n"
     "Emitted 'error' event on Socket instance at:\n"
     "    at emitErrorNT (node:internal/streams/destroy:169:8) {\n"
     "  errno: -111,\n  code: 'ECONNREFUSED'\n}\n\nNode.js v18.19.0"},
    {"node_uncaught", "Error: listen EADDRINUSE", "", Fatality::yes, false,
     "events.js:72\n        throw er; // Unhandled 'error' event\n              ^\n"
     "Error: listen EADDRINUSE\n    at errnoException (net.js:904:11)\n"
     "    at Server._listen2 (net.js:1042:14)"},
    {"node_uncaught", "no such queue", "app.js:3", Fatality::yes, false,
     "/srv/app/app.js:3\nthrow 'no such queue'\n^\nno such queue\n"
     "(Use `node --trace-uncaught ...` to show where the exception was thrown)\n\nNode.js v20.1.0"},
    {"v8_fatal",
     "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "",
     Fatality::yes, true,
     "<--- Last few GCs --->\n\n"
     "[23529:0x6513ce0]       65 ms: Mark-Compact 33.4 (67.8) -> 33.3 (67.3) MB, 1.25 / 0.00 ms\n\n"
     "<--- JS stacktrace --->\n\n"
     "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n"
     "----- Native stack trace -----\n\n 1: 0xb090e0 node::Abort() [node]\n10: 0x10b9821 "
     "[node]\nAborted (core dumped)"},
    {"v8_fatal", "Check failed: IsMap().", "", Fatality::yes, false,
     "# Fatal error in , line 0\n# Check failed: IsMap().\n#\n#\n#\n"
     "#FailureMessage Object: 0x7ffd2c\n----- Native stack trace -----"},
    {"js_stack", "TypeError: order.lines is not iterable", "cart.mjs:12", Fatality::maybe, false,
     "checkout failed TypeError: order.lines is not iterable\n"
     "    at async file:///srv/app/cart.mjs:12:5\n    at async Promise.all (index 0) {\n"
     "  [cause]: undefined\n}"},
    {"js_stack", "Error [ERR_HTTP_HEADERS_SENT]: Cannot set headers", "main.js:9", Fatality::yes,
     false,
     "Error [ERR_HTTP_HEADERS_SENT]: Cannot set headers\n"
     "    at send (C:\\app\\main.js:9:1)\n\nNode.js v20.20.2"},
    {"python_traceback", "TypeError: 'NoneType' object is not iterable", "service.py:129",
     Fatality::maybe, false,
     "Traceback (most recent call last):\n"
     "  File \"/srv/app/service.py\", line 220, in <module>\n    main()\n"
     "  File \"/srv/app/service.py\", line 129, in die\n"
     "    def compute_total(order): return sum(i['price'] for i in order['cart'])\n"
     "                                        ^^^^^^^^^^^^^^^\n"
     "  File \"/usr/lib/python3.11/json/__init__.py\", line 346, in loads\n"
     "TypeError: 'NoneType' object is not iterable"},
    {"python_traceback", "app.errors.Unavailable: no stock", "stock.py:31", Fatality::maybe, false,
     "Traceback (most recent call last):\n  File \"/app/stock.py\", line 9, in get\n"
     "    return cache[key]\nKeyError: 'sku-1'\n\n"
     "During handling of the above exception, another exception occurred:\n\n"
     "Traceback (most recent call last):\n  File \"/app/stock.py\", line 31, in get\n"
     "    raise Unavailable('no stock')\napp.errors.Unavailable: no stock"},
    {"python_traceback", "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) refused",
     "db.py:5", Fatality::maybe, false,
     "Traceback (most recent call last):\n  File \"/app/db.py\", line 5, in <module>\n"
     "  File \"/venv/lib/python3.9/site-packages/sqlalchemy/engine.py\", line 3, in connect\n"
     "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) refused\n"
     "\tIs the server running on that host?\n\n(Background on this error at: "
     "https://sqlalche.me/)"},
    {"python_traceback", "MemoryError", "etl.py:7", Fatality::maybe, true,
     "Traceback (most recent call last):\n  File \"etl.py\", line 7, in load\nMemoryError"},
    {"python_traceback", "ExceptionGroup: two (2 sub-exceptions)", "g.py:8", Fatality::maybe, false,
     "  + Exception Group Traceback (most recent call last):\n  |   File \"/srv/g.py\", line 8, in "
     "f\n"
     "  | ExceptionGroup: two (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n"
     "    | ValueError: 1\n    +------------------------------------"},
    {"python_traceback", "ValueError: bad row", "w.py:4", Fatality::no, false,
     "Exception in thread Thread-1 (run):\nTraceback (most recent call last):\n"
     "  File \"/srv/w.py\", line 4, in run\nValueError: bad row"},
    {"python_traceback", "Fatal Python error: Segmentation fault", "x.py:3", Fatality::yes, false,
     "Fatal Python error: Segmentation fault\n\n"
     "Current thread 0x00007f1e7c5a7740 (most recent call first):\n  File \"/srv/x.py\", line 3 in "
     "f\n"
     "  File \"/srv/x.py\", line 9 in <module>\nSegmentation fault"},
    {"jvm_exception", "java.lang.IllegalStateException: rates not loaded", "Ledger.java:46",
     Fatality::maybe, false,
     "Exception in thread \"main\" java.lang.IllegalStateException: rates not loaded\n"
     "\tat java.base/java.util.Objects.requireNonNull(Objects.java:233)\n"
     "\tat com.acme.billing.Ledger.total(Ledger.java:46)\n"
     "Caused by: java.io.IOException: closed\n\tat com.acme.Rates.load(Rates.java:9)\n\t... 2 "
     "more"},
    {"jvm_exception", "java.lang.OutOfMemoryError: Java heap space", "Buffer.java:4", Fatality::no,
     true,
     "Exception in thread \"pool-1-thread-3\" java.lang.OutOfMemoryError: Java heap space\n"
     "\tat com.acme.Buffer.grow(Buffer.java:4)"},
    {"jvm_exception", "com.acme.StoreException: closed", "Store.java:12", Fatality::maybe, false,
     "com.acme.StoreException: closed\n\tat org.springframework.Proxy.invoke(Proxy.java:1) "
     "~[?:5.3]\n"
     "\tat com.acme.Store$$Lambda$14/0x0000.get(Unknown Source)\n"
     "\tat app//com.acme.Store.get(Store.java:12) ~[app.jar:1.0]\n\tSuppressed: java.lang.Error\n"
     "\t\t... 12 common frames omitted"},
    {"jvm_exception", "java.io.IOException: pipe", "Http.java:7", Fatality::no, false,
     "request failed: java.io.IOException: pipe\n\tat com.acme.Http.run(Http.java:7)"},
    {"jvm_fatal", "SIGSEGV (0xb) at pc=0x00007fdb72f25f14, pid=3717, tid=3717", "libc.so.6+0x85f14",
     Fatality::yes, false,
     "# A fatal error has been detected by the Java Runtime Environment:\n#\n"
     "#  SIGSEGV (0xb) at pc=0x00007fdb72f25f14, pid=3717, tid=3717\n#\n"
     "# Problematic frame:\n# C  [libc.so.6+0x85f14]\n#\n# /var/lib/app/hs_err_pid3717.log\n#"},
    {"jvm_fatal", "There is insufficient memory for the Java Runtime Environment to continue.", "",
     Fatality::yes, true,
     "# There is insufficient memory for the Java Runtime Environment to continue.\n"
     "# Native memory allocation (mmap) failed to map 357564416 bytes"},
    {"jvm_fatal", "Terminating due to java.lang.OutOfMemoryError: Java heap space", "",
     Fatality::yes, true, "Terminating due to java.lang.OutOfMemoryError: Java heap space"},
    {"rust_panic", "index out of bounds: the len is 0 but the index is 5", "main.rs:4",
     Fatality::yes, false,
     "thread 'main' (17908) panicked at src/main.rs:4:13:\n"
     "index out of bounds: the len is 0 but the index is 5\n"
     "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"},
    {"rust_panic", "queue closed", "queue.rs:88", Fatality::maybe, false,
     "thread 'tokio-runtime-worker' panicked at 'queue closed', src/queue.rs:88:9"},
    {"rust_panic", "called `Option::unwrap()` on a `None` value", "feed.rs:21", Fatality::maybe,
     false,
     "thread '<unnamed>' panicked at /rustc/79e9716c98/library/core/src/option.rs:935:5:\n"
     "called `Option::unwrap()` on a `None` value\nstack backtrace:\n"
     "   0: rust_begin_unwind\n             at "
     "/rustc/79e9716c98/library/std/src/panicking.rs:597:5\n"
     "   1: feed::read\n             at ./src/feed.rs:21:9"},
    {"rust_panic", "thread 'main' (17912) has overflowed its stack", "", Fatality::yes, false,
     "thread 'main' (17912) has overflowed its stack\n"
     "fatal runtime error: stack overflow, aborting\nAborted (core dumped)"},
    {"rust_panic", "memory allocation of 70368744177664 bytes failed", "", Fatality::yes, true,
     "memory allocation of 70368744177664 bytes failed"},
    {"cpp_terminate", "std::out_of_range: order book: level out of range", "", Fatality::yes, false,
     "terminate called after throwing an instance of 'std::out_of_range'\n"
     "  what():  order book: level out of range"},
    {"cpp_terminate", "std::bad_alloc: std::bad_alloc", "", Fatality::yes, true,
     "terminate called after throwing an instance of 'std::bad_alloc'\n"
     "  what():  std::bad_alloc\nAborted"},
    {"cpp_terminate", "double free or corruption (fasttop): 0x0000000001a4f010", "", Fatality::yes,
     false,
     "*** Error in `./feed': double free or corruption (fasttop): 0x0000000001a4f010 ***\n"
     "======= Backtrace: =========\n/lib/x86_64-linux-gnu/libc.so.6(+0x777e5)[0x7f1e7c5a77e5]\n"
     "======= Memory map: ========\n00400000-00401000 r-xp 00000000 08:01 1234 /srv/feed"},
    {"cpp_terminate", "free(): double free detected in tcache 2", "", Fatality::yes, false,
     "free(): double free detected in tcache 2\nAborted (core dumped)"},
    {"cpp_terminate", "stack smashing detected", "", Fatality::yes, false,
     "*** stack smashing detected ***: terminated"},
    {"cpp_terminate", "feed: book.cc:88: void Book::add(int): Assertion `level < kLevels' failed.",
     "book.cc:88", Fatality::yes, false,
     "feed: book.cc:88: void Book::add(int): Assertion `level < kLevels' failed."},
    {"asan_report",
     "AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4f1b2c", "book.cc:88",
     Fatality::yes, false,
     "==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc "
     "0x4f1b2c\n"
     "READ of size 4 at 0x602000000010 thread T0\n"
     "    #0 0x4f1b2b in free ../../../../src/libsanitizer/asan/asan_malloc_linux.cpp:52\n"
     "    #1 0x4f1b2b in Book::best(int) /src/feed/book.cc:88:12\n\n"
     "SUMMARY: AddressSanitizer: heap-use-after-free /src/feed/book.cc:88:12 in Book::best(int)\n"
     "==4711==ABORTING"},
    {"perl_die", "Can't call method \"balance\" on an undefined value", "daemon.pl:21",
     Fatality::maybe, false,
     "Can't call method \"balance\" on an undefined value at /srv/app/daemon.pl line 21, <GEN0> "
     "line "
     "7.\n\tmain::relay(\"eu\") called at /srv/app/daemon.pl line 40"},
    {"perl_die", "Use of uninitialized value $x in addition (+)", "(eval 3):9", Fatality::no, false,
     "Use of uninitialized value $x in addition (+) at (eval 3) line 9."},
    {"ruby_uncaught", "undefined method `name' for nil:NilClass (NoMethodError)", "worker.rb:12",
     Fatality::maybe, false,
     "/srv/app/worker.rb:12:in `fetch': undefined method `name' for nil:NilClass (NoMethodError)\n"
     "\n    user.name\n        ^^^^^\n"
     "\tfrom /srv/app/worker.rb:30:in `block in run'\n"
     "\tfrom /usr/lib/ruby/gems/3.1.0/gems/pool-2.0/lib/pool.rb:7:in `loop'\n"
     "\tfrom bin/worker:5:in `<main>'"},
    {"ruby_uncaught", "failed to allocate memory (NoMemoryError)", "load.rb:3", Fatality::maybe,
     true,
     "/usr/lib/ruby/3.1.0/csv.rb:88:in `read': failed to allocate memory (NoMemoryError)\n"
     "\tfrom load.rb:3:in 'Object#load'\n\tfrom load.rb:9:in '<main>'"},
    {"php_fatal", "Uncaught RuntimeException: boom", "index.php:12", Fatality::maybe, false,
     "PHP Fatal error:  Uncaught RuntimeException: boom in /srv/app/index.php:12\n"
     "Stack trace:\n#0 /srv/app/index.php(20): run()\n#1 {main}\n"
     "  thrown in /srv/app/index.php on line 12"},
    {"dotnet_unhandled", "System.InvalidOperationException: rates not loaded", "Store.cs:42",
     Fatality::yes, false,
     "Unhandled exception. System.InvalidOperationException: rates not loaded\n"
     " ---> System.IO.IOException: closed\n"
     "   at System.IO.File.Open(String path) in /_/src/File.cs:line 7\n"
     "   at Acme.Store.Read(String path) in /src/Store.cs:line 42\n"
     "   --- End of inner exception stack trace ---\n"
     "   at Acme.Program.Main(String[] args) in /src/Program.cs:line 10\n"
     "Aborted (core dumped)"},
    {"dotnet_unhandled", "Process terminated. Out of memory.", "", Fatality::yes, true,
     "Process terminated. Out of memory.\n   at System.Environment.FailFast(System.String)"},
    {"erlang_report", "exception exit: {timeout,{gen_server,call,[db]}}", "", Fatality::no, false,
     "=CRASH REPORT==== 11-Mar-2024::08:40:02 ===\n  crasher:\n"
     "    initial call: orders:init/1\n"
     "    exception exit: {timeout,{gen_server,call,[db]}}\n    ancestors: [orders_sup]"},
    {"erlang_report", "** (RuntimeError) out of stock", "orders.ex:12", Fatality::no, false,
     "GenServer Orders terminating\n** (RuntimeError) out of stock\n"
     "    (stdlib 3.17) gen_server.erl:721: :gen_server.try_handle_call/4\n"
     "    (orders 0.1.0) lib/orders.ex:12: Orders.handle_call/3\n"
     "Last message (from #PID<0.110.0>): :go\nState: %{}"},
    {"erlang_fatal",
     "Kernel pid terminated (application_controller) ({application_terminated,orders,shutdown})",
     "", Fatality::yes, false,
     "Kernel pid terminated (application_controller) "
     "({application_terminated,orders,shutdown})\n\n"
     "Crash dump is being written to: erl_crash.dump...done"},
    {"erlang_fatal", "eheap_alloc: Cannot allocate 1318267840 bytes of memory (of type \"heap\").",
     "", Fatality::yes, true,
     "eheap_alloc: Cannot allocate 1318267840 bytes of memory (of type \"heap\").\n\n"
     "Crash dump is being written to: erl_crash.dump...done"},
    {"kernel_oops", "BUG: kernel NULL pointer dereference, address: 0000000000000008",
     "foo_ioctl+0x12/0x40 [foo]", Fatality::no, false,
     "BUG: kernel NULL pointer dereference, address: 0000000000000008\n"
     "#PF: supervisor read access in kernel mode\nPGD 0 P4D 0\n"
     "Oops: 0000 [#1] SMP PTI\n"
     "CPU: 1 PID: 4711 Comm: app Tainted: G           O      5.10.0-23-amd64 #1\n"
     "RIP: 0010:foo_ioctl+0x12/0x40 [foo]\nCode: 48 89 e5\nCall Trace:\n"
     " do_vfs_ioctl+0x405/0x660\n ? page_fault+0x39/0x50\n"
     "Modules linked in: foo(O)\n---[ end trace 0000000000000000 ]---"},
    {"kernel_oops", "java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0", "",
     Fatality::no, false,
     "java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n"
     "CPU: 3 PID: 7134 Comm: java Not tainted 5.10.0-23-amd64 #1\nCall Trace:\n"
     " dump_header+0x4a/0x1ff\nMem-Info:\nactive_anon:391 inactive_anon:12\n"
     "[ pid ]   uid  tgid total_vm      rss nr_ptes\n"
     "[ 7134]     0  7134  1232236   387829     900"},
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Feeds lines as a reader would; "DATED " before one gives it a time.
struct Feeder {
  explicit Feeder(bool behind_envelope = false) : all_dated(behind_envelope) {}

  bool operator()(std::string_view line) {
    const bool dated = line.starts_with("DATED ");
    if (dated) line.remove_prefix(6);
    ++number;
    auto outcome =
        assembler.feed(line, dated || all_dated, Anchor{1, number * 100, number}, kNoTime);
    if (outcome.ended) blocks.push_back(std::move(*outcome.ended));
    return outcome.inside;
  }
  std::vector<Block> finish() {
    if (auto block = assembler.finish()) blocks.push_back(std::move(*block));
    return std::move(blocks);
  }

  bool all_dated;
  uint64_t number = 0;
  BlockAssembler assembler;
  std::vector<Block> blocks;
};

std::vector<Block> blocks_of(const std::vector<std::string>& lines, bool behind_envelope = false) {
  Feeder feed(behind_envelope);
  for (const std::string& line : lines) feed(line);
  return feed.finish();
}

BlockSummary summary_of(std::string_view text) {
  const auto blocks = blocks_of(lines_of(text));
  EXPECT_EQ(blocks.size(), 1u) << text;
  return blocks.empty() ? BlockSummary() : blocks[0].summary;
}

constexpr const char* kOrdinary = "DATED GET /stock/1091 -> 200";

void expect_same(const Block& a, const Block& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.first.offset, b.first.offset);
  EXPECT_EQ(a.last.offset, b.last.offset);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.lines, b.lines);
  EXPECT_EQ(a.head, b.head);
  EXPECT_EQ(a.summary.message, b.summary.message);
  EXPECT_EQ(a.summary.frame, b.summary.frame);
  EXPECT_EQ(a.summary.fatality, b.summary.fatality);
  EXPECT_EQ(a.summary.out_of_memory, b.summary.out_of_memory);
  EXPECT_EQ(a.summary.fingerprint, b.summary.fingerprint);
}

TEST(Blocks, TellWhatHappened) {
  for (const Sample& sample : kSamples) {
    for (const bool behind_envelope : {false, true}) {
      SCOPED_TRACE(testing::Message()
                   << sample.text << "\nbehind an envelope: " << behind_envelope);
      auto lines = lines_of(sample.text);
      const uint64_t size = lines.size();
      lines.insert(lines.begin(), kOrdinary);
      lines.emplace_back(kOrdinary);
      const auto blocks = blocks_of(lines, behind_envelope);
      ASSERT_EQ(blocks.size(), 1u);
      EXPECT_EQ(blocks[0].name, sample.name);
      EXPECT_EQ(blocks[0].summary.message, sample.message);
      EXPECT_EQ(blocks[0].summary.frame, sample.frame);
      EXPECT_EQ(blocks[0].summary.fatality, sample.fatality);
      EXPECT_EQ(blocks[0].summary.out_of_memory, sample.out_of_memory);
      EXPECT_EQ(blocks[0].first.number, 2u);
      // The shell's word after Python's own report is a line of its own.
      EXPECT_EQ(blocks[0].last.number, 1 + size - lines.end()[-2].starts_with("Segmentation"));
      EXPECT_EQ(blocks[0].head, lines[1]);
    }
  }
}

TEST(Blocks, EveryKindHasASample) {
  for (const BlockSpec* spec : all_blocks()) {
    const auto of_spec = [&](const Sample& sample) { return spec->name == sample.name; };
    EXPECT_TRUE(std::any_of(std::begin(kSamples), std::end(kSamples), of_spec)) << spec->name;
  }
}

TEST(Blocks, OfACrashLoopAreToldApart) {
  for (const Sample& sample : kSamples) {
    SCOPED_TRACE(sample.text);
    auto lines = lines_of(sample.text);
    const size_t size = lines.size();
    for (size_t i = 0; i < 2 * size; ++i) lines.push_back(lines[i]);
    const auto blocks = blocks_of(lines);
    ASSERT_EQ(blocks.size(), 3u);
    EXPECT_EQ(blocks[0].summary.fingerprint, blocks[2].summary.fingerprint);
    EXPECT_EQ(blocks[2].first.number, 1 + 2 * size);
  }
}

TEST(Blocks, CutByDeathTellNoOtherKind) {
  for (const Sample& sample : kSamples) {
    const auto lines = lines_of(sample.text);
    for (size_t size = 1; size < lines.size(); ++size) {
      SCOPED_TRACE(testing::Message() << size << " lines of\n" << sample.text);
      const auto blocks = blocks_of({lines.begin(), lines.begin() + static_cast<long>(size)});
      ASSERT_LE(blocks.size(), 1u);
      if (!blocks.empty()) {
        EXPECT_EQ(blocks[0].name, sample.name);
        EXPECT_FALSE(blocks[0].summary.message.empty());
      }
    }
  }
}

TEST(Blocks, TornByAnotherLineAreToldOnce) {
  for (const Sample& sample : kSamples) {
    const auto whole = lines_of(sample.text);
    for (size_t at = 1; at < whole.size(); ++at) {
      SCOPED_TRACE(testing::Message() << "before line " << at << " of\n" << sample.text);
      auto lines = whole;
      lines.insert(lines.begin() + static_cast<long>(at), kOrdinary);
      Feeder feed;
      for (const std::string& line : lines) {
        EXPECT_FALSE(feed(line) && line == kOrdinary);
      }
      // The two halves of V8's words are whole on their own: stdout has one, stderr the other.
      EXPECT_LE(feed.finish().size(), sample.name == std::string_view("v8_fatal") ? 2u : 1u);
    }
  }
}

TEST(Blocks, SavedAfterEveryLineGoOn) {
  for (const Sample& sample : kSamples) {
    SCOPED_TRACE(sample.text);
    auto lines = lines_of(sample.text);
    lines.emplace_back(kOrdinary);
    const auto straight = blocks_of(lines);
    Feeder feed;
    for (const std::string& line : lines) {
      feed(line);
      StateWriter out;
      feed.assembler.save(out);
      const std::string blob = out.seal("blocks", 1);
      feed.assembler = BlockAssembler();
      StateReader in(blob, "blocks", 1);
      feed.assembler.restore(in);
      EXPECT_TRUE(in.ok() && in.at_end());
    }
    const auto resumed = feed.finish();
    ASSERT_EQ(resumed.size(), straight.size());
    for (size_t i = 0; i < resumed.size(); ++i) expect_same(resumed[i], straight[i]);
  }
}

TEST(Blocks, RestoreRefusesWhatMakesNoSense) {
  const auto restored = [](const StateWriter& out) {
    const std::string blob = out.seal("blocks", 1);
    StateReader in(blob, "blocks", 1);
    BlockAssembler assembler;
    assembler.feed("panic: stale", false, {}, kNoTime);
    assembler.restore(in);
    return assembler.open();
  };
  const auto write = [](std::string_view name, uint64_t count, std::string_view line) {
    StateWriter out;
    out.flag(true);
    out.text(name);
    for (int i = 0; i < 6; ++i) out.u64(7);
    out.time(kNoTime);
    out.u64(1);
    out.text("head");
    out.flag(false);
    out.u64(count);
    out.text(line);
    return out;
  };
  EXPECT_TRUE(restored(write("go_panic", 1, "panic: boom")));
  EXPECT_FALSE(restored(StateWriter()));
  EXPECT_FALSE(restored(write("cobol_abend", 1, "IEF450I")));
  EXPECT_FALSE(restored(write("go_panic", 0, "")));
  EXPECT_FALSE(restored(write("go_panic", 2, "panic: boom")));
  EXPECT_FALSE(restored(write("go_panic", UINT64_MAX, "panic: boom")));
}

TEST(Blocks, LongDumpIsBounded) {
  Feeder feed;
  feed("fatal error: all goroutines are asleep - deadlock!");
  const std::string arguments(5000, '1');
  for (int i = 0; i < 25000; ++i) {
    feed("");
    feed("goroutine " + std::to_string(i) + " [chan receive]:");
    feed("main.work(0x" + arguments + ")");
    feed("\t/srv/app/svc.go:277 +0x17");
  }
  StateWriter out;
  feed.assembler.save(out);
  EXPECT_LT(out.seal("blocks", 1).size(), kBlockLines * (kBlockLineBytes + 16));
  const auto blocks = feed.finish();
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].lines, 100001u);
  EXPECT_EQ(blocks[0].last.number, 100001u);
  EXPECT_EQ(blocks[0].summary.frame, "svc.go:277");
}

TEST(Blocks, OrdinaryLinesStayOrdinary) {
  const char* const lines[] = {
      "\tat the end of the day",
      "TypeError: x is not a function",
      "DATED BackendConnectionError: dial 10.3.26.188:6379: i/o timeout",
      "java.io.IOException: closed",
      "request failed: com.acme.StoreException: closed, trying again",
      "goroutines: 9, cgo: 40, alloc: 7377040",
      "/healthz:200",
      "DATED Exception in thread handling is documented elsewhere",
      "SIGTERM: shutting down",
      "thread 'main' started",
      "free space: 12 GB",
      "terminated by user at step 4.",
      "# a comment",
      "Finished in 3.",
      "lib/orders.rb:12:in `total': method redefined; discarding old total",
      "Fatal error: the soup is cold",
      "Unhandled exception. Please call the office.",
      "GenServer Orders started",
      "Process terminated. Lunch is at 12",
      "Fatal error. Try again",
      "=PROGRESS REPORT==== 11-Mar-2024::08:40:02 ===",
      "process 12 has oom_score_adj=0",
      "BUG: 12 are open",
      "Oops: I did it again",
      "",
  };
  Feeder feed;
  for (const char* line : lines) {
    EXPECT_FALSE(feed(line)) << line;
  }
  EXPECT_TRUE(feed.finish().empty());
}

// The head went through the program's logger, the frames did not.
TEST(Blocks, DatedHeadTakesBareFrames) {
  Feeder feed;
  EXPECT_TRUE(feed("DATED http: panic serving 10.0.0.7:49252: boom"));
  EXPECT_TRUE(feed("goroutine 19 [running]:"));
  EXPECT_TRUE(feed("main.handle(0xc000)"));
  EXPECT_TRUE(feed("\t/srv/app/handler.go:88 +0x39"));
  EXPECT_FALSE(feed("DATED handle(10.0.0.8)"));
  const auto blocks = feed.finish();
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].lines, 4u);
  EXPECT_EQ(blocks[0].summary.frame, "handler.go:88");
  EXPECT_EQ(blocks[0].summary.fatality, Fatality::no);
}

TEST(Blocks, WeakHeadStaysVisible) {
  Feeder feed;
  EXPECT_FALSE(feed("TypeError: x is not a function"));
  EXPECT_TRUE(feed("    at f (/srv/a.js:1:2)"));
  EXPECT_FALSE(feed("listening on 8080"));
  EXPECT_EQ(feed.finish().size(), 1u);
}

TEST(Blocks, FatalOnlyWhenTheRuntimeGoesOn) {
  EXPECT_EQ(summary_of("panic: logged by a wrapper").fatality, Fatality::maybe);
  EXPECT_EQ(summary_of("panic: boom\n\ngoroutine 1 [running]:").fatality, Fatality::yes);
  EXPECT_EQ(summary_of("thread 'pool' panicked at src/a.rs:1:2:\nx\n"
                       "thread panicked while processing panic. aborting.")
                .fatality,
            Fatality::yes);
}

TEST(Blocks, StackWithoutDeathTellsNothing) {
  Feeder feed;
  EXPECT_TRUE(feed("goroutine 7 [running]:"));
  EXPECT_TRUE(feed("runtime/debug.Stack()"));
  EXPECT_TRUE(feed("\t/usr/local/go/src/runtime/debug/stack.go:24 +0x65"));
  EXPECT_FALSE(feed(kOrdinary));
  EXPECT_TRUE(feed.finish().empty());
}

TEST(Blocks, FingerprintSurvivesWhatDiffersBetweenTwoDeaths) {
  const auto go = [](std::string reason, std::string function, std::string place) {
    return summary_of("panic: " + reason + "\n\ngoroutine 8 [running]:\n" + function + "\n\t" +
                      place)
        .fingerprint;
  };
  const uint64_t one = go("no session 54181a2d", "main.f(0xc00010)", "/srv/a.go:12 +0x1f");
  EXPECT_EQ(one, go("no session 9eab01c7", "main.f(0xc0ffee)", "/srv/a.go:14 +0x22"));
  EXPECT_EQ(one, go("no session 76c0b38e", "main.f(...)", "/home/ci/a.go:9"));
  EXPECT_NE(one, go("no room 54181a2d", "main.f(0xc00010)", "/srv/a.go:12 +0x1f"));
  EXPECT_NE(one, go("no session 54181a2d", "main.g(0xc00010)", "/srv/a.go:12 +0x1f"));
  EXPECT_NE(one, go("no session 54181a2d", "main.f(0xc00010)", "/srv/b.go:12 +0x1f"));
}

TEST(Blocks, WithoutNumbersKeepsWords) {
  const char* const pairs[][2] = {
      {"dial 10.3.26.188:6379: i/o timeout", "dial #.#.#.#:#: i/o timeout"},
      {"at pc=0x00007fdb72f25f14, pid=3717", "at pc=#, pid=#"},
      {"session efa331ae failed", "session # failed"},
      {"job 3f2504e0-abcd-11d3-9a0c-0305e82c3301 lost", "job # lost"},
      {"decade of facades", "decade of facades"},
      {"func12 took 25ms in v8", "func# took #ms in v#"},
      {"no key 'cart' in 0x", "no key 'cart' in #x"},
      {"caf\xe9", "caf\xe9"},
      {"", ""},
  };
  for (const auto& [text, blanked] : pairs) EXPECT_EQ(without_numbers(text), blanked);
}

// Lines of all kinds in any order, mangled: nothing crashes, and no limit is passed.
// Every sample with every line cut at every place, as a death in the middle of a write leaves it.
TEST(Blocks, SurviveLinesCutAnywhere) {
  for (const Sample& sample : kSamples) {
    const std::vector<std::string> lines = lines_of(sample.text);
    for (size_t cut = 0; cut < lines.size(); ++cut) {
      for (size_t size = 0; size < lines[cut].size(); ++size) {
        Feeder feed;
        for (size_t i = 0; i < lines.size(); ++i) {
          feed(i == cut ? lines[i].substr(0, size) : lines[i]);
        }
        EXPECT_LE(feed.finish().size(), lines.size()) << sample.text;
      }
    }
  }
}

TEST(Blocks, SurviveHostileLines) {
  std::vector<std::string> pool = {"",        " ",     "\t",    "at ",           "#",
                                   "panic: ", "panic", "==1==", "a at b line 1."};
  for (const Sample& sample : kSamples) {
    for (std::string& line : lines_of(sample.text)) pool.push_back(std::move(line));
  }
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  Feeder feed;
  for (int i = 0; i < 60000; ++i) {
    std::string line = pool[random() % pool.size()];
    if (random() % 4 == 0 && !line.empty()) line.resize(random() % line.size());
    if (random() % 8 == 0 && !line.empty())
      line[random() % line.size()] = static_cast<char>(random());
    if (random() % 64 == 0) line.append(2000, static_cast<char>(random()));
    feed.all_dated = random() % 2 == 0;
    feed(line);
  }
  for (const Block& block : feed.finish()) {
    ASSERT_FALSE(block.summary.message.empty());
    ASSERT_LE(block.summary.message.size(), 256u);
    ASSERT_LE(block.summary.frame.size(), 128u);
    ASSERT_LE(block.head.size(), kQuoteLimit);
  }
}

}  // namespace
}  // namespace blip
