import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { LogLine } from '../../runner/platforms/platform.ts'
import { parseLogLine } from '../../runner/platforms/process/logs.ts'
import { groupSpec, password } from '../support/group-spec.ts'
import { loginAt } from '../support/login.ts'
import { alive, answers, ask, askAs, newStateFolder, platformIn, processesOf } from './process-groups.ts'

const first = 'redis-node0'
const second = 'redis-node1'

t.test('a group of processes and its life', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  t.match(await platform.probe(), /^processes of this machine \(/)
  t.match(await platform.prepare(() => undefined), /^redis 7\.0\.\d+$/)
  const wanted = await groupSpec()
  const [server0, server1] = [`${wanted.namePrefix}0`, `${wanted.namePrefix}1`] as const
  const [port0, port1] = [wanted.portBase, wanted.portBase + 1] as const
  t.teardown(() => platform.removeRun(wanted.runId))
  const group = await platform.create(wanted, () => undefined)
  const folder = join(stateFolder, wanted.runId)
  const lines: LogLine[] = []
  const endLogs = await group.followLogs(first, (line) => lines.push(line))

  await t.test('nodes, ports and settings', async (t) => {
    t.match(group.nodes, [
      { name: first, serverName: server0, index: 0, host: 'localhost', port: port0, peerHost: '127.0.0.1' },
      { name: second, serverName: server1, index: 1, host: 'localhost', port: port1, peerPort: port1 },
    ])
    t.same(await ask(port0, 'CONFIG', 'GET', 'cluster-node-timeout'), ['cluster-node-timeout', '2500'])
    t.same(await ask(port1, 'CONFIG', 'GET', 'save'), ['save', '3600 1 300 100'])
    t.same(await ask(port1, 'CONFIG', 'GET', 'bind'), ['bind', '127.0.0.1'])
    t.match(await group.state(first), { status: 'running', text: 'process is running' })
  })

  await t.test('the password is in files of this user alone', async (t) => {
    // A server that has a user of its own gets through its folder, where it can list nothing.
    for (const path of [stateFolder, folder, join(folder, server0)]) t.equal(statSync(path).mode & 0o066, 0, path)
    t.equal(statSync(join(folder, server0, 'server.conf')).mode & 0o777, 0o600)
    t.equal(statSync(join(folder, 'control.sock')).mode & 0o077, 0)
    const told = execFileSync('ps', ['-ww', '-eo', 'args'], { encoding: 'utf8' })
    t.match(told, server0, 'its name is in the list of processes')
    t.notOk(told.includes(password))
    t.notOk(readFileSync(join(folder, 'run.json'), 'utf8').includes(password))
  })

  await t.test('stop, start and kill', async (t) => {
    await ask(port0, 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    const nodeId = await ask(port0, 'CLUSTER', 'MYID')
    await askAs(loginAt(await group.users()), port0, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'no')
    await group.stop(first, 10_000)
    t.same(await group.state(first), { status: 'stopped', exitCode: 0, text: 'process exited with code 0' })
    t.notOk(await answers(port0, 500))
    await group.stop(first, 10_000)
    await group.start(first)
    await group.start(first)
    t.equal(await ask(port0, 'CLUSTER', 'MYID'), nodeId, 'its data folder was kept')
    await group.kill(first)
    t.same(await group.state(first), { status: 'stopped', exitCode: 137, text: 'process was killed by SIGKILL' })
    await group.kill(first)
    await group.restart(first, 10_000)
    const processId = /process_id:(\d+)/.exec(String(await ask(port0, 'INFO', 'server')))?.[1]
    await group.restart(first, 10_000)
    t.notMatch(await ask(port0, 'INFO', 'server'), `process_id:${processId}\r`, 'another process')
    t.equal(await ask(port0, 'CLUSTER', 'MYID'), nodeId)
  })

  await t.test('pause', async (t) => {
    t.ok(await answers(port1, 5_000))
    await group.pause(second)
    t.same(await group.state(second), { status: 'paused', text: 'process is paused' })
    t.notOk(await answers(port1, 500), 'it is silent')
    await t.rejects(group.pause(second), { message: 'could not pause redis-node1: the process is paused already' })
    await t.rejects(group.start(second), { message: /could not start redis-node1: the process is paused/ })
    await group.unpause(second)
    t.ok(await answers(port1, 5_000))
    await t.rejects(group.unpause(second), { message: 'could not unpause redis-node1: the process is not paused' })
    await group.pause(second)
    await group.stop(second, 100)
    t.match(await group.state(second), { status: 'stopped', exitCode: 137 }, 'killed after its grace')
    await t.rejects(group.pause(second), { message: 'could not pause redis-node1: the process is not running' })
    await group.start(second)
  })

  await t.test('an end that nobody here asked for is told from a kill', async (t) => {
    const server = processesOf(stateFolder, wanted.runId).servers[server1]
    process.kill(server?.pid ?? 0, 'SIGKILL')
    while ((await group.state(second)).status !== 'stopped');
    t.match(await group.state(second), { text: 'process was killed by SIGKILL, which redis-chaos did not send' })
    await group.start(second)
  })

  await t.test('logs: every line of every life, once', async (t) => {
    await endLogs()
    const file = readFileSync(join(folder, server0, 'server.log'), 'utf8')
    t.same(
      lines.map(({ text }) => text),
      file.trimEnd().split('\n'),
    )
    t.equal(lines.filter(({ text }) => text.includes('Redis is starting')).length, 4)
    const ready = lines.find(({ text }) => text.includes('Ready to accept connections'))
    t.equal(
      new Date(ready?.wallMs ?? 0).toISOString().slice(11, 23),
      /\d\d:\d\d:\d\d\.\d{3}/.exec(ready?.text ?? '')?.[0],
    )
    t.ok(Math.abs(Date.now() - (ready?.wallMs ?? 0)) < 600_000, 'in the time zone of the reader')
    t.notOk(file.includes(password))
  })

  await t.test('found again by another runner, with what is stopped', async (t) => {
    t.equal(await ask(port1, 'PING'), 'PONG')
    await group.stop(second, 5_000)
    const other = platformIn(stateFolder)
    t.teardown(() => other.close())
    const found = await other.find(wanted.runId)
    t.same(found?.nodes, group.nodes)
    t.match(await found?.state(second), { status: 'stopped', exitCode: 0 })
    t.match(await found?.state(first), { status: 'running' })
    await found?.start(second)
    t.equal(await ask(port1, 'PING'), 'PONG')
    t.equal(await other.find('processes-no-such-run'), undefined)
  })

  await t.test('a runner that vanishes in the middle of a request disturbs nothing', async (t) => {
    for (const text of ['{"id":1,"action":"sta', `{"id":1,"action":"restart","server":"${server1}","graceMs":9}\n`]) {
      const socket = connect(join(folder, 'control.sock'))
      await new Promise<void>((resolve) => socket.end(text, resolve))
      socket.destroy()
    }
    t.match(await group.state(first), { status: 'running' })
    t.equal(await ask(port1, 'PING'), 'PONG')
  })

  await t.test('a node that there is not', async (t) => {
    await t.rejects(group.state('redis-node7'), { name: 'PlatformError', message: /has no node redis-node7; it has/ })
  })

  await t.test('removed, twice', async (t) => {
    const processes = processesOf(stateFolder, wanted.runId)
    const ended: LogLine[] = []
    const stop = await group.followLogs(first, (line) => ended.push(line))
    await group.remove()
    await group.remove()
    await stop()
    t.ok(ended.length > 0)
    t.same(alive(processes), [])
    t.same(readdirSync(stateFolder), [])
    t.same(await platform.removeRun(wanted.runId), [])
    t.match(await group.state(first), { status: 'missing' })
    t.match(await platform.probe(), /^processes/, 'a group that was removed in order is no loss')
  })
})

t.test('two groups side by side', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  const specs = [await groupSpec(), await groupSpec()] as const
  t.teardown(() => Promise.all(specs.map(({ runId }) => platform.removeRun(runId))))
  const [left] = await Promise.all(specs.map((wanted) => platform.create(wanted, () => undefined)))
  t.equal(await ask(specs[0].portBase, 'PING'), 'PONG')
  await left?.remove()
  t.equal(await ask(specs[1].portBase + 1, 'PING'), 'PONG')
  t.same(await platform.removeRun(specs[1].runId), [
    `process ${specs[1].namePrefix}0`,
    `process ${specs[1].namePrefix}1`,
    `folder ${join(stateFolder, specs[1].runId)}`,
  ])
})

