import t from 'tap'
import { ReplyError } from '../../runner/cluster/reply-errors.ts'
import { verbByName } from '../../runner/steps/index.ts'
import type { Step } from '../../runner/steps/verb.ts'
import { problemsOf } from '../scenario/load-text.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type Answer, type FakeCluster, unanswered } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const redis = (command: unknown, extras: Record<string, unknown> = {}, more: Partial<Step> = {}) =>
  step('redis', command, { extras, ...more })

/** A stage whose first node answers commands (not PING) so. */
function answering(answer: Answer, node = 'redis-node0') {
  const stage = fakeStage({ clock: new FakeClock() })
  stage.cluster.answer(node, (words) => (words[0] === 'PING' ? undefined : answer(words)))
  return stage
}

function commands({ sent }: FakeCluster): { node: string; words: string[] }[] {
  return sent.filter(({ words }) => words[0] !== 'PING')
}

const raise = (message: string) => () => {
  throw new ReplyError('redis-node0', message)
}

t.test('a reply as expected', async (t) => {
  const replies: [Answer, Record<string, unknown>, passes: boolean][] = [
    [() => 'five', {}, true],
    [() => 'five', { expect: 'five' }, true],
    [() => 'six', { expect: 'five' }, false],
    [() => null, { expect: null }, true],
    [() => null, { expect: 'five' }, false],
    [() => 5, { expect: '5' }, true],
    [() => ['a', 'b'], { expect: ['a', 'b'] }, true],
    [() => ['a', 'b'], { expect: ['a'] }, false],
    [() => ['a', 'b'], { expect: { contains: 'b' } }, true],
    [() => '10', { expect: { at_most: 9 } }, false],
    [() => '9', { expect: { at_most: 9 } }, true],
    [raise('WRONGTYPE Operation'), {}, false],
    [raise('WRONGTYPE Operation'), { expect: 'five' }, false],
    [raise('WRONGTYPE Operation'), { error: 'WRONGTYPE' }, true],
    [raise('ERR a WRONGTYPE of its own'), { error: 'WRONGTYPE' }, false],
    [() => 'WRONGTYPE', { error: 'WRONGTYPE' }, false],
    [() => 'five', { expect: { any_of: ['five', 'six'] } }, true],
    [() => 'six', { expect: { any_of: ['five', 'six'] } }, true],
    [() => 'seven', { expect: { any_of: ['five', 'six'] } }, false],
    [() => null, { expect: { any_of: ['five', null] } }, true],
    [() => ['a'], { expect: { any_of: [[], ['a']] } }, true],
    [() => '7', { expect: { any_of: [5, { at_least: 7 }] } }, true],
    [() => 'a five', { expect: { any_of: [5, { contains: 'five' }] } }, true],
    [raise('TRYAGAIN Multiple keys'), { expect: { any_of: ['five', { error: 'TRYAGAIN' }] } }, true],
    [raise('MOVED 5 x:1'), { expect: { any_of: ['five', { error: 'TRYAGAIN' }] } }, false],
    [() => ['a', 'b'], { expect: ['a', { any_of: ['b', 'c'] }] }, true],
  ]
  for (const [answer, extras, passes] of replies) {
    const stage = answering(answer)
    const { verdict } = await stage.playOne(redis('GET a', extras))
    t.equal(verdict, passes ? 'passed' : 'failed', `${answer} ${JSON.stringify(extras)}`)
    t.strictSame(stage.bugs, [])
  }
})

t.test('the whole reply is kept, up to a bound', async (t) => {
  const long = 'x'.repeat(5000)
  const stage = answering(([command]) => (command === 'GET' ? long : [1, 'a', [null]]))
  const { reply, note } = await stage.playOne(redis('GET a'))
  t.equal(reply, JSON.stringify(long))
  t.match(note, /characters\)$/, 'while the line for people is cut')
  t.equal((await stage.playOne(redis('ROLE'))).reply, '[1,"a",[null]]')
  t.equal((await stage.playOne(redis('GET a', { expect: 'no' }))).reply, JSON.stringify(long), 'of a failure, too')
  const refusing = answering(raise('MOVED 1 x:1'))
  t.equal(
    (await refusing.playOne(redis('GET a', { error: 'MOVED' }, { on: 'redis-node0' }))).reply,
    '{"error":"MOVED 1 x:1"}',
  )
  const huge = answering(() => 'x'.repeat(200_000))
  const kept = (await huge.playOne(redis('GET a'))).reply ?? ''
  t.match(kept, /… \(200002 characters\)$/)
  t.ok(kept.length < 100_100)
})

