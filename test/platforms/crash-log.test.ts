import t from 'tap'
import type { CrashKind } from '../../runner/base/crash-kind.ts'
import { crashKindOf, isCrashReason } from '../../runner/platforms/crash-log.ts'

/** Messages without their stamps; those that only say that something follows are no reasons. */
const TOLD: readonly (readonly [CrashKind, message: string, 'reason' | 'sign'])[] = [
  // Redis 6.0 to 8.0
  ['crash report', '=== REDIS BUG REPORT START: Cut & paste starting from here ===', 'sign'],
  ['crash report', 'Redis 6.0.0 crashed by signal: 11', 'reason'],
  ['crash report', 'Redis 6.0.16 crashed by signal: 11, si_code: 0', 'reason'],
  ['crash report', 'Redis 8.0.2 crashed by signal: 6, si_code: -6', 'reason'],
  // Valkey
  ['crash report', '=== VALKEY BUG REPORT START: Cut & paste starting from here ===', 'sign'],
  ['crash report', 'Valkey 8.1.1 crashed by signal: 11, si_code: 1', 'reason'],
  ['crash report', 'Valkey 255.255.255 crashed by signal: 11, si_code: 1', 'reason'],
  // Redict
  ['crash report', '=== REDICT BUG REPORT START: Cut & paste starting from here ===', 'sign'],
  ['crash report', 'Redict 7.3.6 crashed by signal: 11, si_code: 0', 'reason'],
  ['assertion', '=== ASSERTION FAILED ===', 'reason'],
  ['assertion', '=== RECURSIVE ASSERTION FAILED ===', 'reason'],
  ['assertion', '=== ASSERTION FAILED CLIENT CONTEXT ===', 'sign'],
  ['assertion', '=== ASSERTION FAILED OBJECT CONTEXT ===', 'sign'],
  ['assertion', "==> cluster.c:5103 'n->numslots == 0' is not true", 'reason'],
  ['assertion', 'Assertion failed: rc == 0 (monotonic.c: monotonicInit_posix: 149)', 'reason'],
  ['assertion', "redis-server: networking.c:80: writeToClient: Assertion `c->flags == 0' failed.", 'reason'],
  ['assertion', '<jemalloc>: src/arena.c:120: Failed assertion: "nregs > 0"', 'reason'],
  ['panic', '!!! Software Failure. Press left mouse button to continue', 'sign'],
  ['panic', 'Guru Meditation: Unknown encoding #object.c:300', 'reason'],
  ['panic', "thread '<unnamed>' panicked at src/lib.rs:12:5:", 'reason'],
  ['panic', "thread 'main' (4711) panicked at src/lib.rs:12:5:", 'reason'],
  ['panic', "<ReJSON> thread 'main' panicked at 'index out of bounds', src/path.rs:80", 'reason'],
  ['panic', "terminate called after throwing an instance of 'std::bad_alloc'", 'reason'],
  ['panic', 'panic: runtime error: index out of range [3] with length 3', 'reason'],
  ['panic', '*** stack smashing detected ***: terminated', 'reason'],
  ['panic', 'double free or corruption (out)', 'reason'],
  ['panic', 'free(): invalid pointer', 'reason'],
  ['failed allocation', 'Out Of Memory allocating 1048576 bytes!', 'reason'],
  ['failed allocation', 'zmalloc: Out of memory trying to allocate 64 bytes', 'reason'],
  ['fatal error', 'Unrecoverable error: corrupted cluster config file "vars x".', 'reason'],
  ['fatal error', 'Unrecoverable error reading the append only file appendonly.aof.1.incr.aof: Input/output', 'reason'],
  ['sanitizer', '==123==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010', 'sign'],
  ['sanitizer', 'AddressSanitizer:DEADLYSIGNAL', 'sign'],
  ['sanitizer', '==123==ERROR: LeakSanitizer: detected memory leaks', 'sign'],
  ['sanitizer', 'WARNING: ThreadSanitizer: data race (pid=123)', 'sign'],
  ['sanitizer', '==123==WARNING: MemorySanitizer: use-of-uninitialized-value', 'sign'],
  ['sanitizer', 'SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior dict.c:120:5', 'sign'],
  ['sanitizer', 'dict.c:120:5: runtime error: signed integer overflow', 'sign'],
  ['valgrind', '==123== Invalid read of size 8', 'sign'],
  ['valgrind', '==123== Conditional jump or move depends on uninitialised value(s)', 'sign'],
  ['valgrind', '==123== Syscall param write(buf) points to uninitialised byte(s)', 'sign'],
  ['valgrind', '==123== Possible data race during write of size 4', 'sign'],
  ['valgrind', '==123==    definitely lost: 24 bytes in 1 blocks', 'sign'],
  ['valgrind', '==123== Process terminating with default action of signal 11 (SIGSEGV)', 'reason'],
]

/** Messages of healthy servers, whatever clients put into them. */
const NOTHING = [
  'Ready to accept connections tcp',
  'Cluster state changed: fail',
  'Received SIGTERM scheduling shutdown...',
  'Client id=7 addr=127.0.0.1:40112 name===REDIS_BUG_REPORT_START cmd=get scheduled to be closed ASAP for overcoming of output buffer limits.',
  'Client id=7 addr=127.0.0.1:40112 name=Guru.Meditation:.panicked cmd=NULL scheduled to be closed ASAP for overcoming of output buffer limits.',
  "Slow module command: GET 'Redis 7.0.15 crashed by signal: 11'",
  'DEBUG LOG: === ASSERTION FAILED ===',
  'DEBUG LOG: Out Of Memory allocating 1 bytes!',
  "Key '==> dict.c:1 'x' is not true' is in a slot of another node",
  'Lua: user_script:1: runtime error: attempt to index a nil value',
  // A replica goes on after it, when its master was lost in the middle of a synchronization (rdb.c).
  'Short read or OOM loading DB. Unrecoverable error, aborting now.',
  '=== REDIS BUG REPORT END. Make sure to include from START to END. ===',
  '==123== HEAP SUMMARY:',
  '==123==    definitely lost: 0 bytes in 0 blocks',
  '==123== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)',
  "<search> a query for 'thread panicked at dawn'",
]

for (const [kind, message, what] of TOLD) {
  t.test(`${kind}: ${message}`, async (t) => {
    t.equal(crashKindOf(message), kind)
    t.equal(isCrashReason(message), what === 'reason')
  })
}

for (const message of NOTHING) {
  t.test(`no crash: ${message}`, async (t) => {
    t.equal(crashKindOf(message), undefined)
    t.equal(isCrashReason(message), false)
  })
}
