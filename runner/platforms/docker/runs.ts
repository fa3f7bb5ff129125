import type { ContainerInfo, NetworkInspectInfo, VolumeInspectInfo } from 'dockerode'
import { systemClock } from '../../base/clock.ts'
import { PlatformError } from '../errors.ts'
import type { FoundRun } from '../platform.ts'
import { lookForRunner, parseRunner } from '../runner-identity.ts'
import { type Engine, EngineRefusal, undefinedIfGone } from './engine.ts'
import {
  GUEST_LABEL,
  KEPT_LABEL,
  type Labels,
  nodeOfLabels,
  PURPOSE_LABEL,
  RUN_LABEL,
  RUNNER_LABEL,
  runFilter,
} from './labels.ts'

const REMOVAL_TIMEOUT_MS = 60_000
const PAUSE_MS = 100

/** What runs have on an engine. */
interface Remains {
  containers: ContainerInfo[]
  networks: NetworkInspectInfo[]
  volumes: VolumeInspectInfo[]
}

/** All runs that have something on this engine, read from its labels. Throws PlatformError. */
export async function listRuns(engine: Engine): Promise<FoundRun[]> {
  const { containers, networks, volumes } = await listRemains(engine, { label: [RUN_LABEL] }, 'list the runs')
  const labels = [...containers, ...networks, ...volumes]
    .map(({ Labels }) => Labels)
    .filter((own): own is Labels => own != null)
  return [...new Map(labels.map((own) => [own[RUN_LABEL] ?? '', runOf(own, containers)])).values()]
}

/** The run of these labels, with what its containers among `all` tell. */
export function runOf(labels: Labels, all: readonly ContainerInfo[]): FoundRun {
  const own = all.filter((container) => container.Labels[RUN_LABEL] === labels[RUN_LABEL])
  const sinceMs = Math.min(...own.map(({ Created }) => Created * 1000))
  const runner = parseRunner(labels[RUNNER_LABEL])
  const seen = runner ? lookForRunner(runner) : 'elsewhere'
  const kept = labels[KEPT_LABEL] === 'yes'
  return {
    runId: labels[RUN_LABEL] ?? '',
    purpose: labels[PURPOSE_LABEL] ?? 'unknown',
    state: seen === 'alive' ? 'live' : kept ? 'kept' : seen === 'gone' ? 'orphaned' : 'elsewhere',
    ports: own.flatMap((container) => nodeOfLabels(container.Labels)?.port ?? []),
    ...(Number.isFinite(sinceMs) && { sinceMs }),
  }
}

/**
 * Removes what runs have left whose runner is gone and that were not meant to outlive it; returns what was removed, in
 * words. Another runner may do the same at the same time.
 */
export async function removeOrphans(engine: Engine): Promise<string[]> {
  const removed: string[] = []
  for (const { runId, state } of await listRuns(engine)) {
    if (state !== 'orphaned') continue
    try {
      removed.push(...(await removeRun(engine, runId)))
    } catch (error) {
      // What stays is no obstacle to a new run, whose names and ports are checked next.
      if (!(error instanceof EngineRefusal)) throw error
    }
  }
  return removed
}

/**
 * Removes everything that carries the run's label, running or not, until nothing is listed any more; returns what was
 * removed, in words. Throws PlatformError when something is still there after 60 s.
 */
export async function removeRun(engine: Engine, runId: string): Promise<string[]> {
  const removed = new Set<string>()
  const deadlineMs = systemClock.ranMs() + REMOVAL_TIMEOUT_MS
  let problem: PlatformError | undefined
  for (;;) {
    const remains = await listRemains(engine, runFilter(runId), `list what is left of run ${runId}`)
    const names = describe(remains)
    if (names.length === 0) return [...removed]
    if (systemClock.ranMs() > deadlineMs) {
      throw new PlatformError(
        `still there after trying to remove it for ${REMOVAL_TIMEOUT_MS / 1000} s: ${names.join(', ')}`,
        { hint: `${problem ? `${problem.message}; ` : ''}remove it with: ${removalCommand(runId)}` },
      )
    }
    if (problem) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    for (const name of names) removed.add(name)
    problem = await removeAll(engine, remains)
  }
}

/** Removes what was run beside the servers of a run, which stay; returns what was removed, in words. Throws PlatformError. */
export async function removeGuests(engine: Engine, runId: string): Promise<string[]> {
  const filter = { label: [...runFilter(runId).label, GUEST_LABEL] }
  const { containers } = await listRemains(engine, filter, `list what was run beside the servers of run ${runId}`)
  await removeAll(engine, { containers, networks: [], volumes: [] })
  return describe({ containers, networks: [], volumes: [] })
}

/** A command for a POSIX shell that removes by hand what a run left. It may be run twice. */
export function removalCommand(runId: string): string {
  const filter = `--filter label=${RUN_LABEL}=${runId}`
  const containers = `docker ps -aq ${filter} | xargs -r docker rm -fv`
  const volumes = `docker volume ls -q ${filter} | xargs -r docker volume rm`
  return `${containers}; ${volumes}; docker network prune -f ${filter}`
}

async function listRemains(engine: Engine, filter: { label: string[] }, doing: string): Promise<Remains> {
  const filters = JSON.stringify(filter)
  const [containers, networks, volumes] = await Promise.all([
    engine.call(doing, (abortSignal) => engine.docker.listContainers({ all: true, filters, abortSignal })),
    engine.call(doing, (abortSignal) => engine.docker.listNetworks({ filters, abortSignal })),
    engine.call(doing, (abortSignal) => engine.docker.listVolumes({ filters, abortSignal })),
  ])
  return { containers, networks, volumes: volumes.Volumes ?? [] }
}

function describe({ containers, networks, volumes }: Remains): string[] {
  return [
    ...containers.map((container) => `container ${container.Names[0]?.slice(1) ?? container.Id.slice(0, 12)}`),
    ...networks.map((network) => `network ${network.Name}`),
    ...volumes.map((volume) => `volume ${volume.Name}`),
  ]
}

/** Containers first: networks and volumes can go only after them. Returns a refusal, if there was one. */
async function removeAll(engine: Engine, remains: Remains): Promise<PlatformError | undefined> {
  const { docker } = engine
  const containers = remains.containers.map(({ Id }) =>
    remove(engine, 'container', (abortSignal) => docker.getContainer(Id).remove({ force: true, v: true, abortSignal })),
  )
  const first = firstOf(await Promise.all(containers))
  const others = [
    ...remains.networks.map(({ Id }) =>
      remove(engine, 'network', (abortSignal) => docker.getNetwork(Id).remove({ abortSignal })),
    ),
    ...remains.volumes.map(({ Name }) =>
      remove(engine, 'volume', (abortSignal) => docker.getVolume(Name).remove({ abortSignal })),
    ),
  ]
  return first ?? firstOf(await Promise.all(others))
}

async function remove(
  engine: Engine,
  what: string,
  request: (abortSignal: AbortSignal) => Promise<unknown>,
): Promise<PlatformError | undefined> {
  try {
    await undefinedIfGone(engine.call(`remove a ${what}`, request))
    return undefined
  } catch (error) {
    if (error instanceof EngineRefusal) return error
    throw error
  }
}

function firstOf(problems: readonly (PlatformError | undefined)[]): PlatformError | undefined {
  return problems.find((problem) => problem !== undefined)
}
