import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lastReport, reportsFolder, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const root = new URL('../..', import.meta.url).pathname

/** A trouble of the surroundings, as a shell makes it before it runs `$@`, and the words that tell it. */
interface Trouble {
  name: string
  /** Default: `some-load`. */
  scenario?: string
  /** In a mount namespace of its own, with the folders `$TMPDIR`, `$REPORTS` and `$WORK`. */
  shell: string
  /** On stdout, or where nothing can be told there on stderr. */
  words: RegExp
  /** What to do next. */
  hint: RegExp
}

/** From the end of the first step on nothing fits in there any more. */
const FILLED = (folder: string) => `mount -t tmpfs -o size=64m none ${folder}
  (until grep -qs step-ended $REPORTS/latest/events.jsonl; do sleep 0.02; done; cat /dev/zero > ${folder}/filler) 2> /dev/null &
  exec "$@"`

const LITTLE_ROOM = (size: string) => `mount -t tmpfs -o size=${size} none $REPORTS; exec "$@"`

const TROUBLES: readonly Trouble[] = [
  {
    name: 'a folder for temporary files that is read-only',
    shell: 'mount -t tmpfs -o ro none $TMPDIR; exec "$@"',
    words: /could not make the folder .*: nothing can be written there \(read-only file system\)/,
    hint: /TMPDIR/,
  },
  {
    name: 'a folder for temporary files that cannot be made',
    shell: 'touch $WORK/file; export TMPDIR=$WORK/file/tmp; exec "$@"',
    words: /could not make the folder .*: something on the way to it is not a folder/,
    hint: /TMPDIR/,
  },
  {
    name: 'a folder for temporary files that is full',
    shell: 'mount -t tmpfs -o size=60k none $TMPDIR; exec "$@"',
    words: /no space (is )?left/i,
    hint: /TMPDIR/,
  },
  {
    name: 'a folder for temporary files that fills up while steps are played',
    shell: FILLED('$TMPDIR'),
    words: /no space is left where the servers keep their data|the disk of redis-node\d is full/,
    hint: /TMPDIR/,
  },
  {
    name: 'too few open files to load the program',
    shell: 'ulimit -n 20; exec "$@"',
    words: /cannot be loaded, so nothing was started: EMFILE/,
    hint: /too many open files/,
  },
  {
    name: 'too few open files to load the command',
    shell: 'ulimit -n 40; exec "$@"',
    words: /this program has as many files open as it may/,
    hint: /ulimit -n/,
  },
  {
    name: 'too few open files for the nodes and clients',
    scenario: 'many-connections',
    shell: 'ulimit -n 150; exec "$@"',
    words:
      /the runner, for 6 nodes and 20 connections of clients to each, needs about 200 open files, and may have 150/,
    hint: /ulimit -n 1024/,
  },
  {
    name: 'files that may not be large',
    shell: 'ulimit -f 512; exec "$@"',
    words: /files of servers may need 64 MiB, and files may have 512 KiB here/,
    hint: /ulimit -f unlimited/,
  },
  {
    name: 'a reports folder that is read-only',
    shell: 'mount -t tmpfs -o ro none $REPORTS; exec "$@"',
    words: /The folder of the run cannot be made in .*: nothing can be written there \(read-only file system\)/,
    hint: /--reports/,
  },
  {
    name: 'a reports folder that is full from the start',
    shell: LITTLE_ROOM('8k'),
    words: /The history .* cannot be written \(no space is left there\)/,
    hint: /Make room there/,
  },
  {
    name: 'a reports folder that fills up while steps are played',
    shell: FILLED('$REPORTS'),
    words: /The event log .* cannot be written \(no space is left there\)/,
    hint: /Make room there/,
  },
  {
    name: 'a reports folder that is full when the page is written',
    shell: LITTLE_ROOM('160k'),
    words: /report\.html cannot be written: no space is left there/,
    hint: /Make room there/,
  },
  {
    name: 'a stdout that is full',
    shell: 'exec "$@" > /dev/full',
    words: /not all that was to be told could be written to stdout: no space is left there/,
    hint: /no space/,
  },
  {
    name: 'a stderr that is full',
    shell: 'exec "$@" 2> /dev/full',
    words: /not all that was to be told could be written to stderr: no space is left there/,
    hint: /Make room there/,
  },
]

/** In a clone the first command builds, which is not what is tried here. */
t.before(() => spawnSync(process.execPath, ['bin/redis-chaos.js', 'help'], { cwd: root }))

const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0

t.test('trouble of the surroundings', { skip: skipWithoutRedis() || (mayMount ? false : 'needs root') }, async (t) => {
  for (const { name, scenario, shell, words, hint } of TROUBLES) {
    await t.test(`${name}: exit 3, the reason, what next, nothing left`, async (t) => {
      const { code, stdout, stderr, temporary } = await runIn(t, shell, scenario)
      t.equal(code, 3, stdout + stderr)
      const said = oneLine(stdout + stderr)
      t.match(said, words)
      t.match(said, hint)
      t.notMatch(stdout, /PASSED|FAILED/)
      t.notMatch(said, /a bug of redis-chaos/i)
      t.same(existsSync(temporary) ? readdirSync(temporary) : [], [], 'nothing is left of its servers')
    })
  }

  await t.test('reports that could still be written do not say that it passed', async (t) => {
    // The file system is gone with its namespace: a copy of what was written is looked at.
    const { reports } = await runIn(
      t,
      `${LITTLE_ROOM('160k').replace('exec ', '')}; code=$?
      cp -r $REPORTS/latest/ $WORK/copy; umount $REPORTS; cp -r $WORK/copy $REPORTS/latest; exit $code`,
    )
    const report = lastReport(reports)
    t.match(report, { verdict: 'error', exitCode: 3 })
    t.match(report.unwritten?.[0], /report\.html cannot be written/)
    t.notOk(existsSync(path.join(reports, 'latest', 'report.html.part')), 'no half of a file is left')
  })

  await t.test('a user who has neither name nor home, as in many containers', async (t) => {
    const { code, stdout, stderr } = await runIn(
      t,
      'chown -R 65533 $WORK; unset HOME XDG_CACHE_HOME; exec setpriv --reuid 65533 --regid 65533 --clear-groups "$@"',
    )
    t.equal(code, 0, stdout + stderr)
  })

  await t.test('a reader that went away has seen enough: the verdict stands', async (t) => {
    const { code, stdout } = await runIn(t, 'set -o pipefail; "$@" | head -1')
    t.equal(code, 0)
    t.match(stdout, /^✔ some-load passed in /)
  })
})

async function runIn(t: Test, shell: string, scenario = 'some-load') {
  const work = reportsFolder(t)
  const reports = path.join(work, 'reports')
  const temporary = path.join(work, 'temporary')
  for (const folder of [reports, temporary]) mkdirSync(folder)
  const args = [
    ...[process.execPath, path.join('bin', 'redis-chaos.js'), 'run', testScenario(scenario)],
    ...['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports],
  ]
  // What tap puts into the environment of every child opens files of its own.
  const script = `unset NODE_OPTIONS; ${shell}`
  const child = spawn('unshare', ['-m', 'bash', '-c', script, 'bash', ...args], {
    cwd: root,
    env: { ...process.env, FORCE_COLOR: '0', TMPDIR: temporary, REPORTS: reports, WORK: work },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  return { code, stdout, stderr, reports, temporary: path.join(temporary, `redis-chaos-${process.getuid?.()}`) }
}

/** Reports break long sentences. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
