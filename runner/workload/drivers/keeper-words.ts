/** What the keeper of a driver says to the runner, one JSON object a line; it is told signals, a name a line. */
export type KeeperReport =
  | { pid: number }
  /** The driver could not be started. */
  | { error: string; code: string }
  | { exit: number | null; signal: NodeJS.Signals | null }
