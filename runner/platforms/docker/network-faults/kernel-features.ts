import { randomBytes } from 'node:crypto'
import { type Engine, EngineRefusal } from '../engine.ts'
import { removeRun } from '../runs.ts'
import { summarizeErrors, type ToolboxStep } from '../toolbox/job.ts'
import type { Toolbox } from '../toolbox/toolbox.ts'
import { detourProblem } from './detours.ts'
import type { MissingFeatures } from './fault-split.ts'

const TRIAL_TIMEOUT_MS = 10_000

/** Tried in the toolbox's own namespace, which is on no network: `lo` is the only device there. */
const TRIALS: readonly (readonly [Exclude<keyof MissingFeatures, 'pause'>, ToolboxStep])[] = [
  ['filter', trialRule('ip daddr 192.0.2.1 tcp dport 7010 counter name trial reject with tcp reset')],
  ['loss', trialRule('numgen random mod 1000000 < 500000 counter name trial drop')],
  ['duplicate', trialRule('numgen random mod 1000000 < 1 dup to ip daddr device "lo"')],
  ['detour', trialChain('nat hook output priority -100', 'ip daddr 192.0.2.1 tcp dport 7010 dnat to 192.0.2.2:7011')],
  ['detour', trialRule('ip daddr 192.0.2.1 tcp flags & rst == 0 reject with tcp reset')],
  [
    'shape',
    trialQueue(
      'qdisc add dev lo root handle 5243: htb',
      'class add dev lo parent 5243: classid 5243:1 htb rate 12500000000bps quantum 60000',
      'qdisc add dev lo parent 5243:1 handle 1: tbf rate 100000bps burst 2000b limit 65536b',
      'class add dev lo parent 5243: classid 5243:2 htb rate 12500000000bps quantum 60000',
    ),
  ],
  [
    'netem',
    trialQueue('qdisc add dev lo parent 5243:2 handle 2: netem limit 1000 delay 10ms 5ms corrupt 1% reorder 1%'),
  ],
  ['intake', { program: 'intake', input: 'link add redis-chaos type ifb\nlink set redis-chaos up\n', mayFail: true }],
  [
    'intake',
    trialQueue(
      'qdisc add dev lo ingress',
      'filter add dev lo parent ffff: protocol ip prio 1 u32 match ip src 192.0.2.1/32 flowid :1',
      'filter add dev lo parent ffff: protocol ip prio 2 u32 match u32 0 0 action mirred egress redirect dev redis-chaos',
    ),
  ],
]

function trialRule(rule: string): ToolboxStep {
  return trialChain('filter hook output priority -150', rule)
}

function trialChain(type: string, rule: string): ToolboxStep {
  const input = `table ip trial {\n counter trial { }\n chain out {\n type ${type};\n ${rule}\n }\n}\ndelete table ip trial\n`
  return { program: 'rules', input, mayFail: true }
}

function trialQueue(...commands: string[]): ToolboxStep {
  return { program: 'shape', input: commands.map((command) => `${command}\n`).join(''), mayFail: true }
}

/**
 * Finds out what is missing by trying it all, in a container of its own that is on no network. Throws PlatformError
 * when no such container can be made or run.
 */
export async function findMissingFeatures(
  engine: Engine,
  toolbox: Toolbox,
  signal?: AbortSignal,
): Promise<MissingFeatures> {
  const runId = `trial-${process.pid}-${randomBytes(4).toString('hex')}`
  const task = { key: 'trial', namespace: 'own' as const, steps: TRIALS.map(([, step]) => step) }
  let pause: string | undefined
  try {
    const results = await toolbox.run([task], {
      runId,
      purpose: 'find out which network faults work here',
      timeoutMs: TRIAL_TIMEOUT_MS,
      signal,
      onStarted: async (container) => {
        pause = await refusalOf(async () => {
          await engine.call('pause a container', (abortSignal) => container.pause({ abortSignal }), { signal })
          await engine.call('unpause a container', (abortSignal) => container.unpause({ abortSignal }), { signal })
        })
      },
    })
    const errors = (results.get('trial') ?? []).map(({ exit, errors }) =>
      exit === 0 ? undefined : summarizeErrors(errors),
    )
    const problem = (name: keyof MissingFeatures) =>
      errors.find((text, index) => TRIALS[index]?.[0] === name && text !== undefined)
    return {
      filter: problem('filter'),
      loss: problem('loss'),
      duplicate: problem('duplicate'),
      shape: problem('shape'),
      intake: problem('intake'),
      netem: problem('netem'),
      pause,
      detour: problem('detour') ?? (await detourProblem(engine)),
    }
  } finally {
    await removeRun(engine, runId)
  }
}

async function refusalOf(attempt: () => Promise<void>): Promise<string | undefined> {
  try {
    await attempt()
    return undefined
  } catch (error) {
    if (error instanceof EngineRefusal) return error.reply
    throw error
  }
}
