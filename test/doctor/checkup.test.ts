import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { checkUp } from '../../runner/doctor/checkup.ts'
import { localEnvironment } from '../../runner/doctor/environment.ts'
import { AREAS } from '../../runner/doctor/finding.ts'
import { AS_ROOT } from '../../runner/platforms/process/namespaces.ts'
import type { FoundSandbox } from '../../runner/platforms/process/sandbox/find-sandbox.ts'
import { ENGINE, fakeEnvironment, fakeMachine, findingOf, noEngine, refusal } from '../support/fake-environment.ts'
import { leaseCluster } from '../support/lease.ts'

const REDIS = { 'redis-server': '/opt/bin/redis-server' }

t.test('a healthy machine with an engine: all ok, in the order of the areas, no subject twice', async (t) => {
  const findings = await checkUp(fakeEnvironment())
  t.same(
    findings.filter(({ state }) => state !== 'ok'),
    [],
  )
  t.same([...new Set(findings.map(({ area }) => area))], AREAS)
  const names = findings.map(({ area, subject }) => `${area}/${subject}`)
  t.equal(new Set(names).size, names.length)
  t.match(findings[0]?.text, /npm run scenario failover-basic, on Docker: image redis-cluster:redis-7\.0/)
})

t.test('without an engine, servers are fetched and run as processes: degraded, nothing missing', async (t) => {
  const environment = fakeEnvironment({ lookAtEngine: noEngine })
  const findings = await checkUp(environment)
  t.same(
    findings.filter(({ state }) => state !== 'ok').map(({ subject, state }) => [subject, state]),
    [['engine', 'degraded']],
  )
  t.match(findings[0]?.text, /on processes of this machine: fetched from Debian/)
  t.match(findings[1], { text: /no Docker engine answers.*processes of this machine instead/, remedy: 'start Docker' })
})

t.test('nothing to run a server with: the main job and each server are missing, with what mends it', async (t) => {
  const environment = fakeEnvironment({ lookAtEngine: noEngine, machine: fakeMachine({ programs: {} }) })
  const missing = (await checkUp(environment)).filter(({ state }) => state === 'missing')
  t.same(
    missing.map(({ subject }) => subject),
    ['failover-basic', 'engine', 'redis:7.0', 'valkey:9.1'],
  )
  for (const { remedy } of missing) t.ok(remedy)
})

t.test('a Mac with a Redis of its own version: played by its path, and nothing of Linux is tried', async (t) => {
  const machine = fakeMachine({
    os: 'darwin',
    programs: REDIS,
    files: {},
    answers: { '--version': 'Redis server v=8.2.1 sha=0:0 malloc=libc bits=64 build=1' },
  })
  const findings = await checkUp(fakeEnvironment({ lookAtEngine: noEngine, machine }))
  t.same(
    findings.filter(({ state }) => state === 'missing'),
    [],
  )
  t.match(findings[0], {
    state: 'degraded',
    text: /-- --server path:\/opt\/bin\/redis-server plays with redis 8\.2\.1/,
  })
  t.same(machine.ran, [['/opt/bin/redis-server', '--version']])
})

t.test('Windows: processes are not offered', async (t) => {
  const machine = fakeMachine({ os: 'win32', programs: REDIS, files: {} })
  const findings = await checkUp(fakeEnvironment({ machine }))
  t.match(findings[0], { state: 'ok', text: /on Docker/ })
  t.match(await findingOf(fakeEnvironment({ machine }), 'faults', 'pause'), { state: 'degraded', text: /SIGSTOP/ })
})

t.test('a server on the PATH counts for its own version only, and one that is no server is named', async (t) => {
  const programs = { ...REDIS, 'valkey-server': '/opt/bin/valkey-server' }
  const answers = { 'redis-server --version': 'Redis server v=7.0.15 sha=0', 'valkey-server --version': 'hello' }
  const environment = fakeEnvironment({ lookAtEngine: noEngine, machine: fakeMachine({ programs, answers }) })
  t.match(await findingOf(environment, 'servers', 'redis:7.0'), { state: 'ok', text: /\/opt\/bin\/redis-server/ })
  t.match(await findingOf(environment, 'servers', 'valkey:9.1'), {
    state: 'degraded',
    text: /instead: --server redis:7\.0/,
  })
  t.match(await findingOf(environment, 'servers', 'on the PATH'), {
    state: 'degraded',
    text: /redis 7\.0\.15, \/opt\/bin\/valkey-server is no Redis or Valkey/,
  })
})

