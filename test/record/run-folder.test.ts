import { mkdirSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { createRunFolder, fileName } from '../../runner/record/run-folder.ts'

const WALL_MS = Date.UTC(2026, 10, 22, 13, 40, 5, 123)

t.test('a folder for a run, and latest points to it', async (t) => {
  const reports = join(t.testdir({}), 'made', 'reports')
  const folder = createRunFolder(reports, 'failover-basic', WALL_MS)
  t.equal(folder.path, join(reports, '2026-11-22T13-40-05Z-failover-basic'))
  t.equal(folder.eventsFile, join(folder.path, 'events.jsonl'))
  t.ok(statSync(folder.historyFolder).isDirectory())
  t.ok(statSync(folder.nodesFolder).isDirectory())
  t.equal(
    readlinkSync(join(reports, 'latest')),
    '2026-11-22T13-40-05Z-failover-basic',
    'relative: reports can be moved',
  )
})

t.test('runs within one second have folders of their own, and latest is the last', async (t) => {
  const reports = t.testdir({})
  const paths = [1, 2, 3].map(() => createRunFolder(reports, 'x', WALL_MS).path)
  t.equal(new Set(paths).size, 3)
  t.strictSame(readdirSync(reports).sort(), [
    '2026-11-22T13-40-05Z-x',
    '2026-11-22T13-40-05Z-x-2',
    '2026-11-22T13-40-05Z-x-3',
    'latest',
  ])
  t.equal(readlinkSync(join(reports, 'latest')), '2026-11-22T13-40-05Z-x-3')
})

t.test('a place where no folder can be made', async (t) => {
  const reports = join(t.testdir({ file: 'text' }), 'file')
  t.throws(() => createRunFolder(reports, 'x', WALL_MS), { name: 'RunFolderError', message: /cannot be made in/ })
})

t.test('a place that cannot be: bad usage, in words', async (t) => {
  const file = join(t.testdir({ file: 'text' }), 'file')
  for (const reports of [file, join(file, 'below')]) {
    t.throws(() => createRunFolder(reports, 'x', WALL_MS), { exitCode: 2, message: `${file} is a file and no folder` })
  }
  t.throws(() => createRunFolder('/proc/x', 'x', WALL_MS), { exitCode: 2, message: /nothing can be made in \/proc$/ })
})

t.test('something else named latest is not replaced, and leaves nothing half done', async (t) => {
  const reports = t.testdir({})
  mkdirSync(join(reports, 'latest', 'precious'), { recursive: true })
  t.throws(() => createRunFolder(reports, 'x', WALL_MS), { name: 'RunFolderError' })
  t.strictSame(
    readdirSync(reports).filter((name) => name.startsWith('.')),
    [],
  )
})

t.test('parts of two machines that start in the same second have two names', async (t) => {
  const names = ['part-1-of-2-a1b2c3', 'part-2-of-2-d4e5f6'].map((own) =>
    basename(createRunFolder(t.testdir({}), 'x'.repeat(100), WALL_MS, own).path),
  )
  t.match(names[0], /x-part-1-of-2-a1b2c3$/, 'however long the name is')
  t.match(names[1], /x-part-2-of-2-d4e5f6$/)
})

t.test('names that are no file names', async (t) => {
  t.equal(fileName('../../etc/passwd'), 'etc-passwd')
  t.equal(fileName('a b/c:d'), 'a-b-c-d')
  t.equal(fileName('…'), 'run')
  t.equal(fileName('x'.repeat(300)).length, 80)
})
