import { execFileSync } from 'node:child_process'
import { serve } from '../serve.mjs'
import { Cli } from './cli.mjs'

const said = execFileSync('redis-cli', ['--version'], { encoding: 'utf8' })
const [version = '0', major] = /(\d+)\.[\d.]+/.exec(said) ?? []
/** Before 7 it sends a command again by itself when its connection was lost, and tells the second outcome alone. */
const tellsEachTry = Number(major) >= 7
const LOST = { refused: /refused/i, timeout: /timed? ?out/i, closed: /closed|reset|broken pipe/i }

function troubleOf({ message }) {
  if (!/^(Could not connect|Error: )/.test(message)) return { definite: tellsEachTry }
  const known = Object.keys(LOST).find((word) => LOST[word].test(message)) ?? 'other'
  return { class: known, definite: known === 'refused' && tellsEachTry }
}

function fail(text) {
  console.error(text)
  process.exit(1)
}

async function open(start) {
  const { nodes, clients } = start
  const all = Array.from({ length: clients }, (_, client) => new Cli(nodes[client % nodes.length], start, fail))
  return {
    send: async ([words], { client }) => [await all[client].send(words)],
    close: () => {
      for (const cli of all) cli.close()
    },
  }
}

serve({ name: 'redis-cli', version, can: [], open, troubleOf })
