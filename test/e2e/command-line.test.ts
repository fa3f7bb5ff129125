import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { displayWidth } from '../../runner/base/text.ts'
import { reportsFolder, runCli } from '../support/cli.ts'
import { startPty } from '../support/pty.ts'

/** Command lines that are wrong, and what they must say. */
const WRONG: [args: string[], says: RegExp][] = [
  [['rnu', 'failover-basic'], /there is no command `rnu`; did you mean `run`\?/],
  [['run', 'failover-basc'], /there is no scenario failover-basc; did you mean failover-basic/],
  [['run', './scenarois'], /there is no folder \.\/scenarois; did you mean `scenarios`\?/],
  [['validate', 'scenarios/*.json'], /no scenario is like scenarios\/\*\.json; scenarios are files that end in \.yaml/],
  [['list', '--scenarios', 'nowhere'], /--scenarios nowhere: there is no such folder/],
  [['explain', 'failover-basic', '--no-stock'], /--no-stock leaves no scenario to know/],
  [['run', 'failover-basic', '--sede', '4'], /run has no flag --sede; did you mean --seed\?/],
  [['run', 'failover-basic', '--seed', 'four'], /--seed takes a whole number from 0 to 4294967295, not `four`/],
  [['run', 'failover-basic', '--seed', '4294967296'], /--seed takes a whole number from 0 to 4294967295/],
  [['run', 'failover-basic', '--seed', '4294967295', '--set', 'keys'], /--set takes NAME=VALUE/],
  [['run', 'failover-basic', '--set', 'keys=5'], /keys/],
  [['run', 'failover-basic', '--set', 'keys'], /--set takes NAME=VALUE, not `keys`/],
  [['run', 'failover-basic', '--config', 'port=1'], /--config port: /],
  [['run', 'failover-basic', '--port-base', '99999'], /--port-base takes a whole number/],
  [
    ['run', 'failover-basic', '--port-base', '55533'],
    /6 nodes \(3 × 2\) from port 55533 on would need ports up to 55538/,
  ],
  [['run', 'failover-basic', '--name-prefix', '../x'], /--name-prefix takes letters/],
  [['run', 'failover-basic', '--reporter', 'junt'], /there is no reporter `junt`; did you mean junit\?/],
  [['run', '--tag', 'nigthly'], /no scenario has the tag nigthly; there are the tags /],
  [['run', 'failover-basic', 'readme-walkthrough', '--keep'], /--keep leaves one cluster behind/],
  [['cluster', 'frm'], /there is no `cluster frm`; did you mean `form`\?/],
  [['cluster', 'up', '--shards', '0'], /--shards takes a whole number from 1/],
  [['cluster', 'up', '--shards', '2', '--slots', '0-8191', '--slots', '8191-16383'], /--slots: .*8191/],
  [['cluster', 'up', '--shards', '3', '--replicas', '2,1'], /--replicas has 2 of 3 shards/],
  [['cluster', 'up', '--shards', '2', '--replicas', '1,-1'], /--replicas takes a whole number from 0 to 100, not `-1`/],
  [['cluster', 'up', '--shards', '2', '--slots', 'none', '--slots', 'none'], /--slots: no shard has slots/],
  [['cluster', 'up', '--shards', '2', '--slots', '0-16383'], /--slots is given once for each of the 2 shards/],
  [['nightly', '--scenarios', 'package.json/x'], /--scenarios package\.json\/x: there is no such folder/],
  [['run', 'failover-basic', '--scenarios', 'package.json/x'], /--scenarios package\.json\/x: there is no such folder/],
  [['run', 'failover-basic', '--programs', 'package.json/x'], /--programs package\.json\/x: there is no such folder/],
  [['run', 'package.json/x'], /there is no scenario package\.json\/x/],
  [['run', './package.json/x'], /there is no folder \.\/package\.json\/x/],
  [['validate', 'package.json/x'], /there is no scenario package\.json\/x/],
  [['report', '--merge', 'package.json/x'], /--merge package\.json\/x: there is no such folder/],
  [['run', 'failover-basic', '--save-baseline', 'package.json/x'], /--save-baseline .* cannot be written: .*is a file/],
  [
    ['nightly', '--baseline', 'package.json/x'],
    /--baseline package\.json\/x cannot be written: .*is a file and no folder/,
  ],
  [['nightly', '--baseline', '/proc/x'], /--baseline \/proc\/x cannot be written: nothing can be made in \/proc/],
  [['nightly', '--baseline', '/proc/x/y'], /--baseline \/proc\/x\/y cannot be written: nothing can be made in \/proc/],
  [['explain'], /name a scenario/],
  [['report', 'no-such-run'], /there is no run no-such-run/],
]

t.jobs = 2

