import { typed } from '../base/command-line.ts'
import type { FoundRun, Platform } from './platform.ts'

/** `a run of failover-basic (run 2026…, kept, since 2026-11-29 13:05 UTC, containers, ports 7010-7015)`. */
export function describeRun(kind: Platform['kind'], { runId, purpose, state, sinceMs, ports = [] }: FoundRun): string {
  const since = sinceMs === undefined ? [] : [`since ${minuteOf(sinceMs)}`]
  const where = kind === 'process' ? 'processes of this machine' : 'containers'
  const facts = [`run ${runId}`, STATES[state], ...since, where, ...describePorts(ports)]
  return `${purpose} (${facts.join(', ')})`
}

/** What removes a run, whatever platform it is on and whatever flags it was made with. */
export function cleanRunCommand(runId: string): string {
  return typed('cluster', ['clean'], [`--run ${runId}`])
}

const STATES: Readonly<Record<FoundRun['state'], string>> = {
  live: 'at work',
  kept: 'kept',
  orphaned: 'left by a program that is gone',
  elsewhere: 'made elsewhere',
  damaged: 'of which nobody can tell what is at work',
}

function minuteOf(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Ports of a run are in a row. */
function describePorts(ports: readonly number[]): string[] {
  const [first, last] = [Math.min(...ports), Math.max(...ports)]
  if (ports.length === 0) return []
  return [first === last ? `port ${first}` : `ports ${first}-${last}`]
}
