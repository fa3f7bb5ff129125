import t from 'tap'
import { parse } from 'yaml'
import { displayWidth, fitted, fittedSentences } from '../../runner/base/text.ts'
import { checks, failoverChecks } from '../../runner/checks/index.ts'
import { client } from '../../runner/commands/client.ts'
import { flagHelp, parseFlags } from '../../runner/commands/flags.ts'
import { helpOn, helpStyle, languageOverview } from '../../runner/commands/help.ts'
import { proseLines } from '../../runner/commands/help-text.ts'
import { run } from '../../runner/commands/run.ts'
import { keysIn } from '../../runner/scenario/reference/key-topics.ts'
import { topicsOf } from '../../runner/scenario/reference/topics.ts'
import { verbs } from '../../runner/steps/index.ts'
import { workloadKinds } from '../../runner/workload/index.ts'
import { loadText } from '../scenario/load-text.ts'

const CONTEXT = {
  out: { print: () => undefined, progress: () => undefined, color: false, failures: () => [] },
  signal: new AbortController().signal,
  onLeaving: () => undefined,
  library: [],
  defaults: [],
  debug: false,
}
const COMMANDS = new Map([['heal', async () => 'redis-chaos heal [flags]']])

const plain = helpStyle({ columns: 80 }, {})
const help = async (...words: string[]) => await helpOn(words, COMMANDS, plain)

t.test('a verb: its keys, its modifiers, when it passes, and an example', async (t) => {
  const text = await help('stop')
  t.match(text, /^stop \(verb\)\n {2}Stops nodes in good order/)
  t.match(text, /\n {2}rolling {2}duration; The pause between nodes/)
  t.match(text, /\n {2}for {5}How long it is held/)
  t.match(text, /\npasses when\n {2}The process has ended by itself/)
  t.match(text, /\nexample\n {2}- stop: master of shard 1\n {4}phase: outage$/)
})

t.test('what a command tells of itself is broken anew, and no line of it alone', async (t) => {
  const lines = [
    '  One sentence that goes',
    '  on here, and ends. Then',
    '  another.',
    '  A word of its own: it is',
    '  so:',
    '    bash  eval',
  ]
  t.strictSame(proseLines(lines, 30), [
    '  One sentence that goes on',
    '  here, and ends. Then',
    '  another.',
    '  A word of its own: it is so:',
    '    bash  eval',
  ])
  t.strictSame(proseLines(['  ok        it is there', '  missing   it is not'], 80), [
    '  ok        it is there',
    '  missing   it is not',
  ])
})

t.test('the first word of client may be misspelt as well', async (t) => {
  const refused = (words: string[], message: RegExp) =>
    t.rejects(async () => client.run(parseFlags(words, client.flags, 'client'), CONTEXT), {
      name: 'UsageError',
      message,
    })
  await refused(['instal', 'glide'], /there is no client `instal`; did you mean `install`\?/)
  await refused(['lst'], /did you mean `list`\?/)
  await refused(['glde'], /did you mean `glide`\?/)
  await refused(['install', 'instal'], /there is no client `instal`; the clients are/)
})

t.test('a line that is too long keeps its indent, and goes on further in', async (t) => {
  t.strictSame(fitted('  one two three', 10), ['  one', '    two', '    three'])
  t.strictSame(fitted('  one two', 10), ['  one two'])
  t.strictSame(fitted('\u001b[2m  =\u001b[0m one two three', 12), [
    ...['\u001b[2m  =\u001b[0m one', '    two', '    three'],
  ])
  for (const line of flagHelp(run.flags, 60).split('\n')) t.ok(displayWidth(line) <= 60, line)
})

t.test('complaints about a file are fitted, and what they quote is not', async (t) => {
  const quoted = ' 3 |   - expect: { cluster: ok, and: more }'
  const text = ['a.yaml:3:5: one two three four', quoted, '   = mend it so or so', 'npm run x -- y'].join('\n')
  t.strictSame(fittedSentences(text, 20).split('\n'), [
    ...['a.yaml:3:5: one', '  two three four', quoted, '   = mend it so or', '     so', 'npm run x -- y'],
  ])
})

