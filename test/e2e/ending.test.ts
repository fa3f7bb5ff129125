import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { writeReports } from '../../runner/report/write-reports.ts'
import { runCli } from '../support/cli.ts'
import { failingRun } from '../support/sample-events.ts'

/** Makes the report of a run that failed again, with a module that does `work` when it is asked for its text. */
async function reportWith(t: Test, work: string) {
  const events = failingRun()
  const folder = t.testdir({ 'events.jsonl': events.map((event) => `${JSON.stringify(event)}\n`).join('') })
  writeReports(folder, events)
  const file = path.join(folder, 'mine.mjs')
  writeFileSync(file, `export default () => {\n${work}\nreturn 'mine'\n}`)
  return runCli(t, ['report', folder, '--format', file])
}

t.test('what a module leaves behind changes no verdict', async (t) => {
  const plain = await reportWith(t, '')
  t.match(plain.stdout, 'mine')
  t.equal(plain.stderr, '')

  const open = await reportWith(t, 'setInterval(() => undefined, 100)')
  t.equal(open.code, plain.code)
  t.match(open.stdout, 'mine')
  t.match(open.stderr, /^All is done, but something is still open after 5 s: .*Timeout.*\. Leaving\.\n$/)

  const late = await reportWith(t, "setTimeout(() => { throw new Error('too late') }, 50)")
  t.equal(late.code, plain.code)
  t.match(late.stderr, /too late/)

  const code = await reportWith(t, 'setTimeout(() => { process.exitCode = 77 }, 50)')
  t.equal(code.code, plain.code)
  t.equal(code.stderr, '')

  const exit = await reportWith(t, 'setTimeout(() => process.exit(78), 50)')
  t.equal(exit.code, plain.code)
})

t.test('a program that is ended before its work is done gives no verdict', async (t) => {
  const ended = await reportWith(t, 'process.exit(0)')
  t.equal(ended.code, 70)
  t.match(ended.stderr, 'The program was ended before its work was done: this is no verdict.')
})