t.test('what is in the cache is shown, and the archive is not asked for it', async (t) => {
  const machine = fakeMachine()
  const tree = { root: '/nonexistent', key: 'x', packages: [{ name: 'redis-server', version: '5:7.0.15-1' }] }
  const environment = fakeEnvironment({ lookAtEngine: noEngine, machine, cachedTree: async () => tree })
  t.match((await findingOf(environment, 'servers', 'in the cache')).text, /redis 7\.0\.15 \(0 bytes\)/)
  t.match((await findingOf(environment, 'servers', 'redis:7.0')).text, /processes: in the cache/)
  t.match((await findingOf(environment, 'Debian packages', 'archive')).text, /not asked/)
  t.notOk(machine.ran.some(([program]) => program?.includes('apt')))
})

t.test('an archive that refuses takes its servers away, and no password of a mirror is shown', async (t) => {
  const answers = { '/dists/sid/': refusal('apt-helper', 'E: http://reader:secret@mirror.test 404 Not Found') }
  const environment = fakeEnvironment({ lookAtEngine: noEngine, machine: fakeMachine({ answers }) })
  const findings = await checkUp(environment)
  t.match(
    findings.find(({ subject }) => subject === 'archive'),
    { state: 'degraded', text: /mirror\.test has bookworm; sid cannot be had from mirror\.test/ },
  )
  t.match(
    findings.find(({ subject }) => subject === 'valkey:9.1'),
    { state: 'degraded', text: /instead: --server redis:7\.0/ },
  )
  t.notMatch(JSON.stringify(findings), /secret/)
})

t.test('the engine: its storage, its full disk, and a kernel of its own', async (t) => {
  const on = (seen: Partial<typeof ENGINE>, freeBytes = 50e9) =>
    fakeEnvironment({
      lookAtEngine: async () => ({ ...ENGINE, ...seen }),
      machine: fakeMachine({ room: async () => ({ freeBytes, writable: false }) }),
    })
  t.match(await findingOf(on({}), 'Docker', 'storage'), {
    state: 'ok',
    text: 'overlay2, 50 GB free in /var/lib/docker',
  })
  t.match(await findingOf(on({}, 2e6), 'Docker', 'storage'), { state: 'degraded', remedy: 'free 500 MB there' })
  t.match(await findingOf(on({ storageDriver: 'vfs' }), 'Docker', 'storage'), { state: 'degraded', text: /a copy/ })
  t.match(await findingOf(on({ kernel: '5.15.49-linuxkit' }), 'Docker', 'storage'), { state: 'ok', text: /^overlay2$/ })
  t.match((await findingOf(on({ kernel: '5.15.49-linuxkit' }), 'Docker', 'engine')).text, /a kernel of its own/)
})

t.test('an engine that can only pull: processes are named instead', async (t) => {
  const lookAtEngine = async () => ({ ...ENGINE, images: [] })
  const programs = { ...REDIS, unshare: '/usr/bin/unshare' }
  const answers = { '--version': 'Redis server v=7.0.15 sha=0' }
  const some = fakeEnvironment({ lookAtEngine, machine: fakeMachine({ programs, answers }) })
  t.match(await findingOf(some, 'main job', 'failover-basic'), { state: 'degraded', text: /-- --platform process$/ })
  t.match(await findingOf(some, 'servers', 'valkey:9.1'), { state: 'degraded', text: /from a registry/ })
  const none = fakeEnvironment({ lookAtEngine, machine: fakeMachine({ programs: {} }) })
  t.match(await findingOf(none, 'main job', 'failover-basic'), { state: 'degraded', text: /can reach a registry/ })
})

