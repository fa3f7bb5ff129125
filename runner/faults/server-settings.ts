import { z } from 'zod'
import { type Fault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { ask, askToHeal, byNode } from './reach.ts'

/** What faults that change settings of servers remember: each setting as it was, by node. */
export const settingsMemo = z.object({ before: z.record(z.string(), z.record(z.string(), z.string())) })

export type SettingsMemo = z.infer<typeof settingsMemo>

/** Settings of a server as it tells them. Throws NotProven for one that it does not know. */
export async function readSettings(
  stage: FaultStage,
  node: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const pairs = await Promise.all(names.map(async (name) => [name, await readSetting(stage, node, name)] as const))
  const unknown = pairs.filter(([, value]) => value === undefined).map(([name]) => name)
  if (unknown.length > 0) {
    throw new NotProven(
      `${node} knows no setting ${unknown.join(', ')}`,
      'Look for a typing error, or for the server version that brought it.',
    )
  }
  return Object.fromEntries(pairs.map(([name, value]) => [name, value ?? '']))
}

async function readSetting(stage: FaultStage, node: string, name: string): Promise<string | undefined> {
  const reply = await ask(stage, node, 'CONFIG', 'GET', name)
  return Array.isArray(reply) && reply.length > 1 ? String(reply[1]) : undefined
}

/** Remembers settings of all these nodes. Throws NotProven for a setting that a server does not know. */
export async function rememberSettings(
  stage: FaultStage,
  nodes: readonly string[],
  names: readonly string[],
): Promise<SettingsMemo['before']> {
  return byNode(nodes, (node) => readSettings(stage, node, names))
}

/**
 * One after another, in this order: before 7.0, CONFIG SET takes one setting. Throws NotProven when a server refuses
 * one.
 */
export async function changeSettings(
  stage: FaultStage,
  node: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, value] of Object.entries(settings)) await ask(stage, node, 'CONFIG', 'SET', name, value)
}

/** Gives a node's settings the values that they had. Throws NotHealed. */
export async function restoreSettings(stage: FaultStage, node: string, memo: SettingsMemo): Promise<void> {
  for (const [name, value] of Object.entries(memo.before[node] ?? {})) {
    // A server refuses to set some settings, even to what they are.
    if ((await settingNow(stage, node, name)) !== value) await askToHeal(stage, node, 'CONFIG', 'SET', name, value)
  }
}

async function settingNow(stage: FaultStage, node: string, name: string): Promise<string | undefined> {
  const reply = await askToHeal(stage, node, 'CONFIG', 'GET', name)
  return Array.isArray(reply) && reply.length > 1 ? String(reply[1]) : undefined
}

/** In words, that the settings are as they were. Throws NotHealed. */
export async function proveRestored(stage: FaultStage, node: string, memo: SettingsMemo): Promise<string> {
  const words: string[] = []
  for (const [name, value] of Object.entries(memo.before[node] ?? {})) {
    const now = (await settingNow(stage, node, name)) ?? 'unknown'
    if (now !== value) throw new NotHealed(`${name} of ${node} is ${shown(now)} and not ${shown(value)}, as it was`)
    words.push(`${name} ${shown(value)}`)
  }
  return `${node}: ${words.join(', ')} again`
}

export function shown(value: string): string {
  return value === '' ? '""' : value
}

/**
 * A fault that already changes one of these settings on one of these nodes, in words; undefined if there is none. Two
 * at once could not be healed in any order: each would take the other's value for the one from before.
 */
export function settingsClash(
  active: readonly Fault[],
  nodes: readonly string[],
  names: readonly string[],
): string | undefined {
  for (const fault of active) {
    const before = settingsMemo.safeParse(fault.memo).data?.before ?? {}
    for (const node of nodes) {
      const name = names.find((one) => before[node] && one in before[node])
      if (name !== undefined) return `${name} of ${node} is changed already by: ${fault.sentence}`
    }
  }
  return undefined
}