for (const [args, says] of WRONG) {
  t.test(`${args.join(' ')}: exit 2 and a plain sentence`, async (t) => {
    const { code, stdout, stderr } = await runCli(t, args, { DOCKER_HOST: 'unix:///nonexistent/docker.sock' })
    t.equal(code, 2, stdout + stderr)
    t.match(stderr, says)
    t.notMatch(stderr, /\n\s+at /, 'no stack trace')
  })
}

t.test('an invalid scenario: exit 2 with its place, and no folder is made', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-invalid-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'typo.yaml')
  writeFileSync(file, 'title: A typo\nsteps:\n  - stpo: redis-node0\n')
  const { code, stderr } = await runCli(t, ['run', file, '--reports', path.join(folder, 'reports')])
  t.equal(code, 2)
  t.match(stderr, /typo\.yaml:3:5: .*stpo/)
  t.match(stderr, /did you mean `stop`\?/)
  t.notOk(existsSync(path.join(folder, 'reports')))
})

t.test('run without a name: a short help and the scenarios', async (t) => {
  const { code, stdout } = await runCli(t, ['run'])
  t.equal(code, 2)
  for (const name of ['failover-basic', 'readme-walkthrough', 'two-shards-lose-quorum']) t.match(stdout, name)
  t.match(stdout, /plays scenarios: name some of these\. --help shows the flags\.\n$/, 'the usage is seen last')
})

t.test('nothing of list, help and explain is wider than the terminal', async (t) => {
  const asked = [
    ['list'],
    ['list', '--tag', 'resources'],
    ['run', '--help'],
    ['--help'],
    ['explain', 'rolling-restart'],
  ]
  for (const args of asked) {
    const { code, shown } = await startPty(t, args, {}, 80).ended
    t.equal(code, 0, shown)
    t.strictSame(
      shown.split('\n').filter((line) => displayWidth(line) > 80),
      [],
      args.join(' '),
    )
  }
})

t.test('list, validate, explain and help answer without an engine', async (t) => {
  const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
  for (const args of [
    ['list'],
    ['validate'],
    ['explain', 'failover-basic'],
    ['--help'],
    ['run', '--help'],
    ['cluster', '--help'],
    ['help'],
    ['help', 'stop', 'cluster'],
  ]) {
    const { code, stdout, stderr } = await runCli(t, args, env)
    t.equal(code, 0, stderr)
    t.ok(stdout.length > 50)
  }
})

t.test('help on a word that there is not: the nearest one, and bad usage', async (t) => {
  const { code, stderr } = await runCli(t, ['help', 'stpo'])
  t.equal(code, 2)
  t.match(stderr, 'did you mean `stop`?')
})

t.test('list --tag lists those alone, and knows its tags', async (t) => {
  const { code, stdout } = await runCli(t, ['list', '--tag', 'consistency'])
  t.equal(code, 0)
  t.match(stdout, 'isolated-master')
  t.notMatch(stdout, 'failover-basic')
  t.match(await runCli(t, ['list', '--tag', 'nowhere']), {
    code: 2,
    stderr: /no scenario has the tag nowhere; there are the tags .*nightly/,
  })
})

t.test('a reports folder that is a file, or below one: exit 2', async (t) => {
  const reports = path.join(reportsFolder(t), 'a-file')
  writeFileSync(reports, '')
  for (const place of [reports, path.join(reports, 'x')]) {
    const { code, stderr } = await runCli(t, ['run', 'failover-basic', '--reports', place])
    t.equal(code, 2)
    t.match(stderr, /folder of the run cannot be made in .*: .*a-file is a file and no folder/)
    t.match(stderr, /--reports/)
  }
})

t.test('a scenario hides nothing of itself from whoever looks at it', async (t) => {
  const folder = t.testdir({
    'hiding.yaml': [
      'title: "harmless\\u202e"',
      'params: { constructor: x }',
      'steps:',
      '  - { redis: CONFIG SET maxmemory 1mb, on: redis-node0, name: "\\e[8mx" }',
      '  - { redis: PING, name: "\\e[2K\\e[1A\\e[2K\\n::add-mask::x" }',
      '',
    ].join('\n'),
  })
  const file = path.join(folder, 'hiding.yaml')
  for (const command of ['explain', 'validate']) {
    const { code, stdout, stderr } = await runCli(t, [command, file])
    t.equal(code, 0, stderr)
    for (const hidden of ['\u001b', '\u202e', '\n::']) t.notOk(stdout.includes(hidden), command)
    t.match(stdout, /harmless\\u202e/)
    if (command === 'explain') t.match(stdout, /\\x1b\[8mx: CONFIG SET maxmemory 1mb on redis-node0\n.*\\x1b\[2K/)
  }
})
