/** What a server wrote and did not sync, taken away again: reads the log that undo-log.c keeps, which says its format. */
import type { DataFiles, Lost } from '../faults.ts'

/** Where the log is, in the folder of the data. */
export const UNDO_FOLDER = '.unsynced'
export const UNDO_LOG = `${UNDO_FOLDER}/log`

type Change =
  | { kind: 'made'; path: string }
  | { kind: 'folder'; path: string }
  | { kind: 'removed'; ino: string; keep: string; path: string }
  | { kind: 'renamed'; ino: string; keep: string; from: string; to: string }
  | { kind: 'unsynced'; ino: string; size: number }
  | { kind: 'overwritten'; ino: string; at: number; bytes: Buffer }

interface Noted {
  change: Change
  /** Its place in the log. */
  at: number
}

/** What of a log is not synced, in its order, and which file an inode is. */
interface Pending {
  changes: Change[]
  paths: Map<string, string>
}

/**
 * The files as a power cut leaves them, and what it took from them. As with the journals of ext4 and XFS, a sync makes
 * every earlier creation, renaming and removal last, and of what files hold only that of the file itself; and as with ext4
 * (auto_da_alloc), that of a file that was put in the place of another.
 */
export function rollBack(files: DataFiles): { files: DataFiles; lost: Lost[] } {
  const { changes, paths } = pendingOf(files.get(UNDO_LOG) ?? Buffer.alloc(0))
  const undone: DataFiles = new Map(files)
  const lost: Lost[] = []
  for (const change of changes.reverse()) {
    const found = undo(change, undone, paths)
    if (found !== undefined) lost.push(found)
  }
  // What was made under another name is told by the one that it got.
  const temporary = new Set(changes.map((change) => (change.kind === 'renamed' ? change.from : '')))
  for (const path of files.keys()) if (isOfLog(path)) undone.delete(path)
  return { files: undone, lost: summedUp(lost.filter(({ file }) => !isOfLog(file) && !temporary.has(file))) }
}

function isOfLog(path: string): boolean {
  return path.startsWith(`${UNDO_FOLDER}/`)
}

function pendingOf(log: Buffer): Pending {
  const paths = new Map<string, string>()
  const begun = new Map<string, { ino: string; at: number }>()
  let noted: Noted[] = []
  for (const { fields, bytes, at } of records(log)) {
    const [what = '', first = '', ...rest] = fields
    const path = rest.join(' ')
    if (what === 'B') begun.set(first, { ino: path, at })
    else if (what === 'S') {
      const sync = begun.get(first)
      if (sync) noted = noted.filter((one) => !isSyncedBy(one, sync, noted))
    } else if (what === 'C') {
      // The inode of a file that is gone for good is another's now.
      noted = noted.filter(({ change }) => !('ino' in change && change.ino === first && isContent(change)))
      paths.set(first, path)
      noted.push({ at, change: { kind: 'made', path } })
    } else if (what === 'O') paths.set(first, path)
    else {
      const change = changeOf(what, first, rest, bytes)
      if (change === undefined) continue
      if (change.kind === 'renamed') {
        rename(change.to, change.keep, paths)
        paths.set(change.ino, change.to)
      }
      if (change.kind === 'removed') paths.set(change.ino, change.keep)
      noted.push({ at, change })
    }
  }
  return { changes: noted.map(({ change }) => change), paths }
}

function isContent({ kind }: Change): boolean {
  return kind === 'unsynced' || kind === 'overwritten'
}

function isSyncedBy({ change, at }: Noted, sync: { ino: string; at: number }, noted: readonly Noted[]): boolean {
  if (at > sync.at) return false
  if (!isContent(change) || !('ino' in change)) return true
  return (
    change.ino === sync.ino || noted.some((one) => one.at > at && one.at <= sync.at && replaces(one.change, change.ino))
  )
}

function replaces(change: Change, ino: string): boolean {
  return change.kind === 'renamed' && change.keep !== '-' && change.ino === ino
}

