import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { requireDebian } from '../support/debian.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { CTRL_C, ENTER, type PtyCli, startPty } from '../support/pty.ts'

t.test('without a terminal, flags say what is written, and the rest is as usual', async (t) => {
  const file = path.join(t.testdir(), 'mine', 'cart.yaml')
  const { code, stdout, stderr } = await runCli(t, ['new', file, '--fails', 'pause', '--survives', 'data,service'])
  t.equal(code, 0, stdout + stderr)
  t.match(stdout, `${file}: The master of shard 1 freezes: its replica takes over, the data is kept`)
  t.match(stdout, new RegExp(`npm run scenario .*${file}`), 'what to run next')
  const text = readFileSync(file, 'utf8')
  const schema = /^# yaml-language-server: \$schema=(.+)\n/.exec(text)?.[1] ?? ''
  t.ok(existsSync(path.resolve(path.dirname(file), schema)), 'an editor finds the schema')
  const validated = await runCli(t, ['validate', file])
  t.match(validated, { code: 0, stderr: '' })

  const again = await runCli(t, ['new', file.replace('.yaml', '')])
  t.match(again, { code: 2, stderr: 'is there already, and is not overwritten' })
  t.equal(readFileSync(file, 'utf8'), text)
})

t.test('what makes no sense is refused with the nearest word, and nothing is written', async (t) => {
  const file = path.join(t.testdir(), 'no')
  t.match(await runCli(t, ['new', file, '--fails', 'kil']), { code: 2, stderr: 'did you mean `kill`?' })
  t.match(await runCli(t, ['new', file, '--surives', 'data']), { code: 2, stderr: 'did you mean --survives?' })
  t.match(await runCli(t, ['new']), { code: 2, stderr: /name the scenario that is to be written/ })
  t.match(await runCli(t, ['new', 'a b']), { code: 2, stderr: /`a b` is no name for a scenario/ })
  t.notOk(existsSync(`${file}.yaml`))
})

/** Answers questions one after another, each once it is asked. */
async function answer(cli: PtyCli, answers: readonly [question: string, text: string][]): Promise<void> {
  for (const [question, text] of answers) {
    await cli.until(question)
    await cli.until('] ')
    cli.type(text + ENTER)
  }
}

t.test('on a terminal, Enter to each question writes what no flags would', async (t) => {
  const folder = t.testdir()
  const cli = startPty(t, ['new', path.join(folder, 'asked')])
  const questions = ['What happens?', 'To which nodes?', 'Under what load?', 'What must survive?', 'For how long?']
  await answer(
    cli,
    questions.map((question) => [question, '']),
  )
  const { code, shown } = await cli.ended
  t.equal(code, 0, shown)
  t.match(shown, /asked\.yaml: The master of shard 1 is killed/)
  await runCli(t, ['new', path.join(folder, 'flags')])
  const textOf = (name: string) => readFileSync(path.join(folder, name), 'utf8')
  t.equal(textOf('asked.yaml'), textOf('flags.yaml'))
})

t.test('an answer is a number, a word or a phrase; one that makes no sense is asked for again', async (t) => {
  const folder = t.testdir({ 'there.yaml': 'mine' })
  const cli = startPty(t, ['new', '--load', 'set'])
  await answer(cli, [
    ['What happens?', 'partiton'],
    ['did you mean `partition`?', '4'],
    ['To which nodes?', 'all masters'],
    ['still reach each other', '2 random replicas'],
    ['What must survive?', '1 service'],
    ['For how long?', '3'],
    ['from 1s to 10m', '3s'],
    ['What is it called?', path.join(folder, 'there')],
    ['is there already', path.join(folder, 'cut')],
  ])
  const { code, shown } = await cli.ended
  t.equal(code, 0, shown)
  t.notMatch(shown, 'Under what load?', 'what a flag says is not asked')
  const text = readFileSync(path.join(folder, 'cut.yaml'), 'utf8')
  t.match(text, /partition: \{ isolate: \$victim \}/)
  t.match(text, 'victim: 2 random replicas')
  t.match(text, 'for: 3s')
  t.match(text, /set: true\n.*\n +longest_outage: 2s\n$/s)
  t.notMatch(text, 'verify:')
  t.equal(readFileSync(path.join(folder, 'there.yaml'), 'utf8'), 'mine')
})

for (const [key, keys, told] of [
  ['Ctrl-C', CTRL_C, 'interrupted by SIGINT'],
  ['Ctrl-D', '\u0004', 'there was no answer; nothing was written'],
] as const)
  t.test(`${key} ends the questions, and nothing is written`, async (t) => {
    const file = path.join(t.testdir(), 'never')
    const cli = startPty(t, ['new', file])
    await answer(cli, [['What happens?', 'stop']])
    await cli.until('To which nodes?')
    await cli.until('] ')
    cli.type(keys)
    const { code, shown } = await cli.ended
    t.equal(code, 130, shown)
    t.match(shown, told)
    t.notOk(existsSync(`${file}.yaml`))
  })

t.test('a master that freezes under counters: as written, it passes', async (t) => {
  await passes(t, ['--fails', 'pause', '--load', 'counter', '--for', '1s'])
})

t.test('a disk that is full under lists: as written, it passes', async (t) => {
  await passes(t, ['--fails', 'disk-full', '--target', 'random master', '--load', 'list', '--for', '2s'])
})

async function passes(t: Test, flags: readonly string[]): Promise<void> {
  if (!(await requireDebian(t))) return
  const file = path.join(t.testdir(), 'mine.yaml')
  const written = await runCli(t, ['new', file, ...flags])
  t.equal(written.code, 0, written.stderr)
  const reports = reportsFolder(t)
  const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, ['run', file, ...where])
  t.equal(code, 0, stdout + stderr)
  t.equal(lastReport(reports).verdict, 'passed')
}