t.test('a session', async (t) => {
  const session = (items: unknown[], extras: Record<string, unknown> = {}, more: Partial<Step> = {}) =>
    redis({ session: items }, extras, { on: 'redis-node1', ...more })

  t.test('goes to one node, in order and in one go, with few rights', async (t) => {
    const stage = answering(([command]) => (command === 'GET' ? 'five' : undefined), 'redis-node1')
    stage.names.set('key', 'a b')
    const outcome = await stage.playOne(session(['READONLY', ['GET', '$key']]))
    t.match(outcome, { verdict: 'passed', note: 'redis-node1: ["OK","five"]', reply: '["OK","five"]' })
    t.strictSame(
      commands(stage.cluster).map(({ node, words }) => [node, ...words]),
      [
        ['redis-node1', 'READONLY'],
        ['redis-node1', 'GET', 'a b'],
      ],
    )
    t.strictSame(stage.cluster.byScenario, ['READONLY', 'GET a b'])
  })

  t.test('each reply can be expected', async (t) => {
    const answer: Answer = ([command, key]) => {
      if (command === 'GET' && key === 'b') return raise('MOVED 3300 localhost:7000')()
      return command === 'GET' ? 'five' : command === 'EXEC' ? [1, 2] : undefined
    }
    const cases: [unknown[], Record<string, unknown>, passes: boolean][] = [
      [['READONLY', 'GET a'], {}, true],
      [['READONLY', { redis: 'GET a', expect: 'five' }], {}, true],
      [['READONLY', { redis: 'GET a', expect: 'six' }], {}, false],
      [['READONLY', { redis: 'GET a', expect: '$five' }], {}, true],
      [['READONLY', 'GET b'], {}, false],
      [['READONLY', { redis: 'GET b', error: 'MOVED 3300' }], {}, true],
      [['READONLY', { redis: 'GET b', error: 'ASK' }], {}, false],
      [['READONLY', { redis: 'GET b', expect: { any_of: ['five', { error: 'MOVED' }] } }], {}, true],
      [['MULTI', { redis: 'EXEC', expect: [1, { at_least: 2 }] }], {}, true],
      [['READONLY', 'GET a'], { expect: ['OK', 'five'] }, true],
      [['READONLY', 'GET a'], { expect: ['OK', 'six'] }, false],
      [['READONLY', 'GET b'], { expect: ['OK', { error: 'MOVED' }] }, true],
    ]
    for (const [items, extras, passes] of cases) {
      const stage = answering(answer, 'redis-node1')
      stage.names.set('five', 'five')
      const { verdict } = await stage.playOne(session(items, extras))
      t.equal(verdict, passes ? 'passed' : 'failed', JSON.stringify([items, extras]))
      t.strictSame(stage.bugs, [])
    }
    const stage = answering(answer, 'redis-node1')
    t.match(await stage.playOne(session(['READONLY', 'GET b', { redis: 'GET a', expect: 'six' }])), {
      error: { message: /GET b gave MOVED 3300 .*, and not no error; GET a gave "five", and not "six"/ },
    })
  })

  t.test('within begins it anew; save keeps all replies', async (t) => {
    let asked = 0
    const stage = answering(([command]) => {
      if (command !== 'GET') return undefined
      asked += 1
      return asked < 3 ? 'four' : 'five'
    }, 'redis-node1')
    const item = { redis: 'GET a', expect: 'five' }
    t.match(await stage.playOne(session(['READONLY', item], { save: 'replies' }, { withinMs: 5000 })), {
      verdict: 'passed',
      attempts: 3,
    })
    t.strictSame(stage.names.get('replies'), ['OK', 'five'])
    t.equal(commands(stage.cluster).filter(({ words }) => words[0] === 'READONLY').length, 3)
  })

  t.test('what a name turns out to hold is judged once more', async (t) => {
    const stage = answering(() => 'OK', 'redis-node1')
    for (const [command, message] of [
      ['SUBSCRIBE', /SUBSCRIBE changes the connection/],
      ['MODULE', /MODULE cannot be sent/],
      ['FLUSHALL', /FLUSHALL is no part of a session/],
    ] as const) {
      stage.names.set('command', command)
      t.match((await stage.playOne(session(['READONLY', '$command LOAD x']))).error?.message, message)
    }
    t.strictSame(commands(stage.cluster), [])
  })
})

