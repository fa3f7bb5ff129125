import { createHash } from 'node:crypto'
import { z } from 'zod'
import { randomFractions } from '../base/random.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { DataFiles } from '../platforms/faults.ts'
import { defineFault, type Fault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { byNode } from './reach.ts'
import { ofEach } from './server-resources.ts'

/** Kept in the journal, so that it can be put back. */
export const MOST_DAMAGED_BYTES = 65_536
/** Without a number, a few bytes at the end are cut off: less than a command takes. */
const MOST_CUT_UNASKED = 16

const damageSpec = z.object({
  nodes: z.array(z.string()),
  file: z.enum(['aof', 'rdb', 'nodes.conf']),
  how: z.enum(['truncated', 'flipped']),
  bytes: z.number().optional(),
  at: z.number().optional(),
  seed: z.number(),
})

const damageMemo = z.object({
  /** By node: the file, where it is damaged, and what was there (base64). */
  parts: z.record(z.string(), z.object({ path: z.string(), at: z.number(), was: z.string(), digest: z.string() })),
})

type Damage = Fault<z.infer<typeof damageSpec>, z.infer<typeof damageMemo>>
type Part = z.infer<typeof damageMemo>['parts'][string]

/** What a file of each kind is called, the first that is there and not empty; the last part of a file in several. */
const NAMES: Readonly<Record<Damage['spec']['file'], readonly RegExp[]>> = {
  aof: [/\.aof\.\d+\.incr\.aof$/, /\.aof\.\d+\.base\.(?:rdb|aof)$/, /^[^/]+\.aof$/],
  rdb: [/^[^/]+\.rdb$/],
  'nodes.conf': [/^nodes\.conf$/],
}

/** Files of stopped servers that are cut short, or have wrong bits. A server that has started with one makes it its own. */
export const damage = defineFault({
  name: 'damage',
  spec: damageSpec,
  memo: damageMemo,
  lostByRestart: false,

  async remember(spec, stage) {
    return { parts: await byNode(spec.nodes, async (node) => partOf(node, spec, await readStopped(node, stage))) }
  },

  async apply(fault, stage) {
    await Promise.all(
      fault.nodes.map((node) => change(node, fault, stage, (content, part) => damaged(content, part, fault.spec))),
    )
  },

  async prove(fault, stage) {
    return await ofEach(fault.nodes, async (node) => {
      const part = partFor(node, fault)
      const content = (await readStopped(node, stage)).get(part.path) ?? Buffer.alloc(0)
      const digest = digestOf(content)
      if (digest === part.digest) throw new NotProven(`${part.path} of ${node} is what it was (sha256 ${digest})`)
      return `${describe(part, fault.spec, content)} (sha256 ${part.digest}, now ${digest})`
    })
  },

  async heal(fault, stage) {
    await Promise.all(
      fault.nodes.map(async (node) => {
        if ((await stage.servers.state(node)).status !== 'stopped') return
        await change(node, fault, stage, (content, part) => restored(content, part, fault.spec))
      }),
    )
  },

  async proveHealed(fault, stage) {
    return await ofEach(fault.nodes, async (node) => {
      const part = partFor(node, fault)
      if ((await stage.servers.state(node)).status !== 'stopped')
        return `it has started since, with ${part.path} as it was`
      const digest = digestOf((await stage.servers.control.readData(node)).get(part.path) ?? Buffer.alloc(0))
      if (digest === part.digest) return `${part.path} is again what it was (sha256 ${digest})`
      throw new NotHealed(`${part.path} of ${node} has been changed since: it is not what it was`)
    })
  },
})

async function readStopped(node: string, { servers }: FaultStage): Promise<DataFiles> {
  const state = await servers.state(node)
  if (state.status === 'stopped') return await servers.control.readData(node)
  throw new PlatformError(`the files of ${node} cannot be damaged while it runs: ${state.text}`)
}

function partOf(node: string, { file, how, bytes, at, seed }: Damage['spec'], files: DataFiles): Part {
  const found = NAMES[file]
    .map((name) =>
      [...files.keys()]
        .filter((path) => name.test(path) && files.get(path)?.length)
        .sort(byNumber)
        .at(-1),
    )
    .find((path) => path !== undefined)
  const content = found === undefined ? undefined : files.get(found)
  if (found === undefined || content === undefined) {
    const there = [...files.keys()].filter((path) => !path.startsWith('.')).sort()
    throw new NotProven(`${node} has no ${file} that could be damaged; it has ${there.join(', ') || 'no files'}`)
  }
  const random = randomFractions(seed)
  const drawn = (below: number) => Math.floor(random() * below)
  const length = bytes ?? (how === 'flipped' ? 1 : 1 + drawn(Math.min(MOST_CUT_UNASKED, content.length)))
  const from = how === 'truncated' ? content.length - length : (at ?? drawn(content.length - length + 1))
  if (from < 0 || from + length > content.length) {
    throw new NotProven(`${found} of ${node} has ${content.length} bytes, too few to be ${how} so`)
  }
  const was = content.subarray(from, from + length).toString('base64')
  return { path: found, at: from, was, digest: digestOf(content) }
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

async function change(
  node: string,
  fault: Damage,
  stage: FaultStage,
  made: (content: Buffer, part: Part) => Buffer,
): Promise<void> {
  const part = partFor(node, fault)
  const files = await readStopped(node, stage)
  const content = files.get(part.path)
  if (content === undefined) throw new PlatformError(`${part.path} of ${node} is gone`)
  await stage.servers.control.replaceData(node, new Map(files).set(part.path, made(content, part)))
}

function partFor(node: string, { memo }: Damage): Part {
  const part = memo.parts[node]
  if (part === undefined) throw new PlatformError(`nothing is known of the files of ${node}`)
  return part
}

/** The same, however often. */
function damaged(content: Buffer, { at, was }: Part, { how, seed }: Damage['spec']): Buffer {
  if (how === 'truncated') return content.subarray(0, at)
  const random = randomFractions(seed)
  const changed = Buffer.from(content)
  for (const [index, byte] of Buffer.from(was, 'base64').entries())
    changed[at + index] = byte ^ (1 << Math.floor(random() * 8))
  return changed
}

/** A file that was changed otherwise since is left alone. */
function restored(content: Buffer, part: Part, { how }: Damage['spec']): Buffer {
  const was = Buffer.from(part.was, 'base64')
  const rest = how === 'truncated' ? [] : [content.subarray(part.at + was.length)]
  const whole = Buffer.concat([content.subarray(0, part.at), was, ...rest])
  return digestOf(whole) === part.digest ? whole : content
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12)
}

function describe({ path, at, was }: Part, { how }: Damage['spec'], content: Buffer): string {
  const bytes = Buffer.from(was, 'base64').length
  if (how === 'truncated') return `the last ${bytes} of the ${content.length + bytes} bytes of ${path} are gone`
  return `${bytes === 1 ? 'a bit is' : `${bytes} bits are`} wrong in ${path}, from byte ${at} of ${content.length} on`
}
