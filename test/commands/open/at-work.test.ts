import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { findRunAtWork, isAtWork, markAtWork } from '../../../runner/commands/open/at-work.ts'
import { thisRunner } from '../../../runner/platforms/runner-identity.ts'

t.test('the run that is on is found: the newest whose runner lives', async (t) => {
  const reports = t.testdir({})
  const folders = ['2026-11-22T10-00-00Z-a', '2026-11-22T11-00-00Z-b', '2026-11-22T12-00-00Z-c'].map((name) => {
    const folder = path.join(reports, name)
    mkdirSync(folder)
    return folder
  })
  const [first = '', second = '', third = ''] = folders
  t.equal(findRunAtWork(reports), undefined, 'runs that are over')
  const unmark = markAtWork(first)
  writeFileSync(path.join(third, 'runner.json'), JSON.stringify({ ...thisRunner(), startedAt: 'before the boot' }))
  t.equal(findRunAtWork(reports), first, 'not the newer one, whose runner was killed')
  markAtWork(second)
  t.equal(findRunAtWork(reports), second)
  unmark()
  t.equal(isAtWork(first), false)
  t.equal(isAtWork(second), true)
})

t.test('a runner that cannot be seen from here is taken to live; a damaged note tells nothing', async (t) => {
  const folder = t.testdir({})
  const mark = path.join(folder, 'runner.json')
  writeFileSync(mark, JSON.stringify({ ...thisRunner(), place: 'another container' }))
  t.equal(isAtWork(folder), true)
  for (const text of ['', 'null', '{"pid":1}', '{'.repeat(20_000)]) {
    writeFileSync(mark, text)
    t.equal(isAtWork(folder), false)
  }
})

t.test('where nothing can be noted, the run goes on', async (t) => {
  const folder = path.join(t.testdir({}), 'missing')
  markAtWork(folder)()
  t.equal(isAtWork(folder), false)
  t.equal(findRunAtWork(folder), undefined)
})
