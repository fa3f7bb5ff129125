import t from 'tap'
import { renderAsPlayed } from '../../runner/scenario/as-played.ts'
import { unmetByClient } from '../../runner/scenario/client-choice.ts'
import { loadText, problemsOf } from './load-text.ts'

const glide = { name: 'glide', options: { requestTimeout: 1000 } }
const HEAD = 'title: T\n'
const STEPS = 'steps:\n  - wait: 1s\n'

t.test('a client that is asked for is that of each workload that names none', async (t) => {
  const text = `${HEAD}workloads:
  plain: { type: register, rate: 10/s } # a comment
  own: { type: register, client: ioredis }
  talk: { type: pubsub }
${STEPS}`
  const scenario = loadText(text, { client: glide })
  const drivers = Object.fromEntries(scenario.workloads.map(({ name, options }) => [name, options.driver?.name]))
  t.same(drivers, { plain: 'glide', own: undefined, talk: undefined })
  t.same(scenario.workloads[0]?.options.driver?.options, { requestTimeout: 1000 })
  t.equal(scenario.client, 'glide')

  const played = renderAsPlayed(scenario, { seed: 1, params: {}, config: {}, targets: new Map() })
  t.match(
    played,
    /plain: \{ type: register, rate: 10\/s, client: glide, options: \{ requestTimeout: 1000 \} \} # a comment/,
  )
  t.match(played, /own: \{ type: register, client: ioredis \}/)
  const again = loadText(played)
  t.same(
    again.workloads.map(({ options }) => options.driver?.name),
    ['glide', undefined, undefined],
    'it plays again',
  )
})

t.test('a scenario without a workload is given one, which stands in what was played', async (t) => {
  const scenario = loadText(`${HEAD}${STEPS}`, { client: glide })
  t.match(scenario.workloads, [{ name: 'clients', isAdded: true, options: { type: 'register', perSecond: 200 } }])
  const played = renderAsPlayed(scenario, { seed: 1, params: {}, config: {}, targets: new Map() })
  t.match(loadText(played).workloads, [{ name: 'clients', options: { perSecond: 200, driver: { name: 'glide' } } }])
  t.same(loadText(`${HEAD}${STEPS}`).workloads, [], 'nobody asked for a client')
})

t.test('what a client cannot do is a problem of the workload that names it', async (t) => {
  const text = `${HEAD}workloads:\n  a: { type: register, client: glide, wait: { replicas: 1 } }\n${STEPS}`
  t.match(problemsOf(text), [{ message: /`wait`/ }])
})

t.test('what the client that is asked for cannot do is no problem of the scenario', async (t) => {
  const why = (workload: string, name: string) =>
    unmetByClient(loadText(`${HEAD}workloads:\n  a: ${workload}\n${STEPS}`, { client: { name, options: {} } }))
  const isDirect = /^--client \w+ cannot play it: its workload `a` has `(wait|durability|via)`, .* `client: direct`$/
  t.match(why('{ type: register, wait: { replicas: 1 } }', 'glide'), isDirect)
  t.match(why('{ type: register, durability: { replicas: 1 } }', 'ioredis'), isDirect)
  t.match(why('{ type: cas, via: watch }', 'ioredis'), isDirect)
  t.equal(why('{ type: register, wait: { replicas: 1 } }', 'direct'), undefined)
  t.equal(why('{ type: transaction }', 'glide'), undefined)
  t.match(
    why('{ type: transaction }', 'redis-py'),
    '--client redis-py cannot play it: its workload `a` needs transactions (MULTI … EXEC), which the driver of redis-py cannot do',
  )
  t.equal(why('{ type: register, read_from: replica }', 'redis-py'), undefined)
  t.match(why('{ type: register, read_from: replica }', 'redis-cli'), /needs reads from replicas, which/)
  const own = 'title: T\nworkloads:\n  a: { type: register, client: ioredis }\nsteps:\n  - wait: 1s\n'
  t.equal(unmetByClient(loadText(own, { client: { name: 'redis-cli', options: {} } })), undefined)
})
