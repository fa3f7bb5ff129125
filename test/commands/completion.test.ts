import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { cluster } from '../../runner/commands/cluster.ts'
import { candidatesFor } from '../../runner/commands/completion/candidates.ts'
import { wordsOf } from '../../runner/commands/completion/line.ts'
import { CLUSTER_ACTIONS, REPORTERS } from '../../runner/commands/completion/values.ts'
import { stdoutReporters } from '../../runner/report/index.ts'

const FLAGS = {
  server: { type: 'string', help: 'which' },
  seed: { type: 'string', help: 'a number' },
  keep: { type: 'boolean', help: 'leave it' },
} as const

/** The commands here, of which only `run` may be asked for its flags. */
const COMMANDS = ['run', 'report', 'cluster', 'completion', 'new', 'list', 'help'].map((name) => ({
  name,
  summary: `what ${name} does`,
  flags: async () => FLAGS,
}))

/** A library of three scenarios. */
function libraryOf(t: Test): string {
  const folder = t.testdir({
    'cart.yaml': 'title: Cart\ntags: [shop, "nightly"]\nsteps: []\n',
    deep: { 'stock.yaml': 'title: Stock\ntags:\n  - warehouse\n  - nightly\nsteps: []\n' },
    'plain.yml': 'title: Plain\ntags: single\nsteps: []\n',
  })
  mkdirSync(path.join(folder, 'steps'))
  writeFileSync(path.join(folder, 'steps', 'kill.yaml'), 'steps: []\n')
  return folder
}

t.test('a line is words as a shell takes them, up to where it is being written', async (t) => {
  const lines: [line: string, words: string[]][] = [
    ['', ['']],
    ['a', ['a']],
    ['a ', ['a', '']],
    ['a  b\tc', ['a', 'b', 'c']],
    ['a "b c', ['a', 'b c']],
    ["a 'b \"c' d", ['a', 'b "c', 'd']],
    ['a b\\ c', ['a', 'b c']],
    ['a \\', ['a', '']],
  ]
  for (const [line, words] of lines) t.strictSame(wordsOf(line), words, JSON.stringify(line))
})

t.test('each place is offered what may stand there', async (t) => {
  const library = [libraryOf(t)]
  const offered = async (line: string) => {
    const found = await candidatesFor(wordsOf(line), COMMANDS, { library })
    return found.map(({ word }) => word)
  }
  const places: [line: string, words: string[]][] = [
    ['', ['run', 'report', 'cluster', 'completion', 'new', 'list', 'help']],
    ['r', ['run', 'report']],
    ['nonsense ', []],
    ['run ', ['cart', 'deep', 'plain', 'stock', 'smoke', 'nightly', 'full']],
    ['run cart d', ['deep']],
    ['run --', ['--server', '--seed', '--keep', '--help']],
    ['run --keep p', ['plain']],
    ['run --seed ', []],
    ['run --server redis:6', ['redis:6.0', 'redis:6.2']],
    ['run --server=valkey:8', ['--server=valkey:8.0', '--server=valkey:8.1']],
    ['run --server redis:7.0,redis:7', ['redis:7.0,redis:7.2', 'redis:7.0,redis:7.4']],
    ['run --tag ', ['nightly', 'shop', 'single', 'warehouse']],
    ['run -- ', []],
    ['list s', ['stock', 'smoke']],
    ['new --target "all', ['all replicas', 'all masters']],
    ['new --survives data,', ['data,writes', 'data,service']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['cluster st', ['status', 'stop', 'start']],
    ['cluster stop ', []],
    ['help parti', ['partition']],
  ]
  for (const [line, words] of places) t.strictSame(await offered(line), words, JSON.stringify(line))
})

t.test('what is written down to be quick is what there is', async (t) => {
  t.strictSame(REPORTERS, [...stdoutReporters.keys()])
  t.equal(cluster.usage, `cluster ${CLUSTER_ACTIONS.join(' | ')} [flags]`)
})
