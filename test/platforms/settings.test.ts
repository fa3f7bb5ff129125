import t from 'tap'
import { NOTHING_ALLOWED } from '../../runner/platforms/allowed.ts'
import { renderSettings, settingProblem } from '../../runner/platforms/settings.ts'

t.test('ordinary settings are accepted', async (t) => {
  for (const [name, value] of [
    ['cluster-node-timeout', '5000'],
    ['cluster-replica-no-failover', 'yes'],
    ['save', '3600 1 300 100'],
    ['save', '""'],
    ['maxmemory', '100mb'],
    ['client-output-buffer-limit', 'replica 256mb 64mb 60'],
  ] as const) {
    t.equal(settingProblem(name, value), undefined, `${name} ${value}`)
  }
})

t.test('settings that the runner owns are refused, with the reason', async (t) => {
  const names = [
    ...[
      'port',
      'cluster-port',
      'tls-port',
      'bind',
      'bind-source-addr',
      'protected-mode',
      'dir',
      'dbfilename',
      'logfile',
    ],
    ...[
      'appendfilename',
      'appenddirname',
      'pidfile',
      'aclfile',
      'include',
      'unixsocket',
      'unixsocketperm',
      'syslog-ident',
    ],
    ...[
      'syslog-enabled',
      'loadmodule',
      'enable-module-command',
      'requirepass',
      'masterauth',
      'masteruser',
      'primaryauth',
    ],
    ...[
      'user',
      'cluster-enabled',
      'cluster-config-file',
      'cluster-announce-ip',
      'cluster-announce-bus-port',
      'daemonize',
    ],
    'supervised',
    'rename-command',
    'replicaof',
    'tls-cluster',
    'cluster-preferred-endpoint-type',
  ]
  for (const name of names) t.match(settingProblem(name, 'x'), new RegExp(`^\`${name}\` cannot be set: \\w`), name)
  t.match(settingProblem('loadmodule', '/x.so'), 'run foreign code')
  t.match(settingProblem('logfile', '/etc/passwd'), 'files outside')
  t.match(settingProblem('port', '1'), '--port-base')
})

t.test('what is no setting is refused', async (t) => {
  for (const name of ['', 'Save', 'save x', 'save\nport', 'säve']) {
    t.match(settingProblem(name, '1'), 'is not a server setting', JSON.stringify(name))
  }
  for (const value of ['1\nport 1', '1\r', 'a\0b', 'a\u2028b', '\t1']) {
    t.match(settingProblem('save', value), 'one line', encodeURI(value))
  }
  t.notMatch(settingProblem('save', 'a\u2028b'), '\u2028')
  t.match(settingProblem('save', '   '), 'blank')
  for (const value of ['"a', "'a", '"a"b', 'a"b"', '"a\\"']) t.match(settingProblem('save', value), 'quote', value)
  t.throws(() => renderSettings({ port: '1' }, NOTHING_ALLOWED), /--port-base/)
})

t.test('values are rendered as words of redis.conf', async (t) => {
  const line = (value: string) => renderSettings({ save: value }, NOTHING_ALLOWED)
  t.equal(line('3600 1 300 100'), 'save 3600 1 300 100\n')
  t.equal(line('""'), 'save ""\n')
  t.equal(line(''), 'save ""\n')
  t.equal(line('"{title} x" y'), 'save "{title} x" y\n')
  t.equal(line("'it\\'s'"), 'save "it\'s"\n')
  t.equal(line('"a\\"b\\\\c"'), 'save "a\\"b\\\\c"\n')
  t.equal(line('"a\\x0aport 1"'), 'save "a\\x0aport 1"\n', 'an escaped line end stays escaped')
  t.equal(renderSettings({ a: '1', b: '#2' }, NOTHING_ALLOWED), 'a 1\nb "#2"\n')
})
