import t from 'tap'
import type { LinkProbe } from '../../runner/platforms/faults.ts'
import { Caller, cut, describe, linkedGroup, name, skipWithoutLoopback, waitUntil } from './linked-group.ts'
import { ask } from './process-groups.ts'

const SILENT_AFTER_MS = 1000
const SIX = [0, 1, 2, 3, 4, 5]
const PAIRS = SIX.flatMap((from) => SIX.filter((to) => to !== from).map((to) => [from, to] as const))

const skip = await skipWithoutLoopback()

t.test('each direction of each pair of six nodes is cut alone', { skip }, async (t) => {
  const { group } = await linkedGroup(t, { nodes: 6 })
  const node = (index: number) => {
    const found = group.nodes[index]
    if (!found) throw new Error(`no node ${index}`)
    return found
  }
  const probes = PAIRS.flatMap(([from, to]): LinkProbe[] =>
    (['data', 'bus'] as const).map((channel) => ({ from: name(from), to: name(to), channel })),
  )
  const namesAt = async (index: number) => String(await ask(node(index).port, 'CLIENT', 'LIST'))

  for (const [round, [from, to]] of PAIRS.entries()) {
    const callers = PAIRS.map(([caller, callee]) => ({
      ...{ caller, callee, link: new Caller(node(caller), node(callee)) },
      pair: `${caller}-${callee}`,
    }))
    const heard = async (text: string) => {
      const lists = await Promise.all(SIX.map(namesAt))
      return callers
        .filter(({ pair, callee }) => lists[callee]?.includes(`name=${text}-${pair} `))
        .map(({ pair }) => pair)
    }
    const answered = () => callers.filter(({ link }) => link.wasAnswered).map(({ pair }) => pair)
    for (const { link, pair } of callers) link.nameIt(`before${round}-${pair}`)
    await waitUntil(() => answered().length === PAIRS.length, 'all connections to be open')

    await group.network.set([cut(from, to)])
    for (const { link, pair } of callers) link.nameIt(`during${round}-${pair}`)
    const answers = await group.network.probe(probes, SILENT_AFTER_MS)
    const [there, back] = [`${from}-${to}`, `${to}-${from}`]
    const others = PAIRS.map(([caller, callee]) => `${caller}-${callee}`).filter((pair) => pair !== there)
    t.same(await heard(`during${round}`), others, `${there}: only what it says itself is not heard`)
    t.same(
      answered(),
      others.filter((pair) => pair !== back),
      `${there}: what it is asked, it does not answer`,
    )
    const closed = (one: LinkProbe) => [one.from, one.to].every((end) => [name(from), name(to)].includes(end))
    t.same(
      answers.map(describe),
      probes.map((probe) => describe({ ...probe, outcome: closed(probe) ? 'silent' : 'open' })),
      `${there}: no new connection either way, all others open`,
    )
    t.match(await group.network.counts(), [{ link: cut(from, to) }])
    t.ok(((await group.network.counts())[0]?.packets ?? 0) >= 5, 'connections, and data of the open one')
    await group.network.set([])
    for (const { link } of callers) link.close()
  }
  const healed = await group.network.probe(probes, 5_000)
  t.ok(healed.every(({ outcome }) => outcome === 'open'))
})
