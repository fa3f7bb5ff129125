import type { FoundRun } from '../platform.ts'
import { lookForRunner, parseRunner } from '../runner-identity.ts'
import { type Engine, EngineRefusal } from './engine.ts'
import { KEPT_LABEL, type Labels, PURPOSE_LABEL, RUN_LABEL, RUNNER_LABEL } from './labels.ts'
import { removeRun } from './removal.ts'

/** All runs that have something on this engine, by what its labels tell. Throws PlatformError. */
export async function listRuns(engine: Engine): Promise<FoundRun[]> {
  const filters = JSON.stringify({ label: [RUN_LABEL] })
  const doing = 'list the runs'
  const [containers, networks, volumes] = await Promise.all([
    engine.call(doing, (abortSignal) => engine.docker.listContainers({ all: true, filters, abortSignal })),
    engine.call(doing, (abortSignal) => engine.docker.listNetworks({ filters, abortSignal })),
    engine.call(doing, (abortSignal) => engine.docker.listVolumes({ filters, abortSignal })),
  ])
  const labels = [
    ...containers.map(({ Labels }) => Labels),
    ...networks.map(({ Labels }) => Labels),
    ...(volumes.Volumes ?? []).map(({ Labels }) => Labels),
  ].filter((own): own is Labels => own != null)
  return [...new Map(labels.map((own) => [own[RUN_LABEL] ?? '', runOf(own)])).values()]
}

function runOf(labels: Labels): FoundRun {
  const runner = parseRunner(labels[RUNNER_LABEL])
  const seen = runner ? lookForRunner(runner) : 'elsewhere'
  const kept = labels[KEPT_LABEL] === 'yes'
  return {
    runId: labels[RUN_LABEL] ?? '',
    purpose: labels[PURPOSE_LABEL] ?? 'unknown',
    state: seen === 'alive' ? 'live' : kept ? 'kept' : seen === 'gone' ? 'orphaned' : 'elsewhere',
  }
}

/**
 * Removes what runs have left whose runner is gone, and that were not meant to outlive it. Returns what was removed, in words.
 * Another runner may do the same at the same time.
 */
export async function removeOrphans(engine: Engine): Promise<string[]> {
  const removed: string[] = []
  for (const { runId, state } of await listRuns(engine)) {
    if (state !== 'orphaned') continue
    try {
      removed.push(...(await removeRun(engine, runId)))
    } catch (error) {
      // It is no hindrance to a new run, whose names and ports are looked at next.
      if (!(error instanceof EngineRefusal)) throw error
    }
  }
  return removed
}
