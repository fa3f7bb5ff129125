import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { IMPOSSIBLE, type Problem } from '../../runner/checks/linearizable/search.ts'
import type { History } from '../../runner/record/history.ts'
import { historyOf, type Op } from './histories.ts'

/**
 * Histories recorded by others, with verdicts that other checkers agree on: beside the project, or where `ORACLES`
 * says.
 */
const oracles = process.env.ORACLES ?? fileURLToPath(new URL('../../../shared/oracles', import.meta.url))

const folder = path.join(oracles, 'linearizability')

/** Why tests on the oracles cannot run; false if they can. */
export const noOracles = existsSync(path.join(folder, 'expected.json'))
  ? (false as const)
  : `there are no oracles at ${oracles}: the environment's ORACLES says where they are`

/** The verdict on each file, by its name. */
export function expectedVerdicts(): Record<string, 'linearizable' | 'not linearizable'> {
  return JSON.parse(read('expected.json'))
}

function read(file: string): string {
  return readFileSync(path.join(folder, file), 'utf8')
}

/**
 * A log of Jepsen against etcd: one register with compare-and-set, initially nil. Lines of another form are noise of
 * the tool that wrote them. Each line is one moment.
 */
export function etcdHistory(file: string): History {
  const open = new Map<string, Op>()
  const ops: Op[] = []
  for (const [moment, line] of read(file).split('\n').entries()) {
    const match = /(\d+)\t:(invoke|ok|fail|info)\t:(read|write|cas)\t(.*)$/.exec(line)
    if (!match) continue
    const [, process = '', type, f, value = ''] = match
    if (type === 'invoke') {
      const op: Op = {
        f: f as Op['f'],
        at: [moment, Number.POSITIVE_INFINITY],
        client: Number(process),
        lost: 'unfinished',
      }
      open.set(process, { ...op, ...etcdArguments(f, value) })
      ops.push(open.get(process) ?? op)
    } else {
      const op = open.get(process)
      if (op) end(op, moment, type, value)
    }
  }
  return historyOf({ type: 'cas', ops })
}

function etcdArguments(f: string | undefined, value: string): Partial<Op> {
  const numbers = [...value.matchAll(/\d+/g)].map(Number)
  if (f === 'write') return { a: numbers[0] ?? null }
  return f === 'cas' ? { b: numbers[0] ?? null, a: numbers[1] ?? null } : {}
}

/** `:fail` did not happen; `:info` may or may not have happened, at any later time. */
function end(op: Op, moment: number, type: string | undefined, value: string): void {
  Object.assign(op, { at: [op.at[0], type === 'info' ? Number.POSITIVE_INFINITY : moment] })
  if (type === 'info') return
  delete op.lost
  if (type === 'fail') op.failed = 'other'
  else if (op.f === 'read') op.r = value === 'nil' ? null : Number(value)
}

interface KeyValueOp {
  f: 'get' | 'put' | 'append'
  value: string
  startMs: number
  endMs: number
}

/**
 * A key-value store with get, put and append, where a missing key reads as the empty string: a problem for each key.
 */
export function keyValueProblems(file: string): Problem[] {
  const byKey = new Map<string, KeyValueOp[]>()
  const open = new Map<string, KeyValueOp>()
  for (const [moment, line] of read(file).split('\n').entries()) {
    const match = /^\{:process (\d+), :type :(\w+), :f :(\w+), :key "(.*)", :value (?:nil|"(.*)")\}$/.exec(line)
    if (!match) continue
    const [, process = '', type, f, key = '', value = ''] = match
    if (type === 'invoke') {
      const op = { f: f as KeyValueOp['f'], value, startMs: moment, endMs: Number.POSITIVE_INFINITY }
      open.set(process, op)
      byKey.set(key, [...(byKey.get(key) ?? []), op])
    } else {
      const op = open.get(process)
      if (op) Object.assign(op, { endMs: moment, ...(op.f === 'get' && { value }) })
    }
  }
  return [...byKey.values()].map(keyValueProblem)
}

function keyValueProblem(ops: readonly KeyValueOp[]): Problem {
  const texts = ['']
  const numberOf = (text: string) => {
    const known = texts.indexOf(text)
    return known >= 0 ? known : texts.push(text) - 1
  }
  return {
    count: ops.length,
    invokeMs: Float64Array.from(ops, ({ startMs }) => startMs),
    completeMs: Float64Array.from(ops, ({ endMs }) => endMs),
    initial: 0,
    isRead: (operation) => ops[operation]?.f === 'get',
    step(state, operation) {
      const { f, value } = ops[operation] ?? { f: 'get', value: '' }
      if (f === 'get') return texts[state] === value ? state : IMPOSSIBLE
      return numberOf(f === 'put' ? value : `${texts[state]}${value}`)
    },
  }
}
