import type { WorkloadKind } from '../workload/kind.ts'
import type { Scenario } from './model.ts'

/** A client that whoever starts the run asks for, for all workloads that name none themselves. */
export interface ClientChoice {
  name: string
  /** Options of the client, by its own names. */
  options: Record<string, unknown>
}

/** What a scenario without a workload is given, so that a client has something to do: name and options as written. */
export const ADDED_WORKLOAD = { name: 'clients', written: { type: 'register', clients: 8, rate: '200/s', keys: 300 } }

/** Why the client that was asked for cannot play a scenario, in a sentence; undefined if it can. */
export function unmetByClient({ client, workloads }: Pick<Scenario, 'client' | 'workloads'>): string | undefined {
  const [beyond] = workloads.filter(({ beyondClient }) => beyondClient !== undefined)
  return beyond && `--client ${client} cannot play it: its workload \`${beyond.name}\` ${beyond.beyondClient}`
}

/** What was written of a workload, with the client that was asked for where it names none. */
export function throughClient(written: unknown, { name }: WorkloadKind, choice: ClientChoice | undefined): unknown {
  const own = written as { client?: unknown }
  // Subscribers have connections of their own.
  if (choice === undefined || own.client !== undefined || name === 'pubsub') return written
  const hasOptions = Object.keys(choice.options).length > 0
  return { ...own, client: choice.name, ...(hasOptions && { options: choice.options }) }
}
