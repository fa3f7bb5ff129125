/** A measure of a client: what people read, with its error, and the number of ms or things, where there is one. */
export interface ClientMeasure {
  text: string
  amount?: number
}

/** What came of a client library that a workload went through. */
export interface ClientSummary {
  workload: string
  /** As it is written in a scenario: `node-redis`. */
  client: string
  /** Of a driver of somebody: the library that it is for, by its own word. */
  library?: string
  /** Of the library, by what its driver said; absent where none was ready. */
  version?: string
  /** The longest time in which the servers of a shard took no writes. */
  serverOutage: ClientMeasure
  /** The longest time in which one of its clients was not served in a shard. */
  clientOutage: ClientMeasure
  /** How long after the servers the last client was served again. */
  recovery: ClientMeasure
  /** Operations without success, by what went wrong. */
  errors: Record<string, number>
  /** Clients with an operation that was never ended; how many were too young to tell is said where there was none. */
  stuck: ClientMeasure
  reconnects: ClientMeasure
}