t.test('servers that Debian has no package of: in one line, with what brings them, and nothing is wrong', async (t) => {
  const others = [
    { name: 'redis:8.2', image: 'redis:8.2', program: 'redis-server' },
    { name: 'valkey:9.0', image: 'valkey/valkey:9.0', program: 'valkey-server' },
  ]
  const servers = [...fakeEnvironment().servers, ...others]
  const pulled = await findingOf(fakeEnvironment({ servers }), 'servers', 'others')
  t.match(pulled, {
    state: 'ok',
    text: /^redis:8\.2, valkey:9\.0: .*where the engine can pull their images from a registry, which was not tried/,
  })
  const bare = { servers, lookAtEngine: noEngine, machine: fakeMachine({ programs: {} }) }
  t.match(await findingOf(fakeEnvironment(bare), 'servers', 'others'), {
    state: 'ok',
    text: /with a Docker engine that/,
  })

  const programs = { 'redis-server': '/opt/bin/redis-server' }
  const machine = fakeMachine({ programs, answers: { '--version': 'Redis server v=8.2.1 sha=0' } })
  const images = [{ tags: ['valkey/valkey:9.0'], sizeBytes: 1 }]
  const here = fakeEnvironment({ servers, machine, lookAtEngine: async () => ({ ...ENGINE, images }) })
  t.match((await findingOf(here, 'servers', 'redis:8.2')).text, /processes: \/opt\/bin\/redis-server/)
  t.match((await findingOf(here, 'servers', 'valkey:9.0')).text, /Docker: made from image valkey\/valkey:9\.0/)
})

