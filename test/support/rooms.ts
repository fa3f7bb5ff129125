/** From the roof to the ground: each room of `runner/` may import only rooms further down. */
export const ROOMS = [
  'cli',
  'commands',
  'doctor',
  'engine',
  'scenario',
  'steps',
  'faults',
  'workload',
  'cluster',
  'checks',
  'report',
  'results',
  'platforms',
  'record',
  'base',
]

/** Walls beyond the order: what each of these rooms may import. */
export const ONLY: Readonly<Record<string, readonly string[]>> = {
  checks: ['results', 'record', 'base'],
  report: ['results', 'record', 'base'],
  results: ['record', 'base'],
  platforms: ['base'],
  record: ['base'],
  base: [],
}