t.test('a node that gives no answer is a failure, in words', async (t) => {
  const stage = answering(() => {
    throw unanswered('redis-node0')
  })
  t.match(await stage.playOne(redis('GET a')), {
    verdict: 'failed',
    error: { message: /GET a.*redis-node0.*no reply/ },
  })
  for (const { name } of stage.cluster.nodes) stage.cluster.down(name)
  t.match(await stage.playOne(redis('GET a')), {
    verdict: 'failed',
    error: { message: /no node of the cluster answers/ },
  })
  t.strictSame(stage.bugs, [])
})

t.test('what a name turns out to hold is judged once more', async (t) => {
  const stage = answering(() => 'OK')
  stage.names.set('settings', { dir: '/x' })
  stage.names.set('command', 'module')
  const config = step('config', { node: 'redis-node0', set: '$settings' })
  t.match((await stage.playOne(config)).error?.message, /`dir` cannot be set/)
  t.match((await stage.playOne(redis('$command LOAD /x.so'))).error?.message, /MODULE cannot be sent/)
  t.strictSame(commands(stage.cluster), [], 'and nothing is sent')
})

t.test('a script is sent by a user with fewer rights, an administrator’s command by the runner', async (t) => {
  const stage = answering(() => 'OK')
  for (const command of ['EVAL x 0', 'GET a', 'CLUSTER NODES', 'CONFIG SET maxmemory 1mb']) {
    await stage.playOne(redis(command, {}, { on: 'redis-node0' }))
  }
  t.strictSame(stage.cluster.byScenario, ['EVAL x 0', 'GET a'])
})

t.test('a server’s refusal is told in plain words', async (t) => {
  const stage = answering(raise("ERR ACL failure in script: User x has no permissions to run the 'config|set' command"))
  t.match(await stage.playOne(redis('EVAL x 0')), {
    verdict: 'failed',
    error: { hint: /Scripts of a scenario may change/ },
  })
})

t.test('where it is sent', async (t) => {
  t.test('to the node of on, where no redirection is followed', async (t) => {
    const stage = answering(raise('MOVED 1180 localhost:7000'), 'redis-node2')
    const outcome = await stage.playOne(redis('GET aa', { error: 'MOVED 1180 localhost:7000' }, { on: 'redis-node2' }))
    t.match(outcome, { verdict: 'passed' })
    t.strictSame(commands(stage.cluster), [{ node: 'redis-node2', words: ['GET', 'aa'] }])
  })

  t.test('on may be a phrase, or a name', async (t) => {
    const stage = answering(() => 'five')
    stage.names.set('who', 'replica of shard 2')
    await stage.playOne(redis('ROLE', {}, { on: 'master of shard 3' }))
    await stage.playOne(redis('ROLE', {}, { on: '$who' }))
    t.same(
      commands(stage.cluster).map(({ node }) => node),
      ['redis-node4', 'redis-node3'],
    )
  })

  t.test('to the first node that answers', async (t) => {
    const stage = answering(() => 'five', 'redis-node1')
    stage.cluster.down('redis-node0')
    t.match(await stage.playOne(redis('GET a', { expect: 'five' })), { verdict: 'passed' })
  })

  t.test('and redirections are followed', async (t) => {
    const stage = answering(raise('MOVED 15495 localhost:7004'))
    stage.cluster.answer('redis-node4', ([command]) => (command === 'GET' ? 'five' : undefined))
    const outcome = await stage.playOne(redis('GET a', { expect: 'five' }))
    t.match(outcome, { verdict: 'passed', note: 'redis-node0 -> redirected to redis-node4: "five"' })
    t.same(
      commands(stage.cluster).map(({ node }) => node),
      ['redis-node0', 'redis-node4'],
    )
  })

  t.test('ASK, too: once, after ASKING on the same connection', async (t) => {
    const stage = answering(raise('ASK 15495 localhost:7004'))
    let asking = false
    stage.cluster.answer('redis-node4', ([command]) => {
      if (command === 'ASKING') asking = true
      else if (command === 'GET' && asking) return 'five'
      else if (command === 'GET') throw new ReplyError('redis-node4', 'MOVED 15495 localhost:7000')
      return undefined
    })
    const outcome = await stage.playOne(redis('GET a', { expect: 'five' }))
    t.match(outcome, { verdict: 'passed', note: 'redis-node0 -> redirected to redis-node4: "five"' })
    t.same(
      commands(stage.cluster).map(({ node, words }) => `${node} ${words.join(' ')}`),
      ['redis-node0 GET a', 'redis-node4 ASKING', 'redis-node4 GET a'],
    )
  })

  t.test('but not where a node is named: ASK is its reply', async (t) => {
    const stage = answering(raise('ASK 15495 localhost:7004'))
    t.match(await stage.playOne(redis('GET a', { error: 'ASK 15495' }, { on: 'redis-node0' })), { verdict: 'passed' })
    t.equal(commands(stage.cluster).length, 1)
  })

  t.test('to a port without a host: the same host', async (t) => {
    const stage = answering(raise('MOVED 15495 :7004'))
    stage.cluster.answer('redis-node4', ([command]) => (command === 'GET' ? 'five' : undefined))
    t.match(await stage.playOne(redis('GET a', { expect: 'five' })), { verdict: 'passed' })
  })

  t.test('at most 16 times', async (t) => {
    for (const [redirections, passes] of [
      [16, true],
      [17, false],
    ] as const) {
      const stage = fakeStage({ clock: new FakeClock() })
      let asked = 0
      for (const { name, index } of stage.cluster.nodes) {
        stage.cluster.answer(name, ([command]) => {
          if (command !== 'GET') return undefined
          asked += 1
          if (asked <= redirections) throw new ReplyError(name, `MOVED 15495 localhost:${7000 + ((index + 1) % 6)}`)
          return 'five'
        })
      }
      const { verdict } = await stage.playOne(redis('GET a', { expect: 'five' }))
      t.equal(verdict, passes ? 'passed' : 'failed', `${redirections} redirections`)
      t.equal(asked, 17)
    }
  })

  t.test('but not to a stranger', async (t) => {
    const stage = answering(raise('MOVED 15495 localhost:9999'))
    t.match(await stage.playOne(redis('GET a')), {
      verdict: 'failed',
      error: { message: /MOVED 15495 localhost:9999/ },
    })
    t.equal(commands(stage.cluster).length, 1)
  })
})