t.test('a word that stands for several things is told for each', async (t) => {
  t.match(await help('heal'), /^redis-chaos heal \[flags\]\n\nheal \(verb\)\n/)
  t.match(await help('counter'), /^counter \(workload\)\n.*\n\ncounter \(check\)\n/s)
})

t.test('a key is told with where it stands, and what it means there', async (t) => {
  t.match(await help('jitter'), /^jitter \(key\)\n {2}duration; .*\n\n {2}It stands in `network`/s)
  t.match(await help('delay'), /in `network`: duration; .*in `bus`: duration; .*others overtake it/s)
  t.match(
    await help('within'),
    /^within \(key\)\n.*\n\n {2}beside `stop`, `kill`.*\n\n {2}beside `failover`: How long it is tried/s,
  )
  t.match(await help('lag'), /^lag \(key\)\n/)
  t.match(await help('finally'), /It stands at the top of a scenario\./)
  t.match(await help('during'), /in the check `lost_writes`/)
  t.match(await help('with'), /\n {2}in `meet`: .*\n {2}beside `use`: names with values/s)
  t.match(await help('replicas'), /at the top of a scenario, below `cluster`/)
  t.match(await help('wait'), /^wait \(verb\)\n[\s\S]*\n\nwait \(key\)\n/)
  t.notMatch(await help('requires'), /\(key\)/)
})

t.test('every key of the language has its help', async (t) => {
  const words = ['within', 'for', 'on', 'name', 'phase', 'let', 'title', 'steps', 'params', 'cluster', 'traffic']
  for (const word of [...words, ...keysIn(topicsOf(verbs))]) t.match(await help(word), word)
})

t.test('a word that nobody knows is told with the nearest one', async (t) => {
  await t.rejects(help('stpo'), { name: 'UsageError', message: /no help on `stpo`; did you mean `stop`\?/ })
  await t.rejects(help('heel'), { message: /did you mean `heal`\?/ })
  await t.rejects(help('phases'), { message: /did you mean `phase`\?/ })
  await t.rejects(help('qqqqqqqq'), { message: /lists what there is/ })
})

t.test('everything has a topic', async (t) => {
  const named = topicsOf(verbs).map(({ name }) => name)
  for (const { name } of [...verbs, ...checks, ...failoverChecks, ...workloadKinds]) t.ok(named.includes(name), name)
  for (const name of ['targets', 'checks', 'workloads', 'faults', 'names', 'values']) t.ok(named.includes(name), name)
  t.match(languageOverview(plain), /targets {4}Which nodes a step means/)
})

t.test('it fits the terminal, but for lines of YAML', async (t) => {
  for (const columns of [40, 80, 200]) {
    const style = helpStyle({ columns }, {})
    const topics = topicsOf(verbs)
    const yaml = topics.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'yaml' ? part.lines : [])))
    for (const topic of topics) {
      const text = await helpOn([topic.name], new Map(), style)
      const wide = text.split('\n').filter((line) => displayWidth(line) > columns && !yaml.includes(line.slice(2)))
      t.strictSame(wide, [], `${topic.name} at ${columns}`)
    }
  }
})

t.test('headings are bold on a terminal, unless NO_COLOR is set', async (t) => {
  const terminal = { isTTY: true, columns: 80 }
  t.match(await helpOn(['stop'], COMMANDS, helpStyle(terminal, {})), '\u001b[1mstop (verb)\u001b[22m')
  t.notMatch(await helpOn(['stop'], COMMANDS, helpStyle(terminal, { NO_COLOR: '1' })), '\u001b')
})

for (const { name, parts } of topicsOf(verbs).filter(({ kind }) => kind === 'topic')) {
  const yaml = parts.flatMap((part) => (part.kind === 'yaml' ? part.lines : [])).join('\n')
  if (yaml === '') continue
  t.test(`the example of the chapter ${name} is accepted`, async (t) => {
    const written: unknown = parse(yaml)
    const steps = Array.isArray(written) ? written : [{ stop: 'redis-node0' }]
    const workloads = { checkout: { type: 'register' } }
    const rest = Array.isArray(written) ? {} : Object(written)
    const text = JSON.stringify({ title: 'an example', workloads, steps, ...rest })
    t.doesNotThrow(() => loadText(text, { allowed: new Set(['commands']), startsNothing: true }))
  })
}
