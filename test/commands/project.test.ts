import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { findRun } from '../../runner/commands/project.ts'

t.test('the last run is the one that it is when it is asked for', async (t) => {
  const reports = t.testdir({})
  for (const name of ['first', 'second']) {
    mkdirSync(path.join(reports, name))
    writeFileSync(path.join(reports, name, 'events.jsonl'), '')
  }
  const latest = path.join(reports, 'latest')
  symlinkSync('first', latest)
  const found = [findRun(undefined, reports), findRun('latest', reports), findRun(latest, reports)]
  rmSync(latest)
  symlinkSync('second', latest)
  t.strictSame(found, Array(3).fill(path.join(reports, 'first')))
  t.equal(findRun(undefined, reports), path.join(reports, 'second'))
})
