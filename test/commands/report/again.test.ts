import t from 'tap'
import { quoted, wordsOf } from '../../../runner/base/shell-words.ts'
import { commandOfAll } from '../../../runner/commands/report/again.ts'

t.test('what parts played is played again by the files and folders that they were found by', async (t) => {
  const place = '--seed 7 --scenarios ./mine --platform process'
  const parts = [
    `npm run scenario mine/my-a.yaml -- ${place} --shard 1/2 --reports 'a b'`,
    `npm run scenario mine/my-a.yaml 'my quick.yaml' -- ${place.replace('7', '8')} --shard 2/2 --reports c`,
  ]
  t.equal(commandOfAll(parts), `npm run scenario mine/my-a.yaml 'my quick.yaml' -- ${place}`)
})

t.test('and on all servers', async (t) => {
  const part = (server: string) => `npm run scenario a -- --seed 7${server} --repeat 2`
  t.equal(
    commandOfAll([part(' --server valkey:9.1'), part(' --server redis:8.6,redis:7.0')]),
    'npm run scenario a -- --seed 7 --repeat 2 --server valkey:9.1,redis:8.6,redis:7.0',
  )
  t.match(commandOfAll([part(''), part(' --server redis:8.6')]), / --server redis:7\.0,redis:8\.6$/, 'the default, too')
  t.equal(commandOfAll([part(''), part('')]), part(''))
})

t.test('a night is asked for as a night', async (t) => {
  const night = (seed: number) => `npm run nightly -- --seed ${seed} --tag ha --shard 1/2 --bail`
  t.equal(commandOfAll([night(1), night(2)]), 'npm run nightly -- --seed 1 --tag ha --bail')
})

t.test('what is no command of ours stays what it is', async (t) => {
  t.equal(commandOfAll(['rm -rf /', 'npm run scenario a']), 'rm -rf /')
  t.equal(commandOfAll([]), '')
})

t.test('words come back as they were quoted', async (t) => {
  for (const word of ['a', 'a b', "it's", "'", '$x', '--set=k=v w'])
    t.strictSame(wordsOf(`x ${quoted(word)} y`), ['x', word, 'y'])
})
