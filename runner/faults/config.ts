import { z } from 'zod'
import { defineFault, NotProven } from './fault.ts'
import { healableOf, healEach, runningOf } from './reach.ts'
import {
  changeSettings,
  proveRestored,
  readSettings,
  rememberSettings,
  restoreSettings,
  settingsMemo,
  shown,
} from './server-settings.ts'

const configSpec = z.object({ nodes: z.array(z.string()), set: z.record(z.string(), z.string()) })

/** Settings of running servers that are changed for a while. */
export const config = defineFault({
  name: 'config',
  spec: configSpec,
  memo: settingsMemo,
  lostByRestart: true,

  async remember({ nodes, set }, stage) {
    return { before: await rememberSettings(stage, nodes, Object.keys(set)) }
  },

  async apply(fault, stage) {
    const running = await runningOf(fault, stage)
    await Promise.all(running.map((node) => changeSettings(stage, node, fault.spec.set)))
  },

  async prove(fault, stage) {
    const { set } = fault.spec
    const running = await runningOf(fault, stage)
    const proofs = await Promise.all(
      running.map(async (node) => {
        const now = await readSettings(stage, node, Object.keys(set))
        return describeChange(node, set, fault.memo.before[node] ?? {}, now)
      }),
    )
    return proofs.join('; ')
  },

  async heal(fault, stage) {
    await healEach(fault, stage, (node) => restoreSettings(stage, node, fault.memo))
  },

  async proveHealed(fault, stage) {
    const { running, down } = await healableOf(fault, stage)
    const proofs = await Promise.all(running.map((node) => proveRestored(stage, node, fault.memo)))
    return [...proofs, ...down].join('; ')
  },
})

/**
 * A server tells a setting in its own way (`10mb` as `10485760`): what shows the change is another value than before.
 */
function describeChange(
  node: string,
  set: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string {
  const words = Object.entries(set).map(([name, wanted]) => {
    const [old = '', value = ''] = [before[name], now[name]]
    if (value !== old) return { changed: true, text: `${name} ${shown(old)} -> ${shown(value)}` }
    if (!meansTheSame(wanted, value)) {
      throw new NotProven(`${name} of ${node} is still ${shown(value)}, although the server took ${shown(wanted)}`)
    }
    return { changed: false, text: `${name} ${shown(value)} as before` }
  })
  if (words.some(({ changed }) => changed)) return `${node}: ${words.map(({ text }) => text).join(', ')}`
  throw new NotProven(
    `no change on ${node}: ${words.map(({ text }) => text).join(', ')}`,
    'A setting that has its value already is no fault: give another value.',
  )
}

/** Units of sizes (redis.conf 7.0, "Note on units"). */
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
}

function meansTheSame(wanted: string, reported: string): boolean {
  return wanted.toLowerCase() === reported.toLowerCase() || String(bytesOf(wanted)) === reported
}

function bytesOf(text: string): number | undefined {
  const match = /^(\d+)([a-z]+)$/.exec(text.toLowerCase())
  const unit = UNITS[match?.[2] ?? '']
  return match && unit !== undefined ? Number(match[1]) * unit : undefined
}