function changeOf(what: string, first: string, rest: readonly string[], bytes: Buffer): Change | undefined {
  const [second = '', ...path] = rest
  if (what === 'W') return { kind: 'unsynced', ino: first, size: Number(second) }
  if (what === 'P') return { kind: 'overwritten', ino: first, at: Number(second), bytes }
  if (what === 'M') return { kind: 'folder', path: [first, ...rest].join(' ') }
  if (what === 'U') return { kind: 'removed', ino: first, keep: second, path: path.join(' ') }
  if (what !== 'R') return undefined
  const [from = '', to = ''] = path.join(' ').split(' > ')
  return { kind: 'renamed', ino: first, keep: second, from, to }
}

/** A record that was cut short, by the end of the server, is none: what it tells of had not happened yet. */
function* records(log: Buffer): Generator<{ fields: string[]; bytes: Buffer; at: number }> {
  for (let at = 0; ; ) {
    const end = log.indexOf('\n', at)
    if (end < 0) return
    const fields = log.toString('utf8', at, end).split(' ')
    const length = fields[0] === 'P' ? Number(fields[3]) : 0
    const next = length > 0 ? end + 1 + length + 1 : end + 1
    if (next > log.length) return
    yield { fields, bytes: log.subarray(end + 1, end + 1 + length), at }
    at = next
  }
}

function undo(change: Change, files: DataFiles, paths: Map<string, string>): Lost | undefined {
  if (change.kind === 'folder') return undefined
  if (change.kind === 'made') return files.delete(change.path) ? { file: change.path, undone: 'made' } : undefined
  if (change.kind === 'removed') {
    paths.set(change.ino, change.path)
    return move(change.keep, change.path, files) ? { file: change.path, undone: 'removed' } : undefined
  }
  if (change.kind === 'renamed') {
    paths.set(change.ino, change.from)
    const moved = move(change.to, change.from, files)
    const restored = move(change.keep, change.to, files)
    rename(change.keep, change.to, paths)
    if (restored) return { file: change.to, undone: 'replaced' }
    return moved ? { file: change.to, undone: 'made' } : undefined
  }
  return undoContent(change, files, paths.get(change.ino))
}

function undoContent(
  change: Extract<Change, { kind: 'unsynced' | 'overwritten' }>,
  files: DataFiles,
  file: string | undefined,
): Lost | undefined {
  const content = file === undefined ? undefined : files.get(file)
  if (file === undefined || content === undefined) return undefined
  if (change.kind === 'unsynced') {
    const cutBytes = content.length - change.size
    if (cutBytes <= 0) return undefined
    files.set(file, content.subarray(0, change.size))
    return { file, cutBytes }
  }
  const { at, bytes } = change
  const restored = Buffer.alloc(Math.max(content.length, at + bytes.length))
  content.copy(restored)
  bytes.copy(restored, at)
  files.set(file, restored)
  return { file, oldBytes: bytes.length }
}

/** What was known by one name goes by another. */
function rename(from: string, to: string, paths: Map<string, string>): void {
  for (const [ino, path] of paths) if (path === from) paths.set(ino, to)
}

function move(from: string, to: string, files: DataFiles): boolean {
  const content = files.get(from)
  if (content === undefined) return false
  files.delete(from)
  files.set(to, content)
  return true
}

/** One for each file, in the order of their names. */
function summedUp(lost: readonly Lost[]): Lost[] {
  const byFile = new Map<string, Lost>()
  for (const one of lost) {
    const { cutBytes = 0, oldBytes = 0 } = byFile.get(one.file) ?? {}
    const sum = { cutBytes: cutBytes + (one.cutBytes ?? 0), oldBytes: oldBytes + (one.oldBytes ?? 0) }
    const undone = one.undone ?? byFile.get(one.file)?.undone
    byFile.set(one.file, {
      file: one.file,
      ...(sum.cutBytes > 0 && { cutBytes: sum.cutBytes }),
      ...(sum.oldBytes > 0 && { oldBytes: sum.oldBytes }),
      ...(undone !== undefined && { undone }),
    })
  }
  return [...byFile.values()].sort((a, b) => (a.file < b.file ? -1 : 1))
}
