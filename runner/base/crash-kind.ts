/** What a line of a server's log tells of when the server crashes, or a checker that it runs under complains. */
export type CrashKind =
  | 'crash report'
  | 'assertion'
  | 'panic'
  | 'failed allocation'
  | 'fatal error'
  | 'sanitizer'
  | 'valgrind'
