import { execFile, spawnSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { quoted } from '../../runner/base/shell-words.ts'
import { runCli } from '../support/cli.ts'

const run = promisify(execFile)

/** Under REQUIRE_SHELLS=1 a missing shell is no reason to skip. */
function skipWithout(shell: string): string | false {
  if (process.env.REQUIRE_SHELLS === '1' || spawnSync(shell, ['-c', 'true']).status === 0) return false
  return `needs ${shell} (apt-get install ${shell})`
}

/** A shell with the script of `completion`, in which the program is called by its name. */
async function shellWith(t: Test, shell: string): Promise<(command: string) => Promise<string[]>> {
  const { stdout, code } = await runCli(t, ['completion', shell])
  t.equal(code, 0)
  const folder = t.testdir()
  const script = path.join(folder, 'completion')
  writeFileSync(script, stdout)
  symlinkSync(path.resolve('bin', 'redis-chaos.js'), path.join(folder, 'redis-chaos'))
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
  const bare = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell] ?? []
  return async (command) => {
    const answer = await run(shell, [...bare, '-c', `${command.replaceAll('SCRIPT', quoted(script))}`], { env })
    return answer.stdout.split('\n').filter((line) => line !== '')
  }
}

t.test('bash completes commands, names with colons, and words that it must quote', async (t) => {
  const ask = await shellWith(t, 'bash')
  // As bash splits it: a colon and an equals sign are words of their own.
  const complete = (line: string, words: string[]) =>
    ask(
      `source SCRIPT; COMP_LINE=${quoted(line)}; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${words.map(quoted).join(' ')})
       COMP_CWORD=${words.length - 1}; _redis_chaos; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p redis-chaos.js`,
    )
  const binding = 'complete -o default -F _redis_chaos redis-chaos.js'
  t.strictSame(await complete('redis-chaos va', ['redis-chaos', 'va']), ['validate', binding])
  t.strictSame(await complete('redis-chaos run failover-b', ['redis-chaos', 'run', 'failover-b']), [
    'failover-basic',
    binding,
  ])
  const server = ['redis-chaos', 'run', '--server', 'redis', ':', '7.0']
  t.strictSame(await complete('redis-chaos run --server redis:7.0', server), ['7.0', binding])
  const target = ['redis-chaos', 'new', '--target', 'maj']
  t.strictSame(await complete('redis-chaos new --target maj', target), ['majority\\ of\\ masters', binding])
  t.strictSame(await complete('redis-chaos run --seed ', ['redis-chaos', 'run', '--seed', '']), [binding])
})

t.test('zsh completes them, with what they mean', { skip: skipWithout('zsh') }, async (t) => {
  const ask = await shellWith(t, 'zsh')
  // Outside of a line that is being written there is neither: what is offered is printed.
  const stubs = 'compdef() { }; compadd() { print -rl -- $found $shown }; _files() { print files }; source SCRIPT'
  const complete = (...words: string[]) =>
    ask(`${stubs}; words=(${words.map(quoted).join(' ')}); CURRENT=${words.length}; _redis_chaos`)
  t.strictSame(await complete('redis-chaos', 'run', '--server', 'redis:8.0'), ['redis:8.0', 'redis:8.0'])
  t.match(await complete('redis-chaos', 'va'), ['validate', /^validate {2}checks scenarios/])
  t.strictSame(await complete('redis-chaos', 'run', '--seed', ''), ['files'])
})

t.test('fish completes them, with what they mean', { skip: skipWithout('fish') }, async (t) => {
  const ask = await shellWith(t, 'fish')
  const complete = (line: string) => ask(`source SCRIPT; complete -C ${quoted(line)}`)
  t.strictSame(await complete('redis-chaos run --server redis:8.0'), ['redis:8.0'])
  t.match(await complete('redis-chaos va'), [/^validate\tchecks scenarios/])
  t.match(await complete('redis-chaos run --reports REA'), [/^README\.md/])
})

t.test('another shell is refused with the nearest', async (t) => {
  t.match(await runCli(t, ['completion', 'zhs']), { code: 2, stderr: 'did you mean `zsh`?' })
  t.match(await runCli(t, ['completion']), { code: 2, stderr: 'bash, zsh, fish' })
})