t.test('words', async (t) => {
  const written: [unknown, string[]][] = [
    ['SET aa value', ['SET', 'aa', 'value']],
    ['SET aa "hello world"', ['SET', 'aa', 'hello world']],
    ['SET aa \'hello "world"\'', ['SET', 'aa', 'hello "world"']],
    ['SET aa "say \\"hi\\""', ['SET', 'aa', 'say "hi"']],
    ['SET aa ""', ['SET', 'aa', '']],
    [
      ['SET', 'aa', 'hello world', 5],
      ['SET', 'aa', 'hello world', '5'],
    ],
  ]
  for (const [command, words] of written) {
    const stage = fakeStage({ clock: new FakeClock() })
    await stage.playOne(redis(command))
    t.strictSame(commands(stage.cluster), [{ node: 'redis-node0', words }], JSON.stringify(command))
  }
})

t.test('a value that was saved stays one word', async (t) => {
  for (const value of ['hello world', "it's", 'say "hi', '', 'a\nb', ' ', '$other', 'back\\slash']) {
    const stage = answering(([command]) => (command === 'GET' ? value : undefined))
    t.match(await stage.playOne(redis('GET a', { save: 'v' })), { verdict: 'passed' })
    for (const command of ['SET b $v', ['SET', 'b', '$v']]) {
      t.match(await stage.playOne(redis(command)), { verdict: 'passed' })
      t.strictSame(commands(stage.cluster).at(-1)?.words, ['SET', 'b', value], JSON.stringify(value))
    }
    await stage.playOne(redis('SET "b of $v" $$v'))
    t.strictSame(commands(stage.cluster).at(-1)?.words, ['SET', `b of ${value}`, '$v'], 'inside quotes too')
    t.match(await stage.playOne(redis('GET a', { expect: '$v' })), { verdict: 'passed' })
  }
})

t.test('save', async (t) => {
  const stage = answering(() => ['master', 5])
  await stage.playOne(redis('ROLE', { save: 'role' }))
  t.strictSame(stage.names.get('role'), ['master', 5])
  await stage.playOne(redis('ROLE', { save: 'other', expect: 'no' }))
  t.notOk(stage.names.has('other'), 'what was not as expected is not kept')
})

t.test('a reply that is too long is not saved, and names make no text that is', async (t) => {
  const long = answering(() => 'x'.repeat(1_000_001))
  t.match(await long.playOne(redis('GET a', { save: 'reply' })), {
    verdict: 'failed',
    error: { message: 'the reply has 1000003 characters, and a name keeps at most 1000000: $reply cannot hold it' },
  })
  const stage = answering(() => 'x'.repeat(500_000))
  await stage.playOne(redis('GET a', { save: 'reply' }))
  t.match(await stage.playOne(redis(['SET', 'b', '$reply$reply$reply'])), {
    verdict: 'failed',
    error: { message: '$reply makes a text longer than 1000000 characters, which is the most' },
  })
  t.strictSame([...long.bugs, ...stage.bugs], [])
})

