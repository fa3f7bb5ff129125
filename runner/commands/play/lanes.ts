import { availableParallelism, freemem } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import { UsageError } from '../../base/errors.ts'
import type { MachineLimits } from '../../base/machine-limits.ts'
import type { Play } from '../../engine/play.ts'
import { lanesWithin } from '../../engine/room.ts'
import { type Ground, WarmGround } from '../../engine/side-by-side/ground.ts'
import { MeasuredPace } from '../../engine/side-by-side/measured-pace.ts'
import { fixedPace, type Pace } from '../../engine/side-by-side/pace.ts'
import { PlatformError } from '../../platforms/errors.ts'
import { BUS_OFFSET, type Platform } from '../../platforms/platform.ts'
import { portHolder } from '../../platforms/port-holder.ts'
import { borneLanes, noteBorneLanes } from '../../record/borne-lanes.ts'
import { serversNeeded } from '../../scenario/servers-needed.ts'
import { PORTS } from '../cluster-flags.ts'
import { type Flags, type ParsedLine, wholeNumberOf } from '../flags.ts'
import { platformLike } from '../open-platform.ts'

/** More of them no machine bears that one would test on. */
const MOST_LANES = 32
/** To begin with, for each core, where nothing is known of the machine: far less than what it mostly bears. */
const FIRST_PER_CORE = 2
/** What a play mostly does is wait, so that a core bears several: where what is measured says nothing, no more than this. */
const MOST_PER_CORE = 6
/** Six servers, their helpers, and what the runner holds of a play. */
const LANE_BYTES = 200 * 2 ** 20
/** Ports of lanes begin at round numbers, for people. */
const ROUND = 10

export const parallelFlag: Flags = {
  parallel: {
    type: 'string',
    value: 'auto|N',
    help: 'play N scenarios side by side, each on a cluster of its own, which is emptied and kept for the next; auto: as many as the machine bears',
  },
}

/** What means nothing, or something else, where several scenarios are played at once. */
const NOT_PARALLEL = ['keep', 'step', 'watch', 'pause-on-failure', 'dry-run']

/** How many plays go on side by side. */
export type Lanes = number | 'auto'

/** Reads `parallelFlag`; undefined without it. Throws UsageError. */
export function lanesAskedFor(line: ParsedLine): Lanes | undefined {
  const text = line.text('parallel')
  if (text === undefined) return undefined
  const other = NOT_PARALLEL.find((name) => line.on(name))
  if (other !== undefined) throw new UsageError(`--parallel plays several scenarios at once: --${other} is for one`)
  if (text === 'auto') return text
  if (!/^\d+$/.test(text)) {
    throw new UsageError(`--parallel takes \`auto\` or a whole number from 1 to ${MOST_LANES}, not \`${text}\``)
  }
  return wholeNumberOf(text, 'parallel', { min: 1, max: MOST_LANES })
}

/** How many lanes there may be at the most. */
function mostOf(lanes: Lanes): number {
  if (lanes !== 'auto') return lanes
  const byMemory = Math.floor(freemem() / LANE_BYTES)
  return Math.max(Math.min(availableParallelism() * MOST_PER_CORE, byMemory, MOST_LANES), 1)
}

/** The pace of a run. `finish` keeps what the machine bore for the next. */
export function paceOf(lanes: Lanes, reports: string, machine: string): { pace: Pace; finish(): void } {
  if (lanes !== 'auto') return { pace: fixedPace(lanes), finish: () => undefined }
  const first = borneLanes(reports, machine) ?? availableParallelism() * FIRST_PER_CORE
  const pace = new MeasuredPace({ first, most: mostOf(lanes) })
  const finish = () => {
    if (pace.borne !== undefined) noteBorneLanes(reports, machine, pace.borne)
  }
  return { pace, finish }
}

/** The run ids of the lanes that a run may have, of the first one its own. */
export function laneRunIds(runId: string, asked: Lanes): string[] {
  const lanes = asked === 'auto' ? MOST_LANES : asked
  return Array.from({ length: lanes }, (_, index) => (index === 0 ? runId : `${runId}-${index + 1}`))
}

interface LanesOptions {
  runId: string
  portBase: number
  namePrefix: string
  platforms: readonly Platform[]
  plays: readonly Play[]
  clock: Clock
  /** Absent: those of this machine. */
  limits?: MachineLimits
}

/** Gives out what the lanes of a run do not share: ports, names, run ids, and platforms of their own. */
export class LaneGrounds {
  readonly #options: LanesOptions
  /** Ports of one lane: as many as the largest cluster of the run needs. */
  readonly #stride: number
  /** So many lanes the open files of this program are enough for. */
  readonly #lanes: number
  readonly #grounds = new Map<number, Promise<Ground>>()
  readonly #platforms: Platform[] = []
  #nextBase: number

  constructor(options: LanesOptions) {
    this.#options = options
    const scenarios = options.plays.map(({ scenario }) => scenario)
    const most = Math.max(...scenarios.map(serversNeeded))
    this.#lanes = lanesWithin(scenarios, options.limits)
    this.#stride = Math.ceil(most / ROUND) * ROUND
    this.#nextBase = options.portBase + this.#stride
  }

  /**
   * The ground of a lane, counted from 1: the first has the run's own ports and names. Throws PlatformError if no ports
   * or open files are left.
   */
  open(lane: number): Promise<Ground> {
    const known = this.#grounds.get(lane)
    if (known !== undefined) return known
    const opened = this.#open(lane)
    this.#grounds.set(lane, opened)
    return opened
  }

  /** Closes the platforms that were opened for lanes. */
  async close(): Promise<void> {
    await Promise.all(this.#platforms.map((platform) => platform.close()))
  }

  async #open(lane: number): Promise<Ground> {
    const { runId, portBase, namePrefix, platforms, clock } = this.#options
    if (lane === 1) {
      const own = new Map(platforms.map((platform) => [platform, platform]))
      return new WarmGround({ runId, portBase, namePrefix }, own, clock)
    }
    if (lane > this.#lanes) {
      const enough = this.#lanes === 1 ? 'one at a time' : `${this.#lanes} at once`
      throw new PlatformError(
        `the open files that the runner may have (\`ulimit -n\`) are enough for ${enough}: allow more of them`,
      )
    }
    const own = new Map(platforms.map((platform) => [platform, platformLike(platform)]))
    this.#platforms.push(...own.values())
    const plan = {
      runId: laneRunIds(runId, lane)[lane - 1] ?? runId,
      portBase: await this.#freePorts(),
      namePrefix: `${namePrefix.replace(/-$/, '')}-${lane}-`,
    }
    return new WarmGround(plan, own, clock)
  }

  /** Ports at which nothing listens now; each is given out once. */
  async #freePorts(): Promise<number> {
    for (;;) {
      const base = this.#nextBase
      this.#nextBase += this.#stride
      if (base + this.#stride - 1 > PORTS.max) {
        throw new PlatformError(
          `no ports are left for one more cluster between ${this.#options.portBase} and ${PORTS.max}`,
        )
      }
      const ports = Array.from({ length: this.#stride }, (_, index) => base + index)
      const holders = await Promise.all(
        ports.flatMap((port) => [port, port + BUS_OFFSET].map((one) => portHolder(one))),
      )
      if (holders.every((holder) => holder === undefined)) return base
    }
  }
}
