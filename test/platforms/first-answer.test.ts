import t from 'tap'
import { EndedEarly, type FirstSight, waitForFirstAnswers } from '../../runner/platforms/first-answer.ts'
import { nodeName, type ServerNode } from '../../runner/platforms/platform.ts'

const nodes = [0, 1].map((index): ServerNode => {
  const host = 'localhost'
  const port = 7010 + index
  return {
    name: nodeName(index),
    serverName: `n${index}`,
    index,
    host,
    port,
    peerHost: host,
    peerPort: port,
    machine: 'm',
  }
})

/** Looks that show, one after another, what `rounds` say of each node by its name; the last round stays. */
function looks(rounds: readonly Record<string, FirstSight>[]) {
  let round = -1
  return async (asked: readonly ServerNode[]): Promise<FirstSight[]> => {
    round += 1
    const seen = rounds[Math.min(round, rounds.length - 1)]
    return asked.map(({ name }) => seen?.[name] ?? { problem: 'nothing was planned' })
  }
}

const answers: FirstSight = { answers: true }
const silent: FirstSight = { problem: 'connection refused' }

t.test('it ends when each server has answered once, whichever did so first', async (t) => {
  const [one, other] = [nodeName(0), nodeName(1)]
  await t.resolves(
    waitForFirstAnswers(nodes, {
      look: looks([
        { [one]: answers, [other]: silent },
        { [one]: silent, [other]: answers },
      ]),
    }),
  )
})

t.test('a server that answered and then ended, while another is still starting, is named at once', async (t) => {
  const [one, other] = [nodeName(0), nodeName(1)]
  const look = looks([
    { [one]: answers, [other]: silent },
    { [one]: { lastWords: 'Out Of Memory' }, [other]: silent },
  ])
  const error = await waitForFirstAnswers(nodes, { look }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.type(error, EndedEarly)
  t.match(error, { message: 'n0 ended as soon as it was started: Out Of Memory' })
})