t.test('within asks again, until the reply is as expected', async (t) => {
  let asked = 0
  const stage = answering(() => {
    asked += 1
    return asked < 4 ? raise('CLUSTERDOWN The cluster is down')() : 'five'
  })
  t.match(await stage.playOne(redis('GET a', { expect: 'five' }, { withinMs: 5000 })), {
    verdict: 'passed',
    attempts: 4,
  })
  asked = -1e6
  const outcome = await stage.playOne(redis('GET a', { expect: 'five' }, { withinMs: 1000 }))
  t.match(outcome, { verdict: 'failed', error: { message: /expected GET a to give "five"; last seen: .*CLUSTERDOWN/ } })
})

t.test('what contradicts itself is refused when it is read', async (t) => {
  const extras = verbByName.get('redis')?.extras
  const together: [Record<string, unknown>, boolean][] = [
    [{ expect: 'five', error: 'WRONGTYPE' }, false],
    [{ expect: null, error: 'WRONGTYPE' }, false],
    [{ save: 'x', error: 'WRONGTYPE' }, false],
    [{ expect: 'five', save: 'x' }, true],
    [{ error: 'WRONGTYPE' }, true],
    [{ expect: 'five', other: 1 }, false],
  ]
  for (const [value, accepted] of together) t.equal(extras?.safeParse(value).success, accepted, JSON.stringify(value))
  const text = 'title: t\nsteps:\n  - redis: GET a\n    expect: five\n    error: WRONGTYPE\n'
  t.match(problemsOf(text), [{ message: /expect.*error/ }], 'by the reader of scenarios too')
})

t.test('commands that change the connection are refused', async (t) => {
  const arg = verbByName.get('redis')?.arg
  const refused = [
    'SUBSCRIBE c',
    'PSUBSCRIBE c*',
    'SSUBSCRIBE c',
    'MONITOR',
    'MULTI',
    'EXEC',
    'CLIENT REPLY OFF',
    'QUIT',
  ]
  refused.push(
    'RESET',
    'HELLO 3',
    'AUTH secret',
    'SYNC',
    'PSYNC ? -1',
    'subscribe c',
    '"Monitor"',
    'client  reply skip',
  )
  for (const command of refused) {
    t.notOk(arg?.safeParse(command).success, command)
    const list = command.replaceAll('"', '').split(/ +/)
    t.notOk(arg?.safeParse(list).success, JSON.stringify(list))
    t.ok(problemsOf(`title: t\nsteps:\n  - redis: '${command}'\n`).length > 0, `${command}: by the reader too`)
  }
  for (const command of [
    'CLIENT LIST',
    'GET monitor',
    'SET QUIT 5',
    'PUBLISH SUBSCRIBE x',
    'CLUSTER RESET',
    'ACL WHOAMI',
  ]) {
    t.ok(arg?.safeParse(command).success, command)
  }
  const stage = fakeStage({ clock: new FakeClock() })
  stage.names.set('command', 'MONITOR')
  for (const command of ['$command', ['$command']]) {
    t.match(await stage.playOne(redis(command)), { verdict: 'failed', error: { message: /MONITOR/ } }, 'nor by a name')
  }
  t.strictSame(commands(stage.cluster), [])
})

t.test('a server is told of no address but those of its own run', async (t) => {
  const outside = [
    ['MIGRATE 10.0.0.1 6379 a 0 1000', /^MIGRATE may name only nodes of this run, and 10\.0\.0\.1:6379 is none/],
    ['CLUSTER MEET 127.0.0.1 9', /^CLUSTER MEET may name only nodes of this run/],
    ['CONFIG SET $setting ../..', /`dir` cannot be set/],
  ] as const
  for (const [command, why] of outside) {
    const stage = answering(() => 'OK')
    stage.names.set('setting', 'dir')
    t.match(await stage.playOne(redis(command, {}, { on: 'redis-node0' })), {
      verdict: 'failed',
      error: { message: why },
    })
    t.strictSame(commands(stage.cluster), [], 'nothing was sent')
  }
  const stage = answering(() => 'OK')
  const { host, port } = stage.cluster.node('redis-node1')
  t.match(await stage.playOne(redis(`CLUSTER MEET ${host} ${port}`, {}, { on: 'redis-node0' })), { verdict: 'passed' })
})
