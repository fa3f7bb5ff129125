import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { libraryText } from '../../scripts/library-text.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('docs/library.md is what `npm run library-table` writes', async (t) => {
  const page = readFileSync(`${root}/docs/library.md`, 'utf8')
  t.equal(page, libraryText(`${root}/scenarios`), 'it is up to date')
})

t.test('the index is grouped by folder, and says how many there are', async (t) => {
  const scenarios = t.testdir({
    basic: { 'two.yaml': 'title: The second | third\ntags: [b]\n', 'one.yaml': 'title: The first\ntags: [a, c]\n' },
    slots: { 'moved.yaml': 'title: Slots move\n' },
  })
  const text = libraryText(scenarios)
  t.match(text, '3 scenarios, by subject:')
  t.match(text, /^\| \[basic\]\(#basic\) \| 2 \| .*\.\s\|$/m)
  t.notMatch(text, /## election/, 'a folder without scenarios has no heading')
  const rows = text.split('\n').filter((line) => line.includes('.yaml)'))
  t.strictSame(rows, [
    '| [one](../scenarios/basic/one.yaml) | The first | a, c |',
    '| [two](../scenarios/basic/two.yaml) | The second \\| third | b |',
    '| [moved](../scenarios/slots/moved.yaml) | Slots move |  |',
  ])
})

t.test('a folder that has no subject is told', async (t) => {
  const scenarios = t.testdir({ novel: { 'one.yaml': 'title: The first\n' } })
  t.throws(() => libraryText(scenarios), { message: /no subject is given for the folder of novel\/one/ })
})
