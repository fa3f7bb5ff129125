import type { Clock } from '../../base/clock.ts'
import type { Platform } from '../../platforms/platform.ts'
import type { RunSettings } from '../run-settings.ts'
import { WarmPlatform } from '../warm-platform.ts'

/** What tells the servers of one lane from those of all others. */
export interface GroundPlan {
  runId: string
  portBase: number
  namePrefix: string
}

/** Where the plays of one lane have their servers. */
export interface Ground extends GroundPlan {
  /** What a play on `platform` is played on here. Throws PlatformError: what is kept of another cannot be removed. */
  platformFor(platform: Platform): Promise<Platform>
  /** Removes the servers that are kept. Throws PlatformError. Idempotent. */
  end(): Promise<void>
}

/** The ground of a run without lanes: each play has servers of its own, on the very platform. */
export function plainGround({ runId, portBase, namePrefix }: RunSettings | GroundPlan): Ground {
  return { runId, portBase, namePrefix, platformFor: async (platform) => platform, end: async () => undefined }
}

/** A ground whose servers are kept for the next play, by each platform of the run the one that is used here. */
export class WarmGround implements Ground {
  readonly runId: string
  readonly portBase: number
  readonly namePrefix: string
  readonly #platforms: ReadonlyMap<Platform, WarmPlatform>
  #used: WarmPlatform | undefined

  constructor(plan: GroundPlan, platforms: ReadonlyMap<Platform, Platform>, clock: Clock) {
    this.runId = plan.runId
    this.portBase = plan.portBase
    this.namePrefix = plan.namePrefix
    this.#platforms = new Map([...platforms].map(([asked, own]) => [asked, new WarmPlatform(own, clock)]))
  }

  async platformFor(platform: Platform): Promise<Platform> {
    const own = this.#platforms.get(platform)
    if (own === undefined) return platform
    // They would have the same ports.
    if (this.#used !== own) await this.#used?.end()
    this.#used = own
    return own
  }

  async end(): Promise<void> {
    await this.#used?.end()
    this.#used = undefined
  }
}