t.test('a server that cannot start again: its log says why', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  const wanted = await groupSpec()
  t.teardown(async () => {
    await platform.removeRun(wanted.runId)
    await platform.close()
  })
  const group = await platform.create(wanted, () => undefined)
  const [, dir] = Object.values((await ask(wanted.portBase, 'CONFIG', 'GET', 'dir')) ?? {})
  await group.kill(first)
  t.equal(await group.lastWords(first), '', 'it had no time for any')
  writeFileSync(join(String(dir), 'nodes.conf'), 'this is no cluster\n')
  await group.start(first)
  while ((await group.state(first)).status === 'running') await sleep(20)
  t.match(await group.state(first), { status: 'stopped', exitCode: 1 })
  t.match(await group.lastWords(first), /^Unrecoverable error: corrupted cluster config file/)
})

t.test('a server that does not take its settings', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  const wanted = await groupSpec({ settings: { 'no-such-setting': '1' } })
  await t.rejects(
    platform.create(wanted, () => undefined),
    { name: /EndedEarly|PlatformError/, message: /test-\d+-\d+-\d ended as soon as it was started: .*no-such-setting/ },
  )
  t.same(readdirSync(stateFolder), [])
})

t.test('a group that cannot be is refused', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  const refused = async (overrides: Parameters<typeof groupSpec>[0]) =>
    platform.create(await groupSpec(overrides), () => undefined)
  await t.rejects(refused({ portBase: 60_000 }), { name: 'PlatformError', hint: /--port-base/ })
  await t.rejects(refused({ settings: { port: '1' } }), { name: 'PlatformError', message: /cannot be set/ })
  t.same(readdirSync(stateFolder), [])
})

t.test('interrupted at any moment, nothing is left', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  await platform.prepare(() => undefined)
  for (const afterMs of [0, 20, 60, 120, 250, 500]) {
    const wanted = await groupSpec({ nodes: 3 })
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(new Error('interrupted')), afterMs)
    const group = await platform
      .create(wanted, () => undefined, controller.signal)
      .catch((error: unknown) => void t.match(error, { message: 'interrupted' }, `${afterMs} ms`))
    clearTimeout(timer)
    await group?.remove()
    t.same(readdirSync(stateFolder), [], `${afterMs} ms`)
    t.notOk(await answers(wanted.portBase, 100), `${afterMs} ms`)
  }
})

t.test('the time of a log line', async (t) => {
  const line = '25457:M 22 Nov 2026 14:48:01.211 * No cluster configuration found'
  t.same(parseLogLine(line, 1), { wallMs: Date.UTC(2026, 10, 22, 14, 48, 1, 211), text: line })
  t.same(parseLogLine('*** FATAL CONFIG FILE ERROR ***', 12), { wallMs: 12, text: '*** FATAL CONFIG FILE ERROR ***' })
  t.same(parseLogLine('1:M 22 Foo 2026 14:48:01.211 * x', 12).wallMs, 12)
})
