import { z } from 'zod'
import { METRIC_NAMES } from './comparison.ts'

const measured = z.object({
  metric: z.enum(METRIC_NAMES),
  /** In the unit of the metric: of the pass over all scenarios, and of the plays that were added. */
  first: z.array(z.number().nonnegative()),
  again: z.array(z.number().nonnegative()),
})

const playedScenario = z.object({
  scenario: z.string(),
  /** As it was asked for: `redis:7.0`. */
  server: z.string(),
  platform: z.string(),
  /** The client that was asked for, for workloads that name none. */
  client: z.string().optional(),
  /** The server in words, and its settings: what else may differ. */
  serverWords: z.string(),
  config: z.record(z.string(), z.string()),
  passed: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  /** Played again to know the machine, and not because it looked suspicious. */
  isControl: z.boolean(),
  /** Of a night that several machines shared, which of them played it, from 1; absent where it was one. */
  part: z.int().positive().max(1000).optional(),
  measures: z.array(measured),
})

export const nightShape = z.object({
  runId: z.string(),
  /** UTC time, ISO 8601. */
  startedAt: z.string(),
  /** Of a night that several machines shared, the ids of their runs. */
  parts: z.array(z.string()).optional(),
  scenarios: z.array(playedScenario),
})

/** What one night measured: all that later nights are compared with. */
export type Night = z.infer<typeof nightShape>
export type NightScenario = z.infer<typeof playedScenario>

/** What nights are compared by: one scenario on one server, through one client. */
export function nightKey(one: Pick<NightScenario, 'scenario' | 'server' | 'platform' | 'client'>): string {
  return JSON.stringify([one.scenario, one.server, one.platform, one.client])
}
