import { readFile } from 'node:fs/promises'
import t from 'tap'
import { dialectOf } from '../../runner/platforms/dialects.ts'
import type { GroupNeeds } from '../../runner/platforms/faults.ts'
import {
  announceHostnames,
  BASE_SETTINGS,
  renderRunSettings,
  renderServerConfig,
} from '../../runner/platforms/server-config.ts'

const secrets = { password: 'a "b\\ ü', secret: 'of the runner' }
const options = {
  port: 7660,
  bind: ['127.0.0.1', '127.0.11.10'],
  ...secrets,
  node: 'redis-node0',
  dir: '/tmp/a b',
  settings: {},
}

function config(server: string, overrides: Partial<Parameters<typeof renderServerConfig>[0]> = {}): string[] {
  return renderServerConfig({ dialect: dialectOf(server), ...options, ...overrides })
    .trimEnd()
    .split('\n')
}

t.test('a node that announces a hostname, where the version can', async (t) => {
  const lines = config('valkey 9.1.2')
  t.ok(lines.includes('cluster-announce-hostname localhost'))
  t.ok(lines.includes('cluster-preferred-endpoint-type hostname'))
})

t.test('all nodes of a cluster announce hostnames, or none: a Redis 6 reads no packet that has one', async (t) => {
  t.ok(announceHostnames(['redis 7.0.15', 'valkey 9.1.2']))
  t.notOk(announceHostnames(['redis 7.0.15', 'redis 6.0.16']))
  t.notMatch(config('redis 7.0.15', { hostnames: false }).join('\n'), /hostname/)
})

t.test('a Redis 6 gets no setting that it lacks', async (t) => {
  const lines = config('redis 6.0.16', { procTitle: 'redis-node0 {listen-addr}' })
  t.notMatch(lines.join('\n'), /hostname|endpoint|proc-title/)
  t.ok(
    config('redis 7.0.15', { procTitle: 'redis-node0 {listen-addr}' }).includes(
      'proc-title-template "redis-node0 {listen-addr}"',
    ),
  )
})

t.test(
  'DEBUG commands and protected settings are allowed where a group needs them, and the version knows it',
  async (t) => {
    const of = (server: string, needs: GroupNeeds) =>
      config(server, { needs })
        .filter((line) => line.startsWith('enable-'))
        .sort()
    t.same(of('redis 7.0.15', {}), [])
    t.same(of('redis 7.0.15', { debug: true }), ['enable-debug-command yes'])
    t.same(of('valkey 9.1.2', { protectedSettings: true }), ['enable-protected-configs yes'])
    t.same(of('redis 6.0.16', { debug: true, protectedSettings: true }), [], 'it allows both as it is')
    t.match(renderRunSettings(dialectOf('redis 8.0.2'), {}, { needs: { debug: true } }), /enable-debug-command yes/)
  },
)

t.test('addresses and folder are one word each, whatever is in them', async (t) => {
  const lines = config('redis 7.0.15')
  t.ok(lines.includes('port 7660'))
  t.ok(lines.includes('bind 127.0.0.1 127.0.11.10'))
  t.ok(lines.includes('dir "/tmp/a b"'))
  t.ok(lines.includes('logfile ""'))
  t.ok(config('redis 7.0.15', { logfile: '/tmp/x.log' }).includes('logfile /tmp/x.log'))
})

t.test('no password that people use, and no secret of the runner, stands there in clear', async (t) => {
  const lines = config('redis 7.0.15')
  for (const text of Object.values(secrets)) t.notOk(lines.some((line) => line.includes(text)))
  t.ok(lines.includes('requirepass ""'))
  t.ok(lines.includes('masteruser redis-chaos-replica'))
})

t.test(
  'settings of the run come last, also ones that the version lacks: the server has its own words for it',
  async (t) => {
    const lines = config('redis 6.0.16', { settings: { 'cluster-node-timeout': '1000', 'shutdown-timeout': '3' } })
    t.same(lines.slice(-2), ['cluster-node-timeout 1000', 'shutdown-timeout 3'])
    t.ok(lines.indexOf('cluster-node-timeout 5000') < lines.indexOf('cluster-node-timeout 1000'))
  },
)

t.test('what whoever starts a run allows is given to the servers', async (t) => {
  const of = (server: string, ...allowed: string[]) => config(server, { allowed: new Set(allowed) })
  t.ok(of('redis 6.0.16').includes('rename-command MODULE ""'), 'a Redis 6 cannot refuse modules otherwise')
  t.notMatch(of('redis 6.0.16', 'MODULE').join('\n'), /rename-command/)
  t.notMatch(of('redis 7.0.15').join('\n'), /rename-command|enable-/)
  t.ok(of('valkey 8.1.1', 'MODULE').includes('enable-module-command yes'))
  t.ok(of('valkey 8.1.1', 'dbfilename').includes('enable-protected-configs yes'))
  t.ok(of('redis 8.0.2', 'DEBUG').includes('enable-debug-command yes'))
  const mayMigrate = of('redis 7.0.15', 'MIGRATE').find((line) => line.startsWith('user redis-chaos-scenario '))
  t.match(mayMigrate, / -migrate .*\+migrate$/)
  t.ok(config('redis 7.0.15', { settings: { dir: '/x' }, allowed: new Set(['dir']) }).includes('dir /x'))
})

t.test('settings that a run may not give are refused', async (t) => {
  t.throws(() => config('redis 7.0.15', { settings: { bind: '0.0.0.0' } }), { message: /`bind` cannot be set/ })
})

t.test(
  'the template of the image is the base configuration of every platform, and nothing that a version lacks',
  async (t) => {
    const template = await readFile(new URL('../../docker/redis.conf', import.meta.url), 'utf8')
    const lines = template.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const given = new Map(lines.map((line) => [line.split(' ')[0] ?? '', line]))
    for (const [name, value] of Object.entries(BASE_SETTINGS)) {
      t.equal(given.get(name), `${name} ${value === '' ? '""' : value}`)
      given.delete(name)
    }
    t.same([...given.keys()].sort(), ['bind', 'dir', 'logfile', 'masterauth', 'port', 'requirepass'])
    t.equal(
      renderRunSettings(dialectOf('redis 6.0.16'), { maxmemory: '1gb' }),
      'rename-command MODULE ""\nmaxmemory 1gb\n',
    )
    t.match(renderRunSettings(dialectOf('redis 7.0.15'), {}), /cluster-announce-hostname localhost/)
  },
)
