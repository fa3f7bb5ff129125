import t, { type Test } from 'tap'
import { requireEngine } from './docker.ts'
import { type LiveStage, type LiveStageOptions, liveStage } from './live-stage.ts'
import { skipWithoutRedis } from './local-servers.ts'

export type PlatformKind = 'process' | 'docker'

export interface OnPlatform {
  platform: PlatformKind
  /** A cluster on that platform, gone again when the test ends. */
  cluster(options?: LiveStageOptions): Promise<LiveStage>
}

/** Runs the same test on real servers of both platforms, one after the other. */
export function onEachPlatform(name: string, test: (t: Test, on: OnPlatform) => Promise<void>): void {
  for (const platform of ['process', 'docker'] as const) {
    t.test(`${name}, on ${platform}`, { skip: platform === 'process' && skipWithoutRedis() }, async (t) => {
      if (platform === 'docker' && !(await requireEngine(t))) return
      await test(t, { platform, cluster: (options) => liveStage(t, { platform, ...options }) })
    })
  }
}
