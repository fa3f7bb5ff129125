import t from 'tap'
import { lastWordsOf } from '../../runner/platforms/last-words.ts'

/** Logs of Redis 7.0.15, from its start on. */
const START = `8796:C 29 Nov 2026 07:37:06.215 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo
8796:C 29 Nov 2026 07:37:06.215 # Redis version=7.0.15, bits=64, commit=00000000, modified=0, pid=5490, just started
8796:C 29 Nov 2026 07:37:06.215 # Configuration loaded
8796:M 29 Nov 2026 07:37:06.215 * monotonic clock: POSIX clock_gettime
`

const FATAL: [what: string, log: string, words: string][] = [
  [
    'nodes.conf',
    '5490:M 29 Nov 2026 07:37:06.215 # Unrecoverable error: corrupted cluster config file.\n',
    'Unrecoverable error: corrupted cluster config file.',
  ],
  [
    'a manifest of append-only files',
    `5503:M 29 Nov 2026 07:37:06.243 #${' '}
*** FATAL AOF MANIFEST FILE ERROR ***

5503:M 29 Nov 2026 07:37:06.243 # Reading the manifest file, at line 1

5503:M 29 Nov 2026 07:37:06.243 # >>> 'bad'

5503:M 29 Nov 2026 07:37:06.243 # Invalid AOF manifest file format

`,
    "Reading the manifest file, at line 1 / >>> 'bad' / Invalid AOF manifest file format",
  ],
  [
    'a snapshot, with lines that have no stamp',
    `5494:M 29 Nov 2026 07:37:06.229 # Internal error in RDB reading offset 0, function at rdb.c:3249 -> Unexpected EOF reading RDB file
[offset 0] Checking RDB file dump.rdb
--- RDB ERROR DETECTED ---
[offset 10] Invalid object type: 120
[additional info] While doing: read-type
[info] 0 keys read
`,
    'Internal error in RDB reading offset 0, function at rdb.c:3249 -> Unexpected EOF reading RDB file / [offset 0] Checking RDB file dump.rdb / --- RDB ERROR DETECTED --- / [offset 10] Invalid object type: 120 / [additional info] While doing: read-type',
  ],
  [
    'a snapshot that Valkey goes on with for a while',
    `7498:M 29 Nov 2026 20:46:02.688 * RDB age 0 seconds
7498:M 29 Nov 2026 20:46:02.688 # Short read or OOM loading DB. Unrecoverable error, aborting now.
7498:M 29 Nov 2026 20:46:02.688 # Internal error in RDB reading offset 0, function at rdb.c:3632 -> Unexpected EOF reading RDB file
[offset 0] Checking RDB file dump.rdb
7498:M 29 Nov 2026 20:46:02.689 * Cleaning slot migration log in anticipation of a load operation.
[offset 27] AUX FIELD valkey-ver = '9.1.2'
--- RDB ERROR DETECTED ---
`,
    'Short read or OOM loading DB. Unrecoverable error, aborting now. / Internal error in RDB reading offset 0, function at rdb.c:3632 -> Unexpected EOF reading RDB file',
  ],
  [
    'an append-only file of a later version',
    `7450:M 29 Nov 2026 20:01:55.522 # WARNING Memory overcommit must be enabled!
7450:M 29 Nov 2026 20:01:55.527 * Reading RDB base file on AOF loading...
7450:M 29 Nov 2026 20:01:55.527 # Can't handle RDB format version 12
7450:M 29 Nov 2026 20:01:55.527 # Error reading the RDB base file appendonly.aof.2.base.rdb, AOF loading aborted
7450:M 29 Nov 2026 20:01:55.527 # Unrecoverable error reading the append only file appendonly.aof.2.base.rdb: Invalid argument
`,
    "Can't handle RDB format version 12 / Error reading the RDB base file appendonly.aof.2.base.rdb, AOF loading aborted / Unrecoverable error reading the append only file appendonly.aof.2.base.rdb: Invalid argument",
  ],
  [
    'a crash, with a report after it',
    `5494:M 29 Nov 2026 07:37:06.229 # === REDIS BUG REPORT START: Cut & paste starting from here ===
5494:M 29 Nov 2026 07:37:06.229 # Redis 7.0.15 crashed by signal: 11, si_code: 0
------ STACK TRACE ------
EIP:
/usr/bin/redis-server(debugCommand+0x1f0)[0x55d]
=== REDIS BUG REPORT END. Make sure to include from START to END. ===
`,
    'Redis 7.0.15 crashed by signal: 11, si_code: 0',
  ],
  [
    'an assertion',
    `5494:M 29 Nov 2026 07:37:06.229 # === ASSERTION FAILED ===
5494:M 29 Nov 2026 07:37:06.229 # ==> debug.c:491 '1 == 2' is not true
5494:M 29 Nov 2026 07:37:06.229 # Redis 7.0.15 crashed by signal: 11, si_code: -6
`,
    "=== ASSERTION FAILED === / ==> debug.c:491 '1 == 2' is not true / Redis 7.0.15 crashed by signal: 11, si_code: -6",
  ],
  [
    'memory',
    `5494:M 29 Nov 2026 07:37:06.229 # Out Of Memory allocating 1048576 bytes!
5494:M 29 Nov 2026 07:37:06.229 # === REDIS BUG REPORT START: Cut & paste starting from here ===
`,
    'Out Of Memory allocating 1048576 bytes!',
  ],
]

t.test('why a server ended', async (t) => {
  for (const [what, end, words] of FATAL) t.equal(lastWordsOf(START + end), words, what)
})

t.test('a setting that it does not know, told before its start, and after a life before', async (t) => {
  const before = `${START}8796:M 29 Nov 2026 07:38:06.215 # Redis is now ready to exit, bye bye...\n`
  const log = `
*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***
Reading the configuration file, at line 3
>>> 'nosuch "3"'
Bad directive or wrong number of arguments
`
  const words =
    '*** FATAL CONFIG FILE ERROR (Redis 7.0.15) *** / Reading the configuration file, at line 3 / >>> \'nosuch "3"\' / Bad directive or wrong number of arguments'
  t.equal(lastWordsOf(log), words)
  t.equal(lastWordsOf(before + log), words)
})

t.test('a program that is no server at all', async (t) => {
  t.equal(
    lastWordsOf('redis-server: error while loading shared libraries: libjemalloc.so.2\n'),
    'redis-server: error while loading shared libraries: libjemalloc.so.2',
  )
})

t.test('a life before is over, whatever it died of', async (t) => {
  const crashed = `${START}5494:M 29 Nov 2026 07:37:06.229 # Redis 7.0.15 crashed by signal: 11, si_code: 0\n`
  const killed = `${START}5494:M 29 Nov 2026 07:37:06.229 * Ready to accept connections\n`
  t.equal(lastWordsOf(crashed + killed), '')
  t.equal(lastWordsOf(''), '')
})
