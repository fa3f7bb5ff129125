import type { Readable, Writable } from 'node:stream'

/** A program of somebody else that ends with the runner, however that ends. */
export interface KeptProgram {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** It has ended. */
  readonly isOver: boolean
  /** Whether it runs and has closed its stdout, where the end of the stream does not tell. Never rejects. */
  hasClosedStdout?(): Promise<boolean>
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
  /** Ends what is left of it. Resolves when nothing is, or nothing can be done about it. */
  letGo(): Promise<void>
  /** Whether it ends within so many ms. */
  endsWithin(limitMs: number): Promise<boolean>
}
