import t from 'tap'
import { assertRoom, lanesWithin } from '../../runner/engine/room.ts'
import { loadScenario } from '../../runner/scenario/load.ts'
import { verbByName } from '../../runner/steps/index.ts'

function scenario(workloads: string) {
  const text = `title: x\nworkloads:\n  shop: ${workloads}\nsteps:\n  - wait: 1s\n`
  const loaded = loadScenario(text, { file: 'x.yaml', verbs: verbByName })
  if (!('scenario' in loaded)) throw new Error(JSON.stringify(loaded.diagnostics))
  return loaded.scenario
}

const small = scenario('{ type: register, clients: 4, rate: 10/s, keys: 10 }')
const large = scenario('{ type: register, clients: 200, rate: 10/s, keys: 10, wait: { replicas: 1 } }')

t.test('a scenario that runs into no limit', async (t) => {
  t.doesNotThrow(() => assertRoom(small, 'process', {}))
  t.doesNotThrow(() => assertRoom(small, 'process', { openFiles: 1024, fileBytes: 2 ** 30, addressBytes: 2 ** 40 }))
  t.doesNotThrow(() => assertRoom(small, 'docker', { fileBytes: 4096 }), 'containers have limits of their own')
})

t.test('open files for nodes and clients', async (t) => {
  t.throws(() => assertRoom(small, 'docker', { openFiles: 64 }), {
    name: 'SurroundingsError',
    message:
      /^the runner, for 6 nodes and 1 connection of clients to each, needs about \d+ open files, and may have 64$/,
    hint: /ulimit -n 1024/,
  })
  t.throws(() => assertRoom(large, 'process', { openFiles: 1024 }), {
    message: /200 connections of clients to each, needs about 12\d\d open files, and may have 1024/,
    hint: /ulimit -n 2048/,
  })
})

t.test('so many at once as there are open files for, and never fewer than one', async (t) => {
  const many = Array.from({ length: 16 }, () => small)
  t.equal(lanesWithin(many, { openFiles: 256 }), 4, '6 nodes with 9 files each, beside 32')
  t.equal(lanesWithin([...many, large], { openFiles: 256 }), 4, 'what has no room is not played at all')
  t.equal(lanesWithin([...many, large], { openFiles: 1700 }), 8, 'one that is large takes the room of others')
  t.equal(lanesWithin([...many, { ...large, alone: true }], { openFiles: 1700 }), Number.POSITIVE_INFINITY)
  t.equal(lanesWithin(many, {}), Number.POSITIVE_INFINITY)
  t.equal(lanesWithin([small], { openFiles: 16 }), 1)
  t.equal(lanesWithin([{ ...small, alone: true }], {}), 1)
})

t.test('processes and threads of this user', async (t) => {
  t.throws(() => assertRoom(small, 'process', { tasks: 60 }), {
    message: /need about 88 processes and threads, and this user may have 60/,
    hint: /ulimit -u 1024/,
  })
  t.doesNotThrow(() => assertRoom(small, 'docker', { tasks: 60 }), 'the engine has limits of its own')
})

t.test('files of servers, and memory for the runner', async (t) => {
  t.throws(() => assertRoom(small, 'process', { fileBytes: 4096 }), { message: /may have 4 KiB here/ })
  t.throws(() => assertRoom(small, 'docker', { addressBytes: 1_500_000_000 }), { message: /may have 1430 MiB/ })
})

t.test('neighbors of containers', async (t) => {
  t.throws(() => assertRoom(small, 'docker', { neighbors: 32 }), {
    message: /^containers of 6 nodes need 36 entries in the kernel's table of neighbors, and it holds 32: /,
    hint: /gc_thresh3=1024/,
  })
  t.doesNotThrow(() => assertRoom(small, 'docker', { neighbors: 36 }))
  t.doesNotThrow(() => assertRoom(small, 'process', { neighbors: 32 }), 'processes need none')
})
