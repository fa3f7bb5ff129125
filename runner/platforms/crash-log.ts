import type { CrashKind } from '../base/crash-kind.ts'

interface CrashPhrase {
  kind: CrashKind
  pattern: RegExp
  /** It says why the server ends: headings do not, and complaints of checkers come while it goes on, too. */
  isReason: boolean
}

/**
 * By what servers, and what they are built of, tell of a crash. A message begins with it: in the middle of one it is
 * the name of a client, or a key.
 *
 * Servers: debug.c (`_serverAssert`, `_serverPanic`, `bugReportStart`, `sigsegvHandler`), zmalloc.c
 * (`zmalloc_default_oom`), server.c (`redisOutOfMemoryHandler`), cluster.c and aof.c, in Redis 6.0.0 to 8.6, in
 * Valkey 8.1 to 9.1, which says VALKEY or, by a setting, REDIS, and in Redict 7.3. glibc's and musl's `assert`, glibc's malloc.c, C++
 * (`std::terminate`), jemalloc, Rust (std::panicking) and Go tell on stderr what a server or its module died of;
 * compiler-rt's sanitizers and valgrind's memcheck and helgrind what they found.
 */
const PHRASES: readonly CrashPhrase[] = [
  { kind: 'crash report', isReason: false, pattern: /^=== (?:REDIS|VALKEY|REDICT) BUG REPORT START/ },
  { kind: 'crash report', isReason: true, pattern: /^(?:Redis|Valkey|Redict) \S+ crashed by signal: \d+/ },
  { kind: 'assertion', isReason: true, pattern: /^=== (?:RECURSIVE )?ASSERTION FAILED ===/ },
  { kind: 'assertion', isReason: false, pattern: /^=== ASSERTION FAILED (?:CLIENT|OBJECT) CONTEXT ===/ },
  { kind: 'assertion', isReason: true, pattern: /^==> \S+:\d+ '.*' is not true/ },
  { kind: 'assertion', isReason: true, pattern: /^(?:\S+: )*Assertion (?:failed: |[`'].*' failed)/ },
  { kind: 'assertion', isReason: true, pattern: /^<jemalloc>: .*[Ff]ailed assertion/ },
  { kind: 'panic', isReason: false, pattern: /^!!! Software Failure/ },
  { kind: 'panic', isReason: true, pattern: /^Guru Meditation: / },
  { kind: 'panic', isReason: true, pattern: /^thread '[^']*' (?:\(\d+\) )?panicked at / },
  { kind: 'panic', isReason: true, pattern: /^(?:panic: |fatal error: |terminate called )/ },
  {
    kind: 'panic',
    isReason: true,
    pattern: /^(?:\*\*\* stack smashing detected|double free or corruption|corrupted (?:size|double-linked))/,
  },
  { kind: 'panic', isReason: true, pattern: /^(?:free|malloc|realloc|munmap_chunk|malloc_consolidate)\(\): [a-z]/ },
  { kind: 'failed allocation', isReason: true, pattern: /^(?:Out Of Memory allocating|zmalloc: Out of memory) / },
  { kind: 'fatal error', isReason: true, pattern: /^Unrecoverable error/ },
  { kind: 'sanitizer', isReason: false, pattern: /^(?:\S+: )?(?:==\d+==)?\s*(?:[A-Z]+: )?[A-Z][A-Za-z]+Sanitizer:/ },
  { kind: 'sanitizer', isReason: false, pattern: /^\S+:\d+:\d+: runtime error: / },
  { kind: 'valgrind', isReason: true, pattern: /^==\d+== Process terminating with/ },
  { kind: 'valgrind', isReason: false, pattern: /^==\d+== (?:Invalid |Use of uninitialised|Conditional jump)/ },
  { kind: 'valgrind', isReason: false, pattern: /^==\d+== (?:Syscall param|Mismatched free|Source and dest|Jump to)/ },
  { kind: 'valgrind', isReason: false, pattern: /^==\d+== Possible data race/ },
  { kind: 'valgrind', isReason: false, pattern: /^==\d+== +definitely lost: [1-9]/ },
]

/** A module's line has its name before it (RM_LogRaw, module.c). */
const MODULE = /^<\w+> /

/** What the message tells of, without the server's stamp before it; undefined if it tells of no crash. */
export function crashKindOf(message: string): CrashKind | undefined {
  return phraseIn(message)?.kind
}

/** Whether the message, without the server's stamp before it, says why the server crashes. */
export function isCrashReason(message: string): boolean {
  return phraseIn(message)?.isReason ?? false
}

function phraseIn(message: string): CrashPhrase | undefined {
  const text = message.replace(MODULE, '')
  return PHRASES.find(({ pattern }) => pattern.test(text))
}
