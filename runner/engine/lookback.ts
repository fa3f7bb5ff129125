import type { Clock } from '../base/clock.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import { allInfoOf } from '../cluster/node-report.ts'
import type { LogLine } from '../platforms/platform.ts'
import type { Lookback, Mark } from '../steps/lookback.ts'
import type { Step } from '../steps/verb.ts'
import type { Wanted } from './wanted-marks.ts'

/** Lines of one node that are kept, at most: the last ones. */
const MOST_LINES = 50_000
/** How long a node may take to tell its INFO when a step begins, ms: a silent one must not hold the scenario up. */
const INFO_TIMEOUT_MS = 500

/** Keeps what later expectations go back to, and nothing else. */
export class LookbackBook implements Lookback {
  readonly #wanted: Wanted
  readonly #clock: Clock
  readonly #marks = new Map<string, Mark>()
  readonly #lines = new Map<string, LogLine[]>()
  #startWallMs = Number.POSITIVE_INFINITY

  constructor(wanted: Wanted, clock: Clock) {
    this.#wanted = wanted
    this.#clock = clock
  }

  /** The first step is about to be played. */
  start(): void {
    this.#startWallMs = this.#clock.wallMs()
  }

  readLine(node: string, line: LogLine): void {
    if (!this.#wanted.logs) return
    const lines = this.#lines.get(node) ?? []
    if (lines.length === 0) this.#lines.set(node, lines)
    lines.push(line)
    if (lines.length > MOST_LINES * 1.1) lines.splice(0, lines.length - MOST_LINES)
  }

  /** Notes what is so before a step is played, if an expectation will ask for it. */
  async onStep({ name, phase }: Step, cluster: LiveCluster): Promise<void> {
    const { since, infoSince } = this.#wanted
    const asked = [phase, name].filter((word) => word !== undefined).filter((word) => since.has(word))
    if (asked.length === 0) return
    const infos = asked.some((word) => infoSince.has(word)) ? await infosOf(cluster) : new Map<string, string>()
    const mark = { wallMs: this.#clock.wallMs(), infos }
    for (const word of asked) this.#marks.set(word, mark)
  }

  since(name: string): Mark | undefined {
    return this.#marks.get(name)
  }

  lines(node: string, fromWallMs = this.#startWallMs): readonly string[] {
    return (this.#lines.get(node) ?? []).filter(({ wallMs }) => wallMs >= fromWallMs).map(({ text }) => text)
  }
}

/** Of those that answer. */
async function infosOf(cluster: LiveCluster): Promise<Map<string, string>> {
  const told = await Promise.all(
    cluster.nodes.map(async ({ name, client }) => {
      const told = await allInfoOf(client, INFO_TIMEOUT_MS).catch(() => undefined)
      return told === undefined ? [] : [[name, told] as const]
    }),
  )
  return new Map(told.flat())
}
