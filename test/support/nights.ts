import { seededRandom } from '../../runner/base/random.ts'
import { type Course, type Samples, samplesOf } from '../../runner/checks/nights/course.ts'
import { SEEN_FAILOVERS } from './seen-failovers.ts'

/** Failover times as they were seen, a tenth of a second around each. */
export function drawing(seed: number): (count: number, slower?: number) => number[] {
  const random = seededRandom(seed)
  const seen = SEEN_FAILOVERS.process
  const draw = () => (seen[random(seen.length)] ?? 0) + (random(100_001) - 50_000) / 1000
  return (count, slower = 1) => Array.from({ length: count }, () => draw() * slower)
}

/** A course of a scenario, a night for each list of times. */
export function courseOf(scenario: string, nights: readonly (readonly number[] | Samples)[]): Course {
  return {
    ...{ scenario, server: 'redis:7.0', platform: 'process', metric: 'failover' },
    nights: nights.map((night) => ('first' in night ? night : samplesOf(night))),
  }
}