t.test('ports: by what each is held, and other ports that are really free', async (t) => {
  const held: Record<number, string> = { 7010: 'process 4 (nginx)', 7011: 'docker-proxy', 17012: 'redis', 7110: 'x' }
  const environment = fakeEnvironment({
    machine: fakeMachine({ portHolder: async (port) => held[port] }),
    lookAtEngine: async () => ({
      ...ENGINE,
      containers: [{ name: 'redis-node1', image: 'web', ports: [7011] }],
    }),
    processRuns: async () => [{ runId: 'r-1', purpose: 'npm run cluster', ports: [7012] }],
  })
  t.match(await findingOf(environment, 'ports', 'for clients'), {
    state: 'degraded',
    text: /7010 is held by process 4 \(nginx\); 7011 is held by container redis-node1 \(image web\)/,
    remedy: /--port-base 7210$/,
  })
  t.match((await findingOf(environment, 'ports', 'cluster bus')).text, /17012 is held by npm run cluster \(processes/)
  t.match(await findingOf(environment, 'ports', 'container names'), { state: 'degraded', remedy: /--name-prefix/ })
})

t.test('a probe that hangs is told with its deadline, and the others are not lost', async (t) => {
  let told: AbortSignal | undefined
  const environment = fakeEnvironment({
    lookAtEngine: (signal) => {
      told = signal
      return new Promise(() => undefined)
    },
    machine: fakeMachine({ room: () => new Promise(() => undefined) }),
  })
  const findings = await checkUp(environment, { timeoutMs: 50 })
  const others = findings.filter(({ state }) => state !== 'ok')
  t.same(
    others.map(({ subject }) => subject),
    ['engine', 'disk'],
  )
  t.match(others[0], { state: 'degraded', text: /^no answer within 0\.05 s; servers run as processes/ })
  t.match(others[1], { state: 'degraded', text: 'not known: no answer within 0.05 s' })
  t.equal(told?.aborted, true)
})

t.test('a failing probe is a finding, a bug is none, and an interrupt ends the check-up', async (t) => {
  const fails = (error: unknown) => fakeEnvironment({ machine: fakeMachine({ room: () => Promise.reject(error) }) })
  const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  t.match(await findingOf(fails(denied), 'machine', 'disk'), { state: 'degraded', text: /not known: EACCES/ })
  await t.rejects(checkUp(fails(new TypeError('a bug'))), { name: 'TypeError' })
  const interrupt = new AbortController()
  const hanging = checkUp(fakeEnvironment({ lookAtEngine: () => new Promise(() => undefined) }), {
    signal: interrupt.signal,
  })
  interrupt.abort(new Error('enough'))
  await t.rejects(hanging, { message: 'enough' })
})

t.test('the machine: an old Node, a full or closed disk, little memory, few files', async (t) => {
  const on = (parts: Parameters<typeof fakeMachine>[0]) => fakeEnvironment({ machine: fakeMachine(parts) })
  t.match(await findingOf(on({ nodeVersion: '18.20.0' }), 'machine', 'Node'), { state: 'missing', remedy: /Node 20/ })
  const room = (freeBytes: number, writable: boolean) => on({ room: async () => ({ freeBytes, writable }) })
  t.match(await findingOf(room(1e6, true), 'machine', 'disk: reports'), { state: 'degraded', text: /only 1 MB free/ })
  t.match(await findingOf(room(1e9, false), 'machine', 'disk: cache'), { state: 'degraded', text: /XDG_CACHE_HOME/ })
  const memory = on({ memory: () => ({ totalBytes: 16e9, availableBytes: 8e9, limitBytes: 100e6 }) })
  t.match(await findingOf(memory, 'machine', 'memory'), { state: 'degraded', text: /limited to 100 MB/ })
  const files = (limit: string) => on({ files: { '/proc/self/limits': `Max open files  ${limit}  ${limit}  files` } })
  t.equal((await findingOf(files('512'), 'machine', 'open files')).state, 'degraded')
  t.match(await findingOf(files('64'), 'machine', 'open files'), { state: 'missing', remedy: /ulimit -n/ })
  t.equal((await findingOf(files('unlimited'), 'machine', 'open files')).state, 'ok')
  const strict = on({
    files: {
      '/proc/sys/vm/overcommit_memory': '2\n',
      '/proc/meminfo': 'CommitLimit:     2000000 kB\nCommitted_AS:    1900000 kB\n',
    },
  })
  t.match(await findingOf(strict, 'machine', 'overcommit'), { state: 'degraded', remedy: /sysctl/ })
})

t.test('the sandbox of processes: what is missing of the smallest one, and what would give it', async (t) => {
  const sandbox = (found: FoundSandbox, machine = fakeMachine()) =>
    findingOf(fakeEnvironment({ machine, findSandbox: async () => found }), 'machine', 'sandbox')
  const refused = ['could not start a server in a sandbox: `unshare` failed with exit code 1: Operation not permitted']
  t.match(await sandbox({ sandbox: { view: AS_ROOT, ownUser: true, confined: true }, problems: [] }), {
    state: 'ok',
    text: 'processes: each server has a user of its own, no new privileges, of the file system only programs and its own folder',
  })
  t.match(await sandbox({ sandbox: { ownUser: true, confined: true }, problems: refused }), {
    state: 'degraded',
    text: /a user of its own, no new privileges, the whole file system: .*Operation not permitted/,
    remedy: /--cap-add SYS_ADMIN/,
  })
  t.match(await sandbox({ sandbox: { confined: true }, problems: refused }, fakeMachine({ root: false })), {
    state: 'degraded',
    remedy: /apparmor_restrict_unprivileged_userns.*--platform docker/,
  })
  for (const problem of ['`setpriv` is not on this machine', "chroot: failed to run command 'setpriv'"]) {
    t.match(await sandbox({ sandbox: {}, problems: [problem] }), {
      state: 'degraded',
      remedy: /apt-get install util-linux/,
    })
  }
  t.match(await sandbox({ sandbox: { view: AS_ROOT, confined: true }, problems: [] }), {
    state: 'degraded',
    text: /this container has no other users to give/,
    remedy: /^for scenarios of people whom you do not trust, use a Docker engine/,
  })
  t.match(await sandbox({ sandbox: {}, problems: [] }, fakeMachine({ os: 'darwin', root: false })), {
    state: 'degraded',
    text: /only Linux/,
  })
})

t.test('the clock: a jump of the wall clock degrades, a monotonic clock that stands still is fatal', async (t) => {
  let jumps = 0
  const jumping = fakeMachine({ wallMs: () => 1e12 + (jumps++ > 10 ? 3_000 : 0) })
  t.match(await findingOf(fakeEnvironment({ machine: jumping }), 'machine', 'clock'), {
    state: 'degraded',
    text: /jumped by 2750 ms/,
  })
  const still = fakeMachine({ nowMs: () => 5 })
  t.equal((await findingOf(fakeEnvironment({ machine: still }), 'machine', 'clock')).state, 'missing')
})

t.test('this machine, really: every line has words, and nothing is left behind', async (t) => {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
  const temp = await mkdtemp(path.join(tmpdir(), 'redis-chaos-checkup-'))
  t.teardown(() => rm(temp, { recursive: true, force: true }))
  const here = await localEnvironment(root, {
    reports: path.join(root, 'reports'),
    platforms: [],
    ...(await leaseCluster()),
  })
  const findings = await checkUp({ ...here, folders: { ...here.folders, cache: path.join(temp, 'cache'), temp } })
  for (const { text } of findings) t.ok(text.length > 0)
  for (const area of ['main job', 'servers', 'ports', 'machine', 'faults']) {
    t.ok(
      findings.some((finding) => finding.area === area),
      area,
    )
  }
  t.match(
    findings.find(({ subject }) => subject === 'Node'),
    { state: 'ok', text: process.versions.node },
  )
  t.same(await readdir(temp), [])
})
