import type { Flags, ParsedLine } from './flags.ts'

/** Where a command's words go: results to stdout, progress to stderr. */
export interface Output {
  /** What was made from a scenario or a record steers neither the terminal nor a CI, unless `commands` is meant to. */
  print(text: string, meant?: { commands?: boolean }): void
  progress(text: string): void
  /** Whether stdout takes colors. */
  color: boolean
  /** Why not all of it could be written, in sentences. */
  failures(): string[]
}

export interface CommandContext {
  out: Output
  /** Aborts on the first Ctrl-C. */
  signal: AbortSignal
  /** Tells the second Ctrl-C what to say is left behind, while there is anything. */
  onLeaving(describeLeftovers: (() => string) | undefined): void
  /** Folders in which scenarios are looked for by name, in this order: one's own, then redis-chaos's. */
  library: readonly string[]
  /** Which flags the project's file gave, in sentences for the report. */
  defaults: readonly string[]
  /** `--debug`: stack traces may be shown. */
  debug: boolean
}

/** One command of the command line. Adding one is a file with it and an entry in `index.ts`. */
export interface Command {
  usage: string
  /** More lines of help. */
  details?: string[]
  flags: Flags
  /** Resolves with the exit code. Throws UsageError for a wrong command line. */
  run(line: ParsedLine, context: CommandContext): Promise<number>
}
