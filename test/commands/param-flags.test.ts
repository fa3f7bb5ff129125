import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { parseFlags } from '../../runner/commands/flags.ts'
import { givenParams, paramFlags } from '../../runner/commands/param-flags.ts'

function given(args: string[]) {
  const said: string[] = []
  const params = givenParams(parseFlags(args, paramFlags, 'run'), { progress: (text) => said.push(text) })
  return { ...params, said }
}

t.test('values from the command line, the environment and files', async (t) => {
  const file = path.join(t.testdir({ secret: 'from-a-file\n' }), 'secret')
  process.env.ONE_OF_THIS_TEST = 'from-a-variable'
  const { set, secretParams, hide, said } = given([
    ...['--set', 'size=3', '--set-env', 'plan=ONE_OF_THIS_TEST', '--set-file', `pin=${file}`],
  ])
  t.strictSame(set, { size: '3', plan: 'from-a-variable', pin: 'from-a-file' }, 'without the newline at the end')
  t.strictSame(secretParams, ['plan', 'pin'])
  t.equal(hide('"from-a-variable" is not from-a-file'), '"***" is not ***')
  t.equal(process.env.ONE_OF_THIS_TEST, undefined, 'children of the program do not get it')
  t.strictSame(said, [])
})

t.test('a secret on the command line is warned of', async (t) => {
  const { set, said } = given(['--set', 'api_token=abcdef', '--set', 'size=3'])
  t.strictSame(set, { api_token: 'abcdef', size: '3' })
  t.match(said, [/^--set api_token=… shows .* --set-env api_token=VARIABLE or --set-file api_token=FILE$/])
  t.notMatch(said[0], 'abcdef')
})

t.test('what gives no value is refused, and never shown', async (t) => {
  const folder = t.testdir({ large: 'x'.repeat(70_000), nul: 'a\0bcd', short: 'abc\n', good: 'abcd' })
  const place = (name: string) => path.join(folder, name)
  writeFileSync(place('binary'), Buffer.from([0xff, 0xfe, 0x41, 0x42, 0x43]))
  execFileSync('mkfifo', [place('pipe')])
  process.env.EMPTY_OF_THIS_TEST = ''
  const cases: [string[], RegExp][] = [
    [['--set-env', 'a=NONE_OF_THIS_TEST'], /--set-env a=NONE_OF_THIS_TEST: there is no such variable .*`export NONE_/],
    [['--set-env', 'a=EMPTY_OF_THIS_TEST'], /that variable is empty/],
    [['--set-env', 'a'], /--set-env takes NAME=VARIABLE, not `a`/],
    [['--set-file', `a=${place('none')}`], /--set-file a=.*none: the file cannot be read: it does not exist/],
    [['--set-file', `a=${folder}`], /it is a folder and no file/],
    [['--set-file', `a=${place('pipe')}`], /it is a pipe and no file/],
    [['--set-file', `a=${place('large')}`], /it is larger than/],
    [['--set-file', `a=${place('nul')}`], /the file holds a NUL byte/],
    [['--set-file', `a=${place('binary')}`], /the file is no text in UTF-8/],
    [['--set-file', `a=${place('short')}`], /fewer than 4 characters cannot be hidden/],
    [['--set-file', `a=${place('good')}`, '--set', 'a=1'], /the param a is given twice/],
  ]
  for (const [args, message] of cases) t.throws(() => given(args), { name: 'UsageError', message }, args.join(' '))
})
