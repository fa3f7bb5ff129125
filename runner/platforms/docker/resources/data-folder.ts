import type { Engine } from '../engine.ts'
import { type FileEntry, getFile, hasPath, OWNED, putFiles } from '../files.ts'

const SETTINGS = 'settings'
const NODES_FILE = 'nodes.conf'
/** Everything that holds data: the append-only file since Redis 7.0, before it, and the snapshot. */
const DATA_FILES = ['appendonlydir', 'appendonly.aof', 'dump.rdb']
const DIR_LINE = /^dir (?:"([^"\n]*)"|(\S+))$/gm

/** Lines of redis.conf that name the folder of the data, for the end of a node's settings. */
export function dirSetting(folder: string): string {
  return `dir "${folder}"\n`
}

/** Where a container's server keeps its data, by its settings. */
export async function dataFolderOf(engine: Engine, container: string, doing: string): Promise<string> {
  return folderIn(await readSettings(engine, container, doing))
}

/**
 * Gives a stopped container's server another data folder, with nothing in it but what it knows of the cluster (unless
 * that is to be lost as well): an engine can put files into a container and not take any out of it, and the image has
 * no program that could. Returns the names of what is lost so.
 */
export async function changeDataFolder(
  engine: Engine,
  container: string,
  doing: string,
  identity: 'kept' | 'lost',
): Promise<string[]> {
  const settings = await readSettings(engine, container, doing)
  const old = folderIn(settings)
  const known = await getFile(engine, container, doing, `${old}/${NODES_FILE}`)
  const candidates = identity === 'lost' ? [...DATA_FILES, NODES_FILE] : DATA_FILES
  const there = await Promise.all(candidates.map((name) => hasPath(engine, container, doing, `${old}/${name}`)))
  const isKept = known !== undefined && identity === 'kept'
  await moveDataFolder(
    engine,
    container,
    doing,
    isKept ? [{ name: NODES_FILE, mode: 0o644, ...OWNED, content: known }] : [],
  )
  return candidates.filter((_, index) => there[index])
}

/** Gives a stopped container's server another data folder, with nothing but these files in it. */
export async function moveDataFolder(
  engine: Engine,
  container: string,
  doing: string,
  entries: readonly FileEntry[],
): Promise<void> {
  const settings = await readSettings(engine, container, doing)
  const fresh = nextFolder(folderIn(settings))
  const parent = fresh.slice(0, fresh.lastIndexOf('/'))
  const name = fresh.slice(parent.length + 1)
  await putFiles(engine, container, doing, parent, [
    { name, type: 'directory', mode: 0o700, ...OWNED },
    ...entries.map((entry) => ({ ...entry, name: `${name}/${entry.name}` })),
  ])
  const content = settings.replace(DIR_LINE, '').trimEnd()
  await putFiles(engine, container, doing, '/node', [
    { name: SETTINGS, mode: 0o400, ...OWNED, content: `${content}\n${dirSetting(fresh)}` },
  ])
}

/**
 * Empties what a stopped container's server knows of the cluster: to a server, an empty file is none (cluster.c,
 * clusterLoadConfig, Redis 7.0).
 */
export async function loseNodesFile(engine: Engine, container: string, doing: string): Promise<void> {
  const folder = await dataFolderOf(engine, container, doing)
  await putFiles(engine, container, doing, folder, [{ name: NODES_FILE, mode: 0o644, ...OWNED, content: '' }])
}

/** Adds lines to the end of a container's settings, where they win over all before. */
export async function addSettings(engine: Engine, container: string, doing: string, lines: string): Promise<void> {
  const content = `${(await readSettings(engine, container, doing)).trimEnd()}\n${lines}`
  await putFiles(engine, container, doing, '/node', [{ name: SETTINGS, mode: 0o400, ...OWNED, content }])
}

/** Whether a container's server tells the others an address by its settings. */
export async function hasAnnouncement(engine: Engine, container: string, doing: string): Promise<boolean> {
  return /^cluster-announce-ip /m.test(await readSettings(engine, container, doing))
}

async function readSettings(engine: Engine, container: string, doing: string): Promise<string> {
  const found = await getFile(engine, container, doing, `/node/${SETTINGS}`)
  return found?.toString('utf8') ?? ''
}

/** The last one counts, as for the server; the image's own is `/node`. */
function folderIn(settings: string): string {
  const last = [...settings.matchAll(DIR_LINE)].at(-1)
  return last?.[1] ?? last?.[2] ?? '/node'
}

/**
 * `/node` is followed by `/node/data-1`, that by `/node/data-2`; a small disk at `/node/disk/data` by
 * `/node/disk/data-1`.
 */
function nextFolder(old: string): string {
  const match = /^(.*\/data)(?:-(\d+))?$/.exec(old)
  return match ? `${match[1]}-${Number(match[2] ?? 0) + 1}` : `${old}/data-1`
}
