import { readFileSync } from 'node:fs'
import t from 'tap'
import { namesUsedIn } from '../../runner/steps/names.ts'
import { loadText } from './load-text.ts'

const PAGES = ['README.md', 'reports/README.md', 'docs/adding.md', 'docs/language.md']

/** What is written in the language and quoted from no file. */
const examples = PAGES.flatMap((page) => {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => ({ page, yaml }))
})

/** A part of a scenario with what it leaves out: `…` stands for steps. */
function completed(yaml: string): string {
  const title = /^title:/m.test(yaml) ? '' : 'title: an example\n'
  const lets = [...new Set(namesUsedIn(yaml))].map((name) => `  - let: { ${name}: redis-node0 }\n`)
  const phases = [...yaml.matchAll(/during: (\w+)/g)].map(([, name]) => `  - wait: 1s\n    phase: ${name}\n`)
  const steps = `steps:\n${[...lets, ...phases].join('')}  - write: { keys: 1, as: orders }\n`
  if (/^steps: …$/m.test(yaml)) return title + yaml.replace(/^steps: …\n/m, steps)
  return title + yaml + (/^steps:/m.test(yaml) ? '' : steps)
}

t.test('there are examples', async (t) => {
  t.ok(examples.length >= 5, `${examples.length} were found`)
})

for (const { page, yaml } of examples) {
  t.test(`${page}: ${yaml.split('\n')[0]}`, async (t) => {
    t.doesNotThrow(() => loadText(completed(yaml)))
  })
}
