import t from 'tap'
import type { StepOutcome } from '../../runner/record/events.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'

/** What a script may hide: each as the words of a command. */
const HIDDEN = [
  ...['MIGRATE 127.0.0.1 6379 k 0 100', 'CLUSTER MEET 127.0.0.1 6379', 'CLUSTER RESET HARD', 'CLUSTER FORGET x'],
  ...['CONFIG SET dir /tmp', 'CONFIG SET dbfilename x.so', 'CONFIG SET maxmemory 1mb', 'CONFIG REWRITE'],
  ...['MODULE LOAD /x.so', 'ACL SETUSER default allcommands', 'REPLICAOF 127.0.0.1 6379', 'DEBUG SLEEP 0', 'SHUTDOWN'],
]

const REFUSED_BY_SERVER =
  /NOPERM|permissions|can't run this command|not allowed from script|Unknown Redis command|Unknown .*command called|This .*command is not allowed/i

function script(words: string): string {
  return `return redis.call(${words
    .split(' ')
    .map((word) => `'${word}'`)
    .join(', ')})`
}

/** What a server tells of a step that failed. */
function said({ error }: StepOutcome): string {
  return `${error?.message}\n${error?.hint ?? ''}`
}

for (const server of ['redis:6.0', 'redis:7.0', 'valkey:8.1', 'redict:7.3']) {
  t.test(`a ${server} refuses what a text does not show`, async (t) => {
    const stage = await liveStage(t, { server, replicas: 0, needs: { debug: true, protectedSettings: true } })
    const { client } = stage.cluster.node('redis-node0')
    const settings = async () => String(await client.call('CONFIG', 'GET', '*'))
    const before = await settings()
    const on = { on: 'redis-node0' }

    for (const words of HIDDEN) {
      const outcome = await stage.play(step('redis', ['EVAL', script(words), '0'], on))
      t.equal(outcome.verdict, 'failed', words)
      t.match(said(outcome), REFUSED_BY_SERVER, words)
    }
    t.match(
      said(await stage.play(step('redis', ['EVAL', script('MIGRATE 127.0.0.1 6379 k 0 100'), '0'], on))),
      /Scripts of a scenario may change data and look at the cluster/,
      'in plain words',
    )
    if (server !== 'redis:6.0') {
      const body = `#!lua name=lib\nredis.register_function('f', function() ${script('CLUSTER MEET 127.0.0.1 6379')} end)`
      t.match(await stage.play(step('redis', ['FUNCTION', 'LOAD', body], on)), { verdict: 'passed' })
      t.match(said(await stage.play(step('redis', ['FCALL', 'f', '0'], on))), REFUSED_BY_SERVER, 'a function')
    }

    for (const words of [
      'CONFIG SET dir /tmp',
      'MODULE LOAD /x.so',
      'MIGRATE 10.0.0.1 6379 k 0 100',
      'DEBUG MALLCTL x',
    ]) {
      const hidden = words.split(' ').map((_, index) => `$word${index}`)
      for (const [index, word] of words.split(' ').entries()) {
        await stage.play(step('redis', ['ECHO', word], { ...on, extras: { save: `word${index}` } }))
      }
      t.match(
        said(await stage.play(step('redis', hidden, on))),
        /cannot be (sent|set)|may name only/,
        `$names: ${words}`,
      )
    }
    for (const words of [
      ['CONFIG', 'SET', 'dir\0x', '/tmp'],
      ['CONFIG', 'SET\0x', 'dir', '/tmp'],
      ['CLUSTER', 'MEET\0x', '127.0.0.1', '6379'],
    ])
      t.match(await stage.play(step('redis', words, on)), { verdict: 'failed' }, JSON.stringify(words))
    t.equal(await settings(), before, 'nothing was changed')

    for (const words of [
      'CLUSTER INFO',
      'CONFIG SET maxmemory-policy allkeys-lru',
      'DEBUG SLEEP 0',
      'CLIENT LIST',
      'SET a 1',
    ])
      t.match(await stage.play(step('redis', words, on)), { verdict: 'passed' }, words)
    const own = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('CLUSTER', 'INFO')"
    t.match(await stage.play(step('redis', ['EVAL', own, 1, 'a', 'v'], on)), { verdict: 'passed' }, 'a script of data')
    t.match(await stage.play(step('writes-refused', 'redis-node0')), { verdict: 'passed' })
    for (const words of ['CONFIG SET dbfilename x.so', 'CONFIG SET dir /tmp']) {
      const outcome = await stage.play(step('redis', ['EVAL', script(words), '0'], on))
      t.equal(outcome.verdict, 'failed', `${words} while a verb needs it`)
    }
    t.match(await stage.play(step('heal', 'writes-refused')), { verdict: 'passed' })
    t.strictSame(stage.bugs, [])
  })
}
