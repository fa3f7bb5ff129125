import { readFileSync } from 'node:fs'
import path from 'node:path'
import { sharedNowMs } from '../../runner/base/clock.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import type { History } from '../../runner/record/history.ts'
import { outcomeClass } from '../../runner/record/history-codes.ts'
import { readHistory } from '../../runner/record/history-reader.ts'
import type { Unended } from '../../runner/workload/client/unended.ts'
import type { DriverPlan } from '../../runner/workload/drivers/plan.ts'
import { workloadKindByName } from '../../runner/workload/index.ts'
import { Load } from '../../runner/workload/load.ts'
import { resolveOptions } from '../../runner/workload/options.ts'
import type { LoadRequest, SeenDriver } from '../../runner/workload/thread/request.ts'

const FAKE_DRIVER = path.join(import.meta.dirname, '../workload/drivers/fake-driver.mjs')
const WITHIN_MS = 60_000
const PASSWORD = 'tell-nobody'

/** How the fake driver is started; what it does wrong is its manner. */
export function fakeDriver(...args: string[]): DriverPlan {
  return {
    client: `./fake-driver ${args.join(' ')}`,
    command: [FAKE_DRIVER, ...args],
    folder: '/',
    options: { dial: 7 },
  }
}

/** The load of one workload through a driver, with nodes that nobody connects to. */
export class DriverLoad {
  readonly load: Load
  readonly seen: SeenDriver[] = []
  /** What the driver had not ended when the load was over. */
  unended: Unended | undefined
  readonly #folder: string
  readonly request: LoadRequest
  #done = 0
  #waiting: { upTo: number; resolve(): void } | undefined

  constructor(folder: string, plan: DriverPlan, written: Record<string, unknown> = {}) {
    this.#folder = folder
    const type = String(written.type ?? 'register')
    const kind = workloadKindByName.get(type)
    if (!kind) throw new Error(`no workload of type ${type}`)
    const options = resolveOptions({ type, rate: '400/s', clients: 4, keys: 20, ...written }, kind, plan)
    const node = { name: 'redis-node0', host: 'localhost', port: 7010, peerHost: '127.0.10.10', peerPort: 7010 }
    this.request = {
      workloads: [{ name: 'app', options, file: this.#file('app.history'), driverLog: this.#file('app.driver.log') }],
      ...{ nodes: [node], password: PASSWORD, shards: evenSplit(1), seed: 1 },
      ...{ originMs: sharedNowMs(), startWallMs: Date.now() },
    }
    this.load = new Load(
      (_, { ok, failed, indeterminate }) => {
        for (const count of [...ok, ...failed, ...indeterminate]) this.#done += count
        if (this.#waiting && this.#done >= this.#waiting.upTo) this.#waiting.resolve()
      },
      undefined,
      undefined,
      (_, seen) => this.seen.push(seen),
    )
  }

  async open(): Promise<void> {
    await this.load.open(this.request)
  }

  /** Lets the clients begin, and stops them when so many operations are over. */
  async run(operations: number): Promise<History> {
    await this.load.begin()
    await this.#until(operations)
    this.unended = (await this.load.rest()).app
    await this.load.stop()
    await this.load.close()
    return readHistory(this.#file('app.history'))
  }

  get log(): string {
    return readFileSync(this.#file('app.driver.log'), 'utf8')
  }

  #until(upTo: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${this.#done} of ${upTo} operations were over within ${WITHIN_MS / 1000} s`))
      const timer = setTimeout(late, WITHIN_MS)
      this.#waiting = {
        upTo,
        resolve: () => {
          clearTimeout(timer)
          resolve()
        },
      }
    })
  }

  #file(name: string): string {
    return path.join(this.#folder, name)
  }
}

/** How many operations ended how: `ok`, `timeout?` for one that is indeterminate, … */
export function outcomesOf({ ops, rows }: History): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let row = 0; row < rows; row += 1) {
    const code = ops.outcome[row] ?? 0
    const name = `${outcomeClass(code)}${(code & 0x80) === 0 ? '' : '?'}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
