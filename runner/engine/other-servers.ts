import type { Platform, Progress } from '../platforms/platform.ts'
import type { Scenario } from '../scenario/model.ts'
import { Names } from '../steps/names.ts'
import { serverAskedFor } from '../steps/start-changes.ts'
import { namesInside, type Step } from '../steps/verb.ts'

/** Servers that nodes of a scenario run or are started as, beside the one that it is played on; each once. */
export function otherServers(scenario: Scenario): string[] {
  const names = new Names(scenario.params)
  const ofSteps = [...scenario.steps, ...scenario.finally].flatMap((step) => serversInside(step, names))
  return [...new Set([...Object.values(scenario.cluster.servers), ...ofSteps])]
}

function serversInside(step: Step, names: Names): string[] {
  const server = serverAskedFor(step, names)
  const inner = namesInside(step, names)
  return [...(server === undefined ? [] : [server]), ...step.children.flatMap((child) => serversInside(child, inner))]
}

/** Makes ready all that a scenario needs beside its main server. Throws PlatformError for one that cannot be had. */
export async function prepareOthers(
  scenario: Scenario,
  platform: Platform,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  for (const server of otherServers(scenario)) {
    if (server !== platform.server) await platform.prepare(progress, signal, server)
  }
}
